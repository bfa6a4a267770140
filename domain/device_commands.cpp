#include "domain/device_commands.hpp"

#include <algorithm>

#include "domain/device_sequence.hpp"
#include "domain/device_size.hpp"
#include "domain/device_standing.hpp"
#include "domain/device_trust.hpp"
#include "domain/maintenance.hpp"
#include "domain/rules/d07_network_change.hpp"

namespace onecode {
namespace {

/// A notice to the unit that answers for the device.
void tell_unit(const DeviceState& d, std::string_view kind, std::string_view article, const Text& what,
               const std::string& reason, Effects& out) {
  Notice notice;
  notice.to = unit_of(d.reg);
  notice.about = d.id;
  notice.kind = kind;
  notice.article = article;
  notice.text = {"设备 " + d.id + " " + what.zh + (reason.empty() ? "" : ":" + reason) + "。",
                 "The device " + d.id + " " + what.en + (reason.empty() ? "" : ": " + reason) + "."};
  notice.remedy = "如有异议,请向信息中心提出。 / Objections go to the information centre.";
  out.outputs.emplace_back(std::move(notice));
}

/// How long an owner's command waits for the integration to say whose it is.
constexpr Duration kAnswerTime = minutes(10);

void refuse_unknown(const DeviceState& d, const Command& command, Effects& out) {
  out.refuse("UNKNOWN_TARGET",
             {"登记册中没有设备 " + d.id + ",无法执行 " + command.name + ";请先登记(device.register)",
              "there is no device " + d.id + " in the register, so " + command.name +
                  " has nothing to act on; register it first (device.register)"});
}

void refuse_move(const DeviceState& d, const Command& command, Effects& out) {
  refuse_move<DeviceLife>(kDeviceMoves, {"设备 " + d.id, "the device " + d.id}, command.name, d.reg.life, out);
}

void refuse_field(std::string_view field, std::string_view zh, std::string_view en, Effects& out) {
  out.refuse("BAD_FIELD", {"参数 " + std::string(field) + " " + std::string(zh),
                           "args." + std::string(field) + " " + std::string(en)});
}

bool is_id(std::string_view field, std::string_view value, Effects& out) {
  if (valid_id(value)) return true;
  refuse_field(field, "不是合法的标识(1–64 个字符,A-Z a-z 0-9 . _ : -)",
               "is not an identifier (1 to 64 characters of A-Z a-z 0-9 . _ : -)", out);
  return false;
}

bool is_given(std::string_view field, std::string_view value, Effects& out) {
  if (!value.empty()) return true;
  refuse_field(field, "不能为空", "must not be empty", out);
  return false;
}

/// An owner acts for integrations whose `owners` name them. While nobody owns the integration (it was not adopted or
/// planned yet), any holder of an owner key may install: nothing can be used before the integration opens, and then its
/// owners are known. Before its view has arrived (registration and installation came in one turn) nobody can say whose
/// it is: the command comes again after the answer, and so does what follows it in that turn.
bool owner_may(const DeviceState& d, const Command& command, const Context& context, Effects& out) {
  if (command.role != "integration-owner") return true;
  if (!view_arrived(d.reg)) {
    if (context.now > d.reg.joined + kAnswerTime) { // it was lost (a fault of the integration): do not ask for ever
      out.refuse("ILLEGAL_TRANSITION",
                 {"接入系统 " + d.reg.integration + " 尚未应答,暂不能执行 " + command.name + ",请稍后重试",
                  "the integration " + d.reg.integration + " has not answered yet; send " + command.name + " again"});
      return false;
    }
    out.sends.push_back({{Kind::device, d.id}, &command});
    out.deferred = true;
    return false;
  }
  if (d.reg.view.owners.empty()) return true;
  if (std::ranges::find(d.reg.view.owners, command.actor) != d.reg.view.owners.end()) return true;
  out.refuse("NOT_OWNER",
             {command.actor + " 不是接入系统 " + d.reg.integration + " 的负责人,不能执行 " + command.name,
              command.actor + " is not among the owners of the integration " + d.reg.integration +
                  " and may not send " + command.name});
  return false;
}

void set_life(DeviceState& d, const DeviceMove& move, const Context& context, Effects& out) {
  d.reg.life = move.to;
  publish_status(d, context.now, out);
}

/// `leaves`: it carries this no more.
void claim(const DeviceState& d, std::string what, const Command& command, bool leaves, Effects& out) {
  out.sends.push_back(
      {{Kind::campus, std::move(what)},
       msg::SerialClaimed{d.id, d.reg.integration, ref(command.origin), command.origin.time, leaves}});
}

/// The switch that it hangs on knows its devices (D7). `now`: of its new place; empty: of none.
void change_switch(const DeviceState& d, const std::string& before, const std::string& now, Effects& out) {
  if (before == now) return;
  if (!before.empty()) out.sends.push_back({{Kind::campus, before}, msg::SwitchJoined{d.id, true}});
  if (!now.empty()) out.sends.push_back({{Kind::campus, now}, msg::SwitchJoined{d.id, false}});
}

void forget_habits(DeviceState& d) {
  d.habits = {};
  d.clients = {};
  d.hot.today = {};
  d.dirty.habits = d.dirty.hot = true;
  d.dirty.clients.fill(true);
}

// -- one function per command: arguments checked first, then written; the move is known to be allowed
// ----------------

void carry_out(DeviceState& d, const DeviceRegister& a, const Command& command, const DeviceMove& move,
               const Context& context, Effects& out) {
  if (!is_id("serial", a.serial, out) || !is_id("integration", a.integration, out)) return;
  if (a.secure_element && !is_id("secure_element", *a.secure_element, out)) return;
  auto& reg = d.reg;
  reg.serial = a.serial;
  reg.model = a.model;
  d.file.days.clear(); // another integration may have been told
  d.dirty.file = true;
  reg.integration = a.integration;
  reg.secure_element = a.secure_element.value_or("");
  reg.operators = a.operators;
  d.habits.stranger = d.habits.other_only = {};
  d.habits.other_days = 0;
  d.dirty.habits = true;
  forget_sequence(d);
  set_life(d, move, context, out);
  claim(d, "serial:" + a.serial, command, false, out);
  if (a.secure_element) claim(d, "se:" + *a.secure_element, command, false, out);
  join(d, context.now, out);
}

void carry_out(DeviceState& d, const DeviceCertify& a, const Command&, const DeviceMove& move, const Context& context,
               Effects& out) {
  if (!is_given("certificate", a.certificate, out)) return;
  if (a.secret && !is_given("secret", *a.secret, out)) return;
  auto& reg = d.reg;
  // What came before the first key was proven by nobody. A renewal without a key keeps the key.
  if (a.secret && reg.secret.empty()) forget_sequence(d);
  reg.certificate = a.certificate;
  reg.certified_to = a.valid_to;
  if (a.secret) reg.secret = *a.secret;
  set_life(d, move, context, out);
  out.timers.push_back({std::string(kCertificateTimer), a.valid_to + milliseconds(1)});
}

void carry_out(DeviceState& d, const DeviceInstall& a, const Command& command, const DeviceMove& move,
               const Context& context, Effects& out) {
  if (!is_id("integration", a.integration, out) || !is_id("zone", a.zone, out)) return;
  if (a.kind != "fixed" && a.kind != "mobile")
    return refuse_field("kind", "须为 fixed 或 mobile", "must be fixed or mobile", out);
  // Article 11(3): a device is authorised for one integration, and the information centre says for which.
  if (a.integration != d.reg.integration)
    return refuse_field("integration", "与登记的接入系统 " + d.reg.integration + " 不符",
                        "is not the integration that the device is registered for: " + d.reg.integration, out);
  auto& reg = d.reg;
  reg.zone = a.zone;
  reg.position = a.position;
  change_switch(d, rules::switch_of(reg.network), rules::switch_of(a.network), out);
  reg.network = a.network;
  reg.aps = a.aps;
  reg.kind = a.kind;
  reg.worked.reset();
  place_in_plan(reg);
  forget_habits(d);
  new_baseline(d, std::min(command.origin.time, context.now), {},
               {"已重新安装,予以关闭。", "Installed anew, closed."}, context, out);
  set_life(d, move, context, out);
  join(d, context.now, out);
}

void carry_out(DeviceState& d, const DeviceRevoke&, const Command& command, const DeviceMove& move,
               const Context& context, Effects& out) {
  auto& reg = d.reg;
  reg.certificate.clear();
  reg.certified_to = {};
  reg.maintenance.reset();
  if (move.to == DeviceLife::quarantined) reg.before_quarantine = DeviceLife::registered;
  set_life(d, move, context, out);
  out.timers.push_back({std::string(kCertificateTimer), std::nullopt});
  join(d, context.now, out);
  tell_unit(d, "device-revoked", "11(1)",
            {"的认证已撤销,立即停止接入", "is certified no more; its access ends at once"}, command.reason, out);
}

void carry_out(DeviceState& d, const DeviceRetire&, const Command& command, const DeviceMove& move,
               const Context& context, Effects& out) {
  d.reg.maintenance.reset();
  change_switch(d, rules::switch_of(d.reg.network), {}, out);
  set_life(d, move, context, out);
  claim(d, "serial:" + d.reg.serial, command, true, out);
  if (!d.reg.secure_element.empty()) claim(d, "se:" + d.reg.secure_element, command, true, out);
  out.timers.push_back({std::string(kCertificateTimer), std::nullopt});
  out.sends.push_back({{Kind::integration, d.reg.integration}, msg::DeviceJoined{d.id, true, false}});
  tell_unit(d, "device-retired", "6", {"已报废,编号不再使用", "was retired; its id is never used again"},
            command.reason, out);
}

// ---- maintenance windows (R11.1c, R11.2)

/// The order a command names is the one that is open.
bool is_open_order(const DeviceState& d, const std::string& order, Effects& out) {
  if (d.reg.maintenance && d.reg.maintenance->order == order) return true;
  out.refuse("UNKNOWN_TARGET",
             {"设备 " + d.id + " 没有维护单 " + order, "the device " + d.id + " has no maintenance order " + order});
  return false;
}

void carry_out(DeviceState& d, const MaintenanceRequest& a, const Command& command, const DeviceMove&,
               const Context& context, Effects& out) {
  if (!is_id("order", a.order, out) || (a.zone && !is_id("zone", *a.zone, out))) return;
  if (a.kind != "relocate" && a.kind != "network" && a.kind != "repair" && a.kind != "firmware")
    return refuse_field("kind", "须为 relocate、network、repair 或 firmware",
                        "must be relocate, network, repair or firmware", out);
  if (a.from >= a.to) return refuse_field("to", "须晚于 from", "must be after from", out);
  if (a.to <= context.now) return refuse_field("to", "已过", "is in the past", out);
  if (d.reg.maintenance && (d.reg.maintenance->approved || d.reg.maintenance->order == a.order))
    return out.refuse(
        "ILLEGAL_TRANSITION",
        {"设备 " + d.id + " 的维护单 " + d.reg.maintenance->order + " 已登记,尚未结束",
         "the maintenance order " + d.reg.maintenance->order + " of the device " + d.id + " is not closed yet"});
  d.reg.maintenance = DeviceState::Register::Maintenance{a.order, a.kind, a.zone.value_or(""), a.from,
                                                         a.to,    false,  ref(command.origin)};
  d.dirty.reg = true;
}

void carry_out(DeviceState& d, const MaintenanceApprove& a, const Command&, const DeviceMove&, const Context& context,
               Effects& out) {
  auto& m = *d.reg.maintenance;
  if (m.approved || m.to <= context.now)
    return out.refuse("ILLEGAL_TRANSITION", {"维护单 " + a.order + (m.approved ? " 已批准" : " 的时段已过"),
                                             "the maintenance order " + a.order +
                                                 (m.approved ? " is approved already" : " is past its window")});
  m.approved = true;
  d.dirty.reg = true;
  // A repair may begin when the fault did, before anybody asked for it: what it accused people of since is taken back.
  if (m.kind == "repair") declare_fault(d, m.from, m.to, Wrong::clock, out);
  out.timers.push_back({std::string(kOverrunTimer), m.to});
  if (m.from <= context.now) return open_window(d, context.now, out);
  out.timers.push_back({std::string(kWindowTimer), m.from});
}

void carry_out(DeviceState& d, const MaintenanceClose& a, const Command& command, const DeviceMove& move,
               const Context& context, Effects& out) {
  if (a.zone && !is_id("zone", *a.zone, out)) return;
  auto& reg = d.reg;
  const auto order = *reg.maintenance;
  if (auto why = not_covered(order, a)) return out.refuse("BAD_FIELD", std::move(*why));
  if (a.zone && *a.zone != reg.zone) forget_habits(d); // other people use it from now on
  if (a.zone) reg.zone = *a.zone;
  if (a.position) reg.position = *a.position;
  if (a.network) {
    change_switch(d, rules::switch_of(reg.network), rules::switch_of(*a.network), out);
    reg.network = *a.network;
  }
  if (!a.aps.empty()) reg.aps = a.aps;
  if (order.kind == "repair" &&
      !reg.secure_element.empty()) { // it may have been replaced: what it says next is the new one
    claim(d, "se:" + reg.secure_element, command, true, out);
    reg.secure_element.clear();
  }
  reg.worked = DeviceState::Register::Work{order.kind, order.from, std::min(order.to, command.origin.time)};
  reg.maintenance.reset();
  place_in_plan(reg);
  new_baseline(d, std::min(command.origin.time, context.now), order.kind,
               {"维护已结束并登记现状,予以关闭。", "The work was closed with its new baseline, closed."}, context,
               out);
  out.timers.push_back({std::string(kOverrunTimer), std::nullopt});
  set_life(d, move, context, out);
}

void carry_out(DeviceState& d, const DeviceActivate&, const Command& command, const DeviceMove& move,
               const Context& context, Effects& out) {
  if (!integration_standing(d.reg).reasons.empty()) {
    const std::string state = view_arrived(d.reg) && !d.reg.view.state.empty() ? d.reg.view.state : "unknown";
    out.refuse("ILLEGAL_TRANSITION", {"接入系统 " + d.reg.integration + " 目前为 " + state + ",其设备尚不能启用(" +
                                          command.name + " 适用于 joint-debug、acceptance、live)",
                                      "the integration " + d.reg.integration + " is " + state + "; " + command.name +
                                          " needs one that is joint-debug, acceptance or live, with open access"});
    return;
  }
  set_life(d, move, context, out);
}

void carry_out(DeviceState& d, const DeviceQuarantine&, const Command& command, const DeviceMove&,
               const Context& context, Effects& out) {
  const Text why = command.reason.empty() ? Text{"信息中心决定", "the information centre decided so"}
                                          : Text{command.reason, command.reason};
  quarantine(d, why, {}, context.policy_at(command.origin.time).version, context.now, out);
}

void carry_out(DeviceState& d, const DeviceRelease&, const Command& command, const DeviceMove&,
               const Context& context, Effects& out) {
  auto& reg = d.reg;
  if (!reg.stopped_by.empty())
    return out.refuse("ILLEGAL_TRANSITION",
                      {"设备 " + d.id + " 因整改令 " + reg.stopped_by.front() + " 终止接入,结案前不能解除隔离",
                       "the order " + reg.stopped_by.front() + " keeps the device " + d.id +
                           " out of use; it can be released when that is closed"});
  reg.life = reg.before_quarantine;
  reg.before_quarantine = DeviceLife::unknown;
  reg.quarantine_reasons = {};
  // A person has looked into it: the same evidence must not quarantine it again.
  const Text why{"经核实解除隔离,予以关闭。", "Released after inspection, closed."};
  for (const RuleId rule : {RuleId::D2, RuleId::D3}) close_finding(subject(d), rule, context.now, why, context, out);
  new_baseline(d, std::min(command.origin.time, context.now), {}, why, context, out);
  if (!d.reports.streams.empty()) {
    d.reports.streams.clear();
    d.dirty.reports = true;
  }
  publish_status(d, context.now, out);
  if (reg.life == DeviceLife::active && reg.maintenance && reg.maintenance->approved &&
      reg.maintenance->from <= context.now)
    open_window(d, context.now, out);
}

template <class T>
void carry_out(DeviceState& d, const T&, const Command& command, const DeviceMove&, const Context&, Effects& out) {
  refuse_move(d, command, out); // not a device command: no row in the table leads here
}

} // namespace

void place_in_plan(DeviceState::Register& reg) {
  const auto& zones = reg.view.scope.zones;
  reg.zone_planned = reg.zone.empty() || zones.empty() || std::ranges::find(zones, reg.zone) != zones.end();
}

void step(DeviceState& d, const Command& command, const Context& context, Effects& out) {
  const KeepSmall bound(d);
  if (d.reg.life == DeviceLife::unknown && !std::holds_alternative<DeviceRegister>(command.args))
    return refuse_unknown(d, command, out);
  if (!owner_may(d, command, context, out)) return;
  const auto* approve = std::get_if<MaintenanceApprove>(&command.args);
  const auto* close = std::get_if<MaintenanceClose>(&command.args);
  if (approve != nullptr && !is_open_order(d, approve->order, out)) return;
  if (close != nullptr && !is_open_order(d, close->order, out)) return;
  const DeviceMove* move = find_move<DeviceLife>(kDeviceMoves, command.info().name, d.reg.life);
  if (move == nullptr) return refuse_move(d, command, out);
  std::visit([&](const auto& args) { carry_out(d, args, command, *move, context, out); }, command.args);
}

} // namespace onecode
