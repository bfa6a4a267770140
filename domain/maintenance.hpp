// What an approved piece of work on a device explains (R11.1c, R11.2; DETECTION §4, suppression), and the baselines that it leaves
// behind. The work itself: device_commands.cpp.
#pragma once

#include "domain/device.hpp"

namespace onecode {

/// Was the device worked on at `at`, by an order that makes what this rule sees innocent? Asked with the event's time, so
/// that late reports of the work stay explained after it was closed; past its approved end it explains nothing.
///   relocate   D4 D5 D7       network   D4 D7      firmware   D6      repair   D4 D5 D6 D7
bool explained(const DeviceState::Register& reg, RuleId rule, Time at);

/// Place and network are approved from `at` on: what was seen before is no evidence any more, and open findings about it end.
/// `moved`: other people use it from now on, too.
void new_baseline(DeviceState& d, Time at, bool moved, const Text& why, const Context& context, Effects& out);

} // namespace onecode
