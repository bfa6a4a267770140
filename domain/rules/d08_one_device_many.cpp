#include "domain/rules/d08_one_device_many.hpp"

#include "domain/device_findings.hpp"

namespace onecode::rules {

Hit other_integration(const Scan& scan, const DeviceState::Register& reg, const RuleSettings& s) {
  return make_hit(RuleId::D8, s, scan.origin.time,
                  {"登记于接入系统 " + reg.integration + ",却以 " + scan.integration + " 的名义使用",
                   "registered for the integration " + reg.integration + ", it served " + scan.integration},
                  ref(scan.origin));
}

Hit shared_serial(const msg::SerialShared& shared, const RuleSettings& s) {
  return Hit{RuleId::D8,
             s.weight,
             1000,
             shared.at,
             {"硬件标识 " + shared.what + " 同时登记于设备 " + shared.other_device + "(接入系统 " +
                  shared.other_integration + ")",
              shared.what + " is carried by the device " + shared.other_device + " of the integration " +
                  shared.other_integration + " as well"},
             shared.events};
}

} // namespace onecode::rules
