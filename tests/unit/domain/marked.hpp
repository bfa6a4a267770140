// What a step changes it must mark: a part that is not marked is not stored, and what it learnt is gone when the entity sleeps or
// its node stops. The worlds of account_world.hpp and device_world.hpp take every step through here.
#pragma once

#include <array>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include "domain/account.hpp"
#include "domain/account_size.hpp"
#include "domain/archive.hpp"
#include "domain/device.hpp"
#include "domain/device_size.hpp"

namespace onecode::test {

template <class F>
void each_part(AccountState& a, F&& f) {
  f("profile", a.profile, a.dirty.profile);
  f("hot", a.hot, a.dirty.hot);
  f("usage", a.usage, a.dirty.usage);
  f("codes", a.codes, a.dirty.codes);
  f("visits", a.visits, a.dirty.visits);
  f("habits", a.habits, a.dirty.habits);
  f("hands", a.hands, a.dirty.hands);
  f("company", a.company, a.dirty.company);
  f("file", a.file, a.dirty.file);
  f("ledger", a.ledger, a.dirty.ledger);
  f("procedures", a.procedures, a.dirty.procedures);
  const Sighting unused;
  for (std::size_t i = 0; i < SightingRing::kSlots; ++i)
    f("ring", i < a.ring.sightings().size() ? a.ring.sightings()[i] : unused, a.dirty.ring[i]);
}
/// Without the windows of numbers and the counted people, which tests/property/integration_procedures_test.cpp looks at.
template <class F>
void each_part(DeviceState& d, F&& f) {
  f("register", d.reg, d.dirty.reg);
  f("hot", d.hot, d.dirty.hot);
  f("reports", d.reports, d.dirty.reports);
  f("environment", d.environment, d.dirty.environment);
  f("habits", d.habits, d.dirty.habits);
  f("neighbours", d.neighbours, d.dirty.neighbours);
  f("trust", d.trust, d.dirty.trust);
  f("ways", d.ways, d.dirty.ways);
  f("file", d.file, d.dirty.file);
}

/// A forgotten account's parts go whether they are marked or not.
inline bool all_go(const AccountState& a) { return a.dirty.forgotten; }
inline bool all_go(const DeviceState&) { return false; }

inline bool sizes_are_right(AccountState& a) { return known_bytes(a) == counted_bytes(a); }
inline bool sizes_are_right(DeviceState& d) {
  DeviceState anew = d;
  anew.sizes = {};
  return size_at_most(d) == size_at_most(anew);
}

/// Marks are bools and nothing else.
template <class Dirty>
void add_marks(Dirty& to, const Dirty& more) {
  std::array<unsigned char, sizeof(Dirty)> a, b;
  std::memcpy(a.data(), &to, sizeof to);
  std::memcpy(b.data(), &more, sizeof more);
  for (std::size_t i = 0; i < a.size(); ++i) a[i] |= b[i];
  std::memcpy(&to, a.data(), sizeof to);
}

/// Throws std::logic_error where it changes a part without marking it. Marks of before stay.
template <class State, class Step>
void take(State& state, Step&& step) {
  std::vector<std::string> before;
  each_part(state, [&](const char*, const auto& part, bool) { encode(before.emplace_back(), part); });
  const auto marks = state.dirty;
  saved(state);
  step();
  if (!sizes_are_right(state)) throw std::logic_error("the size that is known of a part is that of before");
  std::size_t n = 0;
  each_part(state, [&](const char* name, const auto& part, bool mark) {
    std::string now;
    encode(now, part);
    if (now != before[n++] && !mark && !all_go(state))
      throw std::logic_error(std::string("changed and not marked: ") + name);
  });
  add_marks(state.dirty, marks);
}

} // namespace onecode::test
