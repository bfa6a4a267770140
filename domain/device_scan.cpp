// What a scan means for its device, and what the holder's account must know of it. R6.4, R7.2, R11.1a, R11.3.
//   In order   whose it is (MAC), where it stands in the count (D2), may the device serve (register), may the
//   integration
//              (R6.4), is it inside the declared scope (R7.2, D15).
#include <algorithm>

#include "domain/account_candidate.hpp"
#include "domain/device.hpp"
#include "domain/device_findings.hpp"
#include "domain/device_sequence.hpp"
#include "domain/device_size.hpp"
#include "domain/device_standing.hpp"
#include "domain/device_trust.hpp"
#include "domain/rules/d01_uncertified.hpp"
#include "domain/rules/d02_sequence.hpp"
#include "domain/rules/d08_one_device_many.hpp"
#include "domain/rules/d09_lent_device.hpp"
#include "domain/rules/d15_plan_drift.hpp"
#include "domain/rules/params.hpp"

namespace onecode {
namespace {

constexpr Duration kTellAgain = hours(24);

void add_finding(DeviceOpinion& opinion, std::string uid) {
  if (!uid.empty()) opinion.findings.push_back(std::move(uid));
}

/// False: this scan was decided before, or its id belongs to another.
bool is_new(DeviceState& d, const Scan& scan, bool proven, const Context& context, SequencePlace& place,
            Effects& out) {
  const std::uint64_t event = event_print(scan.origin);
  if (proven) {
    place = sequence_place(d, scan, event, context);
    if (place.arrival != Arrival::retransmission && place.arrival != Arrival::id_used) {
      remember_sequence(d, scan, event, place, out);
      return true;
    }
  } else {
    // Somebody else's scans are told apart among themselves; they must not touch the reader's own numbers.
    place.arrival = Arrival::uncounted;
    auto& list = d.file.unproven;
    const std::uint32_t content = content_print(scan.content), number = number_print(scan);
    for (const auto& o : list) {
      if (o.content == content && o.number == number)
        place.arrival = Arrival::retransmission;
      else if (o.event == event)
        place.arrival = Arrival::id_used;
    }
    if (place.arrival == Arrival::uncounted) {
      if (list.size() == DeviceState::File::kMaxOutside) list.erase(list.begin());
      list.push_back({number, content, event});
      d.dirty.file = true;
      return true;
    }
  }
  if (place.arrival == Arrival::retransmission) {
    ++out.tally.retransmissions;
  } else {
    out.refuse("DUPLICATE_ID",
               {"该 source 与 id 此前已用于本设备的另一条刷码记录(id " + scan.origin.id + ")",
                "source and id were used before for another scan of this device (id " + scan.origin.id + ")"});
  }
  return false;
}

/// Tells the integration, each detail at most once a day of event time.
void tell(DeviceState& d, RuleId rule, std::string detail, const Scan& scan, bool by_clock, const Context& context,
          Effects& out) {
  const Time at = scan.origin.time;
  if (context.policy_at(at).rule(rule).mode == Mode::off) return;
  const std::uint64_t print =
      print_of<DeviceState::Reported::kBits>(hash64(detail, static_cast<std::uint64_t>(rule) + 1));
  auto& reported = d.file.reported;
  const auto it = std::ranges::find(reported, print, &DeviceState::Reported::detail);
  if (it != reported.end()) {
    if (at < it->at + kTellAgain) return;
    it->at = at;
  } else {
    if (reported.size() == DeviceState::File::kMaxReported)
      reported.erase(std::ranges::min_element(reported, {}, &DeviceState::Reported::at));
    reported.push_back({print, at});
  }
  d.dirty.file = true;
  out.sends.push_back({{Kind::integration, d.reg.integration},
                       msg::DriftSeen{rule, std::move(detail), at, ref(scan.origin), d.id, by_clock}});
}

/// `timed`: the scan's time may be believed.
void tell_gaps(DeviceState& d, const rules::ScopeGaps& gaps, const Scan& scan, bool timed, const Context& context,
               Effects& out) {
  const auto drift = [&](std::string detail, bool by_clock = false) {
    tell(d, RuleId::D15, std::move(detail), scan, by_clock, context, out);
  };
  if (gaps.function) drift("function " + scan.function);
  if (gaps.zone) drift("zone " + d.reg.zone);
  if (gaps.hours && timed)
    drift("hours outside " + d.reg.view.scope.hours->from + "-" + d.reg.view.scope.hours->to, true);
  if (gaps.operator_id) drift(rules::operator_detail(scan.operator_id));
  if (gaps.device) drift("device " + d.id);
}

/// The scan that came before this one by the device's own count; this one, where that is not known.
EventRef previous_scan(const DeviceState& d, const Scan& scan) {
  const auto& slots = d.windows[0].slots;
  const std::uint64_t highest = d.hot.highest[0];
  if (d.hot.started[0] && !slots.empty())
    for (std::uint64_t back = 0; back < SequenceWindow::kNumbers && back <= highest; ++back) {
      const std::uint64_t seq = highest - back;
      if (seq < scan.seq && slots[static_cast<std::size_t>(seq % SequenceWindow::kNumbers)].content != 0)
        return event_in(d.windows[0], seq);
    }
  return ref(scan.origin);
}

/// R11.3: whom and when it serves; R5.1: how much. Judged when a day is over, and at an operator whom nobody registered.
void watch_habits(DeviceState& d, const Scan& scan, const Context& context, Effects& out) {
  const Time at = scan.origin.time;
  const RuleSettings& settings = context.policy_at(at).rule(RuleId::D9);
  const Time stranger = d.habits.stranger;
  const auto ended = rules::count_scan(d, scan, std::min(at, context.now), settings);
  if (!ended && d.habits.stranger == stranger) return;
  const EventRef event = ended ? previous_scan(d, scan) : ref(scan.origin);
  if (ended && d.reg.view.scope.volumes && d.reg.view.scope.volumes->scans_per_day &&
      !clock_wrong(d, ended->day, ended->day + days(1))) {
    out.sends.push_back(
        {{Kind::integration, d.reg.integration}, msg::DayCounted{d.id, ended->day, ended->scans, event}});
    auto& told = d.file.days;
    if (told.size() == DeviceState::File::kMaxDays)
      told.erase(std::ranges::min_element(told, {}, &DeviceState::DayTold::day));
    told.push_back({ended->day, ended->scans});
    d.dirty.file = true;
  }
  count_as_candidate(RuleId::D9, context, out,
                     [&](const RuleSettings& s, const Policy&) { return rules::lent_device(d, at, event, s); });
  if (settings.mode == Mode::off) return;
  if (const auto hit = rules::lent_device(d, at, event, settings)) take_hit(d, *hit, context, out);
}

/// A15: who was scanned just before, by the scans' own times, which must be believed.
std::uint64_t companion_of(DeviceState& d, const Scan& scan, const Context& context) {
  if (scan.account.empty()) return 0;
  auto& hot = d.hot; // stored after every scan
  const std::uint64_t account = hash_if_said(scan.account), before = hot.last_account;
  const Time t = scan.origin.time;
  const bool together =
      before != 0 && apart(t, hot.last_at).ms <= context.policy_at(t).rule(RuleId::A15)[param::a15::together_ms];
  hot.last_account = account;
  hot.last_at = t;
  return together && before != account ? before : 0;
}

/// A scan whose code names nobody has no account to decide it.
void decide_without_account(const Scan& scan, DeviceOpinion&& opinion, const Context& context, Effects& out) {
  const Policy& policy = context.policy_at(scan.origin.time);
  Decision decision;
  decision.scan = &scan;
  decision.verdict = never_blocked(scan, policy) ? Verdict::allow : Verdict::deny;
  decision.reasons = opinion.reasons;
  decision.reasons.add(scan.token.state == TokenState::unknown_issuer ? Reason::CODE_UNKNOWN_ISSUER
                                                                      : Reason::CODE_INVALID);
  decision.integration = std::move(opinion.integration);
  decision.findings = std::move(opinion.findings);
  decision.policy = policy.version;
  decision.candidate = decision_as_candidate(scan, decision.reasons, context);
  out.outputs.push_back(std::move(decision));
}

} // namespace

void step(DeviceState& d, const Scan& scan, MacCheck mac, const Context& context, Effects& out) {
  const KeepSmall bound(d);
  const Time at = scan.origin.time;
  // Known before any rule looks at the time.
  const bool clock_is_wrong = clock_wrong(d, at);
  const bool timed = scan.clock == Clock::synced && !clock_is_wrong;
  // CONTRACT §5.1: the device is judged as it is on arrival, so that no reader outlives its certificate by its own clock; nor
  // is it one day older than it is because its clock is ahead.
  const Time on_arrival = clock_is_wrong ? context.now : std::max(at, context.now);
  const bool proven = d.reg.secret.empty() || mac == MacCheck::ok;
  SequencePlace place;
  if (!is_new(d, scan, proven, context, place, out)) return;
  ++d.hot.scans;
  d.dirty.hot = true;

  DeviceOpinion opinion;
  const bool known = d.reg.life != DeviceLife::unknown;
  bool contradicted = false; // by its count or by its own words: what it saw is no evidence about people
  const auto hit = [&](const Hit& h) { add_finding(opinion, take_hit(d, h, context, out)); };
  const auto settings = [&](RuleId rule) -> const RuleSettings& { return context.policy_at(at).rule(rule); };

  // Nobody clones a device that is not in the register: that one is D1.
  const bool counted = place.arrival == Arrival::next || place.arrival == Arrival::late;
  if (known && !counted) {
    count_as_candidate(RuleId::D2, context, out,
                       [&](const RuleSettings& s, const Policy&) { return rules::cloned_sequence(place, scan, s); });
    if (const auto h = rules::cloned_sequence(place, scan, settings(RuleId::D2))) {
      contradicted = settings(RuleId::D2).mode == Mode::enforce;
      hit(*h);
    }
  }
  if (const auto fault = rules::certification_fault(d.reg, mac, on_arrival);
      fault != rules::CertificationFault::none) {
    count_as_candidate(RuleId::D1, context, out, [&](const RuleSettings& s, const Policy&) {
      return std::optional(rules::uncertified(fault, d.reg, s, scan.origin));
    });
    hit(rules::uncertified(fault, d.reg, settings(RuleId::D1), scan.origin));
  }

  if (!proven) opinion.reasons.add(Reason::DEVICE_BAD_MAC);
  opinion.integration = known ? d.reg.integration : scan.integration;
  opinion.zone = d.reg.zone;

  if (known) {
    if (!scan.integration.empty() && scan.integration != d.reg.integration) {
      opinion.reasons.add(Reason::OUT_OF_SCOPE);
      if (proven) {
        contradicted = true;
        count_as_candidate(RuleId::D8, context, out, [&](const RuleSettings& s, const Policy&) {
          return std::optional(rules::other_integration(scan, d.reg, s));
        });
        hit(rules::other_integration(scan, d.reg, settings(RuleId::D8)));
      }
    }
    const IntegrationStanding standing = integration_standing(d.reg);
    opinion.reasons.add(standing.reasons);
    opinion.test_only = standing.test_only;
    if (standing.test_only) {
      opinion.for_people.add(Reason::INTEGRATION_NOT_LIVE);
      if (proven && d.reg.life != DeviceLife::quarantined) opinion.early = d.reg.view.state;
    }
    if (!standing.reasons.empty() && proven && view_arrived(d.reg))
      tell(d, RuleId::R6_4, "traffic while " + (d.reg.view.state.empty() ? "unknown" : d.reg.view.state), scan, false,
           context, out);
  }
  if (d.reg.life == DeviceLife::maintenance && on_arrival <= d.reg.certified_to) {
    opinion.test_only = true; // R11.1c: those who work on it try it out, nobody else uses it
    opinion.for_people.add(Reason::DEVICE_NOT_ACTIVE);
  } else {
    opinion.reasons.add(device_reasons(d.reg, on_arrival));
  }
  opinion.trusted = opinion.reasons.empty() || opinion.reasons == Reasons{Reason::OUT_OF_SCOPE};
  // While somebody works on it, it is not at its place: what it sees is no evidence about people or its integration.
  if (contradicted || d.reg.life == DeviceLife::maintenance) opinion.trusted = false;

  if (known && view_arrived(d.reg)) {
    rules::ScopeGaps gaps = rules::scope_gaps(d.reg, scan);
    // Nobody is turned away for an hour that a wrong clock says.
    if (gaps.hours && clock_is_wrong) gaps.hours = !rules::within_hours(*d.reg.view.scope.hours, on_arrival);
    if (gaps.out_of_scope()) opinion.reasons.add(Reason::OUT_OF_SCOPE);
    if (opinion.trusted) {
      tell_gaps(d, gaps, scan, timed, context, out);
      if (timed) watch_habits(d, scan, context, out);
    }
    if (!d.reg.view.scope.categories.empty()) opinion.categories = d.reg.view.scope.categories;
  }

  if (opinion.trusted && !clock_is_wrong && scan.token.subject != 0)
    out.sends.push_back(
        {{Kind::campus, "issuer:" + scan.token.issuer}, msg::ForeignCode{scan.token.subject, at, ref(scan.origin)}});
  if (opinion.trusted) {
    opinion.clock_wrong = times_wrong(d, at);
    opinion.ways = learned_ways(d);
    if (timed) opinion.companion = companion_of(d, scan, context);
  }
  if (scan.account.empty()) return decide_without_account(scan, std::move(opinion), context, out);
  out.sends.push_back({{Kind::account, scan.account}, msg::ScanSeen{&scan, std::move(opinion)}});
}

} // namespace onecode
