// What reaches a device besides scans, reports and commands: its integration, a shared serial number, its timers.
// R6.2, R6.4, R11.3.
#include "domain/device.hpp"

#include <algorithm>

#include "domain/device_commands.hpp"
#include "domain/device_standing.hpp"
#include "domain/rules/d08_one_device_many.hpp"

namespace onecode {

void step(DeviceState& d, const msg::IntegrationView& view, const Context& context, Effects& out) {
  auto& reg = d.reg;
  if (reg.life == DeviceLife::unknown || view.integration != reg.integration) return; // it has left that one
  const bool goes_live = view_arrived(reg) && reg.view.state != "live" && view.state == "live";
  reg.view = view;
  d.dirty.reg = true;
  const auto& named = view.scope.devices;
  reg.device_planned = named.empty() || std::ranges::find(named, d.id) != named.end();
  // A device needs no list of its neighbours, nor the rules for data: an integration may have thousands of devices.
  reg.view.scope.devices.clear();
  reg.view.scope.data_fields.clear();
  reg.view.scope.endpoints.clear();
  place_in_plan(reg);
  if (goes_live && reg.life == DeviceLife::installed) { // R6.2: an integration goes live together with its devices
    reg.life = DeviceLife::active;
    return publish_status(d, context.now, out);
  }
  if (usable(reg, context.now) != reg.usable || status_reasons(reg, context.now) != reg.said)
    publish_status(d, context.now, out);
}

void step(DeviceState& d, const msg::SerialShared& shared, const Context& context, Effects& out) {
  const RuleSettings& settings = context.policy_at(shared.at).rule(RuleId::D8);
  take_hit(d, rules::shared_serial(shared, settings), context, out);
}

void step(DeviceState& d, const msg::TimerFired& timer, const Context& context, Effects& out) {
  if (quiet_timer(subject(d), timer, context, out)) return;
  if (timer.name == kCertificateTimer && usable(d.reg, timer.due) != d.reg.usable) publish_status(d, timer.due, out);
}

} // namespace onecode
