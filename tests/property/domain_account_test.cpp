// Catches: evidence that depends on the order in which late and offline scans arrive (acceptance 5), and state that
// does not come back from its bytes as it went in.
#include <rapidcheck.h>

#include <algorithm>
#include <random>

#include "domain/archive.hpp"
#include "tests/catch.hpp"
#include "tests/support/stored.hpp"
#include "tests/unit/domain/account_world.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

/// Up to 16 showings within a few minutes or hours, so that every rule of the ring has something to see.
std::vector<Shown> some_day() {
  const char* zones[] = {"gate", "hall", "canteen", "dorm", "lab-a", "lab-b", "city", "nowhere", "hill", "steps"};
  const char* handsets[] = {"", "h-1", "h-1", "h-2", "h-3"};
  std::vector<Shown> day;
  const int n = *rc::gen::inRange(2, 17);
  const auto spread = *rc::gen::element<std::int64_t>(5, 60, 600, 7200, 100'000);
  for (int i = 0; i < n; ++i) {
    Shown s;
    s.zone = zones[*rc::gen::inRange(0, 10)];
    s.handset = handsets[*rc::gen::inRange(0, 5)];
    s.time = kNoon + milliseconds(*rc::gen::inRange<std::int64_t>(0, spread) * 500);
    s.accuracy_ms = *rc::gen::element<std::int64_t>(0, 0, 0, 1000, 30'000);
    if (*rc::gen::inRange(0, 8) == 0) s.clock = Clock::free;
    s.offset = i + 1;
    day.push_back(s);
  }
  return day;
}

std::string any_text() { return *rc::gen::string<std::string>(); }
Time any_time() { return {*rc::gen::arbitrary<std::int64_t>()}; }
std::optional<Time> maybe_time() { return *rc::gen::arbitrary<bool>() ? std::optional(any_time()) : std::nullopt; }
template <class F>
auto several(F&& make) {
  std::vector<decltype(make())> v(static_cast<std::size_t>(*rc::gen::inRange(0, 5)));
  for (auto& x : v) x = make();
  return v;
}
EventRef any_ref() { return {{Topic::scans, *rc::gen::arbitrary<std::int32_t>()}, any_time().ms, any_text()}; }

EvidenceBook any_book() {
  EvidenceBook book;
  for (const auto& info : rule_catalogue())
    if (*rc::gen::arbitrary<bool>())
      book.add(Hit{info.id, *rc::gen::inRange(1, 1001), 1000, any_time(), {any_text(), any_text()}, several(any_ref)},
               *rc::gen::inRange(1, 9), hours(*rc::gen::inRange(0, 1000)));
  return book;
}

Grounds any_grounds() {
  return {*rc::gen::inRange(0, 1001),
          {{Family::replay, *rc::gen::inRange(0, 1001)}},
          {{Form::two_places, several(any_text)}, {any_text(), any_text()}},
          Band::automatic,
          ProposedAction::freeze};
}

Hold any_hold() {
  return {any_text(),
          any_text(),
          any_text(),
          *rc::gen::arbitrary<bool>() ? std::optional(any_grounds()) : std::nullopt,
          several(any_text),
          any_time(),
          maybe_time(),
          any_text(),
          any_text(),
          any_text(),
          any_text(),
          several(any_text),
          *rc::gen::arbitrary<bool>()};
}

AccountState any_account() {
  AccountState a;
  const auto any_print = [] { return *rc::gen::arbitrary<HandsetPrint>(); };
  const auto flag = [] { return *rc::gen::arbitrary<bool>(); };
  a.profile = {
      flag(),       any_text(),  any_time(),
      maybe_time(), any_text(),  any_text(),
      flag(),       flag(),      several([&] { return BoundHandset{any_text(), flag(), any_time(), maybe_time()}; }),
      maybe_time(), maybe_time()};
  a.hot.first_scan = maybe_time();
  a.hot.scans = *rc::gen::arbitrary<std::uint64_t>();
  a.hot.bucket_start = any_time();
  for (auto& b : a.hot.buckets) b = *rc::gen::arbitrary<std::uint8_t>();
  a.hot.spend_mean_q8 = any_time().ms;
  a.hot.spend_var_q8 = any_time().ms;
  a.hot.payments = *rc::gen::arbitrary<std::uint32_t>();
  for (std::size_t i = 0; i < SightingRing::kSlots; ++i)
    a.ring.at(i) = {any_time(), any_time().ms, flag(), flag(), any_text(), any_print(), any_text(), any_ref()};
  a.usage.nonces = several([&] {
    return AccountState::UsedNonce{
        *rc::gen::arbitrary<std::uint64_t>(), any_time(), any_time(), any_text(), flag(), any_ref()};
  });
  a.usage.handsets = several([&] { return AccountState::HandsetSeen{any_print(), any_text(), any_time()}; });
  a.file.evidence = any_book();
  if (flag()) a.file.finding = Finding{any_text(), RuleId::A8, Band::propose, any_time(), any_time()};
  for (auto& h : several(any_hold)) a.file.holds.add(h);
  a.file.revision = *rc::gen::arbitrary<std::uint64_t>();
  a.file.freeze_wanted = flag();
  a.file.auto_frozen = flag();
  a.file.shadow = any_book();
  return a;
}

template <class T>
void comes_back(const T& part) {
  T again;
  const std::string first = stored(part);
  decode(first, again);
  RC_ASSERT(stored(again) == first);
  // Cut short anywhere, it is corrupt or incomplete, never a crash.
  T cut;
  try {
    decode(std::string_view(first).substr(
               0, static_cast<std::size_t>(*rc::gen::inRange<std::size_t>(0, first.size() + 1))),
           cut);
  } catch (const Corrupt&) {
  }
}

} // namespace

TEST_CASE("property: the order of arrival changes no evidence", "[property][account]") {
  const bool ok = rc::check("evidence is the same for every order of arrival", [] {
    const auto day = some_day();
    auto order = day;
    std::string first;
    std::mt19937 random(*rc::gen::arbitrary<std::uint32_t>());
    for (int round = 0; round < 5; ++round) {
      World w;
      w.a.profile.handsets = {{"h-1", false, kNoon - days(9), {}}, {"h-3", true, kNoon - days(9), {}}};
      for (const auto& s : order) w.show(s);
      const std::string now = stored(w.a.file.evidence);
      if (round == 0) first = now;
      RC_TAG(w.a.file.evidence.entries().size());
      RC_ASSERT(now == first);
      std::ranges::shuffle(order, random);
    }
  });
  CHECK(ok);
}

TEST_CASE("property: what follows does not outrun the rules of R8.4", "[property][account][R8.4]") {
  const bool ok = rc::check("a freeze is asked for only at 950 from two families, by a known account", [] {
    World w;
    w.a.hot.first_scan = kNoon - days(*rc::gen::inRange(0, 30));
    for (const auto& s : some_day()) {
      w.show(s);
      for (const auto& send : w.out.sends) {
        if (!std::holds_alternative<msg::FreezeWanted>(send.message)) continue;
        const Time t = w.a.file.evidence.newest();
        RC_ASSERT(w.a.file.evidence.score(std::max(t, s.time)) >= 950);
        RC_ASSERT(w.a.file.evidence.families_with(100, std::max(t, s.time)) >= 2);
        RC_ASSERT(std::max(t, s.time) - *w.a.hot.first_scan >= days(14));
      }
      RC_ASSERT(w.a.file.holds.empty());
      RC_ASSERT(w.all<Decision>().size() == 1u);
    }
  });
  CHECK(ok);
}

TEST_CASE("property: every part of an account comes back from its bytes", "[property][archive]") {
  const bool ok = rc::check("encode, decode, encode", [] {
    const AccountState a = any_account();
    comes_back(a.profile);
    comes_back(a.hot);
    comes_back(a.usage);
    comes_back(a.file);
    for (const auto& s : a.ring.sightings()) comes_back(s);
  });
  CHECK(ok);
}
