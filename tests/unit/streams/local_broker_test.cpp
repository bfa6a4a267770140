// What only the in-process broker does, in virtual time: timeouts, members that die or come back, retention, views
// that outlive what they show. What it shares with Kafka is in tests/broker_conformance.hpp.
#include "streams/local/local_broker.hpp"

#include <atomic>
#include <string>
#include <thread>

#include "tests/broker_conformance.hpp"

using namespace onecode_test;

namespace {

constexpr Milliseconds kAtOnce{0};

/// A broker whose clock the test moves.
struct World {
  explicit World(LocalBrokerOptions options = {}) : broker(with_clock(std::move(options))) {}

  LocalBrokerOptions with_clock(LocalBrokerOptions options) {
    options.partitions = 2;
    options.virtual_time = true;
    options.transaction_timeout_ms = 10'000;
    options.session_timeout_ms = 30'000;
    options.clock = [this] { return now.load(); };
    return options;
  }

  Texts all(TopicPartition from, Isolation isolation = Isolation::committed) {
    Texts result;
    const auto reader = broker.reader(from, broker.watermarks(from, isolation).low, isolation);
    while (const auto batch = reader->next(kAtOnce))
      for (const auto& r : batch->records) result.emplace_back(r.value.value_or("(none)"));
    CHECK(reader->position() == broker.watermarks(from, isolation).high);
    return result;
  }
  void publish(TopicPartition to, std::string_view value) {
    broker.publisher()->publish(to.topic, to.partition, "k", value);
  }

  std::atomic<std::int64_t> now{1'000'000};
  LocalBroker broker;
};

const TopicPartition kScans0{Topic::scans, 0};
const TopicPartition kScans1{Topic::scans, 1};
const TopicPartition kOut0{Topic::decisions, 0};

void serve(std::initializer_list<TestMember*> members) {
  for (int round = 0; round < 3; ++round)
    for (TestMember* m : members) m->consumer->serve(kAtOnce);
}

} // namespace

// ---- time ---------------------------------------------------------------------------------------------------------

TEST_CASE("a transaction that takes too long is aborted and its producer fenced", "[broker]") {
  World world;
  const auto producer = world.broker.transactional("n1");
  producer->init();
  producer->begin();
  world.now += 60'000; // begun and not used is not open
  producer->produce(Topic::decisions, 0, "d", "late");
  world.publish(kOut0, "behind");
  world.now += 9'999;
  CHECK(world.all(kOut0).empty());
  world.now += 1;
  CHECK(world.all(kOut0) == Texts{"behind"});
  CHECK(fault_of([&] { producer->produce(Topic::decisions, 0, "d", "later"); }) == BrokerFault::fatal);
  CHECK(fault_of([&] { producer->commit(); }) == BrokerFault::fatal);
  CHECK(fault_of([&] { producer->abort(); }) == BrokerFault::fatal);
  CHECK(world.all(kOut0, Isolation::uncommitted) == Texts{"late", "behind"});
}

TEST_CASE("a transaction that timed out cannot be committed even when nobody noticed before", "[broker]") {
  World world;
  const auto producer = world.broker.transactional("n1");
  producer->init();
  producer->begin();
  producer->produce(Topic::decisions, 0, "d", "late");
  world.now += 10'000;
  CHECK(fault_of([&] { producer->commit(); }) == BrokerFault::fatal);
  CHECK(world.all(kOut0).empty());
}

TEST_CASE("a transaction in time commits however late its producer begins the next one", "[broker]") {
  World world;
  const auto producer = world.broker.transactional("n1");
  producer->init();
  for (int i = 0; i < 3; ++i) {
    producer->begin();
    producer->produce(Topic::decisions, 0, "d", std::to_string(i));
    world.now += 9'000;
    producer->commit();
    world.now += 100'000;
  }
  CHECK(world.all(kOut0) == Texts{"0", "1", "2"});
}

