// Batches of the load as a consumer would give them, without a broker.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "actors/turn.hpp"
#include "bench/common/load.hpp"
#include "domain/hash.hpp"

namespace onecode::bench {

class OwnedBatch final : public streams::Batch {
public:
  OwnedBatch(TopicPartition at, std::vector<LoadRecord> from, std::int64_t first) : from_(std::move(from)) {
    source = at;
    records.reserve(from_.size());
    for (const auto& r : from_) {
      streams::Record record;
      record.offset = first++;
      record.key = r.key;
      record.value = r.value;
      records.push_back(record);
    }
  }

private:
  std::vector<LoadRecord> from_;
};

/// Cuts records into the inputs of turns of `size` records.
inline std::vector<actors::Turn::Inputs> turns_of(std::vector<LoadRecord> records, std::size_t size,
                                                  std::int32_t partitions,
                                                  std::map<TopicPartition, std::int64_t>& offsets) {
  std::vector<actors::Turn::Inputs> out;
  for (std::size_t at = 0; at < records.size();) {
    std::map<TopicPartition, std::vector<LoadRecord>> parts;
    for (std::size_t n = 0; n < size && at < records.size(); ++n, ++at)
      parts[{records[at].topic, murmur2_partition(records[at].key, partitions)}].push_back(std::move(records[at]));
    actors::Turn::Inputs inputs;
    for (auto& [tp, part] : parts) {
      const auto count = static_cast<std::int64_t>(part.size());
      inputs[tp.partition].push_back(std::make_shared<OwnedBatch>(tp, std::move(part), offsets[tp]));
      offsets[tp] += count;
    }
    out.push_back(std::move(inputs));
  }
  return out;
}

} // namespace onecode::bench
