#include "actors/crew.hpp"

namespace onecode::actors {

void PlainCrew::perform(std::map<std::int32_t, Task>& tasks, Load) {
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

std::unique_ptr<Shard> PlainCrew::remove(std::int32_t index) {
  auto node = shards_.extract(index);
  return node.empty() ? nullptr : std::move(node.mapped());
}

std::future<void> PlainCrew::aside(std::function<void()> job) {
  std::packaged_task<void()> task(std::move(job));
  task();
  return task.get_future();
}

} // namespace onecode::actors
