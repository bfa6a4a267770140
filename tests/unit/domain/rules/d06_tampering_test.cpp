// Catches: an opened or rebuilt reader that goes on working; a power cut, an approved repair or update, or a report that
// does not say everything taken for tampering (R11.1b, D6).
#include "domain/rules/d06_tampering.hpp"

#include "tests/catch.hpp"
#include "tests/unit/domain/rules/device_story.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

struct Said6 {
  std::int64_t ms = 0; // after noon
  std::uint32_t boot = 1;
  const char* firmware = "";
  const char* element = "";
  bool flag = false;
  ReportKind kind = ReportKind::heartbeat;
  bool foreign = false;
};

constexpr std::int64_t kHour = 3'600'000;

DeviceReport made(const Said6& s, std::int64_t offset = 1) {
  DeviceReport r = report_at(kNoon + milliseconds(s.ms), offset);
  r.boot = s.boot;
  r.firmware = s.firmware;
  r.secure_element = s.element;
  r.tamper = s.flag;
  r.kind = s.kind;
  return r;
}

/// The weight of the last report's hit after all that came before it; -1: one before it was a hit.
int weight_after(const std::vector<Said6>& reports, std::string registered = {}) {
  static const Policy policy = campus_policy();
  DeviceState d;
  d.id = "d-1";
  d.reg.secure_element = std::move(registered);
  int weight = 0;
  std::int64_t offset = 0;
  for (const auto& s : reports) {
    if (weight != 0) return -1;
    const auto hit = rules::tampering(d, made(s, ++offset), s.foreign, false, policy.rule(RuleId::D6));
    weight = hit ? hit->weight : 0;
    if (hit) {
      CHECK(hit->at == kNoon + milliseconds(s.ms));
      CHECK(hit->events.size() == 1);
      CHECK_FALSE(hit->facts.text().zh.empty());
    }
  }
  return weight;
}

DeviceWorld reader(std::optional<std::string> element = {}) {
  DeviceWorld w = installed({"gates", "gate", {}, {"10.0.0.7", "", "7", "", "", "", 0}, {}, "fixed"});
  w.d.reg.secure_element = element.value_or("");
  return w;
}

DeviceReport from_network(Time t, const char* vlan) {
  DeviceReport r = report_at(t);
  r.boot = 1;
  r.network = NetworkFacts{"", "", vlan, "", "", "", 0};
  return r;
}

} // namespace

TEST_CASE("D6: what a report says", "[D6][R11.1b]") {
  const struct {
    const char* what;
    std::vector<Said6> reports; // in order of arrival
    int weight;                 // of the last
    const char* registered = "";
  } rows[] = {
      {"nothing unusual", {{}, {1, 1}, {2, 1}}, 0},
      {"the flag", {{.flag = true}}, 950},
      {"a report of tampering", {{.kind = ReportKind::tamper}}, 950},
      {"one of starting", {{}, {.ms = 1, .boot = 2, .kind = ReportKind::boot}}, 0},

      {"the same firmware", {{.firmware = "1.0"}, {.firmware = "1.0"}}, 0},
      {"other firmware", {{.firmware = "1.0"}, {.firmware = "1.1"}}, 600},
      {"said first later", {{}, {.firmware = "1.0"}}, 0},
      {"not said again", {{.firmware = "1.0"}, {}, {.firmware = "1.0"}}, 0},
      {"other firmware after silence about it", {{.firmware = "1.0"}, {}, {.firmware = "1.1"}}, 600},

      {"the registered element", {{.element = "SE-1"}}, 0, "SE-1"},
      {"another than registered", {{.element = "SE-2"}}, 950, "SE-1"},
      {"not said", {{}, {}}, 0, "SE-1"},
      {"another than said first", {{.element = "SE-1"}, {}, {.element = "SE-2"}}, 950},
      {"the one said first", {{.element = "SE-1"}, {}, {.element = "SE-1"}}, 0},
      {"another element and firmware: the heavier",
       {{.firmware = "1", .element = "SE-1"}, {.firmware = "2", .element = "SE-2"}},
       950},

      {"a power cut", {{.boot = 7}, {.boot = 8}}, 0},
      {"two", {{.boot = 7}, {.boot = 9}}, 0},
      {"a jump of three", {{.boot = 7}, {.boot = 10}}, 600},
      {"a jump of many", {{.boot = 7}, {.boot = 7000}}, 600},
      {"cut after cut", {{.boot = 7}, {.boot = 8}, {.boot = 9}, {.boot = 10}, {.boot = 11}}, 0},
      {"the first report has any count", {{.boot = 4000}}, 0},
      {"a counter that fell", {{.boot = 7}, {.boot = 2}}, 0},
      {"a late report from before the restarts",
       {{.ms = 9, .boot = 10}, {.ms = 1, .boot = 7}, {.ms = 10, .boot = 10}},
       0},
      {"the highest count", {{.boot = 0xffffffff}, {.boot = 0xffffffff}, {.boot = 1}}, 0},

      {"silence alone", {{}, {.ms = 100 * kHour}}, 0},
      {"another network alone", {{}, {.ms = kHour, .foreign = true}}, 0},
      {"24 hours, then another network", {{}, {.ms = 24 * kHour, .foreign = true}}, 0},
      {"more", {{}, {.ms = 24 * kHour + 1, .foreign = true}}, 800},
      {"the first report of all", {{.ms = 100 * kHour, .foreign = true}}, 0},
      {"silent since the newest, not the last to arrive",
       {{.ms = 20 * kHour}, {}, {.ms = 30 * kHour, .foreign = true}},
       0},
      {"a late report", {{.ms = 100 * kHour}, {.ms = 1, .foreign = true}}, 0},
      {"silence, another network and the flag", {{}, {.ms = 25 * kHour, .flag = true, .foreign = true}}, 950},
      {"silence, another network and firmware",
       {{.firmware = "1"}, {.ms = 25 * kHour, .firmware = "2", .foreign = true}},
       800},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    CHECK(weight_after(row.reports, row.registered) == row.weight);
  }
}

