// D7 network change (R11.2, Article 11(2); family network). The device speaks from another network than the one that was
// approved when it was installed or last worked on.
//   Compared   segment of its address (same /24 for IPv4, same /64 for IPv6, or the approved range), gateway MAC, VLAN, switch port,
//              DNS, path hash: each where both the baseline and the report say it. Round trip: the median of the last 16 is
//              more than five MADs (and 10 ms) from that of the first 16.
//   Weight     one difference .40, two .80, more the rule's own weight.
//   Innocent   another address in the same segment (DHCP); a change that was approved (domain/maintenance.hpp), also when
//              its reports come late; a baseline that says nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/device.hpp"

namespace onecode::rules {

/// What differs, in words; round trips are not part of it.
std::vector<Text> network_differences(const NetworkFacts& approved, const NetworkFacts& seen);
/// Is `address` inside `range` (an address or CIDR)? Texts that are no addresses are compared as texts.
bool same_segment(std::string_view range, std::string_view address);

/// Remembers the round trip, then judges. `differences` as above.
std::optional<Hit> network_change(DeviceState& d, const DeviceReport& report, std::vector<Text> differences,
                                  const RuleSettings& settings);

/// The entity of what stands behind these facts: the switch that a port like `sw-07/12` names, else the gateway. Empty: neither is
/// known.
std::string switch_of(const NetworkFacts& facts);
/// A hash of everything that is compared.
std::uint64_t network_print(const NetworkFacts& facts);

} // namespace onecode::rules
