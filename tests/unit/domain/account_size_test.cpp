// Catches: an account that gives up more than it must, or in another order than is written down.
#include "domain/account_size.hpp"

#include "domain/hash.hpp"
#include "tests/catch.hpp"
#include "tests/unit/domain/account_world.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

EventRef event(std::int64_t offset) { return {{Topic::scans, 7}, 5'000'000'000 + offset, std::string(20, 'e')}; }

/// As full as the limits of each part allow.
AccountState full() {
  AccountState a;
  a.id = "a-1";
  for (int i = 0; i < 16; ++i) {
    Sighting& s = a.ring.at(static_cast<std::size_t>(i));
    s.used = s.clock_sound = true;
    s.time = kNoon + minutes((i * 7) % 16);
    s.zone = "teaching-5";
    s.device = "gate-1234";
    s.handset = 0xfffffff;
    s.event = event(i);
  }
  for (int i = 0; i < 16; ++i)
    a.usage.nonces.push_back({~std::uint64_t{0} >> 8, kNoon, kNoon + minutes(i), "gate-1234", true, event(100 + i)});
  for (int i = 0; i < 8; ++i)
    a.usage.handsets.push_back({0xfffffff, "abcdefg~0123456" + std::to_string(i), kNoon + hours(i)});
  for (int i = 0; i < 4; ++i)
    a.codes.list.push_back(
        {~std::uint64_t{0} >> 8, kNoon, kNoon + minutes(i), "teaching-5", false, false, event(200 + i)});
  for (int i = 0; i < 5; ++i) a.hands.list.push_back({0xfffffff, kNoon, kNoon, 3, 1, 1, 1, event(300 + i)});
  for (std::uint32_t i = 0; i < 16; ++i) a.company.peers.push_back({0xfffff00 + i, 1, 20'000});
  for (const RuleId rule : {RuleId::A1, RuleId::A3, RuleId::A4, RuleId::A5, RuleId::A8, RuleId::A11}) {
    const auto weight = static_cast<int>(900 - 100 * static_cast<int>(rule) / 2);
    a.file.evidence.add({rule,
                         weight,
                         1000,
                         kNoon,
                         {Form::passback, {"teaching-5", "12"}},
                         {event(400 + static_cast<int>(rule)), event(500 + static_cast<int>(rule))}},
                        1, days(14));
  }
  return a;
}

std::size_t ids(const AccountState& a) {
  std::size_t n = 0;
  a.ring.each([&](const Sighting& s) { n += !s.event.id.empty(); });
  return n;
}

} // namespace

TEST_CASE("account size: what is below the limit is left alone") {
  AccountState a = full();
  a.file.evidence.clear();
  a.usage.nonces.clear();
  a.codes.list.clear();
  REQUIRE(counted_bytes(a) <= kMaxAccountBytes);
  keep_small(a);
  CHECK_FALSE(a.dirty.any());
  CHECK(ids(a) == 16);
}

TEST_CASE("account size: what is remembered of it is never older than a change") {
  AccountState a = full();
  REQUIRE(known_bytes(a) == counted_bytes(a));
  REQUIRE(a.sizes.usage != AccountState::Sizes::kUnknown);
  a.usage.nonces.clear(); // not marked: nothing looks for it
  CHECK(known_bytes(a) > counted_bytes(a));
  a.dirty.usage = true;
  CHECK(known_bytes(a) == counted_bytes(a));
  a.usage.handsets.clear();
  CHECK(known_bytes(a) == counted_bytes(a));
  const auto before = a.sizes.hot;
  saved(a);
  CHECK(a.sizes.hot == before);
  CHECK(known_bytes(a) == counted_bytes(a));
  // Marked behind the last count.
  a.ring.at(3).zone += " and more";
  a.dirty.ring[3] = true;
  saved(a);
  CHECK(known_bytes(a) == counted_bytes(a));
}

TEST_CASE("account size: first go the ids that no evidence names, the oldest sighting's first") {
  AccountState a = full();
  a.usage.nonces.resize(8);
  REQUIRE(counted_bytes(a) > kMaxAccountBytes);
  keep_small(a);
  CHECK(counted_bytes(a) <= kMaxAccountBytes);
  CHECK(a.usage.nonces.front().event.id.empty());
  CHECK(a.hands.list.front().event.id.empty());
  CHECK(a.dirty.usage);
  CHECK(a.dirty.codes);
  CHECK(a.dirty.hands);
  REQUIRE(ids(a) < 16);
  Time oldest_kept = kNoon + days(1), newest_given{};
  a.ring.each([&](const Sighting& s) {
    if (s.event.id.empty())
      newest_given = std::max(newest_given, s.time);
    else
      oldest_kept = std::min(oldest_kept, s.time);
  });
  CHECK(newest_given < oldest_kept);
  for (std::size_t i = 0; i < 16; ++i) CHECK(a.dirty.ring[i] == a.ring.sightings()[i].event.id.empty());
  // What may still matter stays.
  CHECK(a.file.evidence.entries().size() == 6);
  CHECK_FALSE(a.file.evidence.entries().front().events.front().id.empty());
  CHECK_FALSE(a.dirty.file);
}

TEST_CASE("account size: an account that is fuller still keeps its strongest evidence and its newest sightings") {
  AccountState a = full();
  for (int i = 0; i < 16; ++i) a.ring.at(static_cast<std::size_t>(i)).zone = std::string(90, 'z');
  keep_small(a);
  CHECK(counted_bytes(a) <= kMaxAccountBytes);
  CHECK(a.company.peers.empty());
  CHECK(a.usage.nonces.size() == 8);
  CHECK(a.codes.list.size() == 2);
  CHECK(a.usage.handsets.size() == 3);
  CHECK(a.usage.handsets.front().reported == kNoon + hours(5));
  REQUIRE(a.file.evidence.entries().size() == 3);
  CHECK(a.file.evidence.entries()[0].rule == RuleId::A1);
  CHECK(a.file.evidence.entries()[1].rule == RuleId::A3);
  CHECK(a.file.evidence.entries()[2].rule == RuleId::A4);
  Time oldest = kNoon + days(1);
  std::int64_t n = 0;
  a.ring.each([&](const Sighting& s) {
    oldest = std::min(oldest, s.time);
    ++n;
  });
  CHECK(n > 0);
  CHECK(n < 16);
  CHECK(oldest == kNoon + minutes(16 - n));
}

TEST_CASE("account size: of evidence what the score misses least goes first") {
  // Long half-lives do not save weak evidence, nor a crowd of one family.
  EvidenceBook book;
  for (const auto& [rule, weight, half_life] : {std::tuple{RuleId::A1, 850, days(14)},
                                                {RuleId::A4, 900, days(14)},
                                                {RuleId::A7, 300, days(30)},
                                                {RuleId::A8, 650, days(30)},
                                                {RuleId::A9, 200, days(30)}})
    book.add({rule, weight, 1000, kNoon, {}, {event(static_cast<int>(rule))}}, 1, half_life);
  const auto rules = [&] {
    std::vector<RuleId> all;
    for (const auto& e : book.entries()) all.push_back(e.rule);
    return all;
  };
  const int before = book.score(kNoon);
  REQUIRE(book.forget_weakest(3));
  CHECK(rules() == std::vector{RuleId::A1, RuleId::A4, RuleId::A7, RuleId::A8});
  REQUIRE(book.forget_weakest(3));
  CHECK(rules() == std::vector{RuleId::A1, RuleId::A4, RuleId::A8});
  CHECK(book.score(kNoon) == before);
  CHECK_FALSE(book.forget_weakest(3));
}

TEST_CASE("account size: the limit holds for the longest names that are allowed") {
  AccountState a;
  a.id = "a-1";
  for (int i = 0; i < 16; ++i) {
    Sighting& s = a.ring.at(static_cast<std::size_t>(i));
    s.used = true;
    s.time = kNoon + minutes(i);
    s.zone = s.device = std::string(64, 'x');
    s.event = event(i);
  }
  REQUIRE(counted_bytes(a) > kMaxAccountBytes);
  keep_small(a);
  CHECK(counted_bytes(a) <= kMaxAccountBytes);
}

TEST_CASE("account size: what departments said is not counted") {
  AccountState a = full();
  a.file.evidence.clear();
  const std::size_t before = counted_bytes(a);
  Hold hold;
  hold.id = "by a person";
  hold.reason = std::string(1000, 'r');
  a.file.holds.add(hold);
  a.procedures.edit().cases.resize(16);
  a.postings.resize(64);
  CHECK(counted_bytes(a) == before);
}
