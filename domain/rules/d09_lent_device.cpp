#include "domain/rules/d09_lent_device.hpp"

#include <algorithm>
#include <bit>
#include <numeric>

#include "domain/device_findings.hpp"
#include "domain/rules/params.hpp"

namespace onecode::rules {
namespace {

namespace p = param::d9;
using People = DeviceState::People;
using Cells = std::array<std::uint32_t, DeviceState::Hot::kCells>;

constexpr Duration kGeneration = days(14);
constexpr Duration kSignLasts = days(7);
constexpr Duration kPause = days(4);   // a long weekend
constexpr std::uint32_t kMostDays = 7; // that are judged together
constexpr std::int64_t kNewHabit = 28; // days after which what was odd is usual
constexpr std::int64_t kPassed = 3;    // ordinary days in a row after which it has passed
constexpr std::uint64_t kPeopleSeed = 9;
constexpr std::uint32_t kUsualUnit = 16, kMostCounted = (1U << 28) - 1; // four bytes when stored
constexpr std::int64_t kSpreadUnit = 256, kSpreadDays = 8;
constexpr std::int64_t kLargeAmount = 3'000; // fen

/// log2(x) for x in Q16, x > 0, in Q16: by squaring, one bit at a time.
std::int64_t log2_q16(std::uint64_t x) {
  const int whole = std::bit_width(x) - 1 - 16;
  std::uint64_t m = whole >= 0 ? x >> whole : x << -whole; // 1..2 in Q16
  std::int64_t log = static_cast<std::int64_t>(whole) * 65'536;
  for (int bit = 15; bit >= 0; --bit) {
    m = m * m >> 16;
    if (m >= 2 * 65'536) {
      m >>= 1;
      log += std::int64_t{1} << bit;
    }
  }
  return log;
}

std::uint64_t total(const Cells& c) { return std::accumulate(c.begin(), c.end(), std::uint64_t{0}); }

std::int64_t used_bits(const People& people) {
  std::int64_t n = 0;
  for (const auto w : people.words) n += std::popcount(w);
  return n;
}

std::size_t cell_of(const Scan& scan) {
  const std::int64_t hour = (scan.origin.time - campus_day(scan.origin.time)).ms / hours(1).ms;
  const std::size_t band = !scan.amount ? 0 : scan.amount->value < kLargeAmount ? 1 : 2;
  return static_cast<std::size_t>(hour / 3) * 3 + band;
}

void add_client(DeviceState& d, const std::string& account) {
  if (account.empty()) return;
  const std::uint64_t hash = hash64(account, kPeopleSeed);
  if (d.clients.add(hash)) d.dirty.clients[People::word_of(hash) / People::kGroup] = true;
}

bool is_own(const DeviceState& d, const std::string& operator_id) {
  const auto names = [&](const std::vector<std::string>& list) {
    return std::ranges::find(list, operator_id) != list.end();
  };
  return names(d.reg.operators) || names(d.reg.view.scope.operators);
}

/// `late`: of a day that is judged already.
void see_operator(DeviceState& d, const Scan& scan, Time at, bool late) {
  if (scan.operator_id.empty() || (d.reg.operators.empty() && d.reg.view.scope.operators.empty())) return;
  auto& h = d.habits;
  const bool own = is_own(d, scan.operator_id);
  if (late) {
    if (own && d.hot.day - campus_day(at) <= days(kMostDays) && (h.other_days > 0 || h.other_only.ms != 0)) {
      h.other_days = 0; // they were there after all
      h.other_only = {};
      d.dirty.habits = true;
    }
  } else {
    bool& today = own ? h.own_staff : h.other_staff;
    d.dirty.habits |= !today;
    today = true;
  }
  if (own || at <= h.stranger + hours(1)) return;
  h.stranger = at;
  d.dirty.habits = true;
}

/// The day's operators; a day on which nobody said who it was says nothing.
void judge_operators(DeviceState& d, const RuleSettings& s) {
  auto& h = d.habits;
  if (!h.own_staff && !h.other_staff) return;
  const bool goes_on = d.hot.day - h.other_last <= kPause;
  h.other_days = h.own_staff ? 0 : goes_on ? h.other_days + 1 : 1;
  h.other_last = d.hot.day;
  if (h.other_days >= s[p::days]) h.other_only = d.hot.day;
  h.own_staff = h.other_staff = false;
  d.dirty.habits = true;
}

void add(Cells& to, const Cells& more, std::uint32_t times) {
  for (std::size_t i = 0; i < to.size(); ++i)
    to[i] = static_cast<std::uint32_t>(std::min<std::uint64_t>(to[i] + std::uint64_t{more[i]} * times, kMostCounted));
}

void add(People& to, const People& more) {
  for (std::size_t i = 0; i < People::kWords; ++i) to.words[i] |= more.words[i];
}

/// R11.3: whether such a day is one of those that this reader has anyway.
bool is_odd(const DeviceState::Habits& h, const Cells& day, const RuleSettings& s) {
  return divergence_permille(day, h.usual) >
         std::max(s[p::divergence_permille], s[p::spread_times] * h.spread / kSpreadUnit);
}

void learn_spread(DeviceState::Habits& h, const Cells& day) {
  if (total(h.usual) == 0) return;
  h.spread_days = std::min(h.spread_days + 1, kSpreadDays);
  h.spread += (divergence_permille(day, h.usual) * kSpreadUnit - h.spread) / h.spread_days;
}

void learn(DeviceState& d, const Cells& scans, const People& people, std::int64_t count) {
  auto& h = d.habits;
  h.days += count;
  for (auto& cell : h.usual)
    for (std::int64_t n = 0; n < count; ++n) cell = cell / 28 * 27 + cell % 28 * 27 / 28;
  add(h.usual, scans, kUsualUnit);
  if (h.known.empty()) {
    h.known.resize(2);
    h.known_since = d.hot.day;
  }
  if (d.hot.day - h.known_since >= kGeneration) {
    h.known[1] = h.known[0];
    h.known[0] = {};
    h.known_since = d.hot.day;
  }
  add(h.known[0], people);
}

/// The stretch is over, or is the new habit.
void learn_stretch(DeviceState& d) {
  auto& stretch = d.habits.stretch;
  if (stretch.days > 0) learn(d, stretch.scans, stretch.people.at(0), stretch.days);
  stretch = {};
}

/// Whom and when the stretch served, by what is known; it may have got late scans since it was looked at last.
void judge_stretch(DeviceState& d, const RuleSettings& s) {
  auto& h = d.habits;
  const auto& stretch = h.stretch;
  if (stretch.odd && !is_odd(h, stretch.scans, s)) return;
  if (stretch.odd && stretch.days >= s[p::days]) h.odd_hours = d.hot.day;
  if (h.known.empty() || people_in(stretch.people[0]) < s[p::clients]) return;
  People known = h.known.at(0);
  add(known, h.known.at(1));
  if (overlap_permille(stretch.people[0], known) < s[p::overlap_permille]) h.odd_clients = d.hot.day;
}

/// Judges the day, with the quiet ones before it and the stretch that it belongs to, then makes it part of what is known.
void judge_day(DeviceState& d, const RuleSettings& s) {
  auto& h = d.habits;
  auto& stretch = h.stretch;
  const std::int64_t days_here = h.carried_days + 1;
  const bool learnt = h.days >= s[p::warmup_days];
  const bool odd =
      learnt && static_cast<std::int64_t>(total(d.hot.today)) >= s[p::scans] && is_odd(h, d.hot.today, s);
  d.dirty.habits = true;
  if (stretch.days > 0 && d.hot.day - days(h.carried_days) - stretch.last > kPause) learn_stretch(d);
  if (!odd) learn_spread(h, d.hot.today);
  if (!odd && stretch.odd) {
    stretch.between += days_here;
    stretch.last = d.hot.day;
    learn(d, d.hot.today, d.clients, days_here);
    if (stretch.between >= kPassed) learn_stretch(d);
    return;
  }
  if (odd != stretch.odd) learn_stretch(d);
  if (stretch.days == 0) stretch.first = d.hot.day - days(h.carried_days);
  stretch.odd = odd;
  stretch.days += days_here;
  stretch.between = 0;
  stretch.last = d.hot.day;
  add(stretch.scans, d.hot.today, 1);
  stretch.people.resize(1);
  add(stretch.people[0], d.clients);
  if (learnt) judge_stretch(d, s);
  const bool many = people_in(stretch.people[0]) >= s[p::clients];
  if (odd ? stretch.days >= kNewHabit : !learnt || many || stretch.days >= kMostDays) learn_stretch(d);
}

/// Of a day before the newest: it belongs to its stretch all the same, and if that is over, to what is known.
void count_late(DeviceState& d, const Scan& scan, Time at) {
  auto& h = d.habits;
  see_operator(d, scan, at, true);
  const Time day = campus_day(at);
  if (d.hot.day - day > days(kMostDays)) return;
  if (day >= d.hot.day - days(h.carried_days)) { // not judged yet
    ++d.hot.today[cell_of(scan)];
    ++h.carried; // and none of the newest day
    d.dirty.hot = d.dirty.habits = true;
    return add_client(d, scan.account);
  }
  if (h.known.empty()) return;
  Cells one{};
  one[cell_of(scan)] = 1;
  People* people = &h.known[0];
  if (h.stretch.days > 0 && day >= h.stretch.first) {
    add(h.stretch.scans, one, 1);
    people = h.stretch.people.data();
  } else {
    add(h.usual, one, kUsualUnit);
  }
  if (!scan.account.empty()) people->add(hash64(scan.account, kPeopleSeed));
  d.dirty.habits = true;
}

} // namespace

std::int64_t divergence_permille(const Cells& a, const Cells& b) {
  const std::uint64_t all_a = total(a), all_b = total(b);
  if (all_a == 0 || all_b == 0) return 0;
  std::int64_t sum_q32 = 0; // of p log2(p / m) + q log2(q / m), m = (p + q) / 2
  for (std::size_t i = 0; i < a.size(); ++i) {
    const std::uint64_t pa = a[i] * std::uint64_t{65'536} / all_a, pb = b[i] * std::uint64_t{65'536} / all_b;
    const std::uint64_t m = pa + pb; // twice the mean
    if (m == 0) continue;
    const auto part = [&](std::uint64_t x) {
      return x == 0 ? 0 : static_cast<std::int64_t>(x) * (log2_q16(x) - log2_q16(m) + 65'536);
    };
    sum_q32 += part(pa) + part(pb);
  }
  return std::clamp<std::int64_t>((sum_q32 / 2 / 65'536) * 1000 / 65'536, 0, 1000);
}

std::int64_t people_in(const People& people) {
  const std::int64_t used = used_bits(people), bits = People::kBits;
  if (used == bits) return bits * 10; // full: so many that it does not matter
  // bits ln(bits / unused), rounded
  const std::int64_t log2 =
      log2_q16(static_cast<std::uint64_t>(bits) << 16) - log2_q16(static_cast<std::uint64_t>(bits - used) << 16);
  constexpr std::int64_t kLn2Q16 = 45'426;
  return (bits * log2 / 65'536 * kLn2Q16 + bits * log2 % 65'536 * kLn2Q16 / 65'536 + 32'768) / 65'536;
}

std::int64_t overlap_permille(const People& today, const People& known) {
  std::int64_t both = 0;
  for (std::size_t i = 0; i < People::kWords; ++i) both += std::popcount(today.words[i] & known.words[i]);
  const std::int64_t mine = used_bits(today), theirs = used_bits(known), bits = People::kBits;
  if (mine == 0 || theirs == bits) return 1000; // nothing to say
  // both = c mine + (1 - c) mine theirs / bits
  const std::int64_t over = both * bits - mine * theirs;
  return std::clamp<std::int64_t>(over * 1000 / (mine * (bits - theirs)), 0, 1000);
}

std::optional<DayEnded> count_scan(DeviceState& d, const Scan& scan, Time at, const RuleSettings& s) {
  auto& hot = d.hot;
  const Time day = campus_day(at);
  if (day < hot.day) {
    count_late(d, scan, at);
    return std::nullopt;
  }
  std::optional<DayEnded> ended;
  if (day > hot.day) {
    judge_operators(d, s);
    const auto scans = total(hot.today);
    auto& h = d.habits;
    if (scans > h.carried) ended = DayEnded{hot.day, static_cast<std::int64_t>(scans - h.carried)};
    const auto least = static_cast<std::uint64_t>(s[p::scans]);
    if (scans > 0 && scans < least && h.carried_days + 1 < kMostDays && (day - hot.day) <= days(kMostDays)) {
      h.carried = static_cast<std::uint32_t>(scans);
      ++h.carried_days;
      d.dirty.habits = true;
    } else {
      if (scans > 0) judge_day(d, s);
      h.carried = h.carried_days = 0;
      hot.today = {};
      d.clients = {};
      d.dirty.clients.fill(true);
    }
    hot.day = day;
  }
  ++hot.today[cell_of(scan)];
  d.dirty.hot = true;
  add_client(d, scan.account);
  see_operator(d, scan, at, false);
  return ended;
}

std::optional<Hit> lent_device(const DeviceState& d, Time t, const EventRef& event, const RuleSettings& s) {
  const auto& h = d.habits;
  std::int64_t innocent = 1000;
  Text facts;
  const auto sign = [&](Time seen, const Text& what) {
    if (seen.ms == 0 || t - seen > kSignLasts) return;
    innocent = innocent * (1000 - s.weight) / 1000;
    facts.zh += (facts.zh.empty() ? "" : "、") + what.zh;
    facts.en += (facts.en.empty() ? "" : ", ") + what.en;
  };
  sign(h.odd_hours, {"数日使用时段与金额异于往常", "on several days other hours and amounts than usual"});
  sign(h.odd_clients, {"使用人几乎全部是生面孔", "hardly anybody who used it before"});
  sign(h.stranger, {"操作员未登记", "an operator who is not registered"});
  sign(h.other_only, {"连续数日已登记的操作员均未出现", "for days none of those who are"});
  if (innocent == 1000) return std::nullopt;
  Hit hit = make_hit(RuleId::D9, s, t, std::move(facts), event);
  hit.weight = static_cast<int>(1000 - innocent);
  return hit;
}

} // namespace onecode::rules