TEST_CASE("virtual time never waits", "[broker]") {
  World world;
  TestMember member(world.broker, "g", "n1");
  const auto started = std::chrono::steady_clock::now();
  member.consumer->serve(Milliseconds(3'600'000));
  member.consumer->serve(Milliseconds(3'600'000));
  CHECK(world.broker.reader(kScans0, 0, Isolation::committed)->next(Milliseconds(3'600'000)) == nullptr);
  const auto producer = world.broker.transactional("n1");
  producer->init();
  producer->begin();
  producer->send_offsets({{kScans0, 1}}, *member.consumer->membership());
  CHECK(fault_of([&] { member.consumer->committed({kScans0}, kLong); }) == BrokerFault::unreachable);
  CHECK(member.consumer->committed({kScans1}, kLong).empty()); // another partition is not pending
  world.now += 10'000;
  CHECK(member.consumer->committed({kScans0}, kLong).empty()); // timed out, aborted
  CHECK(std::chrono::steady_clock::now() - started < std::chrono::seconds(60));
}

TEST_CASE("records carry the client's time unless told", "[broker]") {
  World world;
  world.now = 5;
  world.publish(kScans0, "a");
  world.broker.publisher()->publish(Topic::scans, 0, "k", "b", {}, 77);
  const auto batch = world.broker.reader(kScans0, 0, Isolation::committed)->next(kAtOnce);
  REQUIRE(batch);
  CHECK(batch->records[0].timestamp_ms == 5);
  CHECK(batch->records[1].timestamp_ms == 77);
}

// ---- members ------------------------------------------------------------------------------------------------------

TEST_CASE("rebalance: revoked before anybody is assigned, from within serve()", "[broker]") {
  World world;
  TestMember first(world.broker, "g", "n1");
  CHECK(first.assignments == 0); // not before serve()
  first.consumer->serve(kAtOnce);
  CHECK(first.assignments == 1);
  TestMember second(world.broker, "g", "n2");
  second.consumer->serve(kAtOnce);
  CHECK(second.assignments == 0); // the first still holds everything
  CHECK(first.revocations == 0);
  first.consumer->serve(kAtOnce);
  CHECK(first.revocations == 1);
  CHECK(first.assignments == 2); // it was the last to rejoin
  second.consumer->serve(kAtOnce);
  CHECK(second.assignments == 1);
  CHECK(first.partitions_of(Topic::scans) == std::vector<std::int32_t>{0});
  CHECK(second.partitions_of(Topic::scans) == std::vector<std::int32_t>{1});
  CHECK(first.consumer->take(kScans1, 1) == nullptr);
  CHECK(fault_of([&] { (void)first.consumer->position(kScans1); }) == BrokerFault::refused);

  SECTION("a third of two partitions gets nothing, and is told so") {
    TestMember third(world.broker, "g", "n3");
    serve({&first, &second, &third});
    CHECK(third.assignments == 1);
    CHECK(third.partitions.empty());
  }
  SECTION("who leaves is replaced at once") {
    second.consumer->close();
    CHECK(fault_of([&] { second.consumer->serve(kAtOnce); }) == BrokerFault::fatal);
    serve({&first});
    CHECK(first.partitions_of(Topic::scans) == std::vector<std::int32_t>{0, 1});
    CHECK(first.losses == 0);
  }
  SECTION("another group is another world") {
    TestMember other(world.broker, "h", "n1");
    other.consumer->serve(kAtOnce);
    CHECK(other.partitions_of(Topic::scans) == std::vector<std::int32_t>{0, 1});
    serve({&first, &second});
    CHECK(first.revocations == 1);
  }
}

TEST_CASE("positions are forgotten with the assignment", "[broker]") {
  World world;
  TestMember first(world.broker, "g", "n1");
  serve({&first});
  world.publish(kScans0, "a");
  std::unique_ptr<Batch> seen_while_revoked;
  first.on_revoked = [&] { seen_while_revoked = first.consumer->take(kScans0, 1); };
  TestMember second(world.broker, "g", "n2");
  first.consumer->serve(kAtOnce);
  REQUIRE(seen_while_revoked); // still ours inside the callback
  CHECK(seen_while_revoked->records[0].value == "a");
  const auto again = first.consumer->take(kScans0, 1); // assigned anew, at the committed offset
  REQUIRE(again);
  CHECK(again->records[0].value == "a");
}

