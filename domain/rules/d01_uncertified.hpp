// D1 uncertified device (R11.1a, Article 11(1); family certification). A scan or report in the name of a device that
// the information centre has not certified: not in the register, registered but never certified, certificate expired
// at the event's time, retired; or one whose MAC is missing or wrong, so that nobody knows who sent it.
//   Weight     conclusive about the traffic, which is denied anyway. Never quarantines: a wrong MAC is what a
//   stranger
//              sends, and the honest reader must not pay for it.
//   Innocent   a renewal that came late; a reader whose key was changed before the register knew; an upload from
//   before
//              the expiry is judged by its own time. Reports of a reader on the bench before certification are no
//              hit.
#pragma once

#include "domain/device.hpp"

namespace onecode::rules {

enum class CertificationFault : std::uint8_t {
  none,
  not_in_register,
  not_certified,
  expired,
  retired,
  mac_missing,
  mac_wrong,
};

CertificationFault certification_fault(const DeviceState::Register& reg, MacCheck mac, Time at);
/// For reports, which carry no MAC: only what is not in the register at all, or not any more.
CertificationFault connection_fault(const DeviceState::Register& reg);
Hit uncertified(CertificationFault fault, const DeviceState::Register& reg, const RuleSettings& settings,
                const Origin& origin);

} // namespace onecode::rules
