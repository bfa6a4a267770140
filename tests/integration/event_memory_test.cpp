// Catches: events forgotten too early or never, and entries left behind where a turn that forgot them was aborted.
#include "actors/event_memory.hpp"

#include <memory>
#include <string>

#include "storage/store.hpp"
#include "tests/catch.hpp"

using namespace onecode;
using actors::EventMemory;
using Seen = EventMemory::Seen;

namespace {

constexpr Time kStart{1'772'409'600'000};

struct World {
  std::unique_ptr<storage::StoreFactory> stores = storage::memory_stores();
  std::unique_ptr<storage::Store> store = stores->open(0);
  EventMemory memory{*store};
  storage::EntryWriter batch;

  static Hash128 event(int n) { return hash128("event " + std::to_string(n)); }
  Seen remember(int n, Time now, std::uint64_t content = 1) {
    return memory.remember(event(n), content, now, days(7), batch);
  }
  void commit() {
    store->write(batch.batch().bytes(), {1});
    batch.clear();
    memory.end_turn();
  }
  void abort() {
    batch.clear();
    memory.end_turn();
    memory.aborted();
  }
  std::size_t entries() {
    std::size_t n = 0;
    store->scan("", [&](auto, auto) { return ++n, true; });
    return n;
  }
};

} // namespace

TEST_CASE("events: known for seven days, with the same content or another, within a turn and after it", "[events]") {
  World w;
  CHECK(w.remember(1, kStart) == Seen::fresh);
  CHECK(w.remember(1, kStart) == Seen::same);
  CHECK(w.remember(1, kStart, 2) == Seen::other);
  w.commit();
  w.memory.forget_old(kStart + days(7), w.batch);
  w.commit();
  CHECK(w.remember(1, kStart + days(7)) == Seen::same);
  CHECK(w.remember(1, kStart + days(7), 2) == Seen::other);
  CHECK(w.remember(1, kStart + days(7) + hours(3)) == Seen::fresh);
}

TEST_CASE("events: what is over leaves the store, a thousand in a turn", "[events]") {
  World w;
  for (int n = 0; n < 2500; ++n) w.remember(n, kStart + minutes(n));
  w.commit();
  CHECK(w.entries() == 5000);
  const Time late = kStart + days(30);
  for (const std::size_t left : {3000U, 1000U, 0U, 0U}) {
    w.memory.forget_old(late, w.batch);
    w.commit();
    CHECK(w.entries() == left);
  }
  // What came later is found although the sweep stood behind all that was there.
  w.remember(7, late);
  w.commit();
  w.memory.forget_old(late + days(8), w.batch);
  w.commit();
  CHECK(w.entries() == 0);
}

TEST_CASE("events: an aborted turn forgot nothing, so the next one forgets it", "[events]") {
  World w;
  for (int n = 0; n < 10; ++n) w.remember(n, kStart);
  w.commit();
  w.memory.forget_old(kStart + days(8), w.batch);
  w.abort();
  CHECK(w.entries() == 20);
  w.memory.forget_old(kStart + days(8), w.batch);
  w.commit();
  CHECK(w.entries() == 0);
}

TEST_CASE("events: one that comes again in the turn that would forget it stays known", "[events]") {
  World w;
  w.remember(1, kStart);
  w.commit();
  const Time late = kStart + days(8);
  CHECK(w.remember(1, late) == Seen::fresh);
  w.memory.forget_old(late, w.batch);
  w.commit();
  CHECK(w.entries() == 2);
  CHECK(w.remember(1, late + days(1)) == Seen::same);
}
