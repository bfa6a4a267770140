#include "domain/maintenance.hpp"

#include "domain/device_standing.hpp"

namespace onecode {
namespace {

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

} // namespace

bool explained(const DeviceState::Register& reg, RuleId rule, Time at) {
  const auto& m = reg.maintenance;
  if (m && m->approved && m->from <= at && at <= m->to && explains(m->kind, rule)) return true;
  const auto& w = reg.worked;
  return w && w->from <= at && at <= w->to && explains(w->kind, rule);
}

void new_baseline(DeviceState& d, Time at, bool moved, const Text& why, const Context& context, Effects& out) {
  d.reg.placed = at;
  d.dirty.reg = true;
  d.environment = {};
  if (moved) {
    d.neighbours = {};
    d.habits = {};
    d.dirty.neighbours = d.dirty.habits = true;
  }
  d.dirty.environment = true;
  for (const RuleId rule : {RuleId::D4, RuleId::D5, RuleId::D6, RuleId::D7})
    close_finding(subject(d), rule, context.now, why, context, out);
}

} // namespace onecode
