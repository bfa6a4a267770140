// A node that finds orders and scans waiting begins with all of its shards, also where they are restored a few at a time. What this
// would catch: a reader's registration that crosses through `inbox` to a shard which is not there yet, after the scans of that reader.
#include <nlohmann/json.hpp>
#include <thread>

#include "actors/node.hpp"
#include "storage/store.hpp"
#include "streams/local/local_broker.hpp"
#include "tests/catch.hpp"
#include "tests/integration/engine_world.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

/// A node that finds the world's orders and scans waiting; `fenced`: and loses the transaction of its first turn.
void meets_all_shards(bool fenced) {
  constexpr int kSteps = 1000;
  const World world(60, 500);
  streams::LocalBrokerOptions options;
  options.partitions = 4 * static_cast<std::int32_t>(std::max(2U, std::thread::hardware_concurrency()));
  streams::LocalBroker broker(options);
  const auto stores = storage::memory_stores();
  actors::PlainCrew crew;
  const streams::Secrets secrets;
  actors::EventClock clock;
  actors::NodeObserver observer;
  actors::NodeOptions node_options;
  node_options.id = std::string("n");
  actors::Node node(node_options, broker, *stores, crew, secrets, clock, actors::PolicyBook(world.policy, {}, false),
                    observer);
  const auto publish = [&] {
    const auto publisher = broker.publisher();
    for (const auto* records : {&world.commands, &world.scans})
      for (const auto& r : *records)
        publisher->publish(r.topic, murmur2_partition(r.key, options.partitions), r.key, r.value, {},
                           streams::kNoTimestamp);
    publisher->flush();
  };
  if (!fenced) publish();
  node.begin();
  if (fenced) {
    while (crew.shards().empty()) node.step(streams::Milliseconds(0));
    publish();
    broker.transactional(node_options.group + "-n")->init();
  }
  std::map<std::string, int> reasons;
  std::size_t decided = 0;
  std::vector<std::unique_ptr<streams::LogReader>> readers;
  for (std::int32_t p = 0; p < options.partitions; ++p)
    readers.push_back(broker.reader({Topic::decisions, p}, 0, streams::Isolation::committed));
  for (int n = 0; n < kSteps && decided < world.scans.size(); ++n) {
    node.step(streams::Milliseconds(0));
    for (const auto& reader : readers)
      if (const auto batch = reader->next(streams::Milliseconds(0)))
        for (const auto& r : batch->records) {
          ++decided;
          const auto decision = nlohmann::json::parse(*r.value);
          for (const auto& reason : decision.at("data").at("reasons")) ++reasons[reason.get<std::string>()];
        }
  }
  node.end();
  CHECK(decided == world.scans.size());
  CHECK(reasons["DEVICE_UNKNOWN"] < 20); // the rogue reader's own
  CHECK(reasons["ACCOUNT_UNKNOWN"] == 0);
  std::int64_t through_inbox = 0;
  for (std::int32_t p = 0; p < options.partitions; ++p)
    through_inbox += broker.watermarks({Topic::inbox, p}, streams::Isolation::committed).high;
  CHECK(through_inbox == 0);
}

} // namespace

TEST_CASE("a backlog meets all shards of a node that starts, however few are restored at once") {
  meets_all_shards(false);
}

TEST_CASE("a backlog meets all shards of a node that lost a transaction") { meets_all_shards(true); }
