// D15 plan drift (R5.1, R7.2, Article 5; family plan) and R6.4 traffic while not live (Article 6). What is seen
// against what the integration declared: functions, zones, hours, operators, devices. A list that the manifest leaves
// out or leaves empty restricts nothing. The device compares; the integration keeps the finding.
//   Effect     function, zone, hours and operator: the scan is denied OUT_OF_SCOPE. A device that the plan does not
//   name is
//              certified and installed all the same: drift only.
//   Innocent   a plan that was written too narrow. Of a free-running clock the hour is unknown: denied by the time it
//              states, but no drift. Of one that is known to be wrong the hour of arrival counts, and there is no drift. A
//              time known only roughly is outside the hours when all of it is. Scans of a device that is not usable, not
//              proven or quarantined are no evidence against its integration.
#pragma once

#include <optional>
#include <string>

#include "domain/device.hpp"

namespace onecode::rules {

struct ScopeGaps {
  bool function = false, zone = false, hours = false, operator_id = false;
  bool device = false; // drift, not a reason to deny
  bool out_of_scope() const { return function || zone || hours || operator_id; }
};

ScopeGaps scope_gaps(const DeviceState::Register& reg, const Scan& scan);

/// Minutes of the day of "HH:MM" (24:00 is 1440); nullopt: not such a text.
std::optional<int> minutes_of_day(std::string_view text);
/// Is t inside the hours? They may wrap midnight; from = to is the whole day.
bool within_hours(const Hours& hours, Time t);

/// `operator 1a2b3c4d`: the text is free, it may be a name.
std::string operator_detail(const std::string& operator_id);
/// `function library` and the like in Chinese, for the explanation.
std::string drift_in_chinese(std::string_view detail);
Hit plan_drift(const msg::DriftSeen& drift, const RuleSettings& settings);

} // namespace onecode::rules
