// The policy versions that a node knows, in the order of the policy topic. Every node reads the whole topic, so all judge
// alike; a version that is not accepted leaves the ones before it in force and is refused loudly (by the owner of shard 0,
// whose turns carry the dead letter).
//   Who may publish   root keys, and keys of the information centre that stand in the version in force when the record was
//                     published. Its sender does not decide when that was: see read().
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/policy.hpp"
#include "streams/authenticate.hpp"
#include "streams/broker.hpp"

namespace onecode::actors {

class PolicyBook {
public:
  /// `first`: in force before the first record. `roots`: the keys of the configuration's [trust] root.
  PolicyBook(Policy first, std::vector<TrustedKey> roots, bool unsigned_ok);

  /// The record at `offset`. False: not accepted; its errors stand in refusal(). `published`: when somebody other than its
  /// sender saw it first (the broker's stamp, or engine time). Where nobody did, its event time is believed, but never an
  /// earlier one than that of the versions before it.
  bool read(std::int64_t offset, const streams::Record& record, std::optional<Time> published = std::nullopt);
  /// A snapshot that later records do not change.
  std::shared_ptr<const PolicyHistory> history() const { return history_; }
  /// The offset after the last record read.
  std::int64_t offset() const { return offset_; }
  /// The book of somebody who has read only the records below `offset`; negative: this one. Replay of a history, where each
  /// turn says how far its node had read.
  PolicyBook below(std::int64_t offset) const;
  const std::vector<TrustedKey>& roots() const { return roots_; }
  /// Replay of a history: the roots that its node had.
  void trust(std::vector<TrustedKey> roots) { roots_ = std::move(roots); }
  /// The version that the record at that offset brought, or nullptr: it was refused.
  const std::string* accepted(std::int64_t offset) const;
  /// All errors of the record at that offset, or nullptr.
  const std::string* refusal(std::int64_t offset) const;
  /// Their code (CONTRACT §8).
  std::string_view refusal_code(std::int64_t offset) const;
  /// The event time of the record at that offset (policies move an event clock), or `published` where it was given.
  std::optional<Time> time(std::int64_t offset) const;

  /// Why a node with these secrets must not process at `now`; empty: it may.
  std::string objection(Time now, const streams::Secrets& secrets) const;

private:
  struct Accepted {
    std::string version;
    std::shared_ptr<const PolicyHistory> history; // with this version
  };
  struct Refused {
    std::string_view code;
    std::string errors;
  };
  bool refuse(std::int64_t offset, std::string_view code, std::string errors);

  std::shared_ptr<const PolicyHistory> first_;
  std::shared_ptr<const PolicyHistory> history_;
  std::vector<TrustedKey> roots_;
  bool unsigned_ok_;
  std::int64_t offset_ = 0;
  Time published_{}; // of the latest accepted version
  std::map<std::int64_t, Accepted> accepted_;
  std::map<std::int64_t, Refused> refused_;
  std::map<std::int64_t, Time> times_;
};

} // namespace onecode::actors
