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
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/envelope.hpp"
#include "actors/log_head.hpp"
#include "evidence/known_keys.hpp"
#include "evidence/leaf.hpp"
#include "streams/authenticate.hpp"
#include "streams/encode.hpp"

namespace onecode::actors {

/// Out of the secret `evidence`; none: no log is kept.
std::shared_ptr<evidence::KnownKeys> subject_keys(const streams::Secrets& secrets,
                                                  std::size_t sets = evidence::KnownKeys::kSetsOfNode);

class TransparencyLog {
public:
  explicit TransparencyLog(std::shared_ptr<evidence::KnownKeys> keys);

  bool kept() const { return !keys_->empty(); }
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
  /// Of the turn: before anything is received or stated.
  void made_by(std::string_view build, bool sm3);
  /// The turn's time, which follows from what was received: before anything is stated.
  void at(Time now);
  /// Brings in what will be read of it when something is stated: to be called before that is worked out.
  static void expect(const Root& root) {
    __builtin_prefetch(&root.at);
    __builtin_prefetch(&root.received_ns);
    __builtin_prefetch(&root.commitment);
    __builtin_prefetch(&root.commitment + 1);
  }
  /// `record` stays where and as it is until the end of the turn: it is hashed together with later ones.
  void stated(const Output& output, const Root& root, const streams::OutRecord& record);

  /// Was anything logged in this turn?
  bool any() const { return !leaves_.empty() || used_ != 0; }
  /// `out`, too, stays.
  void write(std::int32_t shard, std::string_view turn, streams::OutRecord& out);
  void committed();
  void aborted();

private:
  /// Whom a leaf is about; a forgotten subject is nobody.
  void about(std::string_view subject, std::uint64_t hash, evidence::ToCommit& out) const;
  void write_received();
  /// The leaf's bytes behind its length, together with others.
  std::size_t put(const evidence::Leaf& leaf);
  void take_together();
  void hash_stated();
  /// Brings hashes_ into the tree: now, or once there are so many that it pays.
  void grow();
  void grow_at_times();
  void give_back();

  /// Of what was stated: its leaf lacks the hash of the payload.
  struct Pending {
    std::size_t entry = 0; // where it begins in together_
    std::string_view payload;
    evidence::Hash hash{};
  };
  const std::shared_ptr<evidence::KnownKeys> keys_;
  LogHead head_, committed_;

  // The turn. Hashes are made many at once.
  struct Input {
    Received received;
    std::uint64_t hash = 0; // of its subject
    evidence::Hash payload{};
  };
  std::vector<Input> received_; // that have no leaf yet
  std::vector<Pending> pending_;
  evidence::Leaf stated_; // the last one: to make a new one means to clear 200 bytes
  std::string build_;
  std::string together_;   // leaves that are written: a turn's leaves are more than the cache holds, so they are few
  std::size_t used_ = 0;   // bytes of it
  std::string leaves_;     // the others: of what was received, without the turn's time until at()
  std::size_t hashed_ = 0; // bytes of it, the first
  std::vector<evidence::TreeHash> hashes_; // of leaves that are hashed, but not yet in the tree
  streams::OutRecord* written_ = nullptr;  // has the memory of leaves_
  Time now_;
  bool sm3_ = false; // of payloads, beside SHA-256
};

} // namespace onecode::actors
