// What a device's reports say: who it is (R11.1a; D1, D2, D3), where it stands (R11.1c; D4), whether it was opened (R11.1b; D6) and
// from which network it speaks (R11.2; D7).
#include "domain/device.hpp"
#include "domain/device_findings.hpp"
#include "domain/device_sequence.hpp"
#include "domain/device_size.hpp"
#include "domain/device_standing.hpp"
#include "domain/device_trust.hpp"
#include "domain/maintenance.hpp"
#include "domain/rules/d01_uncertified.hpp"
#include "domain/rules/d02_sequence.hpp"
#include "domain/rules/d03_interleaved_streams.hpp"
#include "domain/rules/d04_moved_device.hpp"
#include "domain/rules/d06_tampering.hpp"
#include "domain/rules/d07_network_change.hpp"

namespace onecode {
namespace {

/// D7: is it this device, or the whole network? Asked once about each new difference; one that asks again while it waits does
/// not wait longer.
void ask_switch(DeviceState& d, const DeviceReport& report, std::uint64_t print, const std::string& home,
                const Context& context, Effects& out) {
  auto& env = d.environment;
  env.network = print;
  d.dirty.environment = true;
  if (home.empty() || open_finding(d.file, RuleId::D7) == nullptr) return;
  wait_for_switch(d, context, out);
  out.sends.push_back(
      {{Kind::campus, home}, msg::NetworkTripped{d.id, report.origin.time, ref(report.origin), print}});
}

/// Place, body and network against what was approved.
void compare_with_baseline(DeviceState& d, const DeviceReport& report, const Policy& policy, const Context& context,
                           Effects& out) {
  const Time t = report.origin.time;
  const DeviceLife life = d.reg.life;
  const bool at_its_place =
      life == DeviceLife::installed || life == DeviceLife::active || life == DeviceLife::maintenance;
  // Registered only, taken down or quarantined it may be opened and stand where it likes.
  if (!at_its_place && life != DeviceLife::certified) return;
  const auto judge = [&](RuleId rule, auto&& what, auto&& held) {
    if (explained(d.reg, rule, t)) return;
    count_as_candidate(rule, context, out, [&](const RuleSettings& s, const Policy&) {
      auto as_it_was = d.environment; // these rules remember as they judge
      const bool dirty = d.dirty.environment;
      std::optional<Hit> hit = what(s);
      d.environment = std::move(as_it_was);
      d.dirty.environment = dirty;
      return hit;
    });
    const RuleSettings& settings = policy.rule(rule);
    if (settings.mode == Mode::off) return;
    const std::optional<Hit> hit = what(settings);
    if (!hit) return;
    if (held(settings)) return hold_hit(d, *hit, context, out);
    take_hit(d, *hit, context, out);
  };
  const auto never = [](const RuleSettings&) { return false; };
  // A report from before the installation or the last work is about a place that nobody asks for any more.
  const bool of_this_place = t >= d.reg.placed;
  const auto differences = report.network && of_this_place
                               ? rules::network_differences(d.reg.network, *report.network)
                               : std::vector<Text>{};
  const bool foreign_network = !differences.empty() && !explained(d.reg, RuleId::D7, t);
  judge(
      RuleId::D6,
      [&](const auto& s) { return rules::tampering(d, report, foreign_network, explained(d.reg, RuleId::D4, t), s); },
      never);
  if (!at_its_place || !of_this_place) return;
  const std::uint64_t print = differences.empty() ? 0 : rules::network_print(*report.network);
  const bool excused = print != 0 && print == d.environment.excused;
  const std::string home = rules::switch_of(d.reg.network);
  const bool asks = print != 0 && !excused && print != d.environment.network;
  const bool answerable = !home.empty() && foreign_network && policy.rule(RuleId::D7).mode == Mode::enforce;
  const bool waits = d.environment.held.ms != 0 || (asks && answerable);
  // Another place is another place, whatever its switch says.
  judge(
      RuleId::D4, [&](const auto& s) { return rules::moved_device(d, report, s, excused); },
      [&](const auto& s) { return waits && !rules::stands_elsewhere(d, s); });
  if (excused) return;
  judge(
      RuleId::D7, [&](const auto& s) { return rules::network_change(d, report, differences, s); },
      [&](const auto&) { return waits; });
  if (asks) ask_switch(d, report, print, home, context, out);
}

} // namespace

void step(DeviceState& d, const DeviceReport& report, const Context& context, Effects& out) {
  const KeepSmall bound(d);
  const Policy& policy = context.policy_at(report.origin.time);
  const Arrival arrival = report_place(d, report);
  if (arrival == Arrival::retransmission) {
    ++out.tally.retransmissions;
    return;
  }
  const auto count = [&](RuleId rule, auto&& judge) {
    count_as_candidate(rule, context, out,
                       [&](const RuleSettings& s, const Policy&) -> std::optional<Hit> { return judge(s); });
  };
  if (const auto fault = rules::connection_fault(d.reg); fault != rules::CertificationFault::none) {
    count(RuleId::D1, [&](const auto& s) { return rules::uncertified(fault, d.reg, s, report.origin); });
    take_hit(d, rules::uncertified(fault, d.reg, policy.rule(RuleId::D1), report.origin), context, out);
  }
  if (d.reg.life == DeviceLife::unknown) return;

  // Reports carry no MAC: where the device has a key, anybody might have sent this one, and people look first.
  const Said said = d.reg.secret.empty() ? Said::by_the_device : Said::by_somebody;
  count(RuleId::D2, [&](const auto& s) { return rules::cloned_report(arrival, report, s); });
  if (const auto hit = rules::cloned_report(arrival, report, policy.rule(RuleId::D2)))
    take_hit(d, *hit, context, out, said);
  compare_with_baseline(d, report, policy, context, out);
  hear_clock(d, report, context, out);

  const auto seen = rules::stream_of(report);
  if (!seen || !rules::remember_stream(d.reports.streams, *seen)) return;
  d.dirty.reports = true;
  count(RuleId::D3, [&](const auto& s) { return rules::interleaved_streams(d.reports.streams, *seen, s); });
  if (const auto hit = rules::interleaved_streams(d.reports.streams, *seen, policy.rule(RuleId::D3)))
    take_hit(d, *hit, context, out, said);
}

} // namespace onecode
