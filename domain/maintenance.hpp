// What an approved piece of work on a device explains (R11.1c, R11.2; DETECTION §4, suppression), and the baselines that it leaves
// behind. The work itself: device_commands.cpp.
#pragma once

#include "domain/device.hpp"

namespace onecode {

/// Was the device worked on at `at`, by an order that makes what this rule sees innocent? Asked with the event's time, so
/// that late reports of the work stay explained after it was closed; past its approved end it explains nothing.
///   relocate   D4 D5 D7       network   D4 D7      firmware   D6      repair   D4 D5 D6 D7
/// Whoever moves it touches it: of D6, relocate and network explain the contact and restarts, and nothing that was exchanged.
bool explained(const DeviceState::Register& reg, RuleId rule, Time at);

/// Do orders of this kind explain what this rule sees?
bool explains(std::string_view kind, RuleId rule);
/// What closing an order of this kind may change; a sentence for the clerk about what it may not, nullopt: all well.
///   relocate   zone (the approved one), position, network, access points       network   network, access points
///   repair     position, network, access points                                firmware  nothing
std::optional<Text> not_covered(const DeviceState::Register::Maintenance& order, const MaintenanceClose& close);

/// What was inspected counts anew from `at` on: what was seen before is no evidence any more, and the findings end. `kind`: of the
/// order that was closed; empty: everything (installed, or released after inspection).
void new_baseline(DeviceState& d, Time at, std::string_view kind, const Text& why, const Context& context,
                  Effects& out);

} // namespace onecode
