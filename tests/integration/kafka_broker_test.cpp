// The Kafka body of the bus against a real broker (ONECODE_TEST_KAFKA=host:port). Every test has topics of its own.
// Would catch: records lost or doubled around a rewind, stale fetches, wrong markers, wrong ends, leaks between
// generations.
#include <atomic>
#include <cstdlib>
#include <iostream>
#include <random>

#include "streams/kafka/kafka_broker.hpp"
#include "tests/broker_conformance.hpp"
#include "tests/catch.hpp"

using namespace onecode;
using namespace onecode::streams;
using namespace onecode_test;

namespace {

const char* kafka_address() { return std::getenv("ONECODE_TEST_KAFKA"); }

// ThreadSanitizer knows neither librdkafka's locks nor its way of starting threads (thrd_create): it crashes there.
#if defined(__SANITIZE_THREAD__)
#define NEEDS_KAFKA() SKIP("librdkafka does not run under ThreadSanitizer")
#else
#define NEEDS_KAFKA() \
  if (kafka_address() == nullptr) SKIP("ONECODE_TEST_KAFKA names no broker")
#endif

std::string random_name() {
  static std::atomic<int> count{0};
  static const auto run = std::to_string(std::random_device{}());
  return "t" + run + "-" + std::to_string(count++);
}

struct Bus {
  std::string tag = random_name();
  std::shared_ptr<std::atomic<int>> doubts = std::make_shared<std::atomic<int>>(0);
  std::shared_ptr<std::atomic<int>> paces = std::make_shared<std::atomic<int>>(0); // changes of it
  std::unique_ptr<Broker> broker = connect();

