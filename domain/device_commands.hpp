// The device state machine (REGULATION §3, COMMANDS "Devices"; R6.1, R6.2, R11.1a) as one table.
#pragma once

#include <string_view>

#include "domain/device.hpp"
#include "domain/machine.hpp"

namespace onecode {

using DeviceMove = Move<DeviceLife>;

/// A timer moves it as commands do.
inline constexpr std::string_view kWindowOpens = "maintenance window opens";

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
    {"device.revoke", DeviceLife::certified, DeviceLife::registered},
    {"device.revoke", DeviceLife::installed, DeviceLife::registered},
    {"device.revoke", DeviceLife::active, DeviceLife::registered},
    {"device.revoke", DeviceLife::maintenance, DeviceLife::registered},
    {"device.revoke", DeviceLife::quarantined, DeviceLife::quarantined}, // released, it is registered
    {"device.maintenance.request", DeviceLife::active, DeviceLife::active},
    {"device.maintenance.approve", DeviceLife::active,
     DeviceLife::active}, // maintenance from `from` on: kWindowOpens
    {kWindowOpens, DeviceLife::active, DeviceLife::maintenance},
    {"device.maintenance.close", DeviceLife::maintenance, DeviceLife::active},
    {"device.retire", DeviceLife::registered, DeviceLife::retired},
    {"device.retire", DeviceLife::certified, DeviceLife::retired},
    {"device.retire", DeviceLife::installed, DeviceLife::retired},
    {"device.retire", DeviceLife::active, DeviceLife::retired},
    {"device.retire", DeviceLife::maintenance, DeviceLife::retired},
    {"device.retire", DeviceLife::quarantined, DeviceLife::retired},
    {"device.quarantine", DeviceLife::registered, DeviceLife::quarantined},
    {"device.quarantine", DeviceLife::certified, DeviceLife::quarantined},
    {"device.quarantine", DeviceLife::installed, DeviceLife::quarantined},
    {"device.quarantine", DeviceLife::active, DeviceLife::quarantined},
    {"device.quarantine", DeviceLife::maintenance, DeviceLife::quarantined},
    {"device.release", DeviceLife::quarantined, kWhereItWas},
};

/// Fires when the certificate has expired, so that the status record does not stay usable.
inline constexpr std::string_view kCertificateTimer = "certificate";

inline constexpr std::string_view kWindowTimer = "maintenance-from";
inline constexpr std::string_view kOverrunTimer = "maintenance-to";
/// The approved window has come.
void open_window(DeviceState& d, Time at, Effects& out);
/// Tells the integration where the device stands.
void join(DeviceState& d, Time now, Effects& out);

/// Compares the device's zone with the plan, when either changed.
void place_in_plan(DeviceState::Register& reg);

} // namespace onecode
