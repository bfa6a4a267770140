#include "domain/maintenance.hpp"

#include "domain/device_standing.hpp"
#include "domain/device_trust.hpp"

namespace onecode {
bool explains(std::string_view kind, RuleId rule) {
  switch (rule) {
    case RuleId::D4:
    case RuleId::D7:
      return kind == "relocate" || kind == "network" || kind == "repair";
    case RuleId::D5:
      return kind == "relocate" || kind == "repair";
    case RuleId::D6:
      return kind == "firmware" || kind == "repair";
    default:
      return false;
  }
}

bool explained(const DeviceState::Register& reg, RuleId rule, Time at) {
  const auto& m = reg.maintenance;
  if (m && m->approved && m->from <= at && at <= m->to && explains(m->kind, rule)) return true;
  const auto& w = reg.worked;
  return w && w->from <= at && at <= w->to && explains(w->kind, rule);
}

std::optional<Text> not_covered(const DeviceState::Register::Maintenance& order, const MaintenanceClose& close) {
  const bool relocate = order.kind == "relocate", firmware = order.kind == "firmware";
  const auto wrong = [&](const std::string& member) {
    return Text{"维护单 " + order.order + "(" + order.kind + ")不包括变更 " + member,
                "the order " + order.order + " (" + order.kind + ") does not cover a new " + member};
  };
  if (close.zone && !relocate) return wrong("zone");
  if (close.zone && !order.zone.empty() && *close.zone != order.zone)
    return Text{"批准的区域是 " + order.zone, "the approved zone is " + order.zone};
  if (close.position && (firmware || order.kind == "network")) return wrong("position");
  if (close.network && firmware) return wrong("network");
  if (!close.aps.empty() && firmware) return wrong("aps");
  return std::nullopt;
}

void new_baseline(DeviceState& d, Time at, std::string_view kind, const Text& why, const Context& context,
                  Effects& out) {
  const auto covers = [&](RuleId rule) { return kind.empty() || explains(kind, rule); };
  auto& env = d.environment;
  if (covers(RuleId::D4) || covers(RuleId::D7)) {
    release_held(d, context, out); // work that comes first must not swallow what was found
    end_faults(d, at);
    d.reg.placed = at;
    d.dirty.reg = true;
    env.fixes.clear();
    env.aps.clear();
    env.network = env.excused = 0;
    env.usual_rtt.clear();
    env.recent_rtt.clear();
  }
  if (covers(RuleId::D6)) {
    env.firmware = env.secure_element = 0;
    env.boot = 0; // how often it was started meanwhile says nothing
    env.since = at;
  }
  if (kind.empty() || kind == "relocate") {
    d.neighbours = {};
    d.ways = {}; // from another place they are other ways
    d.dirty.neighbours = d.dirty.ways = true;
  }
  d.dirty.environment = true;
  for (const RuleId rule : {RuleId::D4, RuleId::D5, RuleId::D6, RuleId::D7})
    if (covers(rule)) close_finding(subject(d), rule, context.now, why, context, out);
}

} // namespace onecode
