// Catches: a reader that serves another integration than the one it was authorised for (R11.3, D8).
#include "domain/rules/d08_one_device_many.hpp"

#include "tests/catch.hpp"
#include "tests/unit/domain/device_world.hpp"

using namespace onecode;
using namespace onecode::test;

TEST_CASE("D8: whom a scan says it serves", "[D8][R11.3]") {
  const struct {
    const char* what;
    const char* integration;
    MacCheck mac;
    bool registered;
    bool hit;
    bool out_of_scope;
  } rows[] = {
      {"it does not say", "", MacCheck::ok, true, false, false},
      {"its own", "gates", MacCheck::ok, true, false, false},
      {"another", "shop", MacCheck::ok, true, true, true},
      {"another, said by a stranger", "shop", MacCheck::wrong, true, false, true},
      {"a device that belongs to none", "shop", MacCheck::ok, false, false, false},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    DeviceWorld w;
    if (row.registered) w.work();
    const auto* o = w.opinion({.seq = 1, .mac = row.mac, .integration = row.integration});
    REQUIRE(o != nullptr);
    CHECK((w.finding(RuleId::D8) != nullptr) == row.hit);
    CHECK(o->reasons.has(Reason::OUT_OF_SCOPE) == row.out_of_scope);
    if (row.registered) CHECK(w.d.reg.life == DeviceLife::active); // people decide
  }
}

TEST_CASE("D8: a shared serial number", "[D8][R11.3]") {
  DeviceWorld w = DeviceWorld::at_work();
  const std::vector<EventRef> events{{{Topic::commands, 0}, 1, "c1"}, {{Topic::commands, 2}, 7, "c7"}};
  step(w.d, msg::SerialShared{"d-2", "shop", "serial:SN-1", kNoon, events}, w.context(), w.out);
  const auto findings = w.outputs<FindingRecord>();
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].rule == RuleId::D8);
  CHECK(findings[0].action == ProposedAction::quarantine);
  CHECK(findings[0].events == events);
  CHECK(findings[0].explanation.en.find("serial:SN-1 is carried by the device d-2 of the integration shop as well") !=
        std::string::npos);
  CHECK(w.d.reg.life == DeviceLife::active);
}
