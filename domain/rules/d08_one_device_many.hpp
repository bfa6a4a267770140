// D8 one device, several users (R11.3, Article 11(3); family lease). A device that was authorised for one integration
// is seen under another: a scan names another integration than the register, or one serial number or secure element
// is registered twice (the fact `serial:<s>` or `se:<s>` notices, domain/campus.hpp).
//   Weight     conclusive; what follows is for people: the finding proposes quarantine and never does it.
//   Innocent   a typing error in the register; a device replaced under a new id with its old serial. Only a scan that
//   is
//              proven to be the reader's (MAC) counts, so that nobody can speak for it.
#pragma once

#include "domain/device.hpp"

namespace onecode::rules {

/// A scan that names `scan.integration` although the register says otherwise.
Hit other_integration(const Scan& scan, const DeviceState::Register& reg, const RuleSettings& settings);
Hit shared_serial(const msg::SerialShared& shared, const RuleSettings& settings);

} // namespace onecode::rules
