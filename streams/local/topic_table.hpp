// The partitions that exist. Topics are created and never removed, so a reference to a partition is good for ever.
//   Threads  create() under the caller's lock; everything else from any thread, without one.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "streams/local/partition_log.hpp"

namespace onecode::streams::local {

class TopicTable {
public:
  explicit TopicTable(std::size_t retain_bytes) : retain_bytes_(retain_bytes) {}

  /// Creates what is missing; true when an input topic came into being.
  bool create(std::int32_t partitions);
  /// 0: no such topic.
  std::int32_t partitions(Topic topic) const { return entry(topic).count.load(std::memory_order_acquire); }
  /// Throws refused when there is no such partition.
  PartitionLog& at(TopicPartition where) const;
  /// `partition` -1: by the key.
  PartitionLog& route(Topic topic, std::int32_t partition, std::string_view key) const;

private:
  struct Entry {
    std::atomic<std::int32_t> count{0};
    std::vector<std::unique_ptr<PartitionLog>> logs; // complete before `count` is published
  };
  const Entry& entry(Topic topic) const { return entries_[static_cast<std::size_t>(topic)]; }

  const std::size_t retain_bytes_;
  std::array<Entry, kTopics.size()> entries_;
};

} // namespace onecode::streams::local
