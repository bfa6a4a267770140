#include "domain/rules/a10_double_meal.hpp"

#include <algorithm>
#include <array>

#include "domain/hash.hpp"
#include "domain/rules/params.hpp"

namespace onecode::rules {
namespace {

namespace p = param::a10;

struct Mealtime {
  Duration from, to; // after midnight
};
constexpr Mealtime kMealtimes[] = {{minutes(6 * 60 + 30), minutes(9 * 60 + 30)},
                                   {hours(11), minutes(13 * 60 + 30)},
                                   {hours(17), minutes(19 * 60 + 30)}};

/// When t's mealtime began; nullopt: it is none.
std::optional<Time> mealtime_of(Time t) {
  const Time day = campus_day(t);
  for (const auto& m : kMealtimes)
    if (day + m.from <= t && t < day + m.to) return day + m.from;
  return std::nullopt;
}

} // namespace

std::uint32_t meal_of(const Scan& scan, const std::string& integration, const RuleSettings& s) {
  const bool meal = scan.function == "payment" && scan.amount && scan.amount->value >= s[p::least_fen] &&
                    scan.amount->value <= s[p::most_fen] && mealtime_of(scan.origin.time);
  return meal ? (static_cast<std::uint32_t>(hash64(integration)) & 0x3fff) | 1 : 0;
}

std::optional<Hit> double_meal(const AccountState& a, const Sighting& now, const RuleSettings& s) {
  if (now.meal == 0 || !now.clock_sound) return std::nullopt;
  const auto mealtime = mealtime_of(now.time);
  std::array<const Sighting*, SightingRing::kSlots> meals{};
  std::size_t n = 0;
  bool elsewhere = false;
  a.ring.each([&](const Sighting& other) {
    if (other.meal != now.meal || !other.clock_sound || mealtime_of(other.time) != mealtime) return;
    elsewhere = elsewhere || (other.zone != now.zone && !other.zone.empty() && !now.zone.empty());
    meals[n++] = &other;
  });
  if (!elsewhere && static_cast<std::int64_t>(n) < s[p::meals]) return std::nullopt;
  const auto last = std::max_element(meals.begin(), meals.begin() + n,
                                     [](const auto* x, const auto* y) { return x->time < y->time; });
  Hit hit{
      RuleId::A10, s.weight, 1000, (*last)->time, {elsewhere ? Form::meals_apart : Form::meals, {std::to_string(n)}},
      {}};
  for (std::size_t i = 0; i < n; ++i) hit.events.push_back(meals[i]->event);
  return hit;
}

} // namespace onecode::rules