TEST_CASE("a member that stops serving loses its partitions, and learns it when it comes back", "[broker]") {
  World world;
  TestMember zombie(world.broker, "g", "n1");
  serve({&zombie});
  const auto producer = world.broker.transactional("n1");
  producer->init();
  TestMember other(world.broker, "g", "n2");
  serve({&zombie, &other});
  const auto membership = zombie.consumer->membership();
  world.now += 29'999;
  other.consumer->serve(kAtOnce);
  CHECK(other.revocations == 0);
  world.now += 1;
  serve({&other});
  CHECK(other.partitions_of(Topic::scans) == std::vector<std::int32_t>{0, 1});
  producer->begin();
  CHECK(fault_of([&] { producer->send_offsets({{kScans0, 1}}, *membership); }) == BrokerFault::abort);
  producer->abort();
  CHECK(zombie.losses == 0);
  zombie.consumer->serve(kAtOnce);
  CHECK(zombie.losses == 1);
  CHECK(zombie.revocations == 1); // the one when the other joined
  serve({&zombie, &other});
  CHECK(zombie.partitions_of(Topic::scans) == std::vector<std::int32_t>{0});
  CHECK(other.losses == 0);
}

TEST_CASE("a member alone that sleeps too long is put out too", "[broker]") {
  World world;
  TestMember member(world.broker, "g", "n1");
  serve({&member});
  const auto old = member.consumer->membership();
  world.now += 30'000;
  member.consumer->serve(kAtOnce);
  CHECK(member.losses == 1);
  CHECK(member.assignments == 2);
  const auto producer = world.broker.transactional("n1");
  producer->init();
  producer->begin();
  CHECK(fault_of([&] { producer->send_offsets({{kScans0, 1}}, *old); }) == BrokerFault::abort);
}

TEST_CASE("a long callback is no absence", "[broker]") {
  World world;
  TestMember first(world.broker, "g", "n1");
  serve({&first});
  TestMember second(world.broker, "g", "n2");
  first.on_revoked = [&] {
    world.now += 1'000'000; // finishing takes its time, while the other one goes on serving
    second.consumer->serve(kAtOnce);
    CHECK(second.assignments == 0);
  };
  first.consumer->serve(kAtOnce);
  serve({&first, &second});
  CHECK(first.losses == 0);
  CHECK(first.partitions_of(Topic::scans) == std::vector<std::int32_t>{0});
}

TEST_CASE("an instance that comes back takes its place without a rebalance and fences its ghost", "[broker]") {
  World world;
  TestMember ghost(world.broker, "g", "n1");
  serve({&ghost});
  TestMember other(world.broker, "g", "n2");
  serve({&ghost, &other});
  TestMember heir(world.broker, "g", "n1");
  heir.consumer->serve(kAtOnce);
  CHECK(heir.partitions_of(Topic::scans) == std::vector<std::int32_t>{0});
  serve({&other});
  CHECK(other.revocations == 0);

  const auto producer = world.broker.transactional("n1");
  producer->init();
  producer->begin();
  producer->produce(Topic::decisions, 0, "d", "ghost");
  CHECK(fault_of([&] {
          producer->send_offsets({{kScans0, 1}}, *ghost.consumer->membership());
        }) == BrokerFault::abort);
  producer->abort();
  producer->begin();
  producer->send_offsets({{kScans0, 2}}, *heir.consumer->membership());
  producer->commit();
  CHECK(heir.consumer->committed({kScans0}, kLong) == Offsets{{kScans0, 2}});

  CHECK(fault_of([&] { ghost.consumer->serve(kAtOnce); }) == BrokerFault::fatal);
  CHECK(ghost.losses == 1);
  CHECK(fault_of([&] { ghost.consumer->serve(kAtOnce); }) == BrokerFault::fatal);
  CHECK(ghost.losses == 1);
  ghost.consumer->close(); // not in its heir's name
  serve({&other, &heir});
  CHECK(other.revocations == 0);
  CHECK(heir.partitions_of(Topic::scans) == std::vector<std::int32_t>{0});
}

