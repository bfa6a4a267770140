// How much a device may keep of what is sent in its name: anybody can send, and memory is for all.
//   Bounded    everything but ids and doubts has a limit of its own, and all of it at its largest stays below this one. They have
//              the room that is left, which for a reader in ordinary life is enough for the ids of the newest boot.
//   Given up   first the doubts beyond sixteen, for accounts ask again (domain/account_readers.hpp); then the ids of the oldest scans, and of the boot before those of the newest; then those of reports, then
//              those in findings, which were published with them. What they name stays, by its place.
#pragma once

#include <cstddef>

#include "domain/device.hpp"

namespace onecode {

inline constexpr std::size_t kMaxDeviceBytes = std::size_t{16} * 1024;

/// Never less than what is stored.
std::size_t size_at_most(DeviceState& d);

void keep_small(DeviceState& d);

/// The changed parts are stored: takes their marks away, and with them the sizes that were known before the change.
void saved(DeviceState& d);

/// For the length of a step: whatever way it ends, the device is small again.
class KeepSmall {
public:
  explicit KeepSmall(DeviceState& d) : device_(d) {}
  ~KeepSmall() { keep_small(device_); }
  KeepSmall(const KeepSmall&) = delete;
  KeepSmall& operator=(const KeepSmall&) = delete;

private:
  DeviceState& device_;
};

} // namespace onecode
