#include "actors/timers.hpp"

#include "storage/keys.hpp"

namespace onecode::actors {

void Timers::load(storage::Store& store) {
  timers_.clear();
  due_.clear();
  changed_ = false;
  store.scan("t", [this](std::string_view key, std::string_view) {
    const auto end_of_id = key.find('\0', 10);
    if (key.size() < 11 || end_of_id == std::string_view::npos) throw storage::StoreError("a timer's key is damaged");
    Timer timer{Time{static_cast<std::int64_t>(storage::read_u64(key.substr(1)))},
                EntityId{static_cast<Kind>(key[9] - '0'), std::string(key.substr(10, end_of_id - 10))},
                std::string(key.substr(end_of_id + 1))};
    due_[{timer.owner, timer.name}] = timer.due;
    timers_.insert(std::move(timer));
    return true;
  });
}

std::optional<Time> Timers::next() const {
  if (timers_.empty()) return std::nullopt;
  return timers_.begin()->due;
}

std::vector<Timer> Timers::due(Time now, std::size_t limit) const {
  std::vector<Timer> out;
  for (const auto& timer : timers_) {
    if (timer.due > now || out.size() == limit) break;
    out.push_back(timer);
  }
  return out;
}

void Timers::change(const EntityId& owner, const TimerChange& change, storage::EntryWriter& write) {
  const auto it = due_.find({owner, change.name});
  if (it != due_.end()) {
    if (change.due && *change.due == it->second) return;
    timers_.erase({it->second, owner, change.name});
    write.erase(storage::timer_key(it->second, owner, change.name), "");
    due_.erase(it);
    changed_ = true;
  }
  if (change.due) {
    timers_.insert({*change.due, owner, change.name});
    due_[{owner, change.name}] = *change.due;
    write.put(storage::timer_key(*change.due, owner, change.name), "");
    changed_ = true;
  }
}

void Timers::aborted(storage::Store& store) {
  if (changed_) load(store);
}

} // namespace onecode::actors
