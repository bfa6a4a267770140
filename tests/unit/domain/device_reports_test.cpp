// Catches: reports of a copied device taken for restarts, restarts and moves taken for copies (R11.1a; D1, D2, D3).
#include "domain/device.hpp"

#include "tests/catch.hpp"
#include "tests/unit/domain/device_world.hpp"

using namespace onecode;
using namespace onecode::test;

TEST_CASE("device reports: an honest one says nothing", "[device]") {
  DeviceWorld w = DeviceWorld::at_work();
  for (std::uint64_t i = 1; i <= 200; ++i) {
    w.report(kNoon + seconds(static_cast<std::int64_t>(i) * 30), "10.0.0.1", 1, i);
    CHECK(w.silent());
  }
  CHECK(w.d.dirty.reports);
  CHECK_FALSE(w.d.dirty.file);
  CHECK_FALSE(w.d.dirty.hot);
  CHECK(w.d.reports.streams.size() == 8);
}

TEST_CASE("device reports: their own sequence", "[device][D2]") {
  DeviceWorld w = DeviceWorld::at_work();
  w.d.reg.secret.clear();
  w.report(kNoon, "", 1, 7, "", 70);
  CHECK(w.silent());
  saved(w.d);
  w.report(kNoon, "", 1, 7, "", 70);
  CHECK(w.out.tally.retransmissions == 1);
  CHECK_FALSE(w.d.dirty.any());
  SECTION("scans count separately") {
    CHECK(w.opinion({.seq = 7}) != nullptr);
    CHECK(w.finding(RuleId::D2) == nullptr);
  }
  SECTION("other content is a clone") {
    w.report(kNoon, "", 1, 7, "", 71);
    CHECK(w.d.reg.life == DeviceLife::quarantined);
    CHECK(w.finding(RuleId::D2) != nullptr);
  }
  SECTION("of a device with a key, anybody may have sent it: a finding, and people look first") {
    w.d.reg.secret = "key-1";
    w.d.dirty.reg = true;
    w.report(kNoon, "", 1, 7, "", 71);
    CHECK(w.finding(RuleId::D2) != nullptr);
    CHECK(w.d.reg.life == DeviceLife::active);
  }
  SECTION("a restart begins anew") {
    w.report(kNoon, "", 2, 7, "", 71);
    CHECK(w.silent());
    w.report(kNoon, "", 1, 8, "", 80); // sent before it
    CHECK(w.silent());
  }
  SECTION("256 are remembered") {
    w.report(kNoon, "", 1, 262, "", 700);
    w.report(kNoon, "", 1, 7, "", 71);
    CHECK(w.d.reg.life == DeviceLife::quarantined);
  }
  SECTION("and no more") {
    w.report(kNoon, "", 1, 263, "", 710);
    w.report(kNoon, "", 1, 7, "", 71);
    CHECK(w.silent());
  }
  SECTION("unnumbered ones are all different") {
    w.report(kNoon, "", 1, {}, "", 5);
    w.report(kNoon, "", 1, {}, "", 5);
    w.report(kNoon, "", 1, 0, "", 5);
    w.report(kNoon, "", 1, 0, "", 6);
    CHECK(w.silent());
  }
}

TEST_CASE("device reports: of a device that nobody registered", "[device][D1]") {
  DeviceWorld w;
  w.report(kNoon, "10.0.0.1");
  REQUIRE(w.outputs<FindingRecord>().size() == 1);
  CHECK(w.outputs<FindingRecord>()[0].rule == RuleId::D1);
  CHECK(w.outputs<DeviceStatusRecord>().empty());
  w.report(kNoon + seconds(1), "10.0.0.2");
  w.report(kNoon + seconds(2), "10.0.0.1");
  CHECK(w.finding(RuleId::D3) == nullptr);
  SECTION("one on the bench before certification is no hit") {
    DeviceWorld bench;
    bench.command(DeviceRegister{"SN-1", "X", "gates", {}, {}});
    bench.report(kNoon, "10.0.0.1");
    CHECK(bench.silent());
  }
}

TEST_CASE("device reports: interleaved streams quarantine", "[device][D3][R11.1a]") {
  DeviceWorld w = DeviceWorld::at_work();
  w.d.reg.secret.clear();
  w.report(kNoon, "10.0.0.1");
  w.report(kNoon + minutes(1), "10.9.9.9");
  CHECK(w.silent());
  w.report(kNoon + minutes(2), "10.0.0.1");
  const auto findings = w.outputs<FindingRecord>();
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].rule == RuleId::D3);
  CHECK(findings[0].score == 950);
  CHECK(findings[0].band == Band::automatic);
  CHECK(findings[0].events.size() == 3);
  CHECK(w.d.reg.life == DeviceLife::quarantined);
  SECTION("release begins anew") {
    w.command(DeviceRelease{});
    w.report(kNoon + minutes(3), "10.0.0.1");
    CHECK(w.silent());
    CHECK(w.d.reg.life == DeviceLife::active);
  }
}
