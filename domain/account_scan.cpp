// A scan of an account: who is it, may they, does a hold stand, is the code good; then what the rules make of it.
#include <algorithm>

#include "domain/account_candidate.hpp"
#include "domain/account_readers.hpp"
#include "domain/account_response.hpp"
#include "domain/account_size.hpp"
#include "domain/functions.hpp"
#include "domain/rules/a01_infeasible_transit.hpp"
#include "domain/rules/a02_simultaneous_presence.hpp"
#include "domain/rules/a03_anti_passback.hpp"
#include "domain/rules/a04_issue_scan_apart.hpp"
#include "domain/rules/a05_nonce_reuse.hpp"
#include "domain/rules/a06_stale_code.hpp"
#include "domain/rules/a07_handset_churn.hpp"
#include "domain/rules/a08_handset_alternation.hpp"
#include "domain/rules/a10_double_meal.hpp"
#include "domain/rules/a11_velocity.hpp"
#include "domain/rules/a12_novelty.hpp"
#include "domain/rules/a13_holder_absent.hpp"
#include "domain/rules/a14_regime_change.hpp"
#include "domain/rules/a15_other_companions.hpp"
#include "domain/rules/a18_rental.hpp"
#include "domain/rules/d05_inferred_location.hpp"
#include "domain/rules/params.hpp"
#include "domain/rules/rests_on.hpp"

