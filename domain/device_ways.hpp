// What a device answers to accounts about the ways that lead to it (A1). How it learns them: domain/device_trust.hpp.
#pragma once

#include "domain/device.hpp"

namespace onecode {

void step(DeviceState& d, const msg::WayAsked& asked, const Context& context, Effects& out);

} // namespace onecode
