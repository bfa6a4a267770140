// A shard's transparency log (RFC 6962): one leaf for each scan, posting and command that it received, readable or not, and for each
// decision, change of holds and finding that it stated. Appended in the turn's transaction, so that the record and what it is about
// exist together or not at all.
//   Owns       its head, which stands in the commit record: it is restored and moved with the shard.
//   Order      of a turn: what was received, by topic, partition and offset; then what was stated, as it was emitted.
//   Record     to `evidence`, key = shard: the leaves as C2SP tlog-tiles has them in an entry bundle (evidence/tiles.hpp), behind CloudEvents
//              headers; `ce_first` is the place of the first.
//   Without    the secret `evidence` no log is kept: whom a leaf is about would be told to everybody who can count accounts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/envelope.hpp"
#include "actors/log_head.hpp"
#include "evidence/leaf.hpp"
#include "evidence/subject_keys.hpp"
#include "streams/authenticate.hpp"
#include "streams/encode.hpp"

namespace onecode::actors {

class TransparencyLog {
public:
  explicit TransparencyLog(const streams::Secrets& secrets);

  bool kept() const { return !keys_.empty(); }
  /// As committed last.
  void open(const LogHead& head);
  const LogHead& head() const { return head_; }
  const LogHead& committed_head() const { return committed_; }

  /// An input of this shard, in order; what it names lives as long as the turn.
  struct Received {
    const Root* root = nullptr;
    std::string_view id{}, subject{}; // empty: it could not be read
    Time time{};
    evidence::LeafClock clock{};
    std::string_view mac{};
  };
  void received(const Received& input);
  /// Of the turn: before anything is appended.
  void at(Time now, std::string_view build, bool sm3);
  /// What was received, before anything is stated.
  void append_received();
  void stated(const Output& output, const Root& root, const streams::OutRecord& record);

  /// Was anything logged in this turn?
  bool any() const { return !leaves_.empty(); }
  void write(std::int32_t shard, std::string_view turn, streams::OutRecord& out) const;
  void committed();
  void aborted();

private:
  evidence::Hash commitment(std::string_view subject, const evidence::Leaf& leaf);
  void add(evidence::Leaf leaf);

  struct KnownKey {
    std::string subject;
    std::optional<evidence::Hash> key;
  };
  evidence::SubjectKeys keys_;
  std::vector<KnownKey> known_keys_;
  LogHead head_, committed_;

  // The turn.
  std::vector<Received> received_;
  std::string build_, leaf_, leaves_;
  Time now_;
  bool sm3_ = false; // of payloads, beside SHA-256
};

} // namespace onecode::actors
