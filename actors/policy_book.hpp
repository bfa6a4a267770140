// The policy versions that a node knows, in the order of the policy topic. Every node reads the whole topic, so all judge
// alike; a version that is not accepted leaves the ones before it in force and is refused loudly (by the owner of shard 0,
// whose turns carry the dead letter).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/policy.hpp"
#include "streams/broker.hpp"

namespace onecode::actors {

class PolicyBook {
 public:
  /// `first`: in force before the first record. `roots`: the keys of the configuration's [trust] root.
  PolicyBook(Policy first, std::vector<TrustedKey> roots, bool unsigned_ok);

  /// The record at `offset`. False: not accepted; its errors stand in refusals().
  bool read(std::int64_t offset, const streams::Record& record);
  /// A snapshot that later records do not change.
  std::shared_ptr<const PolicyHistory> history() const { return history_; }
  /// The offset after the last record read.
  std::int64_t offset() const { return offset_; }
  const std::vector<TrustedKey>& roots() const { return roots_; }
  /// Replay of a history: the roots that its node had.
  void trust(std::vector<TrustedKey> roots) { roots_ = std::move(roots); }
  /// All errors of the record at that offset, or nullptr.
  const std::string* refusal(std::int64_t offset) const;
  /// The event time of the record at that offset (policies move an event clock).
  std::optional<Time> time(std::int64_t offset) const;

 private:
  std::shared_ptr<const PolicyHistory> history_;
  std::vector<TrustedKey> roots_;
  bool unsigned_ok_;
  std::int64_t offset_ = 0;
  std::map<std::int64_t, std::string> refusals_;
  std::map<std::int64_t, Time> times_;
};

}  // namespace onecode::actors