TEST_CASE("D6: other firmware stays other firmware", "[D6]") {
  const Policy policy = campus_policy();
  DeviceState d;
  const auto hit = [&](const Said6& s) {
    return rules::tampering(d, made(s), false, false, policy.rule(RuleId::D6)).has_value();
  };
  CHECK_FALSE(hit({.firmware = "1.0", .element = "SE-1"}));
  for (int i = 0; i < 3; ++i) CHECK(hit({.firmware = "1.1", .element = "SE-1"}));
  CHECK(hit({.firmware = "1.0", .element = "SE-2"}));
  CHECK_FALSE(hit({.firmware = "1.0", .element = "SE-1"}));
}

TEST_CASE("D6: a report that does not say its boot says nothing of restarts", "[D6]") {
  CHECK(weight_after({{.boot = 0}, {.boot = 57}}) == 0); // `boot` is optional (CONTRACT, device reports)
}

TEST_CASE("D6: a finding, for people to decide", "[D6][R11.1b]") {
  DeviceWorld w = reader();
  DeviceReport r = report_at(kNoon + minutes(1));
  r.tamper = true;
  send(w, r);
  REQUIRE(w.outputs<FindingRecord>().size() == 1);
  const auto record = w.outputs<FindingRecord>()[0];
  CHECK(record.rule == RuleId::D6);
  CHECK(record.score == 950);
  CHECK(record.band == Band::propose);
  CHECK(record.action == ProposedAction::quarantine);
  CHECK(w.d.reg.life == DeviceLife::active);
}

TEST_CASE("D6: on the bench, before it has a place, too", "[D6]") {
  DeviceWorld w;
  w.command(DeviceRegister{"SN-1", "X", "gates", "SE-1", {}});
  w.command(DeviceCertify{"cert-1", kNoon + days(365), {}});
  DeviceReport r = report_at(kNoon + minutes(1));
  r.secure_element = "SE-2";
  send(w, r);
  CHECK(w.finding(RuleId::D6) != nullptr);
}

TEST_CASE("D6: silence and then another network", "[D6][R11.1b]") {
  DeviceWorld w = reader();
  send(w, from_network(kNoon + minutes(1), "7"));
  SECTION("the approved one") { send(w, from_network(kNoon + hours(30), "7")); }
  SECTION("a report that does not say") { send(w, from_network(kNoon + hours(30), "")); }
  SECTION("another, without silence") {
    send(w, from_network(kNoon + hours(20), "7"));
    send(w, from_network(kNoon + hours(30), "9"));
  }
  CHECK(w.finding(RuleId::D6) == nullptr);
  send(w, from_network(kNoon + hours(60), "9"));
  REQUIRE(w.finding(RuleId::D6) != nullptr);
  CHECK(w.finding(RuleId::D6)->score == 800);
}