  /// A second connection to the same topics, as another process would have.
  std::unique_ptr<Broker> connect(std::map<std::string, std::string> properties = {}) const {
    return connect_kafka(
        {kafka_address(), tag + ".", std::move(properties),
         [doubts = doubts, paces = paces](int level, std::string_view facility, std::string_view text) {
           const bool doubt = facility == "STALE";
           if (doubt) ++*doubts;
           if (facility == "PACE") ++*paces;
           if (doubt || (level <= 4 && std::getenv("ONECODE_TEST_VERBOSE") != nullptr))
             std::cerr << facility << " " << text << "\n";
         }});
  }
};

std::uint64_t new_seed() {
  if (const char* given = std::getenv("ONECODE_TEST_SEED")) return std::strtoull(given, nullptr, 10);
  return std::random_device{}();
}

constexpr Milliseconds kPatience{20'000};

/// A member that starts at 0 and gives way to the test.
class Member final : public AssignmentListener {
public:
  Member(Broker& bus, const std::string& group, const std::string& instance)
      : consumer(bus.join({group, instance}, *this)) {}
  void assigned(const std::vector<TopicPartition>& now) override {
    Offsets start;
    for (auto tp : now) start[tp] = 0;
    consumer->assign(start);
    ++assignments;
  }
  void revoked(bool) override { ++revocations; }
  void wait() {
    REQUIRE(eventually(kPatience, [&] {
      consumer->serve(Milliseconds(50));
      return assignments > 0;
    }));
  }
  int assignments = 0;
  int revocations = 0;
  std::unique_ptr<Consumer> consumer;
};

// ---- a log whose content is known
// -----------------------------------------------------------------------------------

struct Expected {
  std::int64_t offset;
  std::uint64_t number;
};

/// Four partitions of plain, committed and aborted records; knows the offset of every record that a reader may see.
struct KnownLog {
  std::vector<std::vector<Expected>> visible = std::vector<std::vector<Expected>>(4);
  std::vector<std::int64_t> end = std::vector<std::int64_t>(4);

  void write(Broker& bus, std::mt19937_64& random, std::uint64_t records) {
    auto publisher = bus.publisher();
    auto producer = bus.transactional(random_name());
    producer->init();
    std::uint64_t number = 0;
    while (number < records) {
      const auto size = 1 + random() % 4000;
      const auto kind = random() % 4; // 0, 1: plain  2: committed  3: aborted
      std::array<std::int64_t, 4> count{};
      if (kind >= 2) producer->begin();
      for (std::uint64_t i = 0; i < size && number < records; ++i, ++number) {
        const auto p = static_cast<std::int32_t>(random() % 4);
        const auto value = std::to_string(number) + std::string(number % 97, 'v');
        const auto key = std::to_string(number % 1000);
        if (kind < 2) {
          publisher->publish(Topic::scans, p, key, value);
        } else {
          producer->produce(Topic::scans, p, key, value);
        }
        const auto at = static_cast<std::size_t>(p);
        if (kind != 3) visible[at].push_back({end[at] + count[at], number});
        ++count[at];
      }
      if (kind < 2) publisher->flush();
      if (kind == 2) producer->commit();
      if (kind == 3) {
        // An abort drops what was not sent yet, so the offsets are known only when everything was.
        wait_for_end(bus, Isolation::uncommitted, count);
        producer->abort();
      }
      for (std::size_t p = 0; p < 4; ++p) end[p] += count[p] + (kind >= 2 && count[p] > 0 ? 1 : 0);
      // The broker writes markers after it has answered, and plain records must not overtake them here.
      if (kind >= 2) wait_for_end(bus, Isolation::committed, {});
    }
  }

  void wait_for_end(Broker& bus, Isolation isolation, const std::array<std::int64_t, 4>& more) const {
    for (std::int32_t p = 0; p < 4; ++p) {
      const auto at = static_cast<std::size_t>(p);
      REQUIRE(eventually(kPatience, [&] {
        return bus.watermarks({Topic::scans, p}, isolation).high == end[at] + more[at];
      }));
    }
  }

  /// Index of the first visible record at or after `offset`.
  std::size_t index_at(std::size_t p, std::int64_t offset) const {
    auto found = std::lower_bound(visible[p].begin(), visible[p].end(), offset,
                                  [](const Expected& e, std::int64_t o) { return e.offset < o; });
    return static_cast<std::size_t>(found - visible[p].begin());
  }
};

} // namespace

TEST_CASE("Kafka does what every broker must do") {
  NEEDS_KAFKA();
  for (const auto& check : broker_checks()) {
    DYNAMIC_SECTION(check.name) {
      Bus bus;
      BrokerFixture fixture;
      fixture.tag = bus.tag;
      fixture.patience = kPatience;
      fixture.empty_bus = [&](std::int32_t partitions) {
        auto broker = bus.connect();
        broker->create_topics(partitions);
        return broker;
      };
      check.run(fixture);
    }
  }
}

TEST_CASE("A million records and a thousand rewinds: no gap, no doubling, right order") {
  NEEDS_KAFKA();
  const auto seed = new_seed();
  std::cerr << "kafka rewinds: ONECODE_TEST_SEED=" << seed << "\n";
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  Bus bus;
  bus.broker->create_topics(4);
  KnownLog log;
  log.write(*bus.broker, random, 1'000'000);

  // A machine that stands still for ten seconds must not look like a dead member here: it would start from 0 again.
  const auto patient = bus.connect({{"session.timeout.ms", "120000"}});
  Member member(*patient, bus.tag, "n1");
  member.wait();
  auto& consumer = *member.consumer;
  std::array<std::size_t, 4> next{};
  std::vector<std::unique_ptr<Batch>> kept; // batches outlive rewinds
  int rewinds = 0;
  std::uint64_t wrong = 0, taken = 0;
  const auto finished = [&] {
    for (std::size_t p = 0; p < 4; ++p)
      if (next[p] < log.visible[p].size()) return false;
    return true;
  };
  const auto take = [&](std::size_t p, std::size_t at_most) {
    auto batch = consumer.take({Topic::scans, static_cast<std::int32_t>(p)}, at_most);
    if (!batch) return;
    CHECK(batch->records.size() <= at_most);
    for (const auto& r : batch->records) {
      ++taken;
      if (next[p] >= log.visible[p].size()) {
        ++wrong;
        continue;
      }
      const auto& e = log.visible[p][next[p]++];
      const auto number = std::to_string(e.number);
      if (r.offset != e.offset || !r.value || r.value->substr(0, number.size()) != number ||
          r.value->size() != number.size() + e.number % 97 || r.key != std::to_string(e.number % 1000)) {
        if (++wrong == 1)
          std::cerr << "first wrong one: " << p << "/" << r.offset << " " << r.value.value_or("").substr(0, 12)
                    << ", expected " << e.offset << " " << number << ", taken " << taken << ", batch "
                    << batch->records.front().offset << "+" << batch->records.size() << "\n";
      }
    }
    if (batch->records.back().offset + 1 > consumer.position(batch->source)) ++wrong;
    if (random() % 4 == 0) kept.push_back(std::move(batch));
    if (kept.size() > 20) kept.erase(kept.begin(), kept.begin() + static_cast<std::ptrdiff_t>(random() % 20));
  };
  const auto rewind = [&] {
    ++rewinds;
    Offsets to;
    for (std::size_t p = 0; p < 4; ++p) {
      const TopicPartition tp{Topic::scans, static_cast<std::int32_t>(p)};
      const auto here = consumer.position(tp);
      std::int64_t back = static_cast<std::int64_t>(random() % 3000);
      if (random() % 100 == 0) back = static_cast<std::int64_t>(random() % 100'000);
      if (random() % 3 == 0) back = 0; // the partition that did nothing wrong is fetched anew as well
      to[tp] = std::max<std::int64_t>(0, here - back);
      next[p] = log.index_at(p, to[tp]);
    }
    consumer.assign(to);
    for (const auto& [tp, offset] : to) CHECK(consumer.position(tp) == offset);
  };

  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(8);
  while ((!finished() || rewinds < 1000) && wrong == 0 && std::chrono::steady_clock::now() < deadline) {
    if (random() % 8 != 0) consumer.serve(Milliseconds(20));
    for (std::size_t p = 0; p < 4; ++p)
      if (random() % 4 != 0) take(p, random() % 2 == 0 ? 100'000 : 1 + random() % 2000);
    if (rewinds < 1000 && (random() % 3 == 0 || finished())) rewind();
  }
  REQUIRE(member.assignments == 1);
  CHECK(wrong == 0);
  CHECK(rewinds == 1000);
  CHECK(finished());
  CHECK(taken >= 1'000'000 * 7 / 10);
  for (std::int32_t p = 0; p < 4; ++p) {
    const TopicPartition tp{Topic::scans, p};
    CHECK(bus.broker->watermarks(tp, Isolation::committed).high == log.end[static_cast<std::size_t>(p)]);
    CHECK(eventually(kPatience, [&] {
      consumer.serve(Milliseconds(20));
      return consumer.take(tp, 10) == nullptr && consumer.position(tp) == consumer.end_offset(tp);
    }));
  }
  std::cerr << "kafka rewinds: " << taken << " records taken, " << *bus.doubts << " first records in doubt\n";
  kept.clear();
  consumer.close();
}

TEST_CASE("A reader finds exactly the committed records from every offset") {
  NEEDS_KAFKA();
  const auto seed = new_seed();
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  Bus bus;
  bus.broker->create_topics(4);
  KnownLog log;
  log.write(*bus.broker, random, 50'000);
  for (int i = 0; i < 100; ++i) {
    const auto p = random() % 4;
    const TopicPartition tp{Topic::scans, static_cast<std::int32_t>(p)};
    const auto from = static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(log.end[p] + 1));
    auto reader = bus.broker->reader(tp, from, Isolation::committed);
    auto next = log.index_at(p, from);
    bool right = true;
    const bool whole = i % 10 == 0;
    const bool reached = eventually(kPatience, [&] {
      if (reader->position() >= log.end[p]) return true;
      if (auto batch = reader->next(Milliseconds(100), 1 + random() % 5000))
        for (const auto& r : batch->records) {
          right = right && next < log.visible[p].size() && r.offset == log.visible[p][next].offset;
          ++next;
        }
      return !whole;
    });
    CHECK(right);
    CHECK(reached);
    if (whole) {
      CHECK(reader->position() == log.end[p]);
      CHECK(next == log.visible[p].size());
    }
  }
}

TEST_CASE("Records of ten megabytes, empty keys and values, tombstones") {
  NEEDS_KAFKA();
  Bus bus;
  bus.broker->create_topics(1);
  std::mt19937_64 random(17);
  std::string large(10 * 1024 * 1024, '\0');
  for (auto& c : large) c = static_cast<char>(random()); // nothing that compression could make small
  auto producer = bus.broker->transactional(bus.tag);
  producer->init();
  producer->begin();
  const std::vector<Header> headers{{"a", "1"}, {"", ""}, {"a", std::string_view("\0x", 2)}};
  producer->produce(Topic::inbox, 0, "", large, headers);
  producer->produce(Topic::inbox, 0, "", std::nullopt);
  producer->produce(Topic::inbox, 0, "k", "");
  producer->commit();
  CHECK(producer->last_offset({Topic::inbox, 0}) == 2);

  const auto check = [&](const Record& r, int i) {
    if (i == 0) {
      CHECK((r.value && *r.value == large));
      REQUIRE(r.headers.size() == 3);
      CHECK(r.headers[0].name == "a");
      CHECK(r.headers[2].value == std::string_view("\0x", 2));
    }
    if (i == 1) CHECK((r.key.empty() && !r.value));
    if (i == 2) CHECK((r.key == "k" && r.value && r.value->empty()));
    CHECK(r.timestamp_ms > 1'600'000'000'000);
  };
  Member member(*bus.broker, bus.tag, "n1");
  member.wait();
  int seen = 0;
  CHECK(eventually(kPatience, [&] {
    member.consumer->serve(Milliseconds(50));
    if (auto batch = member.consumer->take({Topic::inbox, 0}, 10))
      for (const auto& r : batch->records) check(r, seen++);
    return seen == 3;
  }));
  seen = 0;
  auto reader = bus.broker->reader({Topic::inbox, 0}, 0, Isolation::committed);
  CHECK(eventually(kPatience, [&] {
    if (auto batch = reader->next(Milliseconds(50)))
      for (const auto& r : batch->records) check(r, seen++);
    return seen == 3;
  }));
  member.consumer->close();
}

TEST_CASE("What two members take while they come and go is everything, in order, each once per assignment") {
  NEEDS_KAFKA();
  const auto seed = new_seed();
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  Bus bus;
  bus.broker->create_topics(4);
  KnownLog log;
  log.write(*bus.broker, random, 100'000);
  std::array<std::size_t, 4> next{};
  std::uint64_t wrong = 0;

  // Each member goes on where the group's work stands, as a node does after its takeover.
  struct Worker final : AssignmentListener {
    Worker(Bus& on, const std::string& instance, const KnownLog& known, std::array<std::size_t, 4>& progress)
        : log(known), next(progress), consumer(on.broker->join({on.tag, instance}, *this)) {}
    void assigned(const std::vector<TopicPartition>& now) override {
      ++assignments;
      Offsets start;
      for (auto tp : now) {
        start[tp] = 0;
        if (tp.topic != Topic::scans) continue;
        const auto p = static_cast<std::size_t>(tp.partition);
        if (next[p] > 0) start[tp] = log.visible[p][next[p] - 1].offset + 1;
        mine.push_back(tp);
      }
      consumer->assign(start);
    }
    void revoked(bool) override { mine.clear(); }
    const KnownLog& log;
    std::array<std::size_t, 4>& next;
    std::vector<TopicPartition> mine;
    int assignments = 0;
    std::unique_ptr<Consumer> consumer;
  };
  const auto work = [&](Worker& worker) {
    worker.consumer->serve(Milliseconds(5));
    for (auto tp : worker.mine) {
      const auto p = static_cast<std::size_t>(tp.partition);
      auto batch = worker.consumer->take(tp, 1 + random() % 200);
      if (!batch) continue;
      for (const auto& r : batch->records)
        if (next[p] >= log.visible[p].size() || r.offset != log.visible[p][next[p]++].offset) ++wrong;
    }
  };
  Worker first(bus, "n1", log, next);
  REQUIRE(eventually(kPatience, [&] {
    work(first);
    return first.mine.size() == 4;
  }));
  auto second = std::make_unique<Worker>(bus, "n2", log, next);
  REQUIRE(eventually(kPatience, [&] {
    work(first);
    work(*second);
    return first.mine.size() == 2 && second->mine.size() == 2;
  }));
  // The second dies without a word; static membership keeps its seat until the session ends.
  second.reset();
  REQUIRE(eventually(Milliseconds(40'000), [&] {
    work(first);
    return first.mine.size() == 4;
  }));
  CHECK(eventually(kPatience, [&] {
    work(first);
    return std::all_of(next.begin(), next.end(), [&](const auto& n) {
      return n == log.visible[static_cast<std::size_t>(&n - next.data())].size();
    });
  }));
  CHECK(wrong == 0);
  first.consumer->close();
}

TEST_CASE("What a listener throws comes out of serve, and the consumer stays sound") {
  NEEDS_KAFKA();
  Bus bus;
  bus.broker->create_topics(1);
  struct Thrower final : AssignmentListener {
    void assigned(const std::vector<TopicPartition>&) override { throw std::runtime_error("no room"); }
    void revoked(bool) override {}
  } thrower;
  auto consumer = bus.broker->join({bus.tag, "n1"}, thrower);
  std::string said;
  eventually(kPatience, [&] {
    try {
      consumer->serve(Milliseconds(50));
    } catch (const std::runtime_error& e) {
      said = e.what();
    }
    return !said.empty();
  });
  CHECK(said == "no room");
  auto publisher = bus.broker->publisher();
  publisher->publish(Topic::scans, 0, "k", "v");
  publisher->flush();
  consumer->assign({{{Topic::scans, 0}, 0}});
  CHECK(eventually(kPatience, [&] {
    consumer->serve(Milliseconds(50));
    return consumer->take({Topic::scans, 0}, 1) != nullptr;
  }));
  consumer->close();
}

TEST_CASE("A member that leaves is not told of what the group gives it meanwhile") {
  Bus bus;
  bus.broker->create_topics(4);
  Member staying(*bus.broker, bus.tag, "n1");
  staying.wait();
  Member leaving(*bus.broker, bus.tag, "n2");
  // Both have to give back before either gets something new.
  REQUIRE(eventually(kPatience, [&] {
    staying.consumer->serve(Milliseconds(10));
    leaving.consumer->serve(Milliseconds(10));
    return leaving.assignments > 0 && staying.assignments > 1;
  }));
  Member third(*bus.broker, bus.tag, "n3");
  const int given_back = leaving.revocations;
  // Most times something new waits for it by then.
  eventually(Milliseconds(5000), [&] {
    staying.consumer->serve(Milliseconds(10));
    if (leaving.revocations == given_back) leaving.consumer->serve(Milliseconds(0));
    third.consumer->serve(Milliseconds(10));
    return third.assignments > 0;
  });
  const int before = leaving.assignments;
  CHECK_NOTHROW(leaving.consumer->close());
  CHECK(leaving.assignments == before);
}

TEST_CASE("A node that takes the place of one with another prefix says so, instead of waiting for ever") {
  NEEDS_KAFKA();
  Bus before, after;
  before.broker->create_topics(1);
  after.broker->create_topics(1);
  {
    Member member(*before.broker, before.tag, "n1");
    member.wait();
    member.consumer->close();
  }
  Member member(*after.broker, before.tag, "n1");
  std::string said;
  REQUIRE(eventually(kPatience, [&] {
    try {
      member.consumer->serve(Milliseconds(50));
    } catch (const BrokerError& e) {
      said = e.what();
    }
    return !said.empty() || member.assignments > 0;
  }));
  CHECK(said.find("a group of its own") != std::string::npos);
  CHECK(said.find(before.tag + ".") != std::string::npos);
  CHECK(member.assignments == 0);
  member.consumer->close();
}

TEST_CASE("serve() wakes up when a record arrives, long before its time is over") {
  NEEDS_KAFKA();
  Bus bus;
  bus.broker->create_topics(1);
  Member member(*bus.broker, bus.tag, "n1");
  member.wait();
  const TopicPartition scans{Topic::scans, 0};
  REQUIRE(eventually(kPatience, [&] { // up to the end first
    member.consumer->serve(Milliseconds(10));
    return member.consumer->take(scans, 10) == nullptr && member.consumer->end_offset(scans) == 0;
  }));
  auto publisher = bus.broker->publisher();
  for (int i = 0; i < 20; ++i) {
    publisher->publish(Topic::scans, 0, "k", "v");
    publisher->flush();
    const auto start = std::chrono::steady_clock::now();
    int rounds = 0;
    for (; member.consumer->take(scans, 10) == nullptr; ++rounds) member.consumer->serve(Milliseconds(10'000));
    CHECK(rounds <= 1); // ends of partitions and markers wake nobody
    // A node takes no scan before it knows that it has read all commands, and must not wait for an empty answer each time.
    CHECK(member.consumer->end_offset(scans) == member.consumer->position(scans));
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
  }
  member.consumer->close();
}

TEST_CASE("A partition that becomes busy and calm again gives each record once, in order") {
  NEEDS_KAFKA();
  Bus bus;
  bus.broker->create_topics(1);
  Member member(*bus.broker, bus.tag, "n1");
  member.wait();
  const TopicPartition scans{Topic::scans, 0};
  auto publisher = bus.broker->publisher();
  std::int64_t published = 0, taken = 0;
  const auto take = [&] {
    member.consumer->serve(Milliseconds(10));
    if (const auto batch = member.consumer->take(scans, 7))
      for (const auto& r : batch->records) REQUIRE(*r.value == std::to_string(taken++));
  };
  const auto go_on_until = [&](int changes, int at_once) {
    REQUIRE(eventually(kPatience, [&] {
      for (int i = 0; i < at_once; ++i) publisher->publish(Topic::scans, 0, "k", std::to_string(published++));
      publisher->flush();
      take(); // less than comes, so that some is fetched and not taken when the pace changes
      return *bus.paces == changes;
    }));
    REQUIRE(eventually(kPatience, [&] { return take(), taken == published; }));
  };
  go_on_until(1, 20); // many
  go_on_until(2, 0);  // none
  go_on_until(3, 20);
  member.consumer->close();
}

TEST_CASE("Settings nobody knows are refused by name, and so are ours") {
  for (const char* name : {"no.such.setting", "isolation.level", "enable.auto.commit"}) {
    try {
      connect_kafka({"127.0.0.1:1", "x.", {{name, "true"}}, {}});
      FAIL("accepted " << name);
    } catch (const BrokerError& e) {
      CHECK(e.fault == BrokerFault::refused);
      CHECK(std::string(e.what()).find(name) != std::string::npos);
    }
  }
  CHECK_THROWS_AS(connect_kafka({"127.0.0.1:1", "x.", {{"session.timeout.ms", "soon"}}, {}}), BrokerError);
}
