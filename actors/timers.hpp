// The timers of one shard: what the store holds, with the changes of the turn at hand on top. A timer is named by its
// owner, so that it can be set again or taken back.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "domain/effects.hpp"
#include "domain/ids.hpp"
#include "domain/time.hpp"
#include "storage/digest.hpp"

namespace onecode::actors {

struct Timer {
  Time due;
  EntityId owner;
  std::string name;
  auto operator<=>(const Timer&) const = default;
};

class Timers {
public:
  /// Reads them anew; throws StoreError where a key is damaged.
  void load(storage::Store& store);
  std::optional<Time> next() const;
  /// The first of those due at `now`, by due time and owner, at most `limit`.
  std::vector<Timer> due(Time now, std::size_t limit) const;
  /// The same change as entries of the store goes to `write`.
  void change(const EntityId& owner, const TimerChange& change, storage::EntryWriter& write);

  /// The turn is over: committed, or aborted, when the store still has what was before.
  void committed() { changed_ = false; }
  void aborted(storage::Store& store);

private:
  std::set<Timer> timers_;
  std::map<std::pair<EntityId, std::string>, Time> due_;
  bool changed_ = false; // since the turn began
};

} // namespace onecode::actors
