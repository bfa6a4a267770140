#include "actors/crew.hpp"

namespace onecode::actors {

void PlainCrew::perform(std::map<std::int32_t, Task>& tasks) {
  for (auto& [index, task] : tasks) actors::perform(*shards_.at(index), task);
}

std::vector<std::int32_t> PlainCrew::shards() const {
  std::vector<std::int32_t> out;
  for (const auto& [index, shard] : shards_) out.push_back(index);
  return out;
}

void PlainCrew::add(std::unique_ptr<Shard> shard) {
  const auto index = shard->index();
  shards_[index] = std::move(shard);
}

} // namespace onecode::actors
