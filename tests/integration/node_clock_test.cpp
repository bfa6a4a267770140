// A node whose wall clock is set while it works decides nothing until the clock is right again, and then goes on. What this would
// catch: deadlines that pass a day early because somebody set a clock.
#include <algorithm>

#include "actors/node.hpp"
#include "storage/store.hpp"
#include "streams/authenticate.hpp"
#include "streams/local/local_broker.hpp"
#include "tests/catch.hpp"
#include "tests/integration/engine_world.hpp"

using namespace onecode;

TEST_CASE("a wall clock that jumps stops the node until it is right") {
  std::int64_t wall = 1'772'409'492'345, monotonic = 1000;
  streams::LocalBrokerOptions options;
  options.partitions = 1;
  options.virtual_time = true;
  options.clock = [&] { return monotonic; };
  streams::LocalBroker broker(options);
  const auto stores = storage::memory_stores();
  actors::PlainCrew crew;
  const streams::Secrets secrets;
  actors::WallClock clock([&] { return wall; }, [&] { return monotonic; });
  actors::NodeObserver observer;
  actors::NodeOptions node_options;
  node_options.id = "n";
  actors::Node node(node_options, broker, *stores, crew, secrets, clock,
                    actors::PolicyBook(builtin_policy(), {}, false), observer);
  const auto publisher = broker.publisher();
  const auto scan = [&] { publisher->publish(Topic::scans, 0, "d", "no scan at all"); };
  // Each is a dead letter, so the turns can be counted.
  const auto turns_after_some_steps = [&] {
    for (int i = 0; i < 20; ++i) {
      wall += 10;
      monotonic += 10;
      node.step(streams::Milliseconds(0));
    }
    return node.status().turns;
  };
  node.begin();
  scan();
  CHECK(turns_after_some_steps() == 1);
  CHECK(node.status().trouble.empty());
  for (const auto jump : {days(1).ms, -days(1).ms}) {
    const auto before = node.status().turns;
    wall += jump;
    scan();
    CHECK(turns_after_some_steps() == before);
    CHECK(node.status().trouble.find("wall clock") != std::string::npos);
    wall -= jump;
    CHECK(turns_after_some_steps() == before + 1);
    CHECK(node.status().trouble.empty());
  }
  node.end();
}
