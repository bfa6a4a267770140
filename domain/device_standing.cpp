#include "domain/device_standing.hpp"

#include "domain/device_trust.hpp"

namespace onecode {
namespace {

constexpr std::string_view kRemedy =
    "如认为有误,请持设备维护与安全说明向信息中心提出异议;核实后由信息中心解除隔离(device.release)。 / If you think "
    "this "
    "is wrong, object to the information centre with the device's service record; once it is cleared up the centre "
    "releases the device (device.release).";

/// It is not where the register says.
void disbelieve_place(DeviceState& d, Time opened, Time at, Effects& out) {
  declare_fault(d, opened - days(1), at + days(1), Wrong::place, out);
}

/// A clone is denied at once; everything else waits for people.
bool quarantines_by_itself(RuleId rule) { return rule == RuleId::D2 || rule == RuleId::D3; }

} // namespace

bool can_be_quarantined(DeviceLife life) {
  return life != DeviceLife::unknown && life != DeviceLife::retired && life != DeviceLife::quarantined;
}

const std::string& unit_of(const DeviceState::Register& reg) {
  return view_arrived(reg) && !reg.view.unit.empty() ? reg.view.unit : reg.integration;
}

Reasons device_reasons(const DeviceState::Register& reg, Time at) {
  switch (reg.life) {
    case DeviceLife::unknown:
      return Reason::DEVICE_UNKNOWN;
    case DeviceLife::active:
      return at > reg.certified_to ? Reasons{Reason::DEVICE_NOT_ACTIVE} : Reasons{};
    case DeviceLife::quarantined: {
      Reasons r{Reason::DEVICE_QUARANTINED};
      r.add(reg.quarantine_reasons);
      return r;
    }
    default:
      return Reason::DEVICE_NOT_ACTIVE;
  }
}

bool view_arrived(const DeviceState::Register& reg) {
  return !reg.integration.empty() && reg.view.integration == reg.integration;
}

IntegrationStanding integration_standing(const DeviceState::Register& reg) {
  if (!view_arrived(reg)) return {Reason::INTEGRATION_NOT_LIVE, false};
  const auto& view = reg.view;
  if (view.access == "terminated" || view.state == "terminated") return {Reason::INTEGRATION_TERMINATED, false};
  if (view.access != "open") return {Reason::INTEGRATION_NOT_LIVE, false};
  if (view.state == "live") return {};
  if (view.state == "joint-debug" || view.state == "acceptance") return {{}, true};
  return {Reason::INTEGRATION_NOT_LIVE, false};
}

bool usable(const DeviceState::Register& reg, Time now) {
  if (!device_reasons(reg, now).empty()) return false;
  const IntegrationStanding standing = integration_standing(reg);
  return standing.reasons.empty() && !standing.test_only;
}

Reasons status_reasons(const DeviceState::Register& reg, Time now) {
  Reasons reasons = device_reasons(reg, now);
  if (!view_arrived(reg) && !reasons.empty())
    return reasons; // its integration has not answered yet: nothing is known against it
  const IntegrationStanding standing = integration_standing(reg);
  reasons.add(standing.test_only ? Reasons{Reason::INTEGRATION_NOT_LIVE} : standing.reasons);
  return reasons;
}

void publish_status(DeviceState& d, Time now, Effects& out) {
  auto& reg = d.reg;
  DeviceStatusRecord record;
  record.device = d.id;
  record.state = to_string(reg.life);
  record.revision = ++reg.revision;
  record.integration = reg.integration;
  record.usable = reg.usable = usable(reg, now);
  record.reasons = reg.said = status_reasons(reg, now);
  out.outputs.push_back(std::move(record));
  d.dirty.reg = true;
}

void quarantine(DeviceState& d, const Text& why, std::string_view finding, std::string_view policy, Time now,
                Effects& out, Reasons more) {
  auto& reg = d.reg;
  reg.before_quarantine = reg.life;
  reg.life = DeviceLife::quarantined;
  reg.quarantine_reasons = Reason::DEVICE_QUARANTINED;
  reg.quarantine_reasons.add(more);
  publish_status(d, now, out);
  declare_fault(d, now - days(1), now, Wrong::place, out); // whatever is wrong with it was so before somebody noticed

  const Text article = article_text("11(1)");
  Notice notice;
  notice.to = unit_of(reg);
  notice.about = d.id;
  notice.kind = "device-quarantined";
  notice.article = "11(1)";
  notice.text = {"设备 " + d.id + " 已停用隔离:" + why.zh + "。依据" + article.zh,
                 "Device " + d.id + " was taken out of use: " + why.en + "; by " + article.en};
  if (!finding.empty()) {
    notice.text.zh += ",发现 " + std::string(finding);
    notice.text.en += ", finding " + std::string(finding);
  }
  notice.text.zh += ",策略版本 " + std::string(policy) + "。";
  notice.text.en += ", policy " + std::string(policy) + ".";
  notice.remedy = kRemedy;
  out.outputs.push_back(std::move(notice));
}

std::string take_hit(DeviceState& d, const Hit& hit, const Context& context, Effects& out, Said said) {
  Weighed w = weigh(subject(d), hit, false, context, out);
  if (w.open == nullptr) return {};
  const Policy& policy = context.policy_at(hit.at);
  const bool automatic = quarantines_by_itself(hit.rule) && said == Said::by_the_device &&
                         policy.response.auto_quarantine && w.score >= policy.thresholds.freeze &&
                         can_be_quarantined(d.reg.life);
  if (automatic) w.band = Band::automatic;
  publish(subject(d), w, hit, context, out);
  std::string uid = w.open->finding.uid;
  // D5 is what people's ways suggest, too often wrongly: it is shown, and clears nobody.
  if (hit.rule == RuleId::D4 && w.band >= Band::watch) disbelieve_place(d, w.open->finding.opened, hit.at, out);
  if (automatic)
    quarantine(d, w.open->evidence.strongest(hit.at).facts.text(), uid, policy.version, context.now, out);
  return uid;
}

void wait_for_switch(DeviceState& d, const Context& context, Effects& out) {
  if (d.environment.held.ms != 0) return;
  d.environment.held = context.now + kHeld;
  d.dirty.environment = true;
  out.timers.push_back({std::string(kHeldTimer), d.environment.held});
}

void hold_hit(DeviceState& d, const Hit& hit, const Context& context, Effects& out) {
  // What was published before must not fall behind its evidence.
  const auto* open = open_finding(d.file, hit.rule);
  if (open != nullptr && !open->finding.uid.empty()) {
    take_hit(d, hit, context, out);
  } else {
    weigh(subject(d), hit, false, context, out);
    wait_for_switch(d, context, out);
  }
}

void release_held(DeviceState& d, const Context& context, Effects& out) {
  if (d.environment.held.ms == 0) return;
  d.environment.held = {};
  d.dirty.environment = true;
  out.timers.push_back({std::string(kHeldTimer), std::nullopt});
  for (const RuleId rule : {RuleId::D4, RuleId::D7})
    if (publish_held(subject(d), rule, context, out) && rule == RuleId::D4) {
      const auto& open = *open_finding(d.file, rule);
      disbelieve_place(d, open.finding.opened, open.evidence.newest(), out);
    }
}

} // namespace onecode
