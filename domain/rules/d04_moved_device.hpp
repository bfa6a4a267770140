// D4 moved device (R11.1c, Article 11(1); family place). A fixed reader says that it stands elsewhere than where it was
// installed.
//   Position   the median of its last 20 fixes is further from home than max(50 m, 4 sigma), sigma being the accuracy that the
//              fixes and the installation state, in three reports in a row by their own time (`position_weight`).
//   Air        of the access points it hears, less than a fifth are those of the installation (Jaccard), three times in a
//              row (`aps_weight`).
//   Port       another switch port than the installed one: at once, with the rule's own weight.
//   Innocent   one wild fix; a baseline without a position; a single access point that was replaced (fewer than three are no
//              baseline); mobile readers; a relocation that was approved (domain/maintenance.hpp), also when its
//              reports come late.
#pragma once

#include <optional>

#include "domain/device.hpp"

namespace onecode::rules {

/// Remembers what the report says about the place, then judges; the heaviest of the three.
/// `port_excused`: its whole switch was replaced (domain/campus_switch.cpp).
std::optional<Hit> moved_device(DeviceState& d, const DeviceReport& report, const RuleSettings& settings,
                                bool port_excused = false);
/// By position or air alone, as far as is remembered.
bool stands_elsewhere(const DeviceState& d, const RuleSettings& settings);

} // namespace onecode::rules
