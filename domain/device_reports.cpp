// What a device's reports say about its identity. R11.1a; rules D1, D2, D3.
#include "domain/device.hpp"
#include "domain/device_sequence.hpp"
#include "domain/device_standing.hpp"
#include "domain/rules/d01_uncertified.hpp"
#include "domain/rules/d02_sequence.hpp"
#include "domain/rules/d03_interleaved_streams.hpp"

namespace onecode {

void step(DeviceState& d, const DeviceReport& report, const Context& context, Effects& out) {
  const Policy& policy = context.policy_at(report.origin.time);
  const Arrival arrival = report_place(d, report);
  if (arrival == Arrival::retransmission) {
    ++out.tally.retransmissions;
    return;
  }
  if (const auto fault = rules::connection_fault(d.reg); fault != rules::CertificationFault::none)
    take_hit(d, rules::uncertified(fault, d.reg, policy.rule(RuleId::D1), report.origin), context, out);
  if (d.reg.life == DeviceLife::unknown) return;

  // Reports carry no MAC: where the device has a key, anybody might have sent this one, and people look first.
  const Said said = d.reg.secret.empty() ? Said::by_the_device : Said::by_somebody;
  if (const auto hit = rules::cloned_report(arrival, report, policy.rule(RuleId::D2)))
    take_hit(d, *hit, context, out, said);

  const auto seen = rules::stream_of(report);
  if (!seen || !rules::remember_stream(d.reports.streams, *seen)) return;
  d.dirty.reports = true;
  if (const auto hit = rules::interleaved_streams(d.reports.streams, *seen, policy.rule(RuleId::D3)))
    take_hit(d, *hit, context, out, said);
}

} // namespace onecode
