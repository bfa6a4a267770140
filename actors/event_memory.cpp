#include "actors/event_memory.hpp"

#include <optional>
#include <string>
#include <vector>

#include "storage/keys.hpp"

namespace onecode::actors {
namespace {

constexpr std::size_t kForgottenPerTurn = 1000;

std::uint32_t hour_of(Time t) { return static_cast<std::uint32_t>(t.ms / 3'600'000); }

} // namespace

EventMemory::Seen EventMemory::remember(Hash128 event, std::uint64_t content, Time now, Duration memory,
                                        storage::EntryWriter& write) {
  if (const auto it = of_this_turn_.find(event); it != of_this_turn_.end())
    return it->second == content ? Seen::same : Seen::other;
  const std::string key = storage::event_key(event);
  std::vector<std::optional<std::string>> values;
  store_.read({&key, 1}, values);
  if (values.at(0)) {
    const std::string_view v = *values[0];
    const std::uint32_t forget_hour = storage::read_u32(v);
    if (forget_hour > hour_of(now)) return storage::read_u64(v.substr(4)) == content ? Seen::same : Seen::other;
    write.erase(storage::event_expiry_key(forget_hour, event), v.substr(4));
    write.erase(key, v);
  }
  of_this_turn_[event] = content;
  const std::uint32_t forget_hour = hour_of(now + memory) + 1;
  std::string value;
  storage::append_u32(value, forget_hour);
  storage::append_u64(value, content);
  write.put(key, value);
  write.put(storage::event_expiry_key(forget_hour, event), std::string_view(value).substr(4));
  return Seen::fresh;
}

void EventMemory::forget_old(Time now, storage::EntryWriter& write) {
  const std::uint32_t hour = hour_of(now);
  if (hour == swept_hour_) return;
  std::size_t forgotten = 0;
  std::string value;
  store_.scan_from(swept_to_, "y", [&](std::string_view key, std::string_view content) {
    if (storage::read_u32(key.substr(1)) > hour || ++forgotten > kForgottenPerTurn) return false;
    swept_to_ = key; // never one that is still to come: an id that is forgotten sooner may be put before it
    const Hash128 event{storage::read_u64(key.substr(5)), storage::read_u64(key.substr(13))};
    if (!of_this_turn_.contains(event)) {
      value.assign(key.substr(1, 4));
      value += content;
      write.erase(storage::event_key(event), value);
      write.erase(key, content);
    }
    return true;
  });
  if (forgotten <= kForgottenPerTurn) swept_hour_ = hour;
}

} // namespace onecode::actors
