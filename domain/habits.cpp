#include "domain/habits.hpp"

#include <algorithm>
#include <iterator>

#include "domain/hash.hpp"
#include "domain/integer.hpp"

namespace onecode {
namespace {

constexpr Duration kFade = days(30);

/// Campus days since 1970-01-01, a Thursday.
std::int64_t day_number(Time t) { return (campus_day(t).ms + kCampusOffset.ms) / days(1).ms; }
int hour_of(Time t) { return static_cast<int>((t - campus_day(t)).ms / hours(1).ms); }
bool weekend(Time t) { return (day_number(t) + 3) % 7 >= 5; }

std::size_t span_of(Time t) { return static_cast<std::size_t>(hour_of(t) / 3 + (weekend(t) ? 8 : 0)); }

/// -log2(part / whole), part at most whole.
std::int64_t bits_q8(std::uint64_t part, std::uint64_t whole) {
  return static_cast<std::int64_t>(log2_q40(whole, part) >> 32);
}

void halve(Habits& h) {
  h.visits = 0;
  for (auto& n : h.spans) h.visits += n /= 2;
  for (auto& p : h.places) p.visits /= 2;
  std::erase_if(h.places, [](const auto& p) { return p.visits == 0; });
  for (auto& n : h.tail) n /= 2;
}

void fade_to(Habits& h, Time t) {
  if (h.visits == 0 || t - h.halved >= kFade * 32) {
    if (h.visits != 0) h = {};
    h.halved = t;
    return;
  }
  for (; t - h.halved >= kFade; h.halved = h.halved + kFade) halve(h);
}

std::size_t half_bits(std::int64_t surprise_q8) {
  return std::min<std::size_t>(static_cast<std::size_t>(surprise_q8 / 128), Habits::kTail - 1);
}

} // namespace

HandsetPrint handset_print(const std::string& handset) {
  return handset.empty() ? 0 : short_print(hash64(handset)) | 1;
}

std::optional<Surprise> learn_visit(Habits& h, const std::string& zone, Time t) {
  const std::uint32_t place = short_print(hash64(zone));
  const std::size_t span = span_of(t);
  const std::uint32_t visit = short_print(mix64(mix64(place, span), static_cast<std::uint64_t>(day_number(t))));
  if (std::ranges::find(h.recent, visit) != h.recent.end()) return std::nullopt;
  if (h.visits != 0 && t < h.halved - kFade) return std::nullopt;
  fade_to(h, t);
  std::copy_backward(h.recent.begin(), h.recent.end() - 1, h.recent.end());
  h.recent[0] = visit;

  const auto it = std::ranges::find(h.places, place, &Habits::Place::zone);
  const std::uint64_t here = it == h.places.end() ? 0 : it->visits;
  Surprise s;
  s.visits = h.visits;
  // Laplace: every span, and every place and one more that is not known yet, was seen once before it all began.
  s.bits_q8 =
      bits_q8(h.spans[span] + 1, h.visits + Habits::kSpans) + bits_q8(here + 1, h.visits + h.places.size() + 1);
  for (std::size_t i = 0; i < Habits::kTail; ++i) {
    s.past += h.tail[i];
    if (i >= half_bits(s.bits_q8)) s.as_rare += h.tail[i];
  }

  if (!h.main.empty() && h.since < 1000) {
    ++h.since;
    if (const auto main = std::ranges::find(h.main, place, &Habits::Main::zone); main != h.main.end()) ++main->since;
  }
  ++h.spans[span];
  ++h.visits;
  if (it != h.places.end()) {
    ++it->visits;
  } else {
    if (h.places.size() == Habits::kPlaces)
      h.places.erase(std::ranges::min_element(h.places, {}, &Habits::Place::visits));
    h.places.push_back({place, 1});
  }
  return s;
}

void remember_main_places(Habits& h) {
  std::ranges::sort(h.places, [](const auto& a, const auto& b) {
    return a.visits != b.visits ? a.visits > b.visits : a.zone < b.zone;
  });
  h.main.clear();
  std::uint64_t sum = 0;
  for (const auto& p : h.places) {
    if (h.main.size() == Habits::kMain || sum * 5 >= std::uint64_t{h.visits} * 4) break;
    h.main.push_back({p.zone, static_cast<std::uint32_t>(p.visits * std::uint64_t{1000} / h.visits), 0});
    sum += p.visits;
  }
  h.since = 0;
}

bool watch_drift(Habits& h, std::int64_t x, std::int64_t slack_tenths, std::int64_t limit_tenths) {
  constexpr std::int64_t kLeastSigma = 64; // a quarter of a bit: a life like clockwork has no variance to measure by
  const auto sigma =
      std::max(kLeastSigma,
               static_cast<std::int64_t>(square_root(static_cast<u128>(std::max<std::int64_t>(h.var_q8, 0)) << 8)));
  h.drift_q8 = std::max<std::int64_t>(0, h.drift_q8 + x - h.mean_q8 - sigma * slack_tenths / 10);
  if (h.drift_q8 * 10 <= sigma * limit_tenths) return false;
  h.drift_q8 = 0;
  return true;
}

void learn_surprise(Habits& h, std::int64_t x) {
  // Long enough to hold weekends as well as work days: a mean of the last few visits would find every Saturday a change.
  constexpr std::int64_t kMemory = 256;
  std::int64_t n = 1;
  for (const auto seen : h.tail) n += seen;
  ++h.tail[half_bits(x)];
  n = std::min(n, kMemory);
  // Away from zero, or a small change would never be learnt.
  const auto share = [n](std::int64_t d) { return (d + (d < 0 ? 1 - n : n - 1)) / n; };
  const std::int64_t off = x - h.mean_q8;
  h.mean_q8 += share(off);
  if (n > 1) h.var_q8 += share(off * off / 256 * (n - 1) / n - h.var_q8);
}

bool learn_hand(Hands& hands, const std::string& handset, Time t, const EventRef& event) {
  constexpr Duration kFresh = hours(6);
  const HandsetPrint hash = handset_print(handset);
  const std::uint32_t hour = std::uint32_t{1} << hour_of(t);
  auto it = std::ranges::find(hands.list, hash, &Hands::Hand::handset);
  if (it == hands.list.end()) {
    if (hands.list.size() == Hands::kMost) {
      const auto oldest = std::ranges::min_element(hands.list, {}, &Hands::Hand::last);
      if (t < oldest->last) return false;
      hands.list.erase(oldest);
    }
    hands.list.push_back({hash, t, t, 1, 0, hour, 0, event});
    return true;
  }
  auto& hand = *it;
  const Hands::Hand before = hand;
  const std::int64_t day = day_number(t), known = day_number(hand.last);
  if (day > known) {
    hand.once |= hand.today;
    hand.today = 0;
    ++hand.days;
  }
  if (day >= known) {
    if ((hand.once & hour) != 0) hand.again |= hour;
    hand.today |= hour;
  } else {
    // Of an earlier day, late: what else was seen at that hour may have been on the same day.
    if ((hand.today & hour) != 0) hand.again |= hour;
    hand.once |= hour;
  }
  const bool news = day > known || hand.again != before.again || hand.once != before.once ||
                    hand.today != before.today || t < hand.first || t - hand.last >= kFresh;
  if (!news) return false;
  hand.first = std::min(hand.first, t);
  hand.last = std::max(hand.last, t);
  hand.event = event;
  return true;
}

bool is_new_hand(const Hands& hands, const std::string& handset, Time t) {
  const auto it = std::ranges::find(hands.list, handset_print(handset), &Hands::Hand::handset);
  return hands.list.size() > 1 && it != hands.list.end() && it->first == t && it->last == t;
}

std::optional<Time> handset_changed(const Hands& hands) {
  constexpr std::uint32_t kInUse = 3; // days
  if (hands.list.size() < 2) return std::nullopt;
  const auto newest = std::ranges::max_element(hands.list, {}, &Hands::Hand::first);
  bool replaced = false;
  for (const auto& other : hands.list) {
    if (&other == &*newest) continue;
    if (other.last >= newest->first) return std::nullopt;
    replaced = replaced || other.days >= kInUse;
  }
  return replaced ? std::optional(newest->first) : std::nullopt;
}

namespace {

constexpr std::uint32_t kOften = 2; // days of a week

void end_week(Company& c) {
  std::erase_if(c.peers, [](const auto& p) { return p.days < kOften; });
  std::ranges::sort(c.peers,
                    [](const auto& a, const auto& b) { return a.days != b.days ? a.days > b.days : a.who < b.who; });
  std::vector<std::uint32_t> circle;
  for (const auto& p : c.peers)
    if (circle.size() < Company::kCircle) circle.push_back(p.who);
  std::ranges::sort(circle);
  if (c.circles.size() == Company::kWeeks) c.circles.erase(c.circles.begin());
  c.circles.push_back(std::move(circle));
  c.peers.clear();
}

} // namespace

Meeting learn_company(Company& c, std::uint64_t who, Time t) {
  constexpr Duration kWeek = days(7);
  Meeting m;
  if (c.since.ms == 0) c.since = campus_day(t);
  if (t < c.since) return m;
  if (t - c.since >=
      kWeek * static_cast<std::int64_t>(Company::kWeeks + 1)) { // away for long: nothing to compare with
    c = {};
    c.since = campus_day(t);
    m.changed = true;
  }
  for (; t - c.since >= kWeek; c.since = c.since + kWeek) {
    end_week(c);
    m.changed = m.week_over = true;
  }
  const std::uint32_t hash = short_print(who);
  const std::int64_t day = day_number(t);
  const auto it = std::ranges::find(c.peers, hash, &Company::Peer::who);
  if (it != c.peers.end()) {
    if (day <= it->last) return m;
    ++it->days;
    it->last = day;
    m.changed = true;
    return m;
  }
  if (c.peers.size() == Company::kPeers) {
    // Strangers at a busy gate come once. One in four takes the place of another of them, so that friends find room.
    const auto rarest = std::ranges::min_element(
        c.peers, [](const auto& a, const auto& b) { return a.days != b.days ? a.days < b.days : a.last < b.last; });
    if (rarest->days > 1 || mix64(who, static_cast<std::uint64_t>(day)) % 4 != 0) return m;
    c.peers.erase(rarest);
  }
  c.peers.push_back({hash, 1, day});
  m.changed = true;
  return m;
}

std::int64_t jaccard_permille(const std::vector<std::uint32_t>& a, const std::vector<std::uint32_t>& b) {
  std::vector<std::uint32_t> both;
  std::ranges::set_intersection(a, b, std::back_inserter(both));
  const auto all = a.size() + b.size() - both.size();
  return all == 0 ? 0 : static_cast<std::int64_t>(both.size() * 1000 / all);
}

std::vector<std::uint32_t> united(const std::vector<std::uint32_t>& a, const std::vector<std::uint32_t>& b) {
  std::vector<std::uint32_t> all;
  std::ranges::set_union(a, b, std::back_inserter(all));
  return all;
}

} // namespace onecode
