// D6 tampering (R11.1b, Article 11(1); family tamper). Somebody opened the device or changed what is in it.
//   Flag       its tamper contact says so, or the report is one of tampering: the rule's own weight.
//   Body       another secure element than registered or said first: the same. Other firmware: `firmware_weight`.
//   Boots      the boot counter jumped by `boot_jump` or more since the last report: `boot_weight`.
//   Silence    nothing for `silence_h` hours and then another network than the approved one: `silence_weight`.
//   Innocent   a power cut (one boot more); an update or repair inside its approved window (domain/maintenance.hpp);
//              a device that never said its firmware; after a closed repair or update what it says first is the new baseline.
#pragma once

#include <optional>

#include "domain/device.hpp"

namespace onecode::rules {

/// Judges the report against what is remembered, then remembers it; the heaviest of what was found.
/// `handled`: people move it or work at its network, by an order; its contact and its restarts say nothing then.
/// `foreign_network`: rule D7 sees another network than the approved one.
std::optional<Hit> tampering(DeviceState& d, const DeviceReport& report, bool foreign_network, bool handled,
                             const RuleSettings& settings);

} // namespace onecode::rules