TEST_CASE("an instance that comes back in the middle of a rebalance takes part in it", "[broker]") {
  World world;
  TestMember ghost(world.broker, "g", "n1");
  serve({&ghost});
  TestMember other(world.broker, "g", "n2"); // waits for the ghost
  TestMember heir(world.broker, "g", "n1");
  serve({&other, &heir});
  CHECK(heir.partitions_of(Topic::scans) == std::vector<std::int32_t>{0});
  CHECK(other.partitions_of(Topic::scans) == std::vector<std::int32_t>{1});
  CHECK(fault_of([&] { ghost.consumer->serve(kAtOnce); }) == BrokerFault::fatal);
}

TEST_CASE("nothing can be taken between two assignments", "[broker]") {
  World world;
  TestMember first(world.broker, "g", "n1");
  TestMember second(world.broker, "g", "n2");
  serve({&first, &second});
  world.publish(kScans0, "a");
  TestMember third(world.broker, "g", "n3");
  first.consumer->serve(kAtOnce);
  CHECK(first.revocations == 1);
  CHECK(first.assignments == 1); // the second has not given up yet
  CHECK(first.consumer->take(kScans0, 1) == nullptr);
}

TEST_CASE("a consumer that is destroyed without close() is a crash", "[broker]") {
  World world;
  TestMember other(world.broker, "g", "n2");
  {
    TestMember crashed(world.broker, "g", "n1");
    serve({&other, &crashed});
    CHECK(other.partitions_of(Topic::scans) == std::vector<std::int32_t>{1});
  }
  world.publish(kScans0, "to nobody"); // its watches are gone with it
  serve({&other});
  CHECK(other.partitions_of(Topic::scans) == std::vector<std::int32_t>{1});
  world.now += 29'999;
  serve({&other});
  world.now += 2;
  serve({&other});
  CHECK(other.partitions_of(Topic::scans) == std::vector<std::int32_t>{0, 1});
}

TEST_CASE("a rebalance does not wait for a member that died in it", "[broker]") {
  World world;
  auto dead = std::make_unique<TestMember>(world.broker, "g", "n1");
  serve({dead.get()});
  TestMember waiting(world.broker, "g", "n2");
  dead.reset();
  serve({&waiting});
  CHECK(waiting.assignments == 0);
  world.now += 29'000;
  serve({&waiting});
  CHECK(waiting.assignments == 0);
  world.now += 1'000;
  serve({&waiting});
  CHECK(waiting.partitions_of(Topic::scans) == std::vector<std::int32_t>{0, 1});
}

TEST_CASE("members without an instance name are different members", "[broker]") {
  World world;
  TestMember first(world.broker, "g", "");
  TestMember second(world.broker, "g", "");
  serve({&first, &second});
  CHECK(first.partitions_of(Topic::scans).size() == 1);
  CHECK(second.partitions_of(Topic::scans).size() == 1);
}

TEST_CASE("new input topics are assigned", "[broker]") {
  LocalBrokerOptions options;
  options.partitions = 0;
  options.virtual_time = true;
  LocalBroker broker(options);
  TestMember member(broker, "g", "n1");
  member.consumer->serve(kAtOnce);
  CHECK(member.partitions.empty());
  CHECK(fault_of([&] { broker.publisher()->publish(Topic::scans, -1, "k", "v"); }) == BrokerFault::refused);
  CHECK(broker.describe_topics().at(Topic::scans).partitions == 0);
  broker.create_topics(3);
  member.consumer->serve(kAtOnce);
  CHECK(member.partitions_of(Topic::scans) == std::vector<std::int32_t>{0, 1, 2});
  CHECK(fault_of([&] { broker.publisher()->publish(Topic::scans, 3, "k", "v"); }) == BrokerFault::refused);
  CHECK(fault_of([&] { (void)broker.reader({Topic::policy, 1}, 0, Isolation::committed); }) == BrokerFault::refused);
}

// ---- producers ----------------------------------------------------------------------------------------------------

