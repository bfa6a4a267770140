// What reaches a device besides scans, reports and commands: its integration, a shared serial number, its timers.
// R6.2, R6.4, R11.3.
#include "domain/device.hpp"

#include <algorithm>

#include "domain/device_commands.hpp"
#include "domain/device_size.hpp"
#include "domain/device_standing.hpp"
#include "domain/device_trust.hpp"
#include "domain/maintenance.hpp"
#include "domain/rules/d04_moved_device.hpp"
#include "domain/rules/d05_inferred_location.hpp"
#include "domain/rules/d08_one_device_many.hpp"

namespace onecode {

void step(DeviceState& d, const msg::IntegrationView& view, const Context& context, Effects& out) {
  const KeepSmall bound(d);
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

void join(DeviceState& d, Time now, Effects& out) {
  const auto stands = [](DeviceLife l) {
    return l == DeviceLife::installed || l == DeviceLife::active || l == DeviceLife::maintenance;
  };
  auto& reg = d.reg;
  reg.joined = now;
  const bool installed = stands(reg.life == DeviceLife::quarantined ? reg.before_quarantine : reg.life);
  out.sends.push_back({{Kind::integration, reg.integration}, msg::DeviceJoined{d.id, false, installed}});
}

void open_window(DeviceState& d, Time at, Effects& out) {
  d.reg.life = DeviceLife::maintenance;
  publish_status(d, at, out);
}

namespace {

/// The window is over and the work is not: it stays in maintenance, and people hear of it.
void overrun(DeviceState& d, Time due, Effects& out) {
  auto& reg = d.reg;
  if (!reg.maintenance || reg.maintenance->to > due) return;
  const std::string order = reg.maintenance->order;
  const DeviceLife life = reg.life == DeviceLife::quarantined ? reg.before_quarantine : reg.life;
  if (life != DeviceLife::maintenance) { // it never came to it
    reg.maintenance.reset();
    d.dirty.reg = true;
    return;
  }
  Notice notice;
  notice.to = unit_of(reg);
  notice.about = d.id;
  notice.kind = "maintenance-overrun";
  notice.article = "11(1)";
  notice.text = {
      "设备 " + d.id + " 的维护单 " + order + " 已超过批准时段,请结束维护并登记现状。",
      "The maintenance " + order + " of the device " + d.id + " is past its window; close it and say what changed."};
  notice.deadline = reg.maintenance->to;
  notice.remedy = "结束维护(device.maintenance.close)。 / Close the maintenance (device.maintenance.close).";
  out.outputs.emplace_back(std::move(notice));
  out.sends.push_back(
      {{Kind::integration, reg.integration},
       msg::DriftSeen{RuleId::D15, "maintenance " + order + " past its end", due, reg.maintenance->event, d.id}});
}

} // namespace

void step(DeviceState& d, const msg::DeviceStopped& stopped, const Context& context, Effects& out) {
  const KeepSmall bound(d);
  auto& reg = d.reg;
  if (reg.life == DeviceLife::unknown || reg.life == DeviceLife::retired || stopped.integration != reg.integration)
    return;
  d.dirty.reg = true;
  if (!stopped.stopped) {
    std::erase(reg.stopped_by, stopped.order);
    return;
  }
  if (std::ranges::find(reg.stopped_by, stopped.order) == reg.stopped_by.end())
    reg.stopped_by.push_back(stopped.order);
  if (can_be_quarantined(reg.life)) {
    const std::string why = "(" + stopped.order + ")" + stopped.reasons;
    return quarantine(d, {"终止接入" + why, "access was terminated " + why}, {},
                      context.policy_at(context.now).version, context.now, out, Reason::INTEGRATION_TERMINATED);
  }
  reg.quarantine_reasons.add(Reason::INTEGRATION_TERMINATED);
  publish_status(d, context.now, out);
}

void step(DeviceState& d, const msg::OrderMoved& moved, const Context& context, Effects& out) {
  const KeepSmall bound(d);
  if (moved.integration != d.reg.integration) return;
  if (moved.over) return detach_order(subject(d), moved.order);
  attach_order(subject(d), moved.control, {moved.order, moved.due}, context, out);
}

void step(DeviceState& d, const msg::SerialShared& shared, const Context& context, Effects& out) {
  const KeepSmall bound(d);
  const RuleSettings& settings = context.policy_at(shared.at).rule(RuleId::D8);
  count_as_candidate(RuleId::D8, context, out, [&](const RuleSettings& s, const Policy&) {
    return std::optional(rules::shared_serial(shared, s));
  });
  take_hit(d, rules::shared_serial(shared, settings), context, out);
}

void step(DeviceState& d, const msg::NetworkExcused& excused, const Context& context, Effects& out) {
  const KeepSmall bound(d);
  d.environment.excused = excused.print;
  d.dirty.environment = true;
  // Meanwhile it speaks from yet another network: of that one the switch has said nothing.
  if (d.environment.network != 0 && d.environment.network != excused.print) return;
  const Text why{"属于 " + excused.by + " 的整体网络变更,予以关闭。",
                 "Part of one incident of " + excused.by + ", closed."};
  close_finding(subject(d), RuleId::D7, context.now, why, context, out);
  // Another switch port is another port of the new switch; a place is a place.
  const DeviceState::OpenFinding* moved = open_finding(d.file, RuleId::D4);
  if (moved != nullptr && !rules::stands_elsewhere(d, context.policy_at(moved->evidence.newest()).rule(RuleId::D4)))
    close_finding(subject(d), RuleId::D4, context.now, why, context, out);
  release_held(d, context, out);
}

void step(DeviceState& d, const msg::NetworkAlone& alone, const Context& context, Effects& out) {
  const KeepSmall bound(d);
  if (d.environment.network == alone.print) release_held(d, context, out);
}

void step(DeviceState& d, const msg::ScanDoubted& doubted, const Context&, Effects& out) {
  const KeepSmall bound(d);
  doubt(d, doubted, out);
}

void step(DeviceState& d, const msg::NeighbourSeen& seen, const Context& context, Effects& out) {
  const KeepSmall bound(d);
  if (d.reg.life == DeviceLife::active && !clock_wrong(d, seen.at)) learn_way(d, seen);
  const Policy& policy = context.policy_at(seen.at);
  const RuleSettings& settings = policy.rule(RuleId::D5);
  if (d.reg.life != DeviceLife::active || explained(d.reg, RuleId::D5, seen.at) || clock_wrong(d, seen.at)) return;
  count_as_candidate(RuleId::D5, context, out, [&](const RuleSettings& s, const Policy& by) {
    const auto as_it_was = d.neighbours; // the rule remembers as it judges
    const bool dirty = d.dirty.neighbours;
    auto hit = rules::inferred_location(d, seen, by, context.now, s);
    d.neighbours = as_it_was;
    d.dirty.neighbours = dirty;
    return hit;
  });
  if (settings.mode == Mode::off) return;
  if (const auto hit = rules::inferred_location(d, seen, policy, context.now, settings))
    take_hit(d, *hit, context, out);
}

void step(DeviceState& d, const msg::TimerFired& timer, const Context& context, Effects& out) {
  const KeepSmall bound(d);
  if (quiet_timer(subject(d), timer, context, out)) return;
  if (timer.name == kHeldTimer) {
    Context due = context;
    due.now = timer.due;
    if (d.environment.held <= timer.due) release_held(d, due, out);
    return;
  }
  if (timer.name == kDoubtsTimer) return forget_old_doubts(d, timer.due, out);
  if (timer.name == kOverrunTimer) return overrun(d, timer.due, out);
  if (timer.name == kWindowTimer) {
    const auto& m = d.reg.maintenance;
    if (m && m->approved && m->from <= timer.due && d.reg.life == DeviceLife::active) open_window(d, timer.due, out);
    return;
  }
  if (timer.name == kCertificateTimer && usable(d.reg, timer.due) != d.reg.usable) publish_status(d, timer.due, out);
}

} // namespace onecode
