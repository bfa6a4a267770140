// Which events a shard has seen: (source, id) by hash, with a hash of the content, and when to forget it (CONTRACT §3: 7 days;
// nonces: 30). Entries of their own in the store, so that no entity grows with them.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "domain/hash.hpp"
#include "domain/time.hpp"
#include "storage/digest.hpp"

namespace onecode::actors {

class EventMemory {
public:
  enum class Seen : std::uint8_t { fresh, same, other };

  explicit EventMemory(storage::Store& store) : store_(store) {}

  /// Fresh: remembered from now on, until `memory` has passed. Otherwise: with the same content, or with another.
  Seen remember(Hash128 event, std::uint64_t content, Time now, Duration memory, storage::EntryWriter& write);
  /// Removes entries whose time is over, some in each turn; after the turn's last remember().
  void forget_old(Time now, storage::EntryWriter& write);
  void end_turn() { of_this_turn_.clear(); }
  void aborted() {
    swept_hour_ = 0;
    swept_to_.clear();
  }

private:
  storage::Store& store_;
  std::map<Hash128, std::uint64_t> of_this_turn_;
  std::uint32_t swept_hour_ = 0;
  std::string swept_to_; // everything before this key is removed
};

} // namespace onecode::actors
