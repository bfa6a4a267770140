#include "domain/integration.hpp"

#include <algorithm>

#include "domain/device_findings.hpp"
#include "domain/rules/d15_plan_drift.hpp"

namespace onecode {
namespace {

constexpr std::size_t kMaxDrift = 10;

FindingSubject subject(IntegrationState& i) { return {Kind::integration, i.id, i.file, i.dirty.file}; }

msg::IntegrationView view_of(const IntegrationState& i) {
  const auto& r = i.record;
  return {i.id, r.state, r.access, r.manifest, r.owners, r.unit};
}

void publish_status(IntegrationState& i, Effects& out) {
  auto& r = i.record;
  ++r.revision;
  i.dirty.record = true;
  out.outputs.push_back(IntegrationStatusRecord{i.id, r.state, r.access, r.unit, r.owners, r.revision, r.drift});
}

void push_view(const IntegrationState& i, Effects& out) {
  for (const auto& device : i.devices.ids) out.sends.push_back({{Kind::device, device}, view_of(i)});
}

// -- what is wrong with a plan, one finding of fact per line (R4.1)
// ----------------------------------------------------

class Faults {
public:
  void missing(std::string_view field, std::string_view zh) {
    add("缺少 " + std::string(field) + "(" + std::string(zh) + ")", std::string(field) + " is missing");
  }
  void bad(const std::string& field, const std::string& value) {
    add(field + " 的值不合法:" + value, field + " has a value that cannot be: " + value);
  }
  void ids(const std::string& field, const std::vector<std::string>& values) {
    for (const auto& v : values)
      if (!valid_id(v)) return bad(field, v);
  }
  bool none() const { return text_.en.empty(); }
  Text take() { return std::move(text_); }

private:
  void add(const std::string& zh, const std::string& en) {
    if (!text_.en.empty()) text_.zh += ";", text_.en += "; ";
    text_.zh += zh;
    text_.en += en;
  }
  Text text_;
};

bool is_function(const std::string& f) {
  constexpr std::string_view plain[] = {"identity", "payment", "access", "library", "other"};
  return std::ranges::find(plain, f) != std::end(plain) || (f.starts_with("other:") && f.size() > 6);
}

Faults faults_of(const IntegrationAdopt& a) {
  Faults faults;
  if (a.unit.empty()) faults.missing("unit", "责任单位");
  if (a.plan.purpose.empty()) faults.missing("plan.purpose", "对接目的");
  if (a.plan.architecture.empty()) faults.missing("plan.architecture", "技术架构");
  if (a.plan.data_security.empty()) faults.missing("plan.data_security", "数据安全保障措施");
  if (a.plan.expected_effect.empty()) faults.missing("plan.expected_effect", "预期效果");
  if (!a.unit.empty() && !valid_id(a.unit)) faults.bad("unit", a.unit);
  faults.ids("owners", a.owners);
  const Manifest& m = a.manifest;
  faults.ids("manifest.devices", m.devices);
  faults.ids("manifest.zones", m.zones);
  for (const auto& f : m.functions)
    if (!is_function(f)) faults.bad("manifest.functions", f);
  if (m.hours)
    for (const auto& [field, value] :
         {std::pair{"manifest.hours.from", m.hours->from}, std::pair{"manifest.hours.to", m.hours->to}})
      if (!rules::minutes_of_day(value)) faults.bad(field, value + " (HH:MM)");
  return faults;
}

/// Takes over an integration that existed before onecode: live at once, with its manifest (COMMANDS, R4.3, R6.4).
void adopt(IntegrationState& i, const IntegrationAdopt& a, const Command& command, Effects& out) {
  auto& r = i.record;
  if (!r.state.empty()) {
    out.refuse("ILLEGAL_TRANSITION",
               {"接入系统 " + i.id + " 已存在(" + r.state + "),不能再次接管(" + command.name + ")",
                "the integration " + i.id + " exists already (" + r.state + "); " + command.name +
                    " is for one that onecode does not know"});
    return;
  }
  if (Faults faults = faults_of(a); !faults.none()) {
    Text what = faults.take();
    out.refuse("BAD_FIELD", {"参数不完整或不合法:" + what.zh, "args: " + what.en});
    return;
  }
  r.state = "live";
  r.access = "open";
  r.unit = a.unit;
  r.owners = a.owners.empty() ? std::vector<std::string>{command.actor} : a.owners;
  r.plan = a.plan;
  r.manifest = a.manifest;
  publish_status(i, out);
  push_view(i, out);
}

} // namespace

void step(IntegrationState& i, const Command& command, const Context&, Effects& out) {
  if (const auto* a = std::get_if<IntegrationAdopt>(&command.args)) return adopt(i, *a, command, out);
  out.refuse("ILLEGAL_TRANSITION",
             {"接入系统不接受命令 " + command.name, "an integration does not take the command " + command.name});
}

void step(IntegrationState& i, const msg::DeviceJoined& joined, const Context&, Effects& out) {
  const bool changed =
      joined.leaves ? i.devices.ids.erase(joined.device) > 0 : i.devices.ids.insert(joined.device).second;
  i.dirty.devices = i.dirty.devices || changed;
  if (!joined.leaves) out.sends.push_back({{Kind::device, joined.device}, view_of(i)});
}

void step(IntegrationState& i, const msg::DriftSeen& drift, const Context& context, Effects& out) {
  const Hit hit = rules::plan_drift(drift, context.policy_at(drift.at).rule(drift.rule));
  const Weighed weighed = weigh(subject(i), hit, true, context, out);
  if (weighed.open == nullptr) return;
  publish(subject(i), weighed, hit, context, out);

  // The status record tells the unit where it left its plan; traffic while not live is no drift from a plan.
  auto& texts = i.record.drift;
  if (drift.rule != RuleId::D15 || std::ranges::find(texts, drift.detail) != texts.end()) return;
  if (texts.size() == kMaxDrift) texts.erase(texts.begin());
  texts.push_back(drift.detail);
  publish_status(i, out);
}

void step(IntegrationState& i, const msg::TimerFired& timer, const Context& context, Effects& out) {
  quiet_timer(subject(i), timer, context, out);
}

} // namespace onecode
