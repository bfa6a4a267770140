// What every Broker must do, whatever carries it: the same checks run on the in-process broker (unit test) and on a
// real Kafka (integration test). They are written for a bus that answers late: what must happen is waited for, what
// must not happen is ordered behind something that can be seen.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "domain/hash.hpp"
#include "streams/broker.hpp"
#include "tests/catch.hpp"

namespace onecode_test {

inline constexpr onecode::streams::Milliseconds kLong{60'000};

using namespace onecode;
using namespace onecode::streams;

struct BrokerFixture {
  /// A connection to a bus whose topics exist, with this many partitions, and are empty.
  std::function<std::unique_ptr<Broker>(std::int32_t partitions)> empty_bus;
  /// How long what must happen may take.
  Milliseconds patience{5'000};
  /// Part of group and transactional ids, so that checks on one cluster do not meet.
  std::string tag = "conformance";
};

// ---- helpers ------------------------------------------------------------------------------------------------------

/// Repeats `step`, which waits a little by itself, until it says true.
template <class Step>
bool eventually(Milliseconds patience, Step step) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  do {
    if (step()) return true;
  } while (std::chrono::steady_clock::now() < deadline);
  return false;
}

struct OwnedRecord {
  std::int64_t offset;
  std::int64_t timestamp_ms;
  std::string key;
  std::optional<std::string> value;
  std::vector<std::pair<std::string, std::string>> headers;
};

inline OwnedRecord owned(const Record& r) {
  OwnedRecord o{r.offset, r.timestamp_ms, std::string(r.key), std::nullopt, {}};
  if (r.value) o.value = std::string(*r.value);
  for (const auto& h : r.headers) o.headers.emplace_back(h.name, h.value);
  return o;
}

inline std::vector<std::string> values(const std::vector<OwnedRecord>& records) {
  std::vector<std::string> result;
  for (const auto& r : records) result.push_back(r.value.value_or("(none)"));
  return result;
}

using Texts = std::vector<std::string>;

/// Reads until `count` records came or patience ends.
inline std::vector<OwnedRecord> read_some(LogReader& reader, std::size_t count, Milliseconds patience) {
  std::vector<OwnedRecord> result;
  eventually(patience, [&] {
    if (const auto batch = reader.next(Milliseconds(50)))
      for (const auto& r : batch->records) result.push_back(owned(r));
    return result.size() >= count;
  });
  return result;
}

/// Everything from `offset` up to the end as it is now, and nothing less.
inline std::vector<OwnedRecord> read_to_end(Broker& bus, TopicPartition from, std::int64_t offset,
                                            Isolation isolation, Milliseconds patience) {
  const std::int64_t end = bus.watermarks(from, isolation).high;
  const auto reader = bus.reader(from, offset, isolation);
  std::vector<OwnedRecord> result;
  const bool reached = eventually(patience, [&] {
    if (reader->position() >= end) return true;
    if (const auto batch = reader->next(Milliseconds(50)))
      for (const auto& r : batch->records) result.push_back(owned(r));
    return reader->position() >= end;
  });
  INFO("reading up to " << end << " stopped at " << reader->position());
  CHECK(reached);
  return result;
}

template <class Call>
std::optional<BrokerFault> fault_of(Call call) {
  try {
    call();
    return std::nullopt;
  } catch (const BrokerError& e) {
    UNSCOPED_INFO("BrokerError: " << e.what());
    return e.fault;
  }
}

/// A group member that starts each partition where the group stands.
class TestMember final : public AssignmentListener {
public:
  TestMember(Broker& bus, const std::string& group, const std::string& instance)
      : consumer(bus.join({group, instance}, *this)) {}

  void assigned(const std::vector<TopicPartition>& now) override {
    ++assignments;
    partitions = now;
    if (on_assigned) on_assigned();
    Offsets start = consumer->committed(now, kLong);
    for (const auto p : now) start.try_emplace(p, 0);
    consumer->assign(start);
  }
  void revoked(bool lost) override {
    ++(lost ? losses : revocations);
    partitions.clear();
    if (on_revoked) on_revoked();
  }

  std::vector<std::int32_t> partitions_of(Topic topic) const {
    std::vector<std::int32_t> result;
    for (const auto p : partitions)
      if (p.topic == topic) result.push_back(p.partition);
    std::sort(result.begin(), result.end());
    return result;
  }

  int assignments = 0;
  int revocations = 0;
  int losses = 0;
  std::vector<TopicPartition> partitions;
  std::function<void()> on_revoked;
  std::function<void()> on_assigned;  // before anything else
  std::unique_ptr<Consumer> consumer; // last: its callbacks use the rest
};

inline void wait_for_assignment(const BrokerFixture& fixture, TestMember& member) {
  REQUIRE(eventually(fixture.patience, [&] {
    member.consumer->serve(Milliseconds(50));
    return member.assignments > 0;
  }));
}

// ---- records ------------------------------------------------------------------------------------------------------

/// Keys, values, tombstones, headers and timestamps arrive as they were sent, in order, at offsets without a gap.
inline void records_arrive_as_sent(const BrokerFixture& fixture) {
  const auto bus = fixture.empty_bus(2);
  const auto publisher = bus->publisher();
  const std::string bytes("\0\x01\xff zero inside", 15);
  const std::vector<Header> headers{{"ce_id", "17"}, {"empty", ""}, {"ce_id", "again"}};
  publisher->publish(Topic::scans, 1, "d-1", "first", headers, 1'700'000'000'123);
  publisher->publish(Topic::scans, 1, "d-2", std::nullopt, {}, 1'700'000'000'124);
  publisher->publish(Topic::scans, 1, bytes, bytes);
  publisher->publish(Topic::scans, 1, "d-3", "", {}, kNoTimestamp);
  publisher->flush();
  const auto got = read_some(*bus->reader({Topic::scans, 1}, 0, Isolation::committed), 4, fixture.patience);
  REQUIRE(got.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) CHECK(got[i].offset == static_cast<std::int64_t>(i));
  CHECK(got[0].key == "d-1");
  CHECK(got[0].value == "first");
  CHECK(got[0].timestamp_ms == 1'700'000'000'123);
  CHECK(got[0].headers ==
        std::vector<std::pair<std::string, std::string>>{{"ce_id", "17"}, {"empty", ""}, {"ce_id", "again"}});
  CHECK(got[1].key == "d-2");
  CHECK_FALSE(got[1].value.has_value());
  CHECK(got[1].headers.empty());
  CHECK(got[2].key == bytes);
  CHECK(got[2].value == bytes);
  CHECK(got[2].timestamp_ms > 0);
  CHECK(got[3].value == "");
  CHECK(got[3].timestamp_ms == -1);
  CHECK(bus->watermarks({Topic::scans, 0}, Isolation::committed).high == 0);
}

/// Partition -1 is Java's default partitioner, for plain and for transactional records.
inline void keys_choose_partitions(const BrokerFixture& fixture) {
  const std::int32_t count = 3;
  const auto bus = fixture.empty_bus(count);
  const auto publisher = bus->publisher();
  const auto producer = bus->transactional(fixture.tag + "-keys");
  producer->init();
  producer->begin();
  std::vector<std::size_t> expected(static_cast<std::size_t>(count));
  for (int i = 0; i < 30; ++i) {
    const std::string key = "a-" + std::to_string(i);
    publisher->publish(Topic::ledger, -1, key, key);
    producer->produce(Topic::inbox, -1, key, key);
    ++expected[static_cast<std::size_t>(murmur2_partition(key, count))];
  }
  publisher->flush();
  producer->commit();
  for (std::int32_t p = 0; p < count; ++p) {
    const std::size_t want = expected[static_cast<std::size_t>(p)];
    REQUIRE(want > 0);
    for (const Topic topic : {Topic::ledger, Topic::inbox}) {
      const auto got = read_some(*bus->reader({topic, p}, 0, Isolation::committed), want, fixture.patience);
      CHECK(got.size() == want);
      for (const auto& r : got) CHECK(murmur2_partition(r.key, count) == p);
    }
  }
}

/// A record larger than its topic takes is refused, at the latest when it is flushed, and the next one is not.
inline void large_records_are_refused(const BrokerFixture& fixture) {
  const auto bus = fixture.empty_bus(1);
  const std::string large(3 * 1024 * 1024, 'x');
  const auto publisher = bus->publisher();
  CHECK(fault_of([&] {
          publisher->publish(Topic::scans, 0, "d-1", large);
          publisher->flush();
        }) == BrokerFault::refused);
  const auto next = bus->publisher();
  next->publish(Topic::scans, 0, "d-1", "small");
  next->publish(Topic::inbox, 0, "a-1", large);
  next->flush();
  CHECK(values(read_some(*bus->reader({Topic::scans, 0}, 0, Isolation::committed), 1, fixture.patience)) ==
        Texts{"small"});
  CHECK(bus->watermarks({Topic::inbox, 0}, Isolation::committed).high == 1);
}

inline void topics_are_described(const BrokerFixture& fixture) {
  const auto bus = fixture.empty_bus(3);
  bus->create_topics(5); // leaves what exists alone
  auto topics = bus->describe_topics();
  CHECK(topics[Topic::policy].partitions == 1);
  for (const auto& t : kTopics) {
    INFO(t.name);
    if (t.co_partitioned) CHECK(topics[t.topic].partitions == 3);
    for (const auto& [setting, value] : topic_settings(t.topic)) CHECK(topics[t.topic].config[setting] == value);
  }
}

/// Trimming moves the low watermark; who stands before it is told so instead of being moved.
inline void trimming_forgets(const BrokerFixture& fixture) {
  const auto bus = fixture.empty_bus(1);
  const TopicPartition where{Topic::journal, 0};
  const auto publisher = bus->publisher();
  for (int i = 0; i < 10; ++i) publisher->publish(where.topic, where.partition, "k", std::to_string(i));
  publisher->flush();
  bus->trim(where, 7);
  CHECK(bus->watermarks(where, Isolation::committed).low == 7);
  CHECK(bus->watermarks(where, Isolation::uncommitted).high == 10);
  CHECK(values(read_to_end(*bus, where, 7, Isolation::committed, fixture.patience)) == Texts{"7", "8", "9"});
  bus->trim(where, 3); // already gone: nothing changes
  CHECK(bus->watermarks(where, Isolation::committed).low == 7);
  const auto behind = bus->reader(where, 3, Isolation::committed);
  CHECK(fault_of([&] { eventually(fixture.patience, [&] { return behind->next(Milliseconds(50)) != nullptr; }); }) ==
        BrokerFault::refused);
}

// ---- transactions -------------------------------------------------------------------------------------------------

/// Nothing of a transaction is seen before it is committed, then all of it; its marker takes one offset.
inline void commit_makes_visible(const BrokerFixture& fixture) {
  const auto bus = fixture.empty_bus(2);
  const auto producer = bus->transactional(fixture.tag + "-commit");
  producer->init();
  producer->begin();
  const TopicPartition zero{Topic::decisions, 0};
  CHECK(producer->last_offset(zero) == -1);
  const std::vector<Header> headers{{"h", "v"}};
  producer->produce(Topic::decisions, 0, "d-1", "one", headers);
  producer->produce(Topic::decisions, 0, "d-1", std::nullopt);
  const auto uncommitted = bus->reader(zero, 0, Isolation::uncommitted);
  CHECK(read_some(*uncommitted, 2, fixture.patience).size() == 2);
  CHECK(bus->watermarks(zero, Isolation::committed).high == 0);
  CHECK(bus->watermarks(zero, Isolation::uncommitted).high == 2);
  const auto committed = bus->reader(zero, 0, Isolation::committed);
  CHECK(committed->next(Milliseconds(20)) == nullptr);
  producer->commit();
  const auto first = read_some(*committed, 2, fixture.patience);
  REQUIRE(first.size() == 2);
  CHECK(first[0].value == "one");
  CHECK(first[0].headers.size() == 1);
  CHECK_FALSE(first[1].value.has_value());
  CHECK(producer->last_offset(zero) == 1);
  producer->begin();
  producer->produce(Topic::decisions, 0, "d-1", "two");
  producer->commit();
  const auto second = read_some(*committed, 1, fixture.patience);
  REQUIRE(second.size() == 1);
  CHECK(second[0].offset == 3);
  CHECK(producer->last_offset(zero) == 3);
  CHECK(eventually(fixture.patience, [&] { return bus->watermarks(zero, Isolation::committed).high == 5; }));
  producer->begin();
  producer->commit(); // an empty transaction leaves nothing behind
  CHECK(bus->watermarks(zero, Isolation::uncommitted).high == 5);
}

/// Aborted records are never seen, and a reader's position passes over them and over markers.
inline void abort_hides(const BrokerFixture& fixture) {
  const auto bus = fixture.empty_bus(1);
  const TopicPartition where{Topic::decisions, 0};
  const auto producer = bus->transactional(fixture.tag + "-abort");
  const auto publisher = bus->publisher();
  producer->init();
  const auto uncommitted = bus->reader(where, 0, Isolation::uncommitted);
  producer->begin();
  producer->produce(Topic::decisions, 0, "d", "lost");
  REQUIRE(read_some(*uncommitted, 1, fixture.patience).size() == 1); // it did reach the broker
  publisher->publish(Topic::decisions, 0, "d", "plain among them");
  publisher->flush();
  producer->abort();
  producer->begin();
  producer->produce(Topic::decisions, 0, "d", "kept");
  producer->commit();
  producer->begin();
  producer->produce(Topic::decisions, 0, "d", "lost too");
  REQUIRE(eventually(fixture.patience, [&] { return bus->watermarks(where, Isolation::uncommitted).high >= 6; }));
  producer->abort();
  REQUIRE(eventually(fixture.patience, [&] { return bus->watermarks(where, Isolation::committed).high == 7; }));
  CHECK(values(read_to_end(*bus, where, 0, Isolation::committed, fixture.patience)) ==
        Texts{"plain among them", "kept"});
  CHECK(values(read_to_end(*bus, where, 0, Isolation::uncommitted, fixture.patience)) ==
        Texts{"lost", "plain among them", "kept", "lost too"});
  // From the middle of an aborted transaction, and where only markers and aborted records are left.
  CHECK(values(read_to_end(*bus, where, 2, Isolation::committed, fixture.patience)) == Texts{"kept"});
  CHECK(read_to_end(*bus, where, 4, Isolation::committed, fixture.patience).empty());
}

/// An open transaction hides what others write behind it in the same partition, and nothing in front of it or
/// elsewhere.
inline void open_transactions_hold_the_stable_offset(const BrokerFixture& fixture) {
  const auto bus = fixture.empty_bus(2);
  const TopicPartition where{Topic::scans, 0};
  const auto publisher = bus->publisher();
  const auto one = bus->transactional(fixture.tag + "-lso-1");
  const auto two = bus->transactional(fixture.tag + "-lso-2");
  one->init();
  two->init();
  publisher->publish(Topic::scans, 0, "d", "before");
  publisher->flush();
  const auto uncommitted = bus->reader(where, 0, Isolation::uncommitted);
  one->begin();
  one->produce(Topic::scans, 0, "d", "one");
  REQUIRE(read_some(*uncommitted, 2, fixture.patience).size() == 2);
  two->begin();
  two->produce(Topic::scans, 0, "d", "two");
  REQUIRE(read_some(*uncommitted, 1, fixture.patience).size() == 1);
  publisher->publish(Topic::scans, 0, "d", "behind");
  publisher->publish(Topic::scans, 1, "d", "elsewhere");
  publisher->flush();
  CHECK(bus->watermarks(where, Isolation::committed).high == 1);
  CHECK(bus->watermarks(where, Isolation::uncommitted).high == 4);
  CHECK(bus->watermarks({Topic::scans, 1}, Isolation::committed).high == 1);
  CHECK(values(read_to_end(*bus, where, 0, Isolation::committed, fixture.patience)) == Texts{"before"});
  one->commit();
  REQUIRE(eventually(fixture.patience, [&] { return bus->watermarks(where, Isolation::committed).high == 2; }));
  CHECK(values(read_to_end(*bus, where, 0, Isolation::committed, fixture.patience)) == Texts{"before", "one"});
  two->abort();
  REQUIRE(eventually(fixture.patience, [&] { return bus->watermarks(where, Isolation::committed).high == 6; }));
  CHECK(values(read_to_end(*bus, where, 0, Isolation::committed, fixture.patience)) ==
        Texts{"before", "one", "behind"});
}

/// init() ends the transaction of the producer before, which from then on can do nothing.
inline void init_fences_older_producers(const BrokerFixture& fixture) {
  const auto bus = fixture.empty_bus(1);
  const TopicPartition where{Topic::decisions, 0};
  const std::string id = fixture.tag + "-fence";
  const auto zombie = bus->transactional(id);
  zombie->init();
  zombie->begin();
  zombie->produce(Topic::decisions, 0, "d", "zombie");
  const auto uncommitted = bus->reader(where, 0, Isolation::uncommitted);
  REQUIRE(read_some(*uncommitted, 1, fixture.patience).size() == 1);
  const auto heir = bus->transactional(id);
  heir->init();
  CHECK(eventually(fixture.patience, [&] { return bus->watermarks(where, Isolation::committed).high == 2; }));
  CHECK(fault_of([&] {
          zombie->produce(Topic::decisions, 0, "d", "zombie again");
          zombie->commit();
        }) == BrokerFault::fatal);
  CHECK(fault_of([&] {
          zombie->abort();
          zombie->begin();
          zombie->produce(Topic::decisions, 0, "d", "and again");
          zombie->commit();
        }) == BrokerFault::fatal);
  heir->begin();
  heir->produce(Topic::decisions, 0, "d", "heir");
  heir->commit();
  const auto committed = bus->reader(where, 0, Isolation::committed);
  CHECK(values(read_some(*committed, 1, fixture.patience)) == Texts{"heir"});
}

// ---- groups -------------------------------------------------------------------------------------------------------

/// A single member gets every input; it takes what is committed, in portions, and can be sent back.
inline void consumers_take_in_order(const BrokerFixture& fixture) {
  const auto bus = fixture.empty_bus(2);
  const TopicPartition where{Topic::scans, 1};
  const auto publisher = bus->publisher();
  for (int i = 0; i < 5; ++i) publisher->publish(Topic::scans, 1, "d", std::to_string(i));
  publisher->flush();
  const auto producer = bus->transactional(fixture.tag + "-take");
  producer->init();
  producer->begin();
  producer->produce(Topic::scans, 1, "d", "5");
  producer->commit();
  TestMember member(*bus, fixture.tag + "-take", "n1");
  CHECK(member.consumer->take(where, 10) == nullptr);
  wait_for_assignment(fixture, member);
  for (const auto& t : kTopics) {
    INFO(t.name);
    CHECK(member.partitions_of(t.topic).size() == (t.input ? 2 : 0));
  }
  const auto take = [&](std::size_t count, std::size_t at_most) {
    std::vector<OwnedRecord> got;
    eventually(fixture.patience, [&] {
      member.consumer->serve(Milliseconds(50));
      if (const auto batch = member.consumer->take(where, at_most)) {
        CHECK(batch->source == where);
        CHECK(batch->records.size() <= at_most);
        for (const auto& r : batch->records) got.push_back(owned(r));
      }
      return got.size() >= count;
    });
    return got;
  };
  CHECK(values(take(2, 2)) == Texts{"0", "1"});
  CHECK(member.consumer->position(where) == 2);
  CHECK(values(take(4, 100)) == Texts{"2", "3", "4", "5"});
  CHECK(eventually(fixture.patience, [&] {
    member.consumer->serve(Milliseconds(20));
    return member.consumer->take(where, 100) == nullptr && member.consumer->end_offset(where) == 7;
  }));
  CHECK(member.consumer->position(where) >= 6);
  CHECK(member.consumer->position(where) <= 7); // whether the marker at the end is passed is the client's choice
  member.consumer->assign({{where, 3}});
  CHECK(member.consumer->position(where) == 3);
  CHECK(values(take(3, 100)) == Texts{"3", "4", "5"});
  member.consumer->close();
}

/// Offsets live and die with their transaction.
inline void offsets_follow_the_transaction(const BrokerFixture& fixture) {
  const auto bus = fixture.empty_bus(2);
  const TopicPartition zero{Topic::scans, 0};
  const TopicPartition one{Topic::scans, 1};
  TestMember member(*bus, fixture.tag + "-offsets", "n1");
  wait_for_assignment(fixture, member);
  const auto membership = member.consumer->membership();
  REQUIRE(membership != nullptr);
  CHECK(member.consumer->committed({zero, one}, kLong).empty());
  const auto producer = bus->transactional(fixture.tag + "-offsets");
  producer->init();
  producer->begin();
  producer->send_offsets({{zero, 5}}, *membership);
  producer->commit();
  CHECK(member.consumer->committed({zero, one}, kLong) == Offsets{{zero, 5}});
  producer->begin();
  producer->send_offsets({{zero, 9}, {one, 9}}, *membership);
  producer->abort();
  CHECK(member.consumer->committed({zero, one}, kLong) == Offsets{{zero, 5}});
  producer->begin();
  producer->send_offsets({{zero, 6}}, *membership);
  producer->send_offsets({{zero, 7}, {one, 0}}, *membership);
  producer->commit();
  CHECK(member.consumer->committed({zero, one}, kLong) == Offsets{{zero, 7}, {one, 0}});
  CHECK(member.consumer->committed({one}, kLong) == Offsets{{one, 0}});
  member.consumer->close();
}

/// committed() answers only when no transaction can change the answer any more.
inline void committed_waits_for_pending_offsets(const BrokerFixture& fixture) {
  const auto bus = fixture.empty_bus(1);
  const TopicPartition where{Topic::scans, 0};
  TestMember member(*bus, fixture.tag + "-pending", "n1");
  wait_for_assignment(fixture, member);
  const auto producer = bus->transactional(fixture.tag + "-pending");
  producer->init();
  producer->begin();
  producer->send_offsets({{where, 4}}, *member.consumer->membership());
  Offsets seen;
  std::thread asks([&] { seen = member.consumer->committed({where}, kLong); });
  producer->commit();
  asks.join();
  CHECK(seen == Offsets{{where, 4}});
  producer->begin();
  producer->send_offsets({{where, 5}}, *member.consumer->membership());
  std::thread asks_again([&] { seen = member.consumer->committed({where}, kLong); });
  const auto heir = bus->transactional(fixture.tag + "-pending");
  heir->init(); // what a restart of the same node does
  asks_again.join();
  CHECK(seen == Offsets{{where, 4}});
  member.consumer->close();
}

/// `range`: whoever owns a partition number owns it in every input topic, and nobody else does.
inline void members_share_by_range(const BrokerFixture& fixture) {
  const auto bus = fixture.empty_bus(3);
  const std::string group = fixture.tag + "-share";
  TestMember first(*bus, group, "n1");
  wait_for_assignment(fixture, first);
  CHECK(first.partitions_of(Topic::scans) == std::vector<std::int32_t>{0, 1, 2});
  // What a node commits while it gives its partitions up still counts.
  const auto producer = bus->transactional(group);
  producer->init();
  first.on_revoked = [&] {
    producer->begin();
    producer->send_offsets({{{Topic::scans, 2}, 3}}, *first.consumer->membership());
    producer->commit();
    first.on_revoked = nullptr;
  };
  const auto publisher = bus->publisher();
  for (int i = 0; i < 5; ++i) publisher->publish(Topic::scans, 2, "d", std::to_string(i));
  publisher->flush();
  TestMember second(*bus, group, "n2");
  REQUIRE(eventually(fixture.patience, [&] {
    first.consumer->serve(Milliseconds(20));
    second.consumer->serve(Milliseconds(20));
    return first.assignments == 2 && second.assignments == 1;
  }));
  CHECK(first.revocations == 1);
  CHECK(second.revocations == 0);
  CHECK(first.losses + second.losses == 0);
  for (const auto& t : kTopics) {
    if (!t.input) continue;
    INFO(t.name);
    CHECK(first.partitions_of(t.topic) == std::vector<std::int32_t>{0, 1});
    CHECK(second.partitions_of(t.topic) == std::vector<std::int32_t>{2});
  }
  CHECK(second.consumer->position({Topic::scans, 2}) == 3);
  Texts got;
  eventually(fixture.patience, [&] {
    second.consumer->serve(Milliseconds(20));
    if (const auto batch = second.consumer->take({Topic::scans, 2}, 10))
      for (const auto& r : batch->records) got.emplace_back(*r.value);
    return got.size() >= 2;
  });
  CHECK(got == Texts{"3", "4"});
  first.consumer->close();
  second.consumer->close();
}

/// A membership of an older generation commits no offsets; the producer itself stays sound.
inline void stale_members_commit_nothing(const BrokerFixture& fixture) {
  const auto bus = fixture.empty_bus(2);
  const std::string group = fixture.tag + "-stale";
  const TopicPartition where{Topic::scans, 0};
  TestMember first(*bus, group, "n1");
  wait_for_assignment(fixture, first);
  const auto old = first.consumer->membership();
  const auto producer = bus->transactional(group);
  producer->init();
  producer->begin();
  producer->produce(Topic::decisions, 0, "d", "of the old generation");
  TestMember second(*bus, group, "n2");
  REQUIRE(eventually(fixture.patience, [&] {
    first.consumer->serve(Milliseconds(20));
    second.consumer->serve(Milliseconds(20));
    return first.assignments == 2 && second.assignments == 1;
  }));
  CHECK(fault_of([&] { producer->send_offsets({{where, 4}}, *old); }) == BrokerFault::abort);
  CHECK(fault_of([&] { producer->commit(); }).has_value()); // the transaction is lost
  producer->abort();
  CHECK(first.consumer->committed({where}, kLong).empty());
  producer->begin();
  producer->produce(Topic::decisions, 0, "d", "of the new one");
  producer->send_offsets({{where, 1}}, *first.consumer->membership());
  producer->commit();
  CHECK(first.consumer->committed({where}, kLong) == Offsets{{where, 1}});
  CHECK(values(read_some(*bus->reader({Topic::decisions, 0}, 0, Isolation::committed), 1, fixture.patience)) ==
        Texts{"of the new one"});
  first.consumer->close();
  second.consumer->close();
}

/// Static membership: a node that crashed and comes back gets its partitions at once, and nobody else notices. Its
/// ghost, should it still run, commits nothing more and is told to go.
inline void instances_come_back(const BrokerFixture& fixture) {
  const auto bus = fixture.empty_bus(2);
  const std::string group = fixture.tag + "-back";
  const TopicPartition where{Topic::scans, 0};
  TestMember ghost(*bus, group, "n1");
  TestMember other(*bus, group, "n2");
  REQUIRE(eventually(fixture.patience, [&] {
    ghost.consumer->serve(Milliseconds(20));
    other.consumer->serve(Milliseconds(20));
    return ghost.partitions_of(Topic::scans).size() == 1 && other.partitions_of(Topic::scans).size() == 1;
  }));
  const int assignments = other.assignments;
  const auto old = ghost.consumer->membership();
  TestMember heir(*bus, group, "n1");
  wait_for_assignment(fixture, heir);
  CHECK(heir.partitions_of(Topic::scans) == std::vector<std::int32_t>{0});
  const auto producer = bus->transactional(group);
  producer->init();
  producer->begin();
  CHECK(fault_of([&] { producer->send_offsets({{where, 4}}, *old); }) == BrokerFault::abort);
  producer->abort();
  producer->begin();
  producer->send_offsets({{where, 1}}, *heir.consumer->membership());
  producer->commit();
  CHECK(heir.consumer->committed({where}, kLong) == Offsets{{where, 1}});
  CHECK(fault_of([&] {
          eventually(fixture.patience, [&] {
            ghost.consumer->serve(Milliseconds(50));
            other.consumer->serve(Milliseconds(20));
            heir.consumer->serve(Milliseconds(20));
            return false;
          });
        }) == BrokerFault::fatal);
  CHECK(other.assignments == assignments);
  CHECK(heir.assignments == 1);
  heir.consumer->close();
  other.consumer->close();
}

/// A consumer that stands before the low watermark is told so.
inline void consumers_notice_trimming(const BrokerFixture& fixture) {
  const auto bus = fixture.empty_bus(1);
  const TopicPartition where{Topic::scans, 0};
  const auto publisher = bus->publisher();
  for (int i = 0; i < 4; ++i) publisher->publish(Topic::scans, 0, "d", std::to_string(i));
  publisher->flush();
  bus->trim(where, 2);
  TestMember member(*bus, fixture.tag + "-trimmed", "n1");
  const auto fault = fault_of([&] {
    eventually(fixture.patience, [&] {
      member.consumer->serve(Milliseconds(50));
      return member.consumer->take(where, 10) != nullptr;
    });
  });
  CHECK(fault == BrokerFault::refused);
  member.consumer->assign({{where, 2}});
  Texts got;
  eventually(fixture.patience, [&] {
    member.consumer->serve(Milliseconds(50));
    if (const auto batch = member.consumer->take(where, 10))
      for (const auto& r : batch->records) got.emplace_back(*r.value);
    return got.size() >= 2;
  });
  CHECK(got == Texts{"2", "3"});
  member.consumer->close();
}

/// What a listener throws comes out of serve(), and neither the consumer nor the group is the worse for it.
inline void listeners_may_throw(const BrokerFixture& fixture) {
  const auto bus = fixture.empty_bus(2);
  const std::string group = fixture.tag + "-throw";
  TestMember first(*bus, group, "n1");
  first.on_assigned = [&] {
    first.on_assigned = nullptr;
    throw std::runtime_error("cannot restore");
  };
  CHECK_THROWS_AS(eventually(fixture.patience,
                             [&] {
                               first.consumer->serve(Milliseconds(50));
                               return false;
                             }),
                  std::runtime_error);
  CHECK(first.assignments == 1);
  first.consumer->assign({{{Topic::scans, 0}, 0}, {{Topic::scans, 1}, 0}}); // its owner tried again
  const auto publisher = bus->publisher();
  publisher->publish(Topic::scans, 0, "d", "v");
  publisher->flush();
  CHECK(eventually(fixture.patience, [&] {
    first.consumer->serve(Milliseconds(50));
    return first.consumer->take({Topic::scans, 0}, 1) != nullptr;
  }));
  first.on_revoked = [&] {
    first.on_revoked = nullptr;
    throw std::runtime_error("cannot commit");
  };
  TestMember second(*bus, group, "n2");
  int thrown = 0;
  CHECK(eventually(fixture.patience, [&] {
    try {
      first.consumer->serve(Milliseconds(20));
    } catch (const std::runtime_error&) {
      ++thrown;
    }
    second.consumer->serve(Milliseconds(20));
    return first.assignments == 2 && second.assignments == 1;
  }));
  CHECK(thrown == 1);
  CHECK(first.partitions_of(Topic::scans) == std::vector<std::int32_t>{0});
  first.consumer->close();
  second.consumer->close();
}

// -------------------------------------------------------------------------------------------------------------------

struct BrokerCheck {
  const char* name;
  void (*run)(const BrokerFixture&);
};

inline const std::vector<BrokerCheck>& broker_checks() {
  static const std::vector<BrokerCheck> checks{
      {"records arrive as sent", records_arrive_as_sent},
      {"keys choose partitions", keys_choose_partitions},
      {"large records are refused", large_records_are_refused},
      {"topics are described", topics_are_described},
      {"trimming forgets", trimming_forgets},
      {"commit makes visible", commit_makes_visible},
      {"abort hides", abort_hides},
      {"open transactions hold the stable offset", open_transactions_hold_the_stable_offset},
      {"init fences older producers", init_fences_older_producers},
      {"consumers take in order", consumers_take_in_order},
      {"offsets follow the transaction", offsets_follow_the_transaction},
      {"committed waits for pending offsets", committed_waits_for_pending_offsets},
      {"members share by range", members_share_by_range},
      {"stale members commit nothing", stale_members_commit_nothing},
      {"instances come back", instances_come_back},
      {"consumers notice trimming", consumers_notice_trimming},
      {"listeners may throw", listeners_may_throw},
  };
  return checks;
}

} // namespace onecode_test