TEST_CASE("calls out of order finish a producer", "[broker]") {
  World world;
  const auto producer = world.broker.transactional("n1");
  SECTION("begin before init") {
    CHECK(fault_of([&] { producer->begin(); }) == BrokerFault::fatal);
  }
  SECTION("produce outside a transaction") {
    producer->init();
    CHECK(fault_of([&] { producer->produce(Topic::decisions, 0, "d", "v"); }) == BrokerFault::fatal);
  }
  SECTION("commit twice") {
    producer->init();
    producer->begin();
    producer->commit();
    CHECK(fault_of([&] { producer->commit(); }) == BrokerFault::fatal);
  }
  SECTION("init twice") {
    producer->init();
    CHECK(fault_of([&] { producer->init(); }) == BrokerFault::fatal);
  }
  CHECK(world.all(kOut0).empty());
}

TEST_CASE("after a lost transaction only abort() helps", "[broker]") {
  World world;
  TestMember member(world.broker, "g", "n1");
  serve({&member});
  const auto old = member.consumer->membership();
  member.consumer->close();
  const auto producer = world.broker.transactional("n1");
  producer->init();
  producer->begin();
  producer->produce(Topic::decisions, 0, "d", "lost");
  CHECK(fault_of([&] { producer->send_offsets({{kScans0, 1}}, *old); }) == BrokerFault::abort);
  CHECK(fault_of([&] { producer->produce(Topic::decisions, 0, "d", "more"); }) == BrokerFault::abort);
  CHECK(fault_of([&] { producer->send_offsets({{kScans0, 1}}, *old); }) == BrokerFault::abort);
  CHECK(fault_of([&] { producer->commit(); }) == BrokerFault::abort);
  producer->abort();
  producer->begin();
  producer->produce(Topic::decisions, 0, "d", "kept");
  producer->commit();
  CHECK(world.all(kOut0) == Texts{"kept"});
}

TEST_CASE("a record that is too large leaves its transaction usable", "[broker]") {
  World world;
  const auto producer = world.broker.transactional("n1");
  producer->init();
  producer->begin();
  const std::string limit(static_cast<std::size_t>(kEngineBytes), 'x');
  CHECK(fault_of([&] { producer->produce(Topic::decisions, 0, "d", limit); }) == BrokerFault::refused);
  producer->produce(Topic::decisions, 0, "d", "small");
  producer->commit();
  CHECK(world.all(kOut0) == Texts{"small"});
  const auto publisher = world.broker.publisher();
  const std::string half(static_cast<std::size_t>(kInputBytes) / 2, 'x');
  publisher->publish(Topic::scans, 0, "k", half);
  CHECK(fault_of([&] { publisher->publish(Topic::scans, 0, half, half); }) == BrokerFault::refused);
  const std::vector<Header> headers{{"h", half}};
  CHECK(fault_of([&] { publisher->publish(Topic::scans, 0, "k", half, headers); }) == BrokerFault::refused);
}

TEST_CASE("of two transactions that hold offsets of a partition, the last to send wins", "[broker]") {
  World world;
  TestMember member(world.broker, "g", "n1");
  serve({&member});
  const auto one = world.broker.transactional("t1");
  const auto two = world.broker.transactional("t2");
  for (const auto& p : {one.get(), two.get()}) {
    p->init();
    p->begin();
  }
  one->send_offsets({{kScans0, 1}}, *member.consumer->membership());
  two->send_offsets({{kScans0, 2}}, *member.consumer->membership());
  two->commit();
  CHECK(fault_of([&] { member.consumer->committed({kScans0}, kLong); }) ==
        BrokerFault::unreachable); // one is undecided
  one->commit();
  CHECK(member.consumer->committed({kScans0}, kLong) == Offsets{{kScans0, 2}});
}

TEST_CASE("offsets that are none are not committed", "[broker]") {
  World world;
  TestMember member(world.broker, "g", "n1");
  serve({&member});
  const auto producer = world.broker.transactional("n1");
  producer->init();
  producer->begin();
  producer->send_offsets({{kScans0, -1001}, {kScans1, 3}}, *member.consumer->membership());
  producer->commit();
  CHECK(member.consumer->committed({kScans0, kScans1}, kLong) == Offsets{{kScans1, 3}});
}

// ---- memory -------------------------------------------------------------------------------------------------------