TEST_CASE("D6: which work explains it, and when", "[D6][R11.1b]") {
  const Time from = kNoon + hours(1), to = kNoon + hours(3);
  const struct {
    const char* kind;
    bool approved;
    Time at;
    bool hit;
  } rows[] = {
      {"repair", true, from, false},
      {"repair", true, to, false},
      {"firmware", true, from, false},
      {"repair", true, from - milliseconds(1), true},
      {"repair", true, to + milliseconds(1), true},
      {"firmware", true, to + milliseconds(1), true},
      {"repair", false, from, true},
      {"relocate", true, from, true},
      {"network", true, from, true},
  };
  for (const auto& row : rows) {
    INFO(row.kind << " " << row.approved << " +" << (row.at - kNoon).ms << " ms");
    DeviceWorld w = reader();
    DeviceReport r = report_at(kNoon + minutes(1));
    r.firmware = "1.0";
    r.boot = 1;
    send(w, r);
    ask(w, row.kind, from, to);
    if (row.approved) grant(w);
    r = report_at(row.at);
    r.firmware = "1.1";
    r.boot = 9;
    send(w, r);
    CHECK((w.finding(RuleId::D6) != nullptr) == row.hit);
  }
}

TEST_CASE("D6: a closed update leaves a new baseline", "[D6][R11.1b]") {
  DeviceWorld w = reader();
  const auto says = [&](Time t, const char* firmware, std::uint32_t boot) {
    DeviceReport r = report_at(t);
    r.firmware = firmware;
    r.boot = boot;
    send(w, r);
  };
  says(kNoon + minutes(1), "1.0", 1);
  ask(w, "firmware", kNoon + hours(1), kNoon + hours(3));
  grant(w);
  says(kNoon + hours(1), "1.1", 5);
  finish(w, {}, kNoon + hours(2));
  says(kNoon + hours(1) + minutes(30), "1.0", 4); // late, from the work
  says(kNoon + minutes(50), "1.0", 1);            // late, from before it
  says(kNoon + hours(3), "1.2", 9);
  CHECK(w.finding(RuleId::D6) == nullptr);
  says(kNoon + hours(4), "1.1", 9);
  CHECK(w.finding(RuleId::D6) != nullptr);
}

TEST_CASE("D6: closed work ends what was open", "[D6]") {
  DeviceWorld w = reader();
  DeviceReport r = report_at(kNoon + minutes(1));
  r.tamper = true;
  send(w, r);
  REQUIRE(w.finding(RuleId::D6) != nullptr);
  ask(w, "repair", kNoon + hours(1), kNoon + hours(3));
  grant(w);
  finish(w, {}, kNoon + hours(2));
  CHECK(w.finding(RuleId::D6) == nullptr);
}

// The header: after a closed repair what it says first is the new baseline.
TEST_CASE("D6: a secure element that an approved repair replaced", "[D6]") {
  DeviceWorld w = reader("SE-1");
  ask(w, "repair", kNoon + hours(1), kNoon + hours(3));
  grant(w);
  finish(w, {}, kNoon + hours(2));
  DeviceReport r = report_at(kNoon + hours(4));
  r.secure_element = "SE-2";
  send(w, r);
  CHECK(w.finding(RuleId::D6) == nullptr);
}

// DETECTION §4, suppression: the other network is the one that the order allows, D7 does not see it.
TEST_CASE("D6: unplugged for a day by an approved move, it appears in its new network", "[D6][R11.1c]") {
  DeviceWorld w = reader();
  const std::string kind = GENERATE("relocate", "network");
  send(w, from_network(kNoon + minutes(1), "7"));
  ask(w, kind, kNoon + hours(1), kNoon + days(3));
  grant(w);
  send(w, from_network(kNoon + hours(30), "9"));
  CHECK(w.finding(RuleId::D7) == nullptr);
  CHECK(w.finding(RuleId::D6) == nullptr);
}

TEST_CASE("D6: whoever moves a reader touches it", "[D6][R11.1b]") {
  const Time from = kNoon + hours(1), to = kNoon + hours(3);
  for (const std::string kind : {"relocate", "network", ""}) {
    INFO(kind);
    DeviceWorld w = reader();
    if (!kind.empty()) {
      ask(w, kind, from, to);
      grant(w);
    }
    DeviceReport r = report_at(from + minutes(1));
    r.kind = ReportKind::tamper;
    r.tamper = true;
    send(w, r);
    CHECK((w.finding(RuleId::D6) == nullptr) == !kind.empty());
    r = report_at(to + minutes(1)); // the order is past its end
    r.tamper = true;
    send(w, r);
    CHECK(w.finding(RuleId::D6) != nullptr);
  }
}
