// The device state machine (REGULATION §3, COMMANDS "Devices"; R6.1, R6.2, R11.1a) as one table.
#pragma once

#include <string_view>

#include "domain/device.hpp"
#include "domain/machine.hpp"

namespace onecode {

using DeviceMove = Move<DeviceLife>;

/// Everything that is allowed; what is not here is ILLEGAL_TRANSITION, or UNKNOWN_TARGET for a device that nobody
/// registered. A retired id is never used again.
inline constexpr DeviceLife kWhereItWas = DeviceLife::unknown;
inline constexpr DeviceMove kDeviceMoves[] = {
    {"device.register", DeviceLife::unknown, DeviceLife::registered},
    {"device.certify", DeviceLife::registered, DeviceLife::certified},
    {"device.certify", DeviceLife::certified, DeviceLife::certified}, // renewals
    {"device.certify", DeviceLife::installed, DeviceLife::installed},
    {"device.certify", DeviceLife::active, DeviceLife::active},
    {"device.certify", DeviceLife::maintenance, DeviceLife::maintenance},
    {"device.install", DeviceLife::certified, DeviceLife::installed},
    {"device.activate", DeviceLife::installed, DeviceLife::active}, // while its integration is open: R6.1, R6.2
    {"device.quarantine", DeviceLife::registered, DeviceLife::quarantined},
    {"device.quarantine", DeviceLife::certified, DeviceLife::quarantined},
    {"device.quarantine", DeviceLife::installed, DeviceLife::quarantined},
    {"device.quarantine", DeviceLife::active, DeviceLife::quarantined},
    {"device.quarantine", DeviceLife::maintenance, DeviceLife::quarantined},
    {"device.release", DeviceLife::quarantined, kWhereItWas},
};

/// Fires when the certificate has expired, so that the status record does not stay usable.
inline constexpr std::string_view kCertificateTimer = "certificate";

/// Compares the device's zone with the plan, when either changed.
void place_in_plan(DeviceState::Register& reg);

} // namespace onecode
