#include "domain/account_response.hpp"

#include <algorithm>
#include <set>

#include "domain/account_candidate.hpp"
#include "domain/account_procedures.hpp"
#include "domain/account_readers.hpp"
#include "domain/account_size.hpp"
#include "domain/campus.hpp"
#include "domain/explain.hpp"
#include "domain/rules/a09_shared_handset.hpp"

namespace onecode {
namespace {

constexpr std::string_view kQuietTimer = "quiet";
constexpr std::string_view kValidityTimer = "validity";
constexpr std::string_view kHoldTimer = "hold:";

// ---- holds -------------------------------------------------------------------------------------------------------

std::string freeze_state(const AccountState& a, Time now) {
  if (a.profile.cancelled) return "cancelled";
  if (a.profile.valid_to && *a.profile.valid_to <= now) return "expired";
  return a.file.holds.empty() ? "active" : "frozen";
}

bool held_provisionally(const AccountState& a) { return std::ranges::any_of(a.file.holds.all(), &Hold::provisional); }

// ---- the finding -------------------------------------------------------------------------------------------------

/// Rules hint at the act; a person gives it its legal name (R8.1). A code on two devices looks like copying. Two people at work
/// look like lending; several who take turns, like renting; somebody else for a week and the holder not at all, like a
/// transfer. Pledging leaves no other trace than these: that word comes from people (A17).
std::string act_hint(const AccountState& a, RuleId strongest, Time t) {
  constexpr std::size_t kManyScans = 8;
  constexpr Duration kLong = days(7);
  switch (strongest) {
    case RuleId::A4:
      return "relay";
    case RuleId::A5:
      return "copy";
    case RuleId::A14:
      return "transfer";
    case RuleId::A18:
      return "rent";
    case RuleId::A17:
      return a.file.tip.empty() ? "unknown" : a.file.tip;
    case RuleId::A1:
    case RuleId::A2:
    case RuleId::A8:
    case RuleId::A9:
    case RuleId::A13:
      break;
    default:
      return "unknown";
  }
  const auto bound = [&](HandsetPrint handset) {
    return std::ranges::any_of(
        a.profile.handsets, [&](const BoundHandset& b) { return !b.until && handset_print(b.handset) == handset; });
  };
  std::set<HandsetPrint> others;
  std::size_t scans = 0;
  bool own = false;
  Time oldest = t;
  a.ring.each([&](const Sighting& s) {
    if (s.handset == 0) return;
    ++scans;
    oldest = std::min(oldest, s.time);
    if (bound(s.handset))
      own = true;
    else
      others.insert(s.handset);
  });
  const bool known = std::ranges::any_of(a.profile.handsets, [](const BoundHandset& b) { return !b.until; });
  const std::size_t strangers =
      others.size() - (known || others.empty() ? 0 : 1); // nobody bound: one of them is the holder's
  if (strangers >= 2) return "rent";
  if (known && !own && strangers == 1 && scans >= kManyScans && t - oldest >= kLong) return "transfer";
  return "lend";
}

ProposedAction proposed(Band band, int score, const Thresholds& limits) {
  switch (band) {
    case Band::observe:
      return ProposedAction::none;
    case Band::watch:
      return ProposedAction::watch;
    case Band::challenge:
      return ProposedAction::challenge;
    case Band::propose:
      return score >= limits.freeze ? ProposedAction::freeze : ProposedAction::open_case;
    case Band::automatic:
      break;
  }
  return ProposedAction::freeze;
}

void record_finding(const AccountState& a, FindingActivity activity, Time t, const Policy& policy, Time recorded,
                    Effects& out) {
  const auto& finding = *a.file.finding;
  const auto& book = a.file.evidence;
  FindingRecord r;
  r.activity = activity;
  r.uid = finding.uid;
  r.subject = {Kind::account, a.id};
  r.subject_key = a.id;
  r.rule = finding.rule;
  r.band = finding.band;
  r.score = book.score(t);
  r.confidence = book.strongest(t).quality;
  r.act = act_hint(a, finding.rule, t);
  r.families = book.families(t);
  for (const auto& e : book.entries()) {
    if (const int points = points_of(e.nats(t)); points > 0) r.rules.push_back({e.rule, e.version, points});
    r.events.insert(r.events.end(), e.events.begin(), e.events.end());
  }
  std::ranges::sort(r.events);
  r.events.erase(std::unique(r.events.begin(), r.events.end()), r.events.end());
  r.policy = policy.version;
  r.interpretations = interpretations_of(r.rule, policy);
  if (activity == FindingActivity::close) {
    r.action = ProposedAction::none;
    r.explanation = explain_closed();
  } else {
    r.action = proposed(r.band, r.score, policy.thresholds);
    r.explanation = grounds_of(book, t, r.band, r.action).text();
  }
  r.first_seen = finding.opened;
  r.last_seen = book.newest();
  r.recorded = recorded;
  out.outputs.emplace_back(std::move(r));
}

/// The band, where rules that were wrong too often lead to a check of the person at most (DETECTION §6, precision floor).
Band trusted_band(const EvidenceBook& book, Time t, const Thresholds& limits, bool freeze, const Context& context) {
  const Band full = account_band(book, t, limits, freeze);
  if (full < Band::propose || context.facts == nullptr || context.facts->doubted.empty()) return full;
  EvidenceBook sound = book;
  for (const RuleId rule : context.facts->doubted) sound.remove(rule);
  return std::max(Band::challenge, sound.empty() ? Band::observe : account_band(sound, t, limits, freeze));
}

/// R8.4: the response policy allows it, and the account is known long enough to tell its habits from misuse.
bool may_freeze(const AccountState& a, const Policy& policy, Time t) {
  return policy.response.auto_freeze && a.hot.first_scan &&
         t - *a.hot.first_scan >= days(policy.response.learning_days);
}

// ---- answers to the breaker and to timers ------------------------------------------------------------------------

/// R8.4: a provisional hold, by the response policy, until a person confirms it or the time is over. Where copying is
/// the strongest thing known the holder may be the victim: the hold protects, and ends when the handset is bound
/// anew.
void freeze_provisionally(AccountState& a, const Context& context, Effects& out) {
  auto& file = a.file;
  const Time t = file.evidence.newest();
  const Policy& policy = context.policy_at(t);
  const auto& strongest = file.evidence.strongest(t);
  const bool copied = rule_info(strongest.rule)->family == Family::replay;

  file.auto_frozen = true;
  file.finding->band = Band::automatic;
  Hold hold;
  hold.id = "auto-" + file.finding->uid;
  hold.article = copied ? "protective" : "8";
  hold.functions = kHeldFunctions;
  hold.since = context.now;
  hold.expires = context.now + hours(policy.response.provisional_hours);
  hold.actor = "policy:" + policy.version;
  hold.role = "response-policy";
  hold.policy = policy.version;
  hold.evidence = {file.finding->uid};
  hold.provisional = true;
  hold.grounds = grounds_of(file.evidence, t, Band::automatic, ProposedAction::freeze);
  const Text why = hold.grounds->text();
  if (!add_hold(a, std::move(hold), why, context, out)) return;
  record_finding(a, FindingActivity::update, t, policy, context.now, out);
  tell_readers(a, context, out); // from now on each hour
  ++out.tally.automatic_freezes;
}

void close_quiet_finding(AccountState& a, Time due, const Context& context, Effects& out) {
  auto& file = a.file;
  if (!file.finding || file.finding->last_hit + kQuiet > due) return; // set again meanwhile
  const Time t = file.evidence.newest();
  record_finding(a, FindingActivity::close, std::max(t, due), context.policy_at(t), due, out);
  file.finding.reset();
  file.evidence.clear();
  file.tip.clear();
  file.shadow.clear();
  file.candidate.reset();
  file.readers.clear();
  file.freeze_wanted = file.auto_frozen = false;
  a.dirty.file = true;
}

} // namespace

void record_holds(AccountState& a, Time now, Effects& out) {
  a.dirty.file = true;
  ++a.file.revision; // counts the records
  out.outputs.emplace_back(FreezeRecord{a.id, freeze_state(a, now), a.file.revision, a.file.holds.all()});
}

void watch_validity(const AccountState& a, Time now, Effects& out) {
  if (a.profile.valid_to && *a.profile.valid_to > now)
    out.timers.push_back({std::string(kValidityTimer), a.profile.valid_to});
}

std::string hold_timer(const Hold& hold) { return std::string(kHoldTimer) + hold.id; }

namespace {

/// What the rules remember of before `t` and could accuse by again, next to what comes later. What they only compare with
/// stays: at which times and places, of which age and for how much the code is usually shown.
void settle_memory(AccountState& a, Time t) {
  for (std::size_t i = 0; i < a.ring.sightings().size(); ++i) { // A1, A2, A3, A8, A10, A11
    a.ring.at(i) = {};
    a.dirty.ring[i] = true;
  }
  a.hot.buckets = {}; // A11
  a.dirty.hot = true;
  auto& codes = a.codes; // A4
  codes.list.clear();
  codes.late_ones.clear();
  codes.outside -= std::min(codes.outside, codes.late);
  codes.late = 0;
  a.dirty.codes = true;
  auto& habits = a.habits; // A14
  habits.drift_q8 = 0;
  habits.changed.reset();
  habits.changed_by = {};
  habits.main.clear();
  habits.since = 0;
  a.dirty.habits = true;
  a.hands = {}; // A8, A14, A18
  a.dirty.hands = true;
  a.company = {}; // A15
  a.dirty.company = true;
  // A13: who was found to be here is not away. A record that is made anew counts.
  for (const auto& e : a.file.evidence.entries()) {
    if (e.rule != RuleId::A13) continue;
    if (a.procedures->absences.empty()) continue;
    for (auto& away : a.procedures.edit().absences) {
      if (e.at < away.from || away.to <= e.at) continue;
      away.to = std::min(away.to, t);
      a.dirty.procedures = true;
    }
  }
}

} // namespace

void stop_timers(const AccountState& a, Effects& out) {
  for (const auto timer : {kQuietTimer, kValidityTimer}) out.timers.push_back({std::string(timer), std::nullopt});
  for (const auto& h : a.file.holds.all()) out.timers.push_back({hold_timer(h), std::nullopt});
  stop_readers_timer(out);
  stop_case_timers(a, out);
}

void settle_evidence(AccountState& a, const Text& why, const Context& context, Effects& out) {
  auto& file = a.file;
  const Time t = std::max(context.now, file.evidence.newest());
  if (file.finding) {
    record_finding(a, FindingActivity::close, t, context.policy_at(t), context.now, out);
    auto& text = std::get<FindingRecord>(out.outputs.back()).explanation;
    text = {why.zh + "该线索关闭,不再作为证据。", why.en + " The finding is closed and counts no more."};
    out.timers.push_back({std::string(kQuietTimer), std::nullopt});
  }
  settle_memory(a, t);
  file.finding.reset();
  file.evidence.clear();
  file.tip.clear();
  file.shadow.clear();
  file.candidate.reset();
  file.freeze_wanted = file.auto_frozen = false;
  file.settled = t;
  a.dirty.file = true;
}

void retract(AccountState& a, RuleId rule, const Text& why, const Context& context, Effects& out,
             const std::optional<Hit>& instead) {
  auto& file = a.file;
  a.dirty.file |= file.shadow.remove(rule);
  EvidenceBook left = file.evidence;
  if (!left.remove(rule)) return;
  if (instead && !(a.file.settled && instead->at <= *a.file.settled)) {
    const RuleSettings& settings = context.policy_at(instead->at).rule(rule);
    left.add(*instead, settings.version, hours(settings.half_life_h));
  }
  a.dirty.file = true;
  const Time t = std::max(context.now, file.evidence.newest());
  const Policy& policy = context.policy_at(t);
  const int score = left.empty() ? 0 : left.score(t);
  const bool stands = file.finding && !left.empty() && score >= policy.thresholds.watch;
  if (file.finding && !stands) { // what it said last comes from the evidence that goes
    record_finding(a, FindingActivity::close, t, policy, context.now, out);
    std::get<FindingRecord>(out.outputs.back()).explanation = {why.zh + "该线索关闭。",
                                                               why.en + " The finding is closed."};
    out.timers.push_back({std::string(kQuietTimer), std::nullopt});
  }
  file.evidence = std::move(left);
  drop_readers(a);
  if (instead) remember_readers(a, *instead);
  if (file.evidence.empty() ||
      trusted_band(file.evidence, t, policy.thresholds, true, context) != Band::automatic) { // R8.4
    const std::string uid = file.finding ? file.finding->uid : std::string();
    lift_holds(
        a,
        [&](const Hold& h) {
          return h.provisional && h.case_id.empty() && std::ranges::find(h.evidence, uid) != h.evidence.end();
        },
        {why.zh + "谨致歉意。", why.en + " We apologise."}, context, out);
    file.freeze_wanted = file.auto_frozen = false;
  }
  if (!file.finding) return;
  if (!stands) {
    file.finding.reset();
    return;
  }
  file.finding->rule = file.evidence.strongest(t).rule;
  file.finding->band =
      held_provisionally(a) ? Band::automatic : trusted_band(file.evidence, t, policy.thresholds, false, context);
  record_finding(a, FindingActivity::update, t, policy, context.now, out);
}

Band band_under(const AccountState& a, const EvidenceBook& book, Time t, const Policy& policy,
                const Context& context) {
  if (book.empty()) return Band::observe;
  return trusted_band(book, t, policy.thresholds, may_freeze(a, policy, t), context);
}

bool weigh(AccountState& a, const Hit& hit, const RuleSettings& settings, Effects& out) {
  if (a.file.settled && hit.at <= *a.file.settled) return false;
  const Duration half_life = hours(settings.half_life_h);
  if (settings.mode == Mode::shadow) {
    out.tally.shadow_hits.push_back(hit.rule);
    a.dirty.file |= a.file.shadow.add(without_words(hit), settings.version, half_life);
    return false;
  }
  out.tally.hits.push_back(hit.rule);
  const bool news = a.file.evidence.add(hit, settings.version, half_life);
  a.dirty.file |= news;
  if (news) remember_readers(a, hit);
  return news;
}

void respond(AccountState& a, const EventRef& cause, Time event_time, const Policy& policy, const Context& context,
             Effects& out) {
  auto& file = a.file;
  // A late event is judged together with what is already known of later ones, each faded to the newest.
  const Time t = std::max(event_time, file.evidence.newest());
  const Band reached = trusted_band(file.evidence, t, policy.thresholds, may_freeze(a, policy, t), context);
  const bool held = held_provisionally(a);
  // Band 4 is what was done automatically, so it shows only while the hold stands; until then it is a proposal.
  const Band band = held ? Band::automatic : std::min(reached, Band::propose);

  const RuleId strongest = file.evidence.strongest(t).rule;
  FindingActivity activity = FindingActivity::update;
  if (!file.finding) {
    if (band == Band::observe) return;
    activity = FindingActivity::create;
    file.finding =
        Finding{finding_uid({Kind::account, a.id}, strongest, cause), strongest, band, event_time, context.now};
  }
  auto& finding = *file.finding;
  finding.rule = strongest;
  finding.band = band;
  finding.opened = std::min(finding.opened, event_time);
  finding.last_hit = context.now;
  a.dirty.file = true;
  out.timers.push_back({std::string(kQuietTimer), context.now + kQuiet});
  record_finding(a, activity, t, policy, context.now, out);
  tell_readers(a, context, out);

  if (reached == Band::automatic && !held && !file.freeze_wanted && !file.auto_frozen) {
    file.freeze_wanted = true;
    out.sends.push_back({kBreaker, msg::FreezeWanted{a.id, finding.uid}});
  }
}

bool add_hold(AccountState& a, Hold hold, const Text& why, const Context& context, Effects& out) {
  std::ranges::sort(hold.functions);
  const Hold told = hold;
  if (!a.file.holds.add(std::move(hold))) return false;
  if (told.expires) out.timers.push_back({hold_timer(told), told.expires});
  watch_validity(a, context.now, out);
  record_holds(a, context.now, out);
  tell(a, {"account-held", told.article, hold_notice(told, why), told.expires, remedy(told.article), told.case_id},
       out); // R1.1
  return true;
}

void after_lift(AccountState& a, const std::vector<Hold>& lifted, const Text& why, const Context& context,
                Effects& out) {
  record_holds(a, context.now, out);
  for (const auto& hold : lifted) {
    if (hold.expires && *hold.expires > context.now) out.timers.push_back({hold_timer(hold), {}});
    tell(a, {"hold-lifted", hold.article, lift_notice(hold, why), {}, {}, hold.case_id}, out);
  }
}

void report_handset(AccountState& a, const std::string& handset, Time at, const EventRef& event, Effects& out) {
  constexpr std::size_t kMaxHandsets = 8;
  constexpr Duration kAgain = hours(24);
  auto& known = a.usage.handsets;
  const HandsetPrint print = handset_print(handset);
  const auto it = std::ranges::find(known, print, &AccountState::HandsetSeen::print);
  if (it != known.end()) {
    if (at - it->reported < kAgain) return;
    it->reported = at;
  } else {
    if (known.size() == kMaxHandsets)
      known.erase(std::ranges::min_element(known, {}, &AccountState::HandsetSeen::reported));
    known.push_back({print, kept_handset(handset), at});
  }
  a.dirty.usage = true;
  out.sends.push_back({{Kind::handset, handset}, msg::HandsetUsed{a.id, at, event}});
}

namespace {

/// A9: of what others say of a handset, what came after this account's last case.
msg::HandsetCrowded since_settled(const AccountState& a, const msg::HandsetCrowded& crowded) {
  if (!a.file.settled) return crowded;
  msg::HandsetCrowded left = crowded;
  left.events.clear();
  left.uses.clear();
  if (crowded.own > *a.file.settled) {
    for (std::size_t i = 0; i < std::min(crowded.uses.size(), crowded.events.size()); ++i) {
      if (crowded.uses[i] <= *a.file.settled) continue;
      left.events.push_back(crowded.events[i]);
      left.uses.push_back(crowded.uses[i]);
    }
  }
  const auto n = static_cast<std::uint32_t>(left.events.size());
  left.accounts = std::min(left.accounts, n);
  left.for_candidate = std::min(left.for_candidate, n);
  return left;
}

} // namespace

void step(AccountState& a, const msg::HandsetCrowded& told, const Context& context, Effects& out) {
  const msg::HandsetCrowded crowded = since_settled(a, told);
  const AccountLife life = life_at(a, crowded.at);
  if ((life != AccountLife::active && life != AccountLife::frozen) || a.profile.test) return;
  const Policy& policy = context.policy_at(crowded.at);
  const auto& settings = policy.rule(RuleId::A9);
  judge_as_candidate(a, RuleId::A9, context, out, [&](const RuleSettings& s, const Policy&) {
    msg::HandsetCrowded by_its_window = crowded;
    by_its_window.accounts = crowded.for_candidate;
    return rules::shared_handset(by_its_window, s);
  });
  if (settings.mode == Mode::off) return;
  const auto hit = rules::shared_handset(crowded, settings);
  if (!hit || !weigh(a, *hit, settings, out)) return;
  respond(a, crowded.events.empty() ? EventRef{} : crowded.events.back(), crowded.at, policy, context, out);
  keep_small(a);
}

void step(AccountState& a, const msg::FreezePermit& permit, const Context& context, Effects& out) {
  if (!a.file.freeze_wanted || !a.file.finding || a.file.finding->uid != permit.finding) return; // closed meanwhile
  a.file.freeze_wanted = false;
  a.dirty.file = true;
  if (permit.granted && !a.profile.cancelled && !held_provisionally(a)) freeze_provisionally(a, context, out);
  keep_small(a);
}

void step(AccountState& a, const msg::TimerFired& timer, const Context& context, Effects& out) {
  if (a.profile.forgotten) return;
  if (timer.name == kQuietTimer) return close_quiet_finding(a, timer.due, context, out);
  if (timer.name == kValidityTimer) {
    if (a.file.revision != 0 && freeze_state(a, timer.due) == "expired") record_holds(a, timer.due, out);
    return;
  }
  if (case_timer(a, timer, context, out) || readers_timer(a, timer, out) || forget_timer(a, timer, out)) return;
  if (!timer.name.starts_with(kHoldTimer) || a.profile.cancelled) return; // a cancelled account keeps its holds
  const auto id = std::string_view(timer.name).substr(kHoldTimer.size());
  lift_holds(
      a, [&](const Hold& h) { return h.id == id && h.expires && *h.expires <= timer.due; },
      {"期限已满,未被确认。", "its time is over."}, context, out);
}

} // namespace onecode
