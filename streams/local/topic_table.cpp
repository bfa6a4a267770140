#include "streams/local/topic_table.hpp"

#include <limits>
#include <string>

#include "domain/hash.hpp"

namespace onecode::streams::local {

bool TopicTable::create(std::int32_t partitions) {
  bool inputs = false;
  for (const auto& t : kTopics) {
    Entry& e = entries_[static_cast<std::size_t>(t.topic)];
    if (e.count.load() > 0) continue;
    // The journal is trimmed by who writes it, and nothing is compacted here: these two keep everything.
    const std::size_t retain = t.compacted || t.topic == Topic::journal ? 0 : retain_bytes_;
    const std::int64_t floor = t.input ? 0 : std::numeric_limits<std::int64_t>::max();
    const std::int32_t count = t.topic == Topic::policy ? 1 : partitions;
    for (std::int32_t p = 0; p < count; ++p)
      e.logs.push_back(std::make_unique<PartitionLog>(TopicPartition{t.topic, p}, retain, floor));
    e.count.store(count, std::memory_order_release);
    inputs = inputs || t.input;
  }
  return inputs;
}

PartitionLog& TopicTable::at(TopicPartition where) const {
  if (where.partition < 0 || where.partition >= partitions(where.topic))
    throw BrokerError(BrokerFault::refused, "UNKNOWN_TOPIC_OR_PART: " + std::string(name(where.topic)) + "/" +
                                                std::to_string(where.partition));
  return *entry(where.topic).logs[static_cast<std::size_t>(where.partition)];
}

PartitionLog& TopicTable::route(Topic topic, std::int32_t partition, std::string_view key) const {
  const std::int32_t count = partitions(topic);
  if (partition == -1 && count > 0) partition = murmur2_partition(key, count);
  return at({topic, partition});
}

} // namespace onecode::streams::local
