#include "domain/rules/d01_uncertified.hpp"

#include "domain/device_findings.hpp"

namespace onecode::rules {

CertificationFault certification_fault(const DeviceState::Register& reg, MacCheck mac, Time at) {
  if (!reg.secret.empty() && mac == MacCheck::missing) return CertificationFault::mac_missing;
  if (!reg.secret.empty() && mac == MacCheck::wrong) return CertificationFault::mac_wrong;
  const DeviceLife life = reg.life == DeviceLife::quarantined ? reg.before_quarantine : reg.life;
  switch (life) {
    case DeviceLife::unknown:
      return CertificationFault::not_in_register;
    case DeviceLife::registered:
      return CertificationFault::not_certified;
    case DeviceLife::retired:
      return CertificationFault::retired;
    default:
      return at > reg.certified_to ? CertificationFault::expired : CertificationFault::none;
  }
}

CertificationFault connection_fault(const DeviceState::Register& reg) {
  if (reg.life == DeviceLife::unknown) return CertificationFault::not_in_register;
  return reg.life == DeviceLife::retired ? CertificationFault::retired : CertificationFault::none;
}

Hit uncertified(CertificationFault fault, const DeviceState::Register& reg, const RuleSettings& settings,
                const Origin& origin) {
  Text facts;
  switch (fault) {
    case CertificationFault::none:
      break;
    case CertificationFault::not_in_register:
      facts = {"该设备未在登记册中", "it is not in the register"};
      break;
    case CertificationFault::not_certified:
      facts = {"该设备已登记但未经认证", "it is registered but was not certified"};
      break;
    case CertificationFault::expired:
      facts = {"认证已于 " + format_time(reg.certified_to) + " 到期",
               "its certificate expired at " + format_time(reg.certified_to)};
      break;
    case CertificationFault::retired:
      facts = {"该设备已报废", "it was retired for good"};
      break;
    case CertificationFault::mac_missing:
      facts = {"刷码记录缺少设备密钥的校验码,来源不明", "a scan came without the MAC of its device key"};
      break;
    case CertificationFault::mac_wrong:
      facts = {"刷码记录的校验码与设备密钥不符,来源不明", "a scan's MAC was not made with its device key"};
      break;
  }
  return make_hit(RuleId::D1, settings, origin.time, std::move(facts), ref(origin));
}

} // namespace onecode::rules
