// Catches: a clash or a regression weighed wrongly, an innocent place in the count taken for a clone (R11.1a, D2).
#include "domain/rules/d02_sequence.hpp"

#include "tests/catch.hpp"
#include "tests/unit/domain/device_world.hpp"

using namespace onecode;
using namespace onecode::test;

TEST_CASE("D2: what each place in the count is worth", "[D2][R11.1a]") {
  const struct {
    Arrival arrival;
    bool offline;
    int weight; // 0: no hit
    int quality;
  } rows[] = {
      {Arrival::uncounted, false, 0, 0},  {Arrival::first, false, 0, 0},
      {Arrival::next, false, 0, 0},       {Arrival::late, false, 0, 0},
      {Arrival::late, true, 0, 0},        {Arrival::retransmission, false, 0, 0},
      {Arrival::id_used, false, 0, 0},    {Arrival::clash, false, 1000, 1000},
      {Arrival::clash, true, 1000, 1000}, {Arrival::behind, false, 700, 1000},
      {Arrival::behind, true, 700, 500},  {Arrival::old_boot, false, 700, 1000},
      {Arrival::old_boot, true, 0, 0},
  };
  for (const auto& row : rows) {
    INFO(static_cast<int>(row.arrival) << (row.offline ? " offline" : ""));
    Scan scan;
    scan.boot = 2;
    scan.seq = 17;
    scan.offline = row.offline;
    scan.origin = {{Topic::scans, 1}, 9, "gw", "e9", kNoon};
    SequencePlace place{row.arrival};
    if (row.arrival == Arrival::clash) place.earlier = EventRef{{Topic::scans, 1}, 4, {}};
    const auto hit = rules::cloned_sequence(place, scan, campus_policy().rule(RuleId::D2));
    CHECK(hit.has_value() == (row.weight > 0));
    if (!hit) continue;
    CHECK(hit->weight == row.weight);
    CHECK(hit->quality == row.quality);
    CHECK(hit->at == kNoon);
    CHECK(hit->facts.text().en.find("number 17 of boot 2") == 0);
    CHECK(hit->facts.text().zh.find("第 2 次启动的序号 17") == 0);
    CHECK(hit->events.size() == (row.arrival == Arrival::clash ? 2U : 1U));
  }
}

TEST_CASE("D2: a policy may narrow the window", "[D2][R13.1]") {
  Policy p = campus_policy();
  p.rule(RuleId::D2).params[param::d2::reorder_window] = 10;
  DeviceWorld w = DeviceWorld::at_work(p);
  w.scan({.seq = 100});
  w.scan({.seq = 91});
  CHECK(w.finding(RuleId::D2) == nullptr);
  w.scan({.seq = 90});
  CHECK(w.finding(RuleId::D2) != nullptr);
}