TEST_CASE("a batch outlives the trimming of its records and the broker itself", "[broker]") {
  std::unique_ptr<Batch> batch;
  std::unique_ptr<TransactionalProducer> producer;
  {
    World world;
    for (int i = 0; i < 1000; ++i) world.publish(kScans0, std::string(100, static_cast<char>('a' + i % 26)));
    batch = world.broker.reader(kScans0, 0, Isolation::committed)->next(kAtOnce);
    world.broker.trim(kScans0, 1000);
    CHECK(world.all(kScans0).empty());
  }
  REQUIRE(batch->records.size() == 1000);
  for (int i = 0; i < 1000; ++i) {
    const auto& r = batch->records[static_cast<std::size_t>(i)];
    REQUIRE(*r.value == std::string(100, static_cast<char>('a' + i % 26)));
  }
}

TEST_CASE("trimming inside an open transaction shows nothing of it", "[broker]") {
  World world;
  const auto producer = world.broker.transactional("n1");
  producer->init();
  producer->begin();
  for (int i = 0; i < 4; ++i) producer->produce(Topic::decisions, 0, "d", std::to_string(i));
  world.broker.trim(kOut0, 2);
  CHECK(world.all(kOut0).empty());
  CHECK(fault_of([&] { world.broker.trim(kOut0, 5); }) == BrokerFault::refused); // beyond the end
  SECTION("committed") {
    producer->commit();
    CHECK(world.all(kOut0) == Texts{"2", "3"});
  }
  SECTION("aborted") {
    producer->abort();
    CHECK(world.all(kOut0).empty());
  }
}

TEST_CASE("retention drops what every group has passed, and only that", "[broker]") {
  LocalBrokerOptions options;
  options.retain_bytes = 100'000;
  World world(options);
  TestMember member(world.broker, "g", "n1");
  TestMember other(world.broker, "h", "n1");
  serve({&member});
  serve({&other});
  const std::string value(1000, 'x');
  const auto fill = [&](TopicPartition to) {
    for (int i = 0; i < 1000; ++i) world.publish(to, value);
  };
  const auto kept = [&](TopicPartition of) {
    const auto w = world.broker.watermarks(of, Isolation::committed);
    return w.high - w.low;
  };
  const auto commit = [&](TestMember& m, std::int64_t offset) {
    const auto producer = world.broker.transactional("t");
    producer->init();
    producer->begin();
    producer->send_offsets({{kScans0, offset}}, *m.consumer->membership());
    producer->commit();
  };
  fill(kScans0);
  CHECK(kept(kScans0) == 1000); // nobody committed
  commit(member, 1000);
  CHECK(kept(kScans0) == 1000); // the other group did not
  commit(other, 500);
  CHECK(world.broker.watermarks(kScans0, Isolation::committed).low > 0);
  CHECK(world.broker.watermarks(kScans0, Isolation::committed).low <= 500);
  CHECK(member.consumer->take(kScans1, 1) == nullptr);
  CHECK(fault_of([&] { member.consumer->take(kScans0, 1); }) == BrokerFault::refused); // it stands at 0
  commit(other, 1000);
  CHECK(kept(kScans0) < 500);
  fill(kOut0);
  CHECK(kept(kOut0) < 500); // outputs have no group
  CHECK(kept(kOut0) > 50);
  const auto producer = world.broker.transactional("open");
  producer->init();
  producer->begin();
  const TopicPartition open{Topic::decisions, 1};
  for (int i = 0; i < 1000; ++i) producer->produce(open.topic, open.partition, "d", value);
  producer->commit(); // nothing of it was dropped before it was decided
  CHECK(kept(open) == 1001);
  for (const Topic t : {Topic::journal, Topic::freezes}) {
    fill({t, 0});
    CHECK(kept({t, 0}) == 1000);
  }
}

