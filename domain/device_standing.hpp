// What a device's register means: may it be used, why not, and what follows when that changes. R6.2, R6.4, R11.1a.
#pragma once

#include <string>

#include "domain/device_findings.hpp"

namespace onecode {

/// Why the device itself may not serve at `at`, by its life and its certificate.
Reasons device_reasons(const DeviceState::Register& reg, Time at);

struct IntegrationStanding {
  Reasons reasons;
  bool test_only = false; // joint debugging and acceptance: test accounts are served (R6.1)
};
/// A view that has not arrived yet, or is of an integration that the device has left, opens nothing.
IntegrationStanding integration_standing(const DeviceState::Register& reg);
bool view_arrived(const DeviceState::Register& reg);

/// For everybody: active, certified, its integration live and open.
bool usable(const DeviceState::Register& reg, Time now);
/// Why not, as the device-status record says it.
Reasons status_reasons(const DeviceState::Register& reg, Time now);
/// The next revision of the device-status record (CONTRACT §5.3).
void publish_status(DeviceState& d, Time now, Effects& out);

/// Whose words the evidence rests on. What somebody may have said in the device's name quarantines nothing by itself.
enum class Said : std::uint8_t { by_the_device, by_somebody };

/// A hit against this device: weighs it, quarantines where the policy says so (D2, D3; R11.1a), publishes the
/// finding. The finding's id; empty: none was published.
std::string take_hit(DeviceState& d, const Hit& hit, const Context& context, Effects& out,
                     Said said = Said::by_the_device);

/// Sets the time by which the switch must have answered, where none is set.
void wait_for_switch(DeviceState& d, const Context& context, Effects& out);
/// The same for what may be the network's doing (D4 by its port, D7): nothing new is published before release_held().
void hold_hit(DeviceState& d, const Hit& hit, const Context& context, Effects& out);
/// The switch has spoken, or its time is over: what was held back is published. Nothing held: nothing happens.
void release_held(DeviceState& d, const Context& context, Effects& out);
/// How long a device waits for its switch, and the timer that ends it.
inline constexpr Duration kHeld = minutes(5);
inline constexpr std::string_view kHeldTimer = "held";

/// Out of use, with the notice that every adverse act has (R1.1). `more`: reasons besides DEVICE_QUARANTINED.
void quarantine(DeviceState& d, const Text& why, std::string_view finding, std::string_view policy, Time now,
                Effects& out, Reasons more = {});
/// Known, not retired and not quarantined yet.
bool can_be_quarantined(DeviceLife life);
/// Who answers for the device: the unit, as far as it is known.
const std::string& unit_of(const DeviceState::Register& reg);

inline FindingSubject subject(DeviceState& d) { return {Kind::device, d.id, d.file, d.dirty.file}; }

} // namespace onecode
