#include "domain/rules/a04_issue_scan_apart.hpp"

#include <algorithm>

#include "domain/rules/params.hpp"

namespace onecode::rules {

namespace {

namespace p = param::a4;
using Codes = AccountState::MadeCodes;

std::int64_t day_of(Time t) { return (campus_day(t).ms + kCampusOffset.ms) / days(1).ms; }

void learn_age(Codes& c, std::int64_t age_ms) {
  constexpr std::uint32_t kMemory = 64;
  c.ages = std::min(c.ages + 1, kMemory);
  const std::int64_t off = age_ms - c.age_mean_ms;
  c.age_mean_ms += off / c.ages;
  if (c.ages > 1) c.age_off_ms += ((off < 0 ? -off : off) - c.age_off_ms) / (c.ages - 1);
}

/// Later than this person ever needs. False as well where too little is known.
bool late(const Codes& c, std::int64_t age_ms, const RuleSettings& s) {
  return c.ages >= s[p::own_codes] && age_ms > 2 * c.age_mean_ms && age_ms > c.age_mean_ms + 4 * c.age_off_ms;
}

/// On how many days a code was shown elsewhere than it was made; each day by its strongest sign.
void note_day(Codes& c, std::int64_t day, Codes::Sign sign) {
  const auto it = std::ranges::lower_bound(c.days, day, {}, &Codes::ApartDay::day);
  if (it != c.days.end() && it->day == day) {
    it->sign = std::max<std::uint8_t>(it->sign, sign);
    return;
  }
  c.days.insert(it, {day, sign});
  if (c.days.size() > Codes::kDays) c.days.erase(c.days.begin());
}

/// Does it recur? A day of a way that nobody makes counts two, another one: three are needed, and not from outside alone.
bool recurs(const AccountState& a, std::int64_t day, const RuleSettings& s) {
  int points = 0;
  bool seen_apart = false;
  for (const auto& d : a.codes.days) {
    if (d.day > day + s[p::window_days] || d.day < day - s[p::window_days]) continue;
    if (a.file.settled && d.day <= day_of(*a.file.settled)) continue;
    points += d.sign == Codes::far ? 2 : 1;
    seen_apart = seen_apart || d.sign != Codes::shown_late;
  }
  return points >= 3 && seen_apart;
}

} // namespace

std::optional<Hit> issue_scan_apart(AccountState& a, const AccountState::MadeCode& code, const Sighting& shown,
                                    const LearnedWays& learned, const Policy& policy) {
  const RuleSettings& s = policy.rule(RuleId::A4);
  const Duration skew = milliseconds(s[p::clock_skew_ms]);
  if (!shown.clock_sound || shown.zone.empty()) return std::nullopt;
  if (shown.time < code.made - skew || shown.time > code.expires + skew) return std::nullopt;
  const std::int64_t between_ms = apart(code.made, shown.time).ms, day = day_of(shown.time);
  const std::string after = std::to_string(between_ms / 1000);
  const auto hit = [&](Codes::Sign sign, int weight, Form once, Form again,
                       std::vector<std::string> values) -> std::optional<Hit> {
    note_day(a.codes, day, sign);
    a.dirty.codes = true;
    const bool recurring = recurs(a, day, s);
    if (recurring) weight = static_cast<int>(s[p::again_weight]);
    if (weight == 0) return std::nullopt;
    return Hit{RuleId::A4,
               weight,
               1000,
               std::max(code.made, shown.time),
               {recurring ? again : once, std::move(values)},
               {code.event, shown.event}};
  };
  if (!code.zone.empty()) {
    if (code.zone == shown.zone) {
      learn_age(a.codes, between_ms);
      a.dirty.codes = true;
      return std::nullopt;
    }
    const RuleSettings& a1 = policy.rule(RuleId::A1);
    const std::int64_t time_ms = between_ms + skew.ms + shown.accuracy_ms;
    auto way = too_far(code.zone, shown.zone, time_ms, a1, policy, learned);
    const auto sign = way ? Codes::far : Codes::fast;
    if (!way) {
      RuleSettings slower = a1;
      slower.params[param::a1::campus_speed_mm_s] = s[p::fast_mm_s];
      way = too_far(code.zone, shown.zone, time_ms, slower, policy, {});
    }
    if (!way) return std::nullopt;
    return hit(sign, sign == Codes::far ? s.weight : static_cast<int>(s[p::fast_weight]), Form::made_far,
               Form::made_far_again, {code.zone, after, std::to_string(way->metres), shown.zone});
  }
  const auto outside = [&](Codes::Sign sign, int weight) {
    return hit(sign, weight, Form::made_outside, Form::made_outside_again, {after, shown.zone});
  };
  if (code.foreign) return outside(Codes::far, s.weight);
  if (!code.outside || a.codes.ages < s[p::own_codes]) return std::nullopt;
  auto& c = a.codes;
  const bool is_late = late(c, between_ms, s);
  if (c.outside >= 64) c.outside /= 2, c.late /= 2;
  ++c.outside;
  c.late += is_late;
  a.dirty.codes = true;
  // Whoever is on mobile data now and then shows most of those codes as soon as all others.
  if (!is_late || c.late * 5 < c.outside * 4) return std::nullopt;
  return outside(Codes::shown_late, 0);
}

std::optional<Hit> without_recurrence(const AccountState& a, const Evidence& e, const Policy& policy) {
  const RuleSettings& s = policy.rule(RuleId::A4);
  const bool far = e.facts.form == Form::made_far_again;
  if ((!far && e.facts.form != Form::made_outside_again) || recurs(a, day_of(e.at), s)) return std::nullopt;
  const auto day = std::ranges::find(a.codes.days, day_of(e.at), &Codes::ApartDay::day);
  const auto sign = day == a.codes.days.end() ? 0 : day->sign;
  const int weight = sign == Codes::far ? s.weight : sign == Codes::fast ? static_cast<int>(s[p::fast_weight]) : 0;
  return Hit{RuleId::A4, weight, 1000, e.at, {far ? Form::made_far : Form::made_outside, e.facts.values}, e.events};
}

bool forget_apart(AccountState::MadeCodes& codes, Time t) {
  return std::erase_if(codes.days, [&](const auto& d) { return d.day == day_of(t); }) > 0;
}

bool remember_made(AccountState::MadeCodes& codes, const CodeIssued& issued, Time now) {
  constexpr Duration kLateness = hours(1);
  AccountState::MadeCode code;
  code.zone = issued.zone;
  code.foreign = issued.network == "external" && !issued.ap.empty();
  code.outside = issued.network == "external" && issued.ap.empty();
  if (code.zone.empty() && !code.foreign && !code.outside) return false;
  code.nonce_hash = code_print(issued.nonce);
  code.made = issued.origin.time;
  code.expires = issued.origin.time + seconds(std::clamp<std::int64_t>(issued.ttl_s, 0, 86'400));
  code.event = ref(issued.origin);
  auto& list = codes.list;
  if (made_code(codes, code.nonce_hash) != nullptr) return false;
  std::erase_if(list, [&](const auto& c) { return c.expires + kLateness < now; });
  if (list.size() == AccountState::MadeCodes::kMost) {
    const auto first = std::ranges::min_element(list, {}, &AccountState::MadeCode::expires);
    if (code.expires < first->expires) return false;
    list.erase(first);
  }
  list.push_back(std::move(code));
  return true;
}

const AccountState::MadeCode* made_code(const AccountState::MadeCodes& codes, std::uint64_t nonce_hash) {
  const auto it = std::ranges::find(codes.list, nonce_hash, &AccountState::MadeCode::nonce_hash);
  return it == codes.list.end() ? nullptr : &*it;
}

} // namespace onecode::rules