namespace onecode {
namespace {

const std::string& handset_of(const Scan& scan) { return scan.handset.empty() ? scan.token.handset : scan.handset; }

/// Help with consent (REGULATION §4): somebody the holder named, in the window they named.
bool delegated(const AccountState& a, const Scan& scan) {
  const std::string& handset = handset_of(scan);
  if (a.procedures->delegations.empty() || handset.empty()) return false;
  return std::ranges::any_of(a.procedures->delegations, [&](const AccountState::Delegation& d) {
    return d.handset == handset && d.from <= scan.origin.time && scan.origin.time < d.to &&
           (d.functions.empty() || lists_function(d.functions, scan.function));
  });
}

// ---- the reasons, in the order in which a person would ask
// ---------------------------------------------------------

/// R2.1: who is this, at the event's time?
Reasons who(const AccountState& a, AccountLife life, bool test_only) {
  switch (life) {
    case AccountLife::unknown:
    case AccountLife::forgotten:
      return Reason::ACCOUNT_UNKNOWN;
    case AccountLife::cancelled:
      return Reason::ACCOUNT_CANCELLED;
    case AccountLife::pending:
      return Reason::NOT_ELIGIBLE;
    case AccountLife::expired:
      return Reason::ACCOUNT_EXPIRED;
    case AccountLife::active:
    case AccountLife::frozen:
      break;
  }
  // R6.1: test accounts work in joint debugging and maintenance, nobody else does there, and they nowhere else.
  return a.profile.test == test_only ? Reasons{} : Reasons{Reason::NOT_ELIGIBLE};
}

/// R2.2, R7.2: may this category use this function, and this integration serve this category?
Reasons may_they(const AccountState& a, const Scan& scan, const DeviceOpinion& opinion, const Policy& policy) {
  Reasons reasons;
  const auto functions = policy.categories.find(a.profile.category);
  if (functions == policy.categories.end() || !lists_function(functions->second, scan.function))
    reasons.add(Reason::NO_ENTITLEMENT);
  if (!opinion.categories.empty() &&
      std::ranges::find(opinion.categories, a.profile.category) == opinion.categories.end())
    reasons.add(Reason::OUT_OF_SCOPE);
  return reasons;
}

/// CONTRACT §4.3, §5.1: a code's own validity is enforced whatever mode A5 and A6 have.
Reasons code(const AccountState& a, const Scan& scan, const Policy& policy) {
  switch (scan.token.state) {
    case TokenState::none:
      return {};
    case TokenState::malformed:
    case TokenState::bad_mac:
      return Reason::CODE_INVALID;
    case TokenState::unknown_issuer:
      return Reason::CODE_UNKNOWN_ISSUER;
    case TokenState::genuine:
      break;
  }
  Reasons reasons;
  const auto age = rules::code_age(scan, policy.rule(RuleId::A6));
  if (age == rules::CodeAge::stale) reasons.add(Reason::CODE_EXPIRED);
  if (age == rules::CodeAge::future) reasons.add(Reason::CODE_INVALID);
  const auto use = rules::code_use(a, scan, policy.rule(RuleId::A5));
  if (use == rules::CodeUse::repeated || use == rules::CodeUse::replayed) reasons.add(Reason::CODE_REPLAYED);
  return reasons;
}

// ---- the verdict -------------------------------------------------------------------------------------------------

Verdict verdict_of(Reasons reasons, bool challenged, bool blockable) {
  if (!blockable) return Verdict::allow;
  if (!reasons.empty()) return Verdict::deny;
  return challenged ? Verdict::challenge : Verdict::allow;
}

/// Under the candidate, from the same as d's verdict. `common`: the reasons that no policy changes.
[[gnu::noinline, gnu::cold]] CandidateDecision foresee(const AccountState& a, const Scan& scan,
                                                       const DeviceOpinion& opinion, Reasons common, AccountLife life,
                                                       const Candidate& candidate) {
  const Policy& policy = *candidate.policy;
  CandidateDecision d;
  d.policy = policy.version;
  d.reasons = common;
  if (is_known(life)) d.reasons.add(may_they(a, scan, opinion, policy));
  d.reasons.add(code(a, scan, policy));
  const EvidenceBook known = evidence_under(a.file, candidate);
  const bool serves = life == AccountLife::active || life == AccountLife::frozen;
  const bool answered = a.file.checked && known.newest() <= *a.file.checked;
  const bool challenged = serves && !answered && known.score(scan.origin.time) >= policy.thresholds.challenge;
  d.verdict = verdict_of(d.reasons, challenged, !never_blocked(scan, policy));
  if (challenged && d.reasons.empty()) d.reasons.add(Reason::CHALLENGE_REQUIRED);
  return d;
}

/// The rest of it, once the scan itself was judged.
[[gnu::noinline, gnu::cold]] void complete(CandidateDecision& d, const AccountState& a, Time t,
                                           const Candidate& candidate, const Context& context) {
  const EvidenceBook known = evidence_under(a.file, candidate);
  d.score = known.score(t);
  d.band = band_under(a, known, std::max(t, known.newest()), *candidate.policy, context);
  std::array<int, kRuleIds> more{}; // points under the candidate, less those in force
  for (const auto& e : known.entries()) more[static_cast<std::size_t>(e.rule)] += points_of(e.nats(t));
  for (const auto& e : a.file.evidence.entries()) more[static_cast<std::size_t>(e.rule)] -= points_of(e.nats(t));
  for (std::size_t i = 0; i < kRuleIds; ++i)
    if (more[i] != 0) d.rules.push_back(static_cast<RuleId>(i));
}

/// The rules in shadow mode that would have asked this person for a check, had they been enforced: each that does so
/// alone, or all of them where it takes them together.
std::vector<RuleId> shadow_rules(const AccountState::Case& file, Time t, int challenge) {
  std::vector<RuleId> alone, together;
  EvidenceBook all = file.evidence;
  for (const auto& e : file.shadow.entries()) {
    EvidenceBook with = file.evidence;
    with.take(e);
    all.take(e);
    if (with.score(t) >= challenge) alone.push_back(e.rule);
    if (e.nats(t) > 0) together.push_back(e.rule);
  }
  if (alone.empty() && all.score(t) >= challenge) return together;
  return alone;
}

// ---- what the account remembers of the scan
// ------------------------------------------------------------------------

/// nullptr: it is no evidence, because it is older than all that is remembered, or a case has settled it.
const Sighting* remember_sighting(AccountState& a, const Scan& scan, const DeviceOpinion& opinion, bool happened,
                                  const Policy& policy) {
  if (a.file.settled && scan.origin.time <= *a.file.settled) return nullptr;
  const auto slot = a.ring.room_for(scan.origin.time);
  if (!slot) return nullptr;
  Sighting& s = a.ring.at(*slot);
  s.time = scan.origin.time;
  s.zone = opinion.zone;
  s.device = scan.device;
  s.handset = handset_print(handset_of(scan));
  s.event.at = scan.origin.at;
  s.event.offset = scan.origin.offset;
  s.event.id.assign(scan.origin.id, 0, keeps_id(scan.origin.id) ? scan.origin.id.size() : 0);
  s.accuracy_ms = std::clamp<std::int64_t>(scan.time_accuracy_ms, 0, days(1).ms);
  s.clock_sound = scan.clock == Clock::synced;
  const bool passed = scan.function == "access" && (happened || scan.direction == Direction::out);
  s.direction = passed ? scan.direction : Direction::none;
  s.meal = !happened ? 0 : rules::meal_of(scan, opinion.integration, policy.rule(RuleId::A10));
  s.used = true;
  a.dirty.ring[*slot] = true;
  return &s;
}

/// How wrong the clock of the reader of `s` must be at least for the way between the two to be possible: positive where it is ahead.
/// The faster way is the one that the rule allows; 0: none within a day.
std::int64_t least_shift(const Sighting& s, const Sighting& other, const Policy& policy) {
  const RuleSettings& a1 = policy.rule(RuleId::A1);
  const auto possible = [&](std::int64_t ms) { return !too_far(other.zone, s.zone, ms, a1, policy, {}); };
  const std::int64_t gap = (s.time - other.time).ms;
  const std::int64_t known = a1[param::a1::clock_skew_ms] + s.accuracy_ms + other.accuracy_ms;
  std::int64_t low = (gap < 0 ? -gap : gap) + known, high = days(1).ms;
  if (possible(low) || !possible(high)) return 0;
  while (high - low > 1000) {
    const std::int64_t middle = low + (high - low) / 2;
    (possible(middle) ? high : low) = middle;
  }
  return gap >= 0 ? gap + known - high : gap - known + high;
}

/// Tells the readers of the scans that a hit rests on, with what the scans say of their clocks (domain/device_trust.hpp). For
/// rules that contradict a reader; of the others readers hear when something follows (domain/account_readers.hpp).
void ask_readers(const AccountState& a, const Hit& hit, const Policy& policy, Effects& out) {
  std::vector<const Sighting*> scans;
  a.ring.each([&](const Sighting& s) {
    if (std::ranges::find(hit.events, s.event) != hit.events.end()) scans.push_back(&s);
  });
  for (const auto* s : scans) {
    std::uint64_t partner = 0;
    std::int64_t shift = 0;
    for (const auto* other : scans) {
      if (other->device == s->device) continue;
      partner = hash_if_said(other->device);
      if (hit.rule == RuleId::A1) shift = least_shift(*s, *other, policy);
    }
    out.sends.push_back(
        {{Kind::device, s->device}, msg::ScanDoubted{a.id, hit.rule, partner, s->time, s->event, shift}});
  }
}

/// A1: of a scan that arrives late, the way from it is known to the readers of those after it.
void ask_ways(const AccountState& a, const Sighting& now, Effects& out) {
  a.ring.each([&](const Sighting& later) {
    if (!rules::a_way(now, later) || &in_event_time(now, later).second == &now) return;
    out.sends.push_back(
        {{Kind::device, later.device}, msg::WayAsked{a.id, hash64(now.zone), later.event, now.event}});
  });
}

/// A3: a sighting that arrives late can show that nothing was wrong, or that it was another pair.
void take_back_passback(AccountState& a, const Policy& policy, const Context& context, Effects& out) {
  const auto refuted = [&](const EvidenceBook& book) {
    return std::ranges::any_of(
        book.entries(), [&](const Evidence& e) { return e.rule == RuleId::A3 && rules::passback_refuted(a, e); });
  };
  if (refuted(a.file.shadow)) a.dirty.file |= a.file.shadow.remove(RuleId::A3);
  if (a.file.candidate && refuted((*a.file.candidate)->evidence)) {
    judge_again_as_candidate(a, RuleId::A3, context,
                             [&](const auto& s, const Policy&) { return rules::anti_passback(a, s); });
  }
  if (!refuted(a.file.evidence)) return;
  const RuleSettings& settings = policy.rule(RuleId::A3);
  retract(a, RuleId::A3,
          {"后到的记录表明其间曾离开。", "A record that arrived later shows that it had left in between."}, context,
          out, settings.mode == Mode::enforce ? rules::anti_passback(a, settings) : std::nullopt);
}

/// A4 learns as it judges; a version in shadow must not teach it a second time.
template <class F>
std::optional<Hit> without_learning(AccountState& a, F&& judged) {
  AccountState::MadeCodes codes = a.codes;
  const bool dirty = a.dirty.codes;
  std::optional<Hit> hit = judged();
  a.codes = std::move(codes);
  a.dirty.codes = dirty;
  return hit;
}

/// A set of rules.
using RuleMask = std::uint64_t;
static_assert(kRuleIds <= 64);
constexpr RuleMask mask_of(RuleId rule) { return RuleMask{1} << static_cast<unsigned>(rule); }

/// R8.1: what this scan says together with the others. The rules that found something new.
RuleMask look_for_misuse(AccountState& a, const Scan& scan, const DeviceOpinion& opinion, const Sighting& now,
                         bool happened, const Policy& policy, const Context& context, Effects& out) {
  RuleMask news = 0;
  const bool foreseen = context.candidate() != nullptr;
  const auto judge_in_force = [&](RuleId id, auto&& rule) {
    const auto& settings = policy.rule(id);
    if (settings.mode == Mode::off) return;
    const std::optional<Hit> hit = rule(settings);
    if (hit && !stands_already(a.file.evidence, *hit)) news |= weigh(a, *hit, settings, out) ? mask_of(id) : 0;
  };
  const auto judge = [&](RuleId id, auto&& rule) {
    if (foreseen) judge_as_candidate(a, id, context, out, [&](const auto& s, const Policy&) { return rule(s); });
    judge_in_force(id, rule);
  };
  // Rules that contradict a reader are told to it: it may know, or find out, that it is wrong.
  const auto judge_and_ask = [&](RuleId id, auto&& rule) {
    if (foreseen) judge_as_candidate(a, id, context, out, rule);
    judge_in_force(id, [&](const auto& s) {
      std::optional<Hit> hit = rule(s, policy);
      if (hit && s.mode == Mode::enforce) ask_readers(a, *hit, policy, out);
      return hit;
    });
  };
  judge_and_ask(RuleId::A1, [&](const auto& s, const Policy& by) {
    return rules::infeasible_transit(a, now, opinion.ways, s, by);
  });
  if (foreseen || policy.rule(RuleId::A1).mode != Mode::off) ask_ways(a, now, out);
  judge_and_ask(RuleId::A2,
                [&](const auto& s, const Policy& by) { return rules::simultaneous_presence(a, now, s, by); });
  if (now.direction != Direction::none) judge(RuleId::A3, [&](const auto& s) { return rules::anti_passback(a, s); });
  if (scan.token.state == TokenState::genuine) {
    if (const auto* known = rules::made_code(a.codes, code_print(scan.token.nonce))) {
      const AccountState::MadeCode made = *known;
      judge_and_ask(RuleId::A4, [&](const auto&, const Policy& by) {
        const auto judged = [&] { return rules::issue_scan_apart(a, made, now, by); };
        return &by == &policy ? judged() : without_learning(a, judged);
      });
      remember_late(a, now);
    }
    judge(RuleId::A5, [&](const auto& s) { return rules::nonce_reuse(a, scan, s); });
    judge(RuleId::A6, [&](const auto& s) { return rules::stale_code(scan, s); });
  }
  if (happened)
    judge(RuleId::A7,
          [&](const auto& s) { return rules::payment_after_binding(a.profile.handsets, scan, s, a.file.settled); });
  judge(RuleId::A8, [&](const auto& s) { return rules::handset_alternation(a, now, s); });
  judge(RuleId::A10, [&](const auto& s) { return rules::double_meal(a, now, s); });
  judge(RuleId::A11, [&](const auto& s) { return rules::velocity(a, scan, now, s); });
  judge(RuleId::A13, [&](const auto& s) { return rules::holder_absent(a, now, s); });

  const auto surprise = now.zone.empty() ? std::nullopt : learn_visit(a.habits, now.zone, now.time);
  a.dirty.habits |= surprise.has_value();
  const bool other_hand = now.handset != 0 && learn_hand(a.hands, handset_of(scan), now.time, now.event);
  a.dirty.hands |= other_hand;
  if (other_hand && is_new_hand(a.hands, handset_of(scan), now.time)) {
    remember_main_places(a.habits);
    a.dirty.habits = true;
  }
  if (surprise) judge(RuleId::A12, [&](const auto& s) { return rules::novelty(*surprise, now, s); });
  if (surprise || other_hand) {
    if (foreseen)
      judge_as_candidate(a, RuleId::A14, context, out, [&](const auto& s, const Policy&) {
        Habits as_learnt = a.habits; // the rule learns as it judges, and once is enough
        return rules::regime_change(as_learnt, a.hands, surprise, now, s);
      });
    judge_in_force(RuleId::A14,
                   [&](const auto& s) { return rules::regime_change(a.habits, a.hands, surprise, now, s); });
  }
  if (surprise) learn_surprise(a.habits, surprise->bits_q8);
  if (opinion.companion != 0) {
    const Meeting met = learn_company(a.company, opinion.companion, now.time);
    a.dirty.company |= met.changed;
    if (met.week_over) judge(RuleId::A15, [&](const auto& s) { return rules::other_companions(a.company, now, s); });
  }
  if (other_hand) judge(RuleId::A18, [&](const auto& s) { return rules::rental(a, now, s); });
  return news;
}

/// D12: the holder was there. Written once a day for each integration.
void remember_visit(AccountState& a, const std::string& integration, Time t) {
  using Visits = AccountState::Visits;
  if (integration.empty()) return;
  auto& list = a.visits.list;
  const std::uint32_t print = short_print(hash64(integration));
  const auto hour = static_cast<std::uint32_t>(std::max<std::int64_t>(t.ms, 0) / hours(1).ms);
  auto it = std::ranges::find(list, print, &Visits::Visit::integration);
  if (it != list.end() && hour < it->hour + 24) return;
  if (it == list.end()) {
    if (list.size() == Visits::kMost) list.erase(std::ranges::min_element(list, {}, &Visits::Visit::hour));
    it = list.insert(list.end(), {print, hour});
  }
  it->hour = hour;
  a.dirty.visits = true;
}

/// Readers learn where their people were just before and after (D5), and how long they take from there (A1).
void tell_neighbours(const AccountState& a, const Sighting& now, const Policy& policy, Effects& out) {
  const RuleSettings& settings = policy.rule(RuleId::D5);
  const std::uint64_t account = hash64(a.id);
  if (now.zone.empty() || !rules::votes(account, campus_day(now.time))) return;
  const Sighting* nearest = nullptr;
  a.ring.each([&](const Sighting& other) {
    if (other.device == now.device || other.zone.empty() || !other.clock_sound) return;
    if (apart(other.time, now.time).ms > settings[param::d5::window_ms]) return;
    if (nearest == nullptr || apart(other.time, now.time) < apart(nearest->time, now.time)) nearest = &other;
  });
  if (nearest == nullptr) return;
  // Ways of people against whom something stands, or that nobody can make, are not to be learnt from.
  const RuleSettings& a1 = policy.rule(RuleId::A1);
  const std::int64_t between_ms = apart(nearest->time, now.time).ms;
  const bool ordinary = !a.file.finding && now.clock_sound && nearest->clock_sound && nearest->zone != now.zone &&
                        now.accuracy_ms + nearest->accuracy_ms <= 1000 &&
                        !too_far(nearest->zone, now.zone, between_ms + a1[param::a1::clock_skew_ms], a1, policy, {});
  if (settings.mode == Mode::off && !ordinary) return; // nothing to learn from it
  const auto tell = [&](const Sighting& to, const Sighting& where) {
    out.sends.push_back({{Kind::device, to.device},
                         msg::NeighbourSeen{account, where.zone, to.time, to.event, ordinary ? between_ms : 0}});
  };
  tell(now, *nearest);
  tell(*nearest, now);
}

} // namespace

std::string kept_handset(const std::string& handset) {
  constexpr std::size_t kMost = 16, kBeginning = 7;
  if (handset.size() <= kMost) return handset;
  return handset.substr(0, kBeginning) + '~' + hex({hash64(handset), 0}).substr(0, 8);
}

std::string handset_name(const AccountState& a, HandsetPrint handset) {
  for (const auto& known : a.usage.handsets)
    if (known.print == handset) return known.handset;
  for (const auto& b : a.profile.handsets)
    if (handset_print(b.handset) == handset) return kept_handset(b.handset);
  return '~' + hex({0, handset}).substr(24);
}

std::optional<std::size_t> SightingRing::room_for(Time t) const {
  std::size_t oldest = 0;
  for (std::size_t i = 0; i < kSlots; ++i) {
    if (i == sightings_.size() || !sightings_[i].used) return i;
    if (sightings_[i].time < sightings_[oldest].time) oldest = i;
  }
  if (t < sightings_[oldest].time) return std::nullopt;
  return oldest;
}

std::string_view to_string(AccountLife s) {
  constexpr std::string_view names[] = {"unknown", "pending",   "active",   "frozen",
                                        "expired", "cancelled", "forgotten"};
  return names[static_cast<std::size_t>(s)];
}

AccountLife life_at(const AccountState& a, Time t) {
  const auto& p = a.profile;
  if (p.forgotten) return AccountLife::forgotten;
  if (p.cancelled) return AccountLife::cancelled;
  if (!p.opened) return AccountLife::unknown;
  if (t < p.valid_from) return AccountLife::pending;
  if (p.valid_to && *p.valid_to <= t) return AccountLife::expired;
  return a.file.holds.empty() ? AccountLife::active : AccountLife::frozen;
}

bool never_blocked(const Scan& scan, const Policy& policy) {
  if (scan.function == "access" && scan.direction == Direction::out) return true; // whatever a policy says
  return lists_function(policy.never_block, scan.function);
}

Decision engine_fault_decision(const Scan& scan, const DeviceOpinion& opinion, const Context& context) {
  const Policy& policy = context.policy_at(scan.origin.time);
  Decision d;
  d.scan = &scan;
  d.reasons = opinion.reasons;
  d.reasons.add(Reason::ENGINE_FAULT);
  d.verdict = verdict_of(d.reasons, false, !never_blocked(scan, policy));
  d.integration = opinion.integration;
  d.findings = opinion.findings;
  d.policy = policy.version;
  d.candidate = decision_as_candidate(scan, d.reasons, context);
  return d;
}

void step(AccountState& a, const msg::ScanSeen& seen, const Context& context, Effects& out) {
  const Scan& scan = *seen.scan;
  const DeviceOpinion& opinion = seen.opinion;
  const Time t = scan.origin.time;
  const Policy& policy = context.policy_at(t);
  const AccountLife life = life_at(a, t);
  const bool serves = life == AccountLife::active || life == AccountLife::frozen;
  const Candidate* candidate = context.candidate();
  if (a.file.candidate) end_candidate(a, candidate);

  Decision d;
  d.scan = &scan;
  d.integration = opinion.integration;
  d.findings = opinion.findings;
  d.policy = policy.version;
  d.reasons = opinion.reasons;
  d.reasons.add(who(a, life, opinion.test_only));
  if (!a.profile.test) d.reasons.add(opinion.for_people);
  if (is_known(life) && a.file.holds.blocks(scan.function, t)) d.reasons.add(Reason::ACCOUNT_FROZEN); // R8.2
  if (candidate != nullptr && candidate->covers(t))
    d.candidate = foresee(a, scan, opinion, d.reasons, life, *candidate);
  if (is_known(life)) d.reasons.add(may_they(a, scan, opinion, policy));
  d.reasons.add(code(a, scan, policy));

  // The step-up asks at the next use (DETECTION §6): what counts is what was known before this scan.
  const int challenge = policy.thresholds.challenge;
  const bool answered = a.file.checked && a.file.evidence.newest() <= *a.file.checked;
  const bool challenged = serves && !answered && a.file.evidence.score(t) >= challenge;
  const bool blockable = !never_blocked(scan, policy);
  d.verdict = verdict_of(d.reasons, challenged, blockable);
  if (d.verdict == Verdict::allow && serves && !challenged && blockable && !a.file.shadow.empty())
    d.shadow = shadow_rules(a.file, t, challenge);
  if (challenged && d.reasons.empty()) d.reasons.add(Reason::CHALLENGE_REQUIRED);

  if (is_known(life)) {
    ++a.hot.scans;
    a.dirty.hot = true;
    if (opinion.trusted) remember_visit(a, opinion.integration, t);
    const bool served = d.verdict == Verdict::allow && scan.outcome != Outcome::denied;
    // What the reader did counts, and where it waited for this decision, the decision.
    const bool happened =
        scan.outcome == Outcome::accepted || (scan.outcome == Outcome::unknown && d.verdict == Verdict::allow);
    // A person's scan, at a device that is who and where it says, by a clock that can be compared. Refused scans
    // count as well: they prove presence. Test accounts are nobody.
    if (serves && !a.profile.test && opinion.trusted && scan.clock == Clock::synced && !opinion.clock_wrong &&
        !delegated(a, scan)) {
      if (!a.hot.first_scan || t < *a.hot.first_scan) a.hot.first_scan = t;
      rules::count_use(a.hot, t);
      if (const Sighting* now = remember_sighting(a, scan, opinion, happened, policy)) {
        if (now->handset != 0) report_handset(a, handset_of(scan), t, now->event, out);
        tell_neighbours(a, *now, policy, out);
        take_back_passback(a, policy, context, out);
        const EventRef cause = now->event;
        const RuleMask news = look_for_misuse(a, scan, opinion, *now, happened, policy, context, out);
        if (news != 0) {
          // What has no room is no news: rules that look at the whole ring would find it again at each scan.
          keep_small(a);
          const auto is_news = [&](const Evidence& e) { return (news & mask_of(e.rule)) != 0; };
          if (std::ranges::any_of(a.file.evidence.entries(), is_news)) respond(a, cause, t, policy, context, out);
        }
      }
      if (served && scan.function == "payment" && scan.amount) rules::learn_payment(a.hot, *scan.amount);
    }
    // Only where it was shown for certain: a stranger must not use up somebody's code.
    if (serves && opinion.trusted && rules::remember_code(a, scan, served, context.now)) a.dirty.usage = true;
  }

  // R6.4: only the account knows that this is no test. Told once a day of event time.
  if (!a.profile.test && is_known(life) && !opinion.early.empty() && scan.clock == Clock::synced &&
      (!a.usage.early || t >= *a.usage.early + days(1)) && policy.rule(RuleId::R6_4).mode != Mode::off) {
    a.usage.early = t;
    a.dirty.usage = true;
    out.sends.push_back(
        {{Kind::integration, opinion.integration},
         msg::DriftSeen{RuleId::R6_4, "traffic while " + opinion.early, t, ref(scan.origin), scan.device}});
  }

  d.score = a.file.evidence.score(t);
  if (d.candidate) complete(*d.candidate, a, t, *candidate, context);
  if (a.file.finding) d.findings.push_back(a.file.finding->uid);
  out.outputs.emplace_back(std::move(d));
  keep_small(a);
}

namespace {

/// The rules that look at nothing but the ring once more, over the scans that may still be believed.
template <class PolicyAt>
std::optional<Hit> what_others_say(const AccountState& a, RuleId rule, PolicyAt&& policy_at) {
  std::optional<Hit> best;
  a.ring.each([&](const Sighting& s) {
    const Policy& policy = policy_at(s.time);
    const RuleSettings& settings = policy.rule(rule);
    if (settings.mode != Mode::enforce || !s.clock_sound) return;
    std::optional<Hit> hit = rule == RuleId::A1    ? rules::infeasible_transit(a, s, {}, settings, policy)
                             : rule == RuleId::A2  ? rules::simultaneous_presence(a, s, settings, policy)
                             : rule == RuleId::A3  ? rules::anti_passback(a, settings)
                             : rule == RuleId::A8  ? rules::handset_alternation(a, s, settings)
                             : rule == RuleId::A10 ? rules::double_meal(a, s, settings)
                             : rule == RuleId::A13 ? rules::holder_absent(a, s, settings)
                                                   : std::nullopt;
    if (hit) keep_weightier(best, std::move(*hit), hours(settings.half_life_h));
  });
  return best;
}

} // namespace

void step(AccountState& a, const msg::EvidenceWithdrawn& gone, const Context& context, Effects& out) {
  // The scan itself stays what it was; nothing is concluded from its time any more.
  for (std::size_t i = 0; i < a.ring.sightings().size(); ++i) {
    auto& s = a.ring.at(i);
    if (!s.used || s.event != gone.event || !s.clock_sound) continue;
    s.clock_sound = false;
    a.dirty.ring[i] = true;
    a.dirty.codes |= rules::forget_apart(a.codes, s.time);
  }
  const auto reader = std::ranges::find(a.file.readers, gone.event, &AccountState::Reader::event);
  if (reader != a.file.readers.end()) // its scan may have left the ring
    a.dirty.codes |= rules::forget_apart(a.codes, reader->at);
  // Whatever rests on the time or place of that scan goes; what the other scans say without it stays.
  for (const RuleInfo& info : rule_catalogue()) {
    const RuleId rule = info.id;
    if (!rules::rests_on_reader(rule)) continue;
    const auto rests_on_it = [&](const EvidenceBook& book) {
      const auto e = std::ranges::find(book.entries(), rule, &Evidence::rule);
      return e != book.entries().end() && std::ranges::find(e->events, gone.event) != e->events.end();
    };
    if (a.file.candidate && rests_on_it((*a.file.candidate)->evidence)) {
      judge_again_as_candidate(a, rule, context, [&](const RuleSettings&, const Policy& by) {
        return what_others_say(a, rule, [&](Time) -> const Policy& { return by; });
      });
    }
    if (!rests_on_it(a.file.evidence)) continue;
    const auto instead = what_others_say(a, rule, [&](Time t) -> const Policy& { return context.policy_at(t); });
    if (instead && rules::contradicts_reader(rule)) // it may rest on the same reader
      ask_readers(a, *instead, context.policy_at(instead->at), out);
    retract(a, rule,
            {"设备 " + gone.device + " 的时间或位置有误,其刷码不作为依据。",
             "The time or place of the device " + gone.device + " was wrong; its scan is no evidence."},
            context, out, instead);
  }
  // A4 counts what was late: without this one it may not recur any more.
  const auto& entries = a.file.evidence.entries();
  const auto e = std::ranges::find(entries, RuleId::A4, &Evidence::rule);
  if (e != entries.end())
    if (const auto once = rules::without_recurrence(a, *e, context.policy_at(e->at)))
      retract(a, RuleId::A4,
              {"设备 " + gone.device + " 的时间或位置有误,该次不再计入。",
               "The time or place of the device " + gone.device + " was wrong; that time counts no more."},
              context, out, once->weight > 0 ? once : std::nullopt);
  tell_readers(a, context, out);
  keep_small(a);
}

void step(AccountState& a, const msg::WayTold& told, const Context& context, Effects& out) {
  const Sighting *there = nullptr, *before = nullptr;
  a.ring.each([&](const Sighting& s) {
    if (s.event == told.event) there = &s;
    if (s.event == told.other) before = &s;
  });
  if (there == nullptr || before == nullptr) return; // too long ago, or settled
  const EventRef cause = there->event;
  const Policy& policy = context.policy_at(there->time);
  const RuleSettings& settings = policy.rule(RuleId::A1);
  const auto judge = [&](const RuleSettings& s, const Policy& by) {
    return rules::infeasible_transit(a, *there, {told.way}, s, by);
  };
  judge_as_candidate(a, RuleId::A1, context, out, judge);
  if (settings.mode == Mode::off) return;
  const auto hit = judge(settings, policy);
  if (!hit || stands_already(a.file.evidence, *hit)) return;
  if (settings.mode == Mode::enforce) ask_readers(a, *hit, policy, out);
  if (weigh(a, *hit, settings, out)) respond(a, cause, hit->at, policy, context, out);
  keep_small(a);
}

void step(AccountState& a, const msg::DataRead& read, const Context&, Effects& out) {
  const auto& list = a.visits.list;
  const auto it =
      std::ranges::find(list, short_print(hash64(read.integration)), &AccountState::Visits::Visit::integration);
  if (it != list.end() && read.at < Time{hours(it->hour).ms} + days(read.unseen_days)) return;
  out.sends.push_back({{Kind::integration, read.integration}, msg::StrangerRead{hash64(a.id), read.at, read.event}});
}

namespace {

/// A4, where the scan was here before the making of its code was known.
void compare_with_shown(AccountState& a, const AccountState::MadeCode made, const Context& context, Effects& out) {
  const auto used = std::ranges::find(a.usage.nonces, made.nonce_hash, &AccountState::UsedNonce::nonce_hash);
  if (used == a.usage.nonces.end()) return;
  std::optional<Sighting> shown; // evidence that is weighed may touch the ring
  a.ring.each([&](const Sighting& s) {
    if (s.event == used->event) shown = s;
  });
  if (!shown) return;
  const Policy& policy = context.policy_at(shown->time);
  const RuleSettings& settings = policy.rule(RuleId::A4);
  judge_as_candidate(a, RuleId::A4, context, out, [&](const RuleSettings&, const Policy& by) {
    return without_learning(a, [&] { return rules::issue_scan_apart(a, made, *shown, by); });
  });
  if (settings.mode == Mode::off) return;
  const auto hit = rules::issue_scan_apart(a, made, *shown, policy);
  remember_late(a, *shown);
  if (hit && settings.mode == Mode::enforce) ask_readers(a, *hit, policy, out);
  if (hit && weigh(a, *hit, settings, out)) respond(a, made.event, hit->at, policy, context, out);
}

} // namespace

void step(AccountState& a, const CodeIssued& issued, const Context& context, Effects& out) {
  const Time t = issued.origin.time;
  const AccountLife life = life_at(a, t);
  if (!is_known(life))
    return out.refuse("UNKNOWN_TARGET",
                      {"账户 " + issued.account + " 未开户,不应为其生成动态码",
                       "there is no account " + issued.account + " for which a code could be made"});
  const bool helper = std::ranges::any_of(a.procedures->delegations, [&](const AccountState::Delegation& d) {
    return d.handset == issued.handset && d.from <= t && t < d.to;
  });
  if ((life != AccountLife::active && life != AccountLife::frozen) || a.profile.test || helper) return;
  report_handset(a, issued.handset, t, ref(issued.origin), out);
  if (rules::remember_made(a.codes, issued, context.now)) {
    a.dirty.codes = true;
    compare_with_shown(a, a.codes.list.back(), context, out);
  }
  keep_small(a);
}

} // namespace onecode
