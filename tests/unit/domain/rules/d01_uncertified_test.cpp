// Catches: a device outside the register or its certificate that is not found (R11.1a, D1), an honest one that is.
#include "domain/rules/d01_uncertified.hpp"

#include <set>
#include <string>

#include "tests/catch.hpp"
#include "tests/unit/domain/device_world.hpp"

using namespace onecode;
using namespace onecode::test;
using rules::CertificationFault;

TEST_CASE("D1: what is wrong with a device's certification", "[D1][R11.1a]") {
  const struct {
    const char* what;
    DeviceLife life;
    const char* secret;
    MacCheck mac;
    Duration before_expiry;
    CertificationFault fault;
    CertificationFault of_reports;
  } rows[] = {
      {"nobody registered it", DeviceLife::unknown, "", MacCheck::not_required, hours(0),
       CertificationFault::not_in_register, CertificationFault::not_in_register},
      {"registered only", DeviceLife::registered, "", MacCheck::not_required, hours(1),
       CertificationFault::not_certified, CertificationFault::none},
      {"certified, not yet at work: no hit", DeviceLife::certified, "", MacCheck::not_required, hours(1),
       CertificationFault::none, CertificationFault::none},
      {"at work", DeviceLife::active, "k", MacCheck::ok, hours(1), CertificationFault::none,
       CertificationFault::none},
      {"certified without a key needs no MAC", DeviceLife::active, "", MacCheck::not_required, hours(1),
       CertificationFault::none, CertificationFault::none},
      {"an upload from before the expiry", DeviceLife::active, "k", MacCheck::ok, milliseconds(0),
       CertificationFault::none, CertificationFault::none},
      {"after the expiry", DeviceLife::active, "k", MacCheck::ok, milliseconds(-1), CertificationFault::expired,
       CertificationFault::none},
      {"no MAC", DeviceLife::active, "k", MacCheck::missing, hours(1), CertificationFault::mac_missing,
       CertificationFault::none},
      {"another's MAC", DeviceLife::active, "k", MacCheck::wrong, hours(-1), CertificationFault::mac_wrong,
       CertificationFault::none},
      {"retired", DeviceLife::retired, "k", MacCheck::ok, hours(1), CertificationFault::retired,
       CertificationFault::retired},
  };
  std::set<std::string> zh, en;
  for (const auto& row : rows) {
    INFO(row.what);
    DeviceState::Register reg;
    reg.life = row.life;
    reg.secret = row.secret;
    reg.certified_to = kNoon + row.before_expiry;
    CHECK(static_cast<int>(rules::certification_fault(reg, row.mac, kNoon)) == static_cast<int>(row.fault));
    CHECK(static_cast<int>(rules::connection_fault(reg)) == static_cast<int>(row.of_reports));
    if (row.fault == CertificationFault::none) continue;
    const Hit hit =
        rules::uncertified(row.fault, reg, campus_policy().rule(RuleId::D1), Origin{{}, 5, "gw", "e", kNoon});
    CHECK(hit.weight == 1000);
    CHECK_FALSE(hit.facts.text().zh.empty());
    CHECK_FALSE(hit.facts.text().en.empty());
    CHECK(hit.events.size() == 1);
    CHECK(zh.insert(hit.facts.text().zh).second); // each fault has its own words
    CHECK(en.insert(hit.facts.text().en).second);
  }
}
