#include "domain/rules/a04_issue_scan_apart.hpp"

#include <algorithm>

#include "domain/rules/params.hpp"
#include "domain/ways.hpp"

namespace onecode::rules {

namespace {

namespace p = param::a4;
using Codes = AccountState::MadeCodes;

constexpr Duration kOnce = minutes(30); // what comes within it is one occasion

void learn_age(Codes& c, std::int64_t age_ms) {
  constexpr std::uint32_t kMemory = 64;
  c.ages = std::min(c.ages + 1, kMemory);
  const std::int64_t off = age_ms - c.age_mean_ms;
  c.age_mean_ms += off / c.ages;
  if (c.ages > 1) c.age_off_ms += ((off < 0 ? -off : off) - c.age_off_ms) / (c.ages - 1);
}

enum class Age : std::uint8_t { unknown, usual, late };
/// Is it later than this person ever needs?
Age judged_age(const Codes& c, std::int64_t age_ms, const RuleSettings& s) {
  if (c.ages < s[p::own_codes]) return Age::unknown;
  return age_ms > 2 * c.age_mean_ms && age_ms > c.age_mean_ms + 3 * c.age_off_ms ? Age::late : Age::usual;
}

template <class C>
auto occasion_of(C& codes, Time t) {
  return std::ranges::find_if(codes.late_ones, [&](const auto& l) { return apart(l.at, t) < kOnce; });
}

void note_late(Codes& codes, Time t, Codes::From from) {
  auto& list = codes.late_ones;
  if (const auto it = occasion_of(codes, t); it != list.end()) {
    it->from = std::max<std::uint8_t>(it->from, from);
    return;
  }
  list.insert(std::ranges::upper_bound(list, t, {}, &Codes::Late::at), {t, from});
  if (list.size() > Codes::kLate) list.erase(std::ranges::min_element(list, {}, &Codes::Late::from));
}

/// More than one that was late, and over a way that takes longer at least once: to be late from next door is a habit.
bool recurs(const AccountState& a, Time t, const RuleSettings& s) {
  int late = 0;
  std::uint8_t farthest = 0;
  for (const auto& l : a.codes.late_ones) {
    if (apart(l.at, t) > days(s[p::window_days]) || (a.file.settled && l.at <= *a.file.settled)) continue;
    ++late;
    farthest = std::max(farthest, l.from);
  }
  return late >= 2 && farthest >= Codes::fast_way;
}

int weight_once(std::uint8_t from, const RuleSettings& s) {
  return from == Codes::far_off ? s.weight : from == Codes::fast_way ? static_cast<int>(s[p::fast_weight]) : 0;
}

} // namespace

std::optional<Hit> issue_scan_apart(AccountState& a, const AccountState::MadeCode& code, const Sighting& shown,
                                    const Policy& policy) {
  const RuleSettings& s = policy.rule(RuleId::A4);
  const Duration skew = milliseconds(s[p::clock_skew_ms]);
  if (!shown.clock_sound || shown.zone.empty()) return std::nullopt;
  if (shown.time < code.made - skew || shown.time > code.expires + skew) return std::nullopt;
  Codes& codes = a.codes;
  const Duration between = apart(code.made, shown.time);
  const Age age = judged_age(codes, between.ms, s);
  const std::string after = std::to_string(between.ms / 1000);
  const auto hit = [&](Codes::From from, Form once, Form again,
                       std::vector<std::string> values) -> std::optional<Hit> {
    int weight = weight_once(from, s);
    // As soon as always: the phone's network is to blame rather than another hand.
    if (age == Age::usual) weight = from == Codes::far_off ? static_cast<int>(s[p::soon_weight]) : 0;
    bool recurring = false;
    if (age == Age::late) {
      note_late(codes, shown.time, from);
      a.dirty.codes = true;
      recurring = recurs(a, shown.time, s);
      if (recurring) weight = static_cast<int>(s[p::again_weight]);
    }
    if (weight == 0) return std::nullopt;
    return Hit{RuleId::A4,
               weight,
               1000,
               std::max(code.made, shown.time),
               {recurring ? again : once, std::move(values)},
               {code.event, shown.event}};
  };
  const auto carried = [&] {
    learn_age(codes, between.ms);
    a.dirty.codes = true;
  };
  if (!code.zone.empty()) {
    if (code.zone == shown.zone) {
      carried();
      return std::nullopt;
    }
    const RuleSettings& a1 = policy.rule(RuleId::A1);
    const std::int64_t time_ms = between.ms + skew.ms + shown.accuracy_ms;
    Codes::From from = Codes::far_off;
    auto way = too_far(code.zone, shown.zone, time_ms, a1, policy, {});
    if (!way) {
      RuleSettings slower = a1;
      slower.params[param::a1::campus_speed_mm_s] = s[p::fast_mm_s];
      from = Codes::fast_way;
      way = too_far(code.zone, shown.zone, time_ms, slower, policy, {});
    }
    if (way)
      return hit(from, Form::made_far, Form::made_far_again,
                 {code.zone, after, std::to_string(way->metres), shown.zone});
    carried();
    return hit(Codes::nearby, Form::made_nearby_again, Form::made_nearby_again, {code.zone, after, shown.zone});
  }
  const auto outside = [&](Codes::From from) {
    return hit(from, Form::made_outside, Form::made_outside_again, {after, shown.zone});
  };
  if (code.foreign) return outside(Codes::far_off);
  if (!code.outside || age == Age::unknown) return std::nullopt;
  if (codes.outside >= 64) codes.outside /= 2, codes.late /= 2;
  ++codes.outside;
  codes.late += age == Age::late;
  a.dirty.codes = true;
  // Whoever is on mobile data now and then shows many of those codes as soon as all others.
  if (codes.late * 2 < codes.outside) return std::nullopt;
  return outside(Codes::outside_network);
}

std::optional<Hit> without_recurrence(const AccountState& a, const Evidence& e, const Policy& policy) {
  const RuleSettings& s = policy.rule(RuleId::A4);
  Form once = e.facts.form;
  if (once == Form::made_far_again) {
    once = Form::made_far;
  } else if (once == Form::made_outside_again) {
    once = Form::made_outside;
  } else if (once != Form::made_nearby_again) {
    return std::nullopt;
  }
  if (recurs(a, e.at, s)) return std::nullopt;
  const auto own = occasion_of(a.codes, e.at);
  const int weight = own == a.codes.late_ones.end() ? 0 : weight_once(own->from, s);
  return Hit{RuleId::A4, once == Form::made_nearby_again ? 0 : weight, 1000, e.at, {once, e.facts.values}, e.events};
}

bool forget_apart(AccountState::MadeCodes& codes, Time t) {
  const auto it = occasion_of(codes, t);
  if (it == codes.late_ones.end()) return false;
  codes.late_ones.erase(it);
  return true;
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
