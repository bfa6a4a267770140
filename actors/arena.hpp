// What a turn holds in memory until it ends: the decoded events that messages point to. Slots are used again in the next
// turn, so that their strings keep their capacity and an ordinary scan allocates nothing.
#pragma once

#include <deque>
#include <tuple>

#include "actors/envelope.hpp"
#include "domain/commands.hpp"
#include "domain/events.hpp"

namespace onecode::actors {

/// Addresses stay valid until clear().
template <class T>
class Pool {
public:
  T& next() {
    if (used_ == items_.size()) items_.emplace_back();
    return items_[used_++];
  }
  /// Gives back the slot that next() gave last.
  void undo() { --used_; }
  void clear() {
    used_ = 0;
    // A flood's memory is not kept for ever.
    if (items_.size() > kKeep) items_.resize(kKeep);
  }

private:
  static constexpr std::size_t kKeep = 8192;
  std::deque<T> items_;
  std::size_t used_ = 0;
};

/// An original record that came inside an inbox message.
struct OwnedRecord {
  streams::Record record;
  std::string key, value;
  std::vector<std::pair<std::string, std::string>> header_bytes;
  std::vector<streams::Header> headers;
};

struct Arena {
  std::tuple<Pool<Scan>, Pool<DeviceReport>, Pool<CodeIssued>, Pool<Posting>, Pool<DataAccess>, Pool<Command>> events;
  Pool<Root> roots;
  Pool<OwnedRecord> records;

  template <class T>
  T& event() {
    return std::get<Pool<T>>(events).next();
  }
  template <class T>
  const T* keep(T&& e) {
    T& slot = event<T>();
    slot = std::move(e);
    return &slot;
  }
  void clear() {
    std::apply([](auto&... pools) { (pools.clear(), ...); }, events);
    roots.clear();
    records.clear();
  }
};

} // namespace onecode::actors
