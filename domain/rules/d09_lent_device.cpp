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
constexpr Duration kPause = days(4);         // a long weekend
constexpr std::uint32_t kMostDays = 7;       // that are judged together
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
  const std::uint64_t hash = hash64(account, 9);
  if (d.clients.add(hash)) d.dirty.clients[People::word_of(hash) / People::kGroup] = true;
}

void see_operator(DeviceState& d, const Scan& scan, Time at) {
  if (scan.operator_id.empty() || d.reg.operators.empty()) return;
  auto& h = d.habits;
  const bool own = std::ranges::find(d.reg.operators, scan.operator_id) != d.reg.operators.end();
  bool& today = own ? h.own_staff : h.other_staff;
  d.dirty.habits |= !today;
  today = true;
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

/// Judges the day, with the quiet ones before it, against what is known, then makes it part of it.
void learn(DeviceState& d, const RuleSettings& s) {
  auto& h = d.habits;
  const auto& hot = d.hot;
  const std::int64_t together = h.carried_days + 1;
  const auto scans = static_cast<std::int64_t>(total(hot.today));
  const bool learnt = h.days >= s[p::warmup_days];
  if (learnt && scans >= s[p::scans]) {
    h.odd_days = divergence_permille(hot.today, h.usual) > s[p::divergence_permille] ? h.odd_days + together : 0;
    if (h.odd_days >= s[p::days]) h.odd_hours = hot.day;
  }
  if (learnt && !h.known.empty() && people_in(d.clients) >= s[p::clients]) {
    People known = h.known[0];
    for (std::size_t i = 0; i < People::kWords; ++i) known.words[i] |= h.known[1].words[i];
    if (overlap_permille(d.clients, known) < s[p::overlap_permille]) h.odd_clients = hot.day;
  }

  h.days += together;
  for (std::size_t i = 0; i < h.usual.size(); ++i) {
    for (std::int64_t n = 0; n < together; ++n) h.usual[i] = h.usual[i] / 28 * 27 + h.usual[i] % 28 * 27 / 28;
    h.usual[i] += hot.today[i];
  }
  if (h.known.empty()) {
    h.known.resize(2);
    h.known_since = hot.day;
  }
  if (hot.day - h.known_since >= kGeneration) {
    h.known[1] = h.known[0];
    h.known[0] = {};
    h.known_since = hot.day;
  }
  for (std::size_t i = 0; i < People::kWords; ++i) h.known[0].words[i] |= d.clients.words[i];
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
  if (day < hot.day) return std::nullopt; // late: its day was judged
  std::optional<DayEnded> ended;
  if (day > hot.day) {
    judge_operators(d, s);
    const auto scans = total(hot.today);
    auto& h = d.habits;
    if (scans > h.carried) ended = DayEnded{hot.day, static_cast<std::int64_t>(scans - h.carried)};
    const auto least = static_cast<std::uint64_t>(s[p::scans]);
    const bool enough = scans >= least && (scans >= 2 * least || people_in(d.clients) >= s[p::clients]);
    if (scans > 0 && !enough && h.carried_days + 1 < kMostDays && (day - hot.day) <= days(kMostDays)) {
      h.carried = static_cast<std::uint32_t>(scans);
      ++h.carried_days;
      d.dirty.habits = true;
    } else {
      if (scans > 0) learn(d, s);
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
  see_operator(d, scan, at);
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
  sign(h.odd_hours, {"使用时段与金额连续数日异于往常", "other hours and amounts than usual for days"});
  sign(h.odd_clients, {"使用人几乎全部是生面孔", "hardly anybody who used it before"});
  sign(h.stranger, {"操作员未登记", "an operator who is not registered"});
  sign(h.other_only, {"连续数日已登记的操作员均未出现", "for days none of those who are"});
  if (innocent == 1000) return std::nullopt;
  Hit hit = make_hit(RuleId::D9, s, t, std::move(facts), event);
  hit.weight = static_cast<int>(1000 - innocent);
  return hit;
}

} // namespace onecode::rules