TEST_CASE("a large record and many small ones come back over segment borders", "[broker]") {
  World world;
  Texts sent;
  for (int i = 0; i < 3000; ++i) {
    sent.push_back(i % 500 == 250 ? std::string(1'500'000, 'L') : std::to_string(i));
    world.publish(kScans0, sent.back());
  }
  Texts got;
  const auto reader = world.broker.reader(kScans0, 0, Isolation::committed);
  while (const auto batch = reader->next(kAtOnce, 7)) {
    REQUIRE(batch->records.size() <= 7);
    for (const auto& r : batch->records) got.emplace_back(*r.value);
  }
  CHECK(got == sent);
}

TEST_CASE("positions pass over what follows a full batch at once", "[broker]") {
  World world;
  const auto producer = world.broker.transactional("n1");
  producer->init();
  producer->begin();
  producer->produce(Topic::decisions, 0, "d", "a");
  producer->produce(Topic::decisions, 0, "d", "b");
  producer->commit();
  producer->begin();
  producer->produce(Topic::decisions, 0, "d", "lost");
  producer->abort();
  const auto reader = world.broker.reader(kOut0, 0, Isolation::committed);
  CHECK(reader->next(kAtOnce, 1)->records.size() == 1);
  CHECK(reader->position() == 1);
  CHECK(reader->next(kAtOnce, 1)->records.size() == 1);
  CHECK(reader->position() == 5); // so that who reads up to a mark need not wait for another record
}

// ---- real time ----------------------------------------------------------------------------------------------------

TEST_CASE("serve() and next() wake up for what they wait for", "[broker]") {
  LocalBroker broker{LocalBrokerOptions{}};
  const Milliseconds long_wait{60'000};
  TestMember member(broker, "g", "n1");
  member.consumer->serve(long_wait); // returns for the assignment
  CHECK(member.assignments == 1);
  const auto started = std::chrono::steady_clock::now();

  std::thread publishes([&] { broker.publisher()->publish(Topic::scans, 3, "k", "v"); });
  member.consumer->serve(long_wait);
  CHECK(member.consumer->take({Topic::scans, 3}, 1) != nullptr);
  publishes.join();

  const auto producer = broker.transactional("n1");
  producer->init();
  producer->begin();
  producer->produce(Topic::decisions, 0, "d", "v");
  const auto reader = broker.reader({Topic::decisions, 0}, 0, Isolation::committed);
  std::thread commits([&] { producer->commit(); });
  CHECK(reader->next(long_wait) != nullptr);
  commits.join();

  std::unique_ptr<TestMember> second;
  std::thread joins([&] {
    second = std::make_unique<TestMember>(broker, "g", "n2");
    while (second->assignments == 0) second->consumer->serve(long_wait);
  });
  while (member.assignments < 2) member.consumer->serve(long_wait);
  joins.join();
  CHECK(member.partitions_of(Topic::scans).size() == 4);
  CHECK(second->partitions_of(Topic::scans).size() == 4);
  CHECK(std::chrono::steady_clock::now() - started < long_wait);
}

TEST_CASE("a waiting consumer notices a transaction that timed out", "[broker]") {
  LocalBrokerOptions options;
  options.transaction_timeout_ms = 50;
  LocalBroker broker(options);
  TestMember member(broker, "g", "n1");
  member.consumer->serve(Milliseconds(60'000));
  const auto producer = broker.transactional("dead");
  producer->init();
  producer->begin();
  producer->produce(Topic::scans, 0, "k", "of the dead");
  broker.publisher()->publish(Topic::scans, 0, "k", "behind");
  const auto started = std::chrono::steady_clock::now();
  member.consumer->serve(Milliseconds(60'000));
  const auto batch = member.consumer->take({Topic::scans, 0}, 10);
  REQUIRE(batch);
  CHECK(batch->records[0].value == "behind");
  CHECK(std::chrono::steady_clock::now() - started < std::chrono::seconds(30));
}

TEST_CASE("a serve() longer than the session is no absence", "[broker]") {
  LocalBrokerOptions options;
  options.session_timeout_ms = 20;
  LocalBroker broker(options);
  TestMember member(broker, "g", "n1");
  member.consumer->serve(Milliseconds(10'000));
  member.consumer->serve(Milliseconds(250));
  member.consumer->serve(Milliseconds(0));
  CHECK(member.losses == 0);
  CHECK(member.assignments == 1);
}
