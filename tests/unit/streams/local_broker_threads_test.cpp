// Gateways, two nodes and a tail on threads of their own while the group rebalances: every input comes out exactly
// once. Run under ThreadSanitizer it also says whether the partitions' locks cover what they should.
#include <atomic>
#include <set>
#include <string>
#include <thread>

#include "streams/local/local_broker.hpp"
#include "tests/broker_conformance.hpp"

using namespace onecode_test;

namespace {

constexpr std::int32_t kPartitions = 4;
constexpr int kGateways = 2;
constexpr int kPerGateway = 50'000;
constexpr int kTotal = kGateways * kPerGateway;

/// Copies scans to decisions, one transaction per round, until everything came out; joins late or leaves early if
/// told.
void run_node(LocalBroker& broker, const std::string& name, const std::atomic<int>& seen, int leave_at,
              std::atomic<int>& assignments) {
  TestMember member(broker, "g", name);
  const auto producer = broker.transactional(name);
  producer->init();
  while (seen.load() < kTotal && seen.load() < leave_at) {
    member.consumer->serve(Milliseconds(5));
    if (member.partitions.empty()) continue;
    producer->begin();
    try {
      Offsets next;
      for (const auto p : member.partitions_of(Topic::scans)) {
        const TopicPartition from{Topic::scans, p};
        if (const auto batch = member.consumer->take(from, 100))
          for (const auto& r : batch->records) producer->produce(Topic::decisions, p, r.key, r.value);
        next[from] = member.consumer->position(from);
      }
      producer->send_offsets(next, *member.consumer->membership());
      producer->commit();
    } catch (const BrokerError& e) {
      if (e.fault != BrokerFault::abort) throw;
      producer->abort();
      member.assigned(member.partitions); // rewind; a rebalance that took them comes with the next serve()
    }
  }
  member.consumer->close();
  assignments += member.assignments;
}

} // namespace

TEST_CASE("threads: every input comes out exactly once across a rebalance", "[broker]") {
  LocalBrokerOptions options;
  options.partitions = kPartitions;
  LocalBroker broker(options);
  std::atomic<int> seen{0};
  std::atomic<int> assignments{0};
  std::vector<std::thread> threads;
  for (int g = 0; g < kGateways; ++g)
    threads.emplace_back([&, g] {
      const auto publisher = broker.publisher();
      for (int i = 0; i < kPerGateway; ++i) {
        const std::string id = std::to_string(g) + "-" + std::to_string(i);
        publisher->publish(Topic::scans, -1, id, id);
      }
    });
  threads.emplace_back([&] { run_node(broker, "n1", seen, kTotal, assignments); });
  threads.emplace_back([&] { run_node(broker, "n2", seen, kTotal / 2, assignments); });
  threads.emplace_back([&] { run_node(broker, "n3", seen, kTotal, assignments); });

  std::multiset<std::string> out;
  std::vector<std::unique_ptr<LogReader>> tails;
  for (std::int32_t p = 0; p < kPartitions; ++p)
    tails.push_back(broker.reader({Topic::decisions, p}, 0, Isolation::committed));
  const bool complete = eventually(Milliseconds(60'000), [&] {
    for (const auto& tail : tails)
      if (const auto batch = tail->next(Milliseconds(2)))
        for (const auto& r : batch->records) out.emplace(*r.value);
    seen.store(static_cast<int>(out.size()));
    return out.size() >= kTotal;
  });
  seen.store(kTotal); // also when it failed: the nodes must end
  for (auto& t : threads) t.join();
  CHECK(complete);
  CHECK(assignments.load() > 3); // the group did change under load
  for (const auto& tail : tails)
    if (const auto batch = tail->next(Milliseconds(0)))
      for (const auto& r : batch->records) out.emplace(*r.value);
  CHECK(out.size() == kTotal);
  CHECK(std::set<std::string>(out.begin(), out.end()).size() == kTotal);
}
