#include "domain/evidence.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "domain/integer.hpp"

namespace onecode {
namespace {

// Rounding to nearest, halves up, is the one rounding of this file.
constexpr u128 divided(u128 n, u128 by) { return (n + by / 2) / by; }
constexpr u128 shifted(u128 n, unsigned by) { return by == 0 ? n : (n + (u128{1} << (by - 1))) >> by; }

constexpr std::uint64_t kOneQ63 = std::uint64_t{1} << 63;
constexpr std::uint64_t kOneQ32 = std::uint64_t{1} << 32;
constexpr std::uint64_t kLn2Q56 = 0xb17217f7d1cf7aULL;
constexpr std::uint64_t kLog2eQ60 = 0x171547652b82fe17ULL;

constexpr std::array<std::uint32_t, 1001> make_nats() {
  std::array<std::uint32_t, 1001> table{};
  for (std::uint64_t p = 0; p <= 1000; ++p) {
    const std::uint64_t l = p < 1000 ? log2_q40(1000, 1000 - p) : log2_q40(1'000'000, 1);
    table[p] = static_cast<std::uint32_t>(shifted(u128{l} * 1'000'000 * kLn2Q56, 40 + 56));
  }
  return table;
}
constexpr auto kNats = make_nats();
static_assert(kNats[0] == 0 && kNats[600] == 916'291 && kNats[900] == 2'302'585 && kNats[1000] == 13'815'511);

/// 2^-(2^-k) for k = 1..32 in Q63: each is the square root of the one before.
constexpr std::array<std::uint64_t, 32> make_roots() {
  std::array<std::uint64_t, 32> roots{};
  std::uint64_t last = kOneQ63 / 2;
  for (auto& r : roots) r = last = square_root(u128{last} << 63);
  return roots;
}
constexpr auto kRoots = make_roots();

/// 2^-(whole + fraction / 2^32) in Q63.
std::uint64_t power_of_half(std::uint64_t whole, std::uint32_t fraction) {
  if (whole > 63) return 0;
  u128 x = kOneQ63;
  for (std::size_t k = 0; k < 32; ++k)
    if ((fraction >> (31 - k)) & 1) x = shifted(x * kRoots[k], 63);
  return static_cast<std::uint64_t>(shifted(x, static_cast<unsigned>(whole)));
}

Family family_of(RuleId id) {
  static const auto table = [] {
    std::array<Family, kRuleIds> t{};
    for (const auto& r : rule_catalogue()) t[static_cast<std::size_t>(r.id)] = r.family;
    return t;
  }();
  return table[static_cast<std::size_t>(id)];
}

int effective_weight(int weight, int quality) {
  const std::int64_t w = std::clamp(weight, 0, 1000), q = std::clamp(quality, 0, 1000);
  return static_cast<int>((w * q + 500) / 1000);
}

/// When a hit will have faded to one micro-nat, in 2^-40 ms. Of two hits with one half-life, the later end is the
/// stronger hit at every time, and unlike a comparison of rounded strengths the ends are a total order: the strongest
/// of many hits does not depend on which two met first.
i128 end_of(int weight, Time at, Duration half_life) {
  if (half_life.ms <= 0) return (i128{1} << 120) + weight; // never fades
  return (i128{at.ms} << 40) + i128{log2_q40(kNats[static_cast<std::size_t>(weight)], 1)} * half_life.ms;
}

/// Both with a weight above zero and canonical events.
bool outweighs(const Evidence& a, const Evidence& b) {
  const i128 end_a = end_of(a.weight, a.at, a.half_life), end_b = end_of(b.weight, b.at, b.half_life);
  if (end_a != end_b) return end_a > end_b;
  if (a.events != b.events) return a.events < b.events;
  if (a.at != b.at) return a.at < b.at;
  return a.weight > b.weight;
}

std::vector<EventRef> canonical(std::vector<EventRef> events) {
  std::ranges::sort(events);
  events.erase(std::unique(events.begin(), events.end()), events.end());
  if (events.size() > kMaxEvents) events.resize(kMaxEvents);
  return events;
}

Evidence evidence_of(const Hit& hit, int version, Duration half_life) {
  return {hit.rule,
          version,
          effective_weight(hit.weight, hit.quality),
          hit.at,
          half_life,
          hit.facts,
          canonical(hit.events),
          std::clamp(hit.quality, 0, 1000)};
}

} // namespace

MicroNats nats_of(int thousandths) { return kNats[static_cast<std::size_t>(std::clamp(thousandths, 0, 1000))]; }

std::uint64_t decay_q32(Duration elapsed, Duration half_life) {
  if (elapsed.ms <= 0 || half_life.ms <= 0) return kOneQ32;
  const auto e = static_cast<std::uint64_t>(elapsed.ms), h = static_cast<std::uint64_t>(half_life.ms);
  const u128 exponent = divided(u128{e} << 32, h);
  const u128 whole = exponent >> 32;
  if (whole > 33) return 0;
  return static_cast<std::uint64_t>(
      shifted(power_of_half(static_cast<std::uint64_t>(whole), static_cast<std::uint32_t>(exponent)), 31));
}

MicroNats faded(MicroNats l, Duration elapsed, Duration half_life) {
  return static_cast<MicroNats>(shifted(u128{l} * decay_q32(elapsed, half_life), 32));
}

int points_of(MicroNats l) {
  if (l == 0) return 0;
  const u128 x = shifted(divided(u128{l} * kLog2eQ60, 1'000'000), 28); // l / ln 2 in Q32
  const u128 whole = std::min<u128>(x >> 32, 64);
  const std::uint64_t rest = power_of_half(static_cast<std::uint64_t>(whole), static_cast<std::uint32_t>(x));
  return static_cast<int>(shifted(u128{kOneQ63 - rest} * 1000, 63));
}

bool outweighs(const Hit& a, const Hit& b, Duration half_life) {
  const Evidence ea = evidence_of(a, 1, half_life), eb = evidence_of(b, 1, half_life);
  return ea.weight == 0 || eb.weight == 0 ? ea.weight > eb.weight : outweighs(ea, eb);
}

Hit without_words(Hit hit) {
  hit.facts = {};
  for (auto& e : hit.events) e.id.clear();
  return hit;
}

bool EvidenceBook::add(const Hit& hit, int version, Duration half_life) {
  return take(evidence_of(hit, version, half_life));
}

void keep_weightier(std::optional<Hit>& best, Hit hit, Duration half_life) {
  if (!best || outweighs(hit, *best, half_life)) best = std::move(hit);
}

bool EvidenceBook::take(Evidence e) {
  if (e.weight == 0) return false;
  const auto it = std::ranges::lower_bound(entries_, e.rule, {}, &Evidence::rule);
  if (it == entries_.end() || it->rule != e.rule)
    entries_.insert(it, std::move(e));
  else if (outweighs(e, *it))
    *it = std::move(e);
  else
    return false;
  return true;
}

bool EvidenceBook::forget_weakest(std::size_t least) {
  if (entries_.size() <= least) return false;
  const Time t = newest();
  const auto second_of_its_family = [&](const Evidence& e) {
    return std::ranges::any_of(entries_, [&](const Evidence& other) {
      return family_of(other.rule) == family_of(e.rule) &&
             std::pair(other.nats(t), e.rule) > std::pair(e.nats(t), other.rule);
    });
  };
  const auto goes_first = [&](const Evidence& a, const Evidence& b) {
    const bool second_a = second_of_its_family(a), second_b = second_of_its_family(b);
    if (second_a != second_b) return second_a;
    return std::pair(a.nats(t), b.rule) < std::pair(b.nats(t), a.rule);
  };
  entries_.erase(std::ranges::min_element(entries_, goes_first));
  return true;
}

bool EvidenceBook::forget_ids() {
  bool any = false;
  for (auto& e : entries_)
    for (auto& event : e.events) any |= !std::exchange(event.id, {}).empty();
  return any;
}

bool EvidenceBook::remove(RuleId rule) {
  return std::erase_if(entries_, [&](const Evidence& e) { return e.rule == rule; }) > 0;
}

MicroNats EvidenceBook::family_nats(Family f, Time t) const {
  MicroNats strongest = 0;
  for (const auto& e : entries_)
    if (family_of(e.rule) == f) strongest = std::max(strongest, e.nats(t));
  return strongest;
}

std::array<MicroNats, kFamilies> EvidenceBook::by_family(Time t) const {
  std::array<MicroNats, kFamilies> l{};
  for (const auto& e : entries_) {
    auto& family = l[static_cast<std::size_t>(family_of(e.rule))];
    family = std::max(family, e.nats(t));
  }
  return l;
}

int EvidenceBook::score(Time t) const {
  if (entries_.empty()) return 0;
  MicroNats sum = 0;
  for (const MicroNats l : by_family(t)) sum += l;
  return points_of(sum);
}

int EvidenceBook::families_with(int points, Time t) const {
  int n = 0;
  for (const MicroNats l : by_family(t)) n += l > 0 && points_of(l) >= points;
  return n;
}

std::vector<std::pair<Family, int>> EvidenceBook::families(Time t) const {
  std::vector<std::pair<Family, int>> out;
  const auto l = by_family(t);
  for (std::size_t f = 0; f < kFamilies; ++f)
    if (const int points = points_of(l[f]); points > 0) out.emplace_back(static_cast<Family>(f), points);
  return out;
}

const Evidence& EvidenceBook::strongest(Time t) const {
  return *std::ranges::max_element(entries_, {}, [t](const Evidence& e) { return e.nats(t); });
}

Time EvidenceBook::newest() const {
  Time t{std::numeric_limits<std::int64_t>::min()};
  for (const auto& e : entries_) t = std::max(t, e.at);
  return t;
}

} // namespace onecode
