#include "domain/rules/d06_tampering.hpp"

#include <algorithm>

#include "domain/device_findings.hpp"
#include "domain/rules/params.hpp"

namespace onecode::rules {
namespace {

namespace p = param::d6;

} // namespace

std::optional<Hit> tampering(DeviceState& d, const DeviceReport& report, bool foreign_network, bool handled,
                             const RuleSettings& s) {
  auto& env = d.environment;
  const Time t = report.origin.time;
  std::optional<Hit> best;
  const auto found = [&](std::int64_t weight, Text facts) {
    Hit hit = make_hit(RuleId::D6, s, t, std::move(facts), ref(report.origin));
    hit.weight = static_cast<int>(weight);
    keep_weightier(best, std::move(hit), hours(s.half_life_h));
  };

  if (!handled && (report.tamper || report.kind == ReportKind::tamper))
    found(s.weight, {"防拆开关已触发", "its tamper contact was triggered"});
  const bool comparable = t >= env.since; // older reports are about what was inside before the last repair
  const std::uint64_t element = hash_if_said(report.secure_element), firmware = hash_if_said(report.firmware);
  const std::uint64_t usual = env.secure_element != 0 ? env.secure_element : hash_if_said(d.reg.secure_element);
  if (comparable && element != 0 && usual != 0 && element != usual)
    found(s.weight, {"安全芯片已更换", "its secure element is another one"});
  if (comparable && firmware != 0 && env.firmware != 0 && firmware != env.firmware)
    found(s[p::firmware_weight], {"固件与此前不同", "its firmware is another one than before"});
  if (comparable && !handled && env.boot != 0 && report.boot >= env.boot + s[p::boot_jump]) // 0: it does not say
    found(s[p::boot_weight],
          {"启动计数由 " + std::to_string(env.boot) + " 跳到 " + std::to_string(report.boot),
           "its boot counter jumped from " + std::to_string(env.boot) + " to " + std::to_string(report.boot)});
  if (env.heard.ms != 0 && t - env.heard > hours(s[p::silence_h]) && foreign_network) {
    const std::string silent = std::to_string((t - env.heard).ms / hours(1).ms);
    found(s[p::silence_weight], {"静默 " + silent + " 小时后出现在另一网络",
                                 "after " + silent + " hours of silence it appeared in another network"});
  }

  if (!comparable) return best;
  if (env.firmware == 0) env.firmware = firmware;
  if (env.secure_element == 0) env.secure_element = usual != 0 ? usual : element;
  env.boot = std::max(env.boot, report.boot);
  env.heard = std::max(env.heard, t);
  d.dirty.environment = true;
  return best;
}

} // namespace onecode::rules
