// Engine time (CONTRACT §12). What this would catch: time that goes back, a jump of the wall clock that moves deadlines, an
// event far in the future or of a broken clock that carries everybody along.
#include "actors/clock.hpp"

#include "tests/catch.hpp"

using namespace onecode;
using namespace onecode::actors;

TEST_CASE("the wall clock is read once and time goes on by the monotonic clock") {
  std::int64_t wall = 1'000'000, monotonic = 500;
  WallClock clock([&] { return wall; }, [&] { return monotonic; });
  CHECK(clock.peek() == Time{1'000'000});
  monotonic += 250;
  wall += days(1).ms;
  CHECK(clock.next({}) == Time{1'000'250});
  wall -= days(3).ms;
  CHECK(clock.peek() == Time{1'000'250});
}

TEST_CASE("a restored shard's time is never undercut") {
  WallClock clock([] { return 1000; }, [] { return 0; });
  clock.at_least(Time{9000});
  CHECK(clock.peek() == Time{9000});
}

TEST_CASE("engine time and the wall clock more than five minutes apart are for a person to decide") {
  std::int64_t wall = 1'000'000, monotonic = 0;
  const auto read_wall = [&] { return wall; };
  const auto read_monotonic = [&] { return monotonic; };
  WallClock clock(read_wall, read_monotonic);
  CHECK(clock.doubt().empty());
  wall += minutes(5).ms;
  CHECK(clock.doubt().empty());
  wall += 1; // set forward while the node runs, or the machine slept
  CHECK(clock.doubt().find("behind") != std::string::npos);
  monotonic += minutes(10).ms; // now it is the wall clock that is behind, by less than five minutes
  CHECK(clock.doubt().empty());
  clock.at_least(Time{wall + days(1).ms}); // a shard comes from a node whose clock was a day ahead
  CHECK(clock.doubt().find("ahead") != std::string::npos);

  WallClock accepted(read_wall, read_monotonic, true);
  accepted.at_least(Time{wall + days(1).ms});
  CHECK(accepted.doubt().empty());
  CHECK(accepted.peek() == Time{wall + days(1).ms});
}

TEST_CASE("events move an event clock, each by its own rule") {
  EventClock clock;
  const auto follow = [&](std::int64_t timestamp, std::int64_t time, bool all_the_way) {
    return clock.next({{Order{}, timestamp, Time{time}, all_the_way}});
  };
  const std::int64_t start = 1'772'409'492'345;
  CHECK(follow(-1, start, false) == Time{start});
  // Never back.
  CHECK(follow(-1, start - 5000, false) == Time{start});
  // Other events by at most a day, commands and policies all the way, timestamps always.
  CHECK(follow(-1, start + days(40).ms, false) == Time{start + days(1).ms});
  CHECK(follow(-1, start + days(40).ms, true) == Time{start + days(40).ms});
  CHECK(follow(start + days(50).ms, start, false) == Time{start + days(50).ms});
  CHECK(follow(start, start + days(90).ms, false) == Time{start + days(50).ms});
}
