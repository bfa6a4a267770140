// Catches: an integration taken over twice or with half a plan (R4.1), devices that do not learn what they may do (R7.2),
// drift from the plan or early traffic without a finding (R5.1, R6.4).
#include "domain/integration.hpp"

#include "tests/catch.hpp"
#include "tests/unit/domain/device_world.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

IntegrationAdopt good_plan() {
  IntegrationAdopt a;
  a.unit = "logistics";
  a.plan = {"doors", "readers and a gateway", "TLS, keys in secure elements", "no more plastic cards"};
  a.manifest.functions = {"access", "other:clinic"};
  a.manifest.hours = Hours{"06:00", "24:00"};
  return a;
}

struct Office {
  PolicyHistory policies{campus_policy()};
  IntegrationState i;
  Time now = kNoon;
  Effects out;
  std::int64_t offset = 0;
  Office() { i.id = "gates"; }
  Context context() const { return {policies, now}; }
  Effects& adopt(IntegrationAdopt a, std::string actor = "centre-1") {
    Command c;
    c.args = std::move(a);
    c.name = "integration.adopt";
    c.target = i.id;
    c.actor = std::move(actor);
    c.role = "information-centre";
    c.origin.time = now;
    out.clear();
    step(i, c, context(), out);
    return out;
  }
  Effects& joined(std::string device, bool leaves = false) {
    out.clear();
    step(i, msg::DeviceJoined{std::move(device), leaves}, context(), out);
    return out;
  }
  Effects& drift(RuleId rule, std::string detail, Time at = kNoon) {
    out.clear();
    step(i,
         msg::DriftSeen{
             rule, std::move(detail), at, {{Topic::scans, 1}, ++offset, "e" + std::to_string(offset)}, "d-1"},
         context(), out);
    return out;
  }
  /// A reader said this by its clock.
  Effects& at_odd_hours(const std::string& device, Time at) {
    out.clear();
    const EventRef event{{Topic::scans, 1}, ++offset, "e" + std::to_string(offset)};
    step(i, msg::DriftSeen{RuleId::D15, "hours outside 06:00-22:00", at, event, device, true}, context(), out);
    return out;
  }
  Effects& clock_was_wrong(std::string device, Time from, Time to) {
    out.clear();
    step(i, msg::TimesWithdrawn{std::move(device), from, to}, context(), out);
    return out;
  }
  Effects& counted(std::string device, std::int64_t scans, Time day = campus_day(kNoon)) {
    out.clear();
    step(i, msg::DayCounted{std::move(device), day, scans, {{Topic::scans, 1}, ++offset, ""}}, context(), out);
    return out;
  }
  template <class T>
  std::vector<T> outputs() const {
    std::vector<T> all;
    for (const auto& o : out.outputs)
      if (const auto* t = std::get_if<T>(&o)) all.push_back(*t);
    return all;
  }
};

} // namespace

TEST_CASE("integration: adoption makes it live and tells its devices", "[integration][R6.4][R7.2]") {
  Office o;
  o.joined("d-2");
  o.joined("d-1");
  REQUIRE(o.out.sends.size() == 1);
  CHECK(std::get<Boxed<msg::IntegrationView>>(o.out.sends[0].message)->state.empty()); // nobody adopted it yet
  CHECK(std::get<Boxed<msg::IntegrationView>>(o.out.sends[0].message)->integration == "gates");
  CHECK(o.i.dirty.devices);
  CHECK_FALSE(o.i.dirty.record);

  o.adopt(good_plan());
  const auto status = o.outputs<IntegrationStatusRecord>();
  REQUIRE(status.size() == 1);
  CHECK(status[0].state == "live");
  CHECK(status[0].access == "open");
  CHECK(status[0].unit == "logistics");
  CHECK(status[0].owners == std::vector<std::string>{"centre-1"}); // the sender, where none is named
  CHECK(status[0].revision == 1);
  REQUIRE(o.out.sends.size() == 2);
  CHECK(o.out.sends[0].to == EntityId{Kind::device, "d-1"});
  CHECK(o.out.sends[1].to == EntityId{Kind::device, "d-2"});
  const auto& view = *std::get<Boxed<msg::IntegrationView>>(o.out.sends[0].message);
  CHECK(view.state == "live");
  CHECK(view.scope.functions.size() == 2);
  CHECK(view.owners == status[0].owners);
  CHECK(view.unit == "logistics");

  SECTION("a device that comes later learns it at once") {
    o.i.dirty = {};
    o.joined("d-3");
    CHECK(std::get<Boxed<msg::IntegrationView>>(o.out.sends.at(0).message)->state == "live");
    CHECK(o.i.dirty.devices);
    o.i.dirty = {};
    o.joined("d-3");
    CHECK(o.out.sends.size() == 1);
    CHECK_FALSE(o.i.dirty.any());
    o.joined("d-3", true);
    CHECK(o.out.sends.empty());
    CHECK(o.i.devices.ids.size() == 2);
  }
  SECTION("not twice") {
    o.i.dirty = {};
    o.adopt(good_plan(), "centre-2");
    REQUIRE(o.out.refusal);
    CHECK(o.out.refusal->code == "ILLEGAL_TRANSITION");
    CHECK(o.i.record.owners == std::vector<std::string>{"centre-1"});
    CHECK_FALSE(o.i.dirty.any());
    CHECK(o.out.outputs.empty());
  }
}

TEST_CASE("integration: an incomplete plan is refused, naming what is missing", "[integration][R4.1]") {
  const struct {
    const char* what;
    void (*change)(IntegrationAdopt&);
    std::vector<const char*> named;
  } rows[] = {
      {"purpose", [](IntegrationAdopt& a) { a.plan.purpose.clear(); }, {"plan.purpose"}},
      {"architecture", [](IntegrationAdopt& a) { a.plan.architecture.clear(); }, {"plan.architecture"}},
      {"data security", [](IntegrationAdopt& a) { a.plan.data_security.clear(); }, {"plan.data_security"}},
      {"expected effect", [](IntegrationAdopt& a) { a.plan.expected_effect.clear(); }, {"plan.expected_effect"}},
      {"all four",
       [](IntegrationAdopt& a) { a.plan = {}; },
       {"plan.purpose", "plan.architecture", "plan.data_security", "plan.expected_effect"}},
      {"no unit", [](IntegrationAdopt& a) { a.unit.clear(); }, {"unit"}},
      {"a unit that is no id", [](IntegrationAdopt& a) { a.unit = "后勤处"; }, {"unit"}},
      {"an owner that is no id",
       [](IntegrationAdopt& a) {
         a.owners = {"ok", "a b"};
       },
       {"owners"}},
      {"a zone that is no id", [](IntegrationAdopt& a) { a.manifest.zones = {""}; }, {"manifest.zones"}},
      {"no such function", [](IntegrationAdopt& a) { a.manifest.functions = {"swimming"}; }, {"manifest.functions"}},
      {"no such hour",
       [](IntegrationAdopt& a) {
         a.manifest.hours = Hours{"6:00", "25:00"};
       },
       {"manifest.hours.from", "manifest.hours.to"}},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    Office o;
    IntegrationAdopt a = good_plan();
    row.change(a);
    o.adopt(a);
    REQUIRE(o.out.refusal);
    CHECK(o.out.refusal->code == "BAD_FIELD");
    for (const char* field : row.named) {
      CHECK(o.out.refusal->text.en.find(field) != std::string::npos);
      CHECK(o.out.refusal->text.zh.find(field) != std::string::npos);
    }
    CHECK(o.i.record.life == IntegrationLife::unknown);
    CHECK(o.out.outputs.empty());
    CHECK_FALSE(o.i.dirty.any());
  }
}

TEST_CASE("integration: drift from the plan is one finding that grows", "[integration][R5.1][D15]") {
  Office o;
  o.adopt(good_plan());
  o.drift(RuleId::D15, "function library");
  auto findings = o.outputs<FindingRecord>();
  REQUIRE(findings.size() == 1);
  const std::string uid = findings[0].uid;
  CHECK(findings[0].activity == FindingActivity::create);
  CHECK(findings[0].rule == RuleId::D15);
  CHECK(findings[0].subject == EntityId{Kind::integration, "gates"});
  CHECK(findings[0].action == ProposedAction::inspect);
  CHECK(findings[0].band == Band::propose);
  CHECK(findings[0].explanation.en ==
        "Integration gates: plan drift (D15, article 5): function library; score 1000 of 1000.");
  CHECK(findings[0].explanation.zh == "接入系统 gates:偏离对接方案(D15,第五条):功能 library,评分 1000(满分 1000)。");
  REQUIRE(o.outputs<IntegrationStatusRecord>().size() == 1);
  CHECK(o.outputs<IntegrationStatusRecord>()[0].drift == std::vector<std::string>{"function library"});

  o.drift(RuleId::D15, "function library", kNoon + days(1)); // nothing new
  CHECK(o.out.outputs.empty());

  o.drift(RuleId::D15, "operator op-9", kNoon + days(1));
  findings = o.outputs<FindingRecord>();
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].activity == FindingActivity::update);
  CHECK(findings[0].uid == uid);
  CHECK(findings[0].explanation.en.find("function library, operator op-9") != std::string::npos);
  CHECK(findings[0].events.size() >= 2);

  SECTION("ten texts are enough: more would be a flood") {
    for (int n = 0; n < 20; ++n) o.drift(RuleId::D15, "operator x" + std::to_string(n));
    CHECK(o.i.record.drift.size() == 10);
    CHECK(o.i.record.drift.back() == "operator x7");
    CHECK(o.i.file.findings.at(0).details.size() == 10);
  }
  SECTION("thirty quiet days close it") {
    o.out.clear();
    o.now = kNoon + days(30);
    step(o.i, msg::TimerFired{"quiet:D15", o.now}, o.context(), o.out);
    REQUIRE(o.outputs<FindingRecord>().size() == 1);
    CHECK(o.outputs<FindingRecord>()[0].activity == FindingActivity::close);
    CHECK(o.i.file.findings.empty());
  }
}

TEST_CASE("integration: traffic while not live", "[integration][R6.4]") {
  Office o; // nobody adopted it
  o.drift(RuleId::R6_4, "traffic while unknown");
  const auto findings = o.outputs<FindingRecord>();
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].rule == RuleId::R6_4);
  CHECK(findings[0].explanation.en.find("(R6.4, article 6): traffic while unknown") != std::string::npos);
  CHECK(o.outputs<IntegrationStatusRecord>().empty()); // there is nothing whose status could be told
  CHECK(o.i.record.drift.empty());
}

TEST_CASE("integration: a rule in shadow mode or off files nothing", "[integration][R13.1]") {
  const Mode mode = GENERATE(Mode::shadow, Mode::off);
  Office o;
  Policy p = campus_policy();
  p.rule(RuleId::D15).mode = mode;
  o.policies = PolicyHistory(p);
  o.adopt(good_plan());
  o.i.dirty = {};
  o.drift(RuleId::D15, "function library");
  CHECK(o.out.outputs.empty());
  CHECK(o.out.tally.shadow_hits.size() == (mode == Mode::shadow ? 1U : 0U));
  CHECK_FALSE(o.i.dirty.any());
}

TEST_CASE("integration: hours by a clock that was wrong are taken back", "[integration][R7.2][D15]") {
  Office o;
  o.adopt(good_plan());
  o.at_odd_hours("d-1", kNoon);
  const std::string uid = o.outputs<FindingRecord>().at(0).uid;
  REQUIRE(o.i.record.drift.size() == 1);

  SECTION("with nothing else to say the finding ends, and the record says nothing of it") {
    o.clock_was_wrong("d-1", kNoon - hours(1), kNoon + hours(1));
    const auto findings = o.outputs<FindingRecord>();
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].activity == FindingActivity::close);
    CHECK(findings[0].uid == uid);
    CHECK(findings[0].explanation.en.ends_with("The clock of the device d-1 was wrong; its times are no evidence."));
    CHECK(findings[0].explanation.zh.ends_with("设备 d-1 的时钟有误,其时间不作为依据。"));
    REQUIRE(o.outputs<IntegrationStatusRecord>().size() == 1);
    CHECK(o.outputs<IntegrationStatusRecord>()[0].drift.empty());
    CHECK(o.i.file.findings.empty());
    o.clock_was_wrong("d-1", kNoon - hours(1), kNoon + hours(1)); // again: nothing is left
    CHECK(o.out.outputs.empty());
  }
  SECTION("what rests on no clock stays, with the events and the weight of its own") {
    o.drift(RuleId::D15, "function library", kNoon - days(60));
    o.at_odd_hours("d-1", kNoon + minutes(1));
    o.clock_was_wrong("d-1", kNoon, kNoon + hours(1));
    const auto findings = o.outputs<FindingRecord>();
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].activity == FindingActivity::update);
    CHECK(findings[0].explanation.en.starts_with(
        "Integration gates: plan drift (D15, article 5): function library; score"));
    CHECK(findings[0].last_seen == kNoon - days(60));
    REQUIRE(findings[0].events.size() == 1);
    CHECK(findings[0].events[0].id == "e2");
    CHECK(o.i.record.drift == std::vector<std::string>{"function library"});
  }
  SECTION("another reader, or another day of the same, says it still") {
    SECTION("another reader") { o.at_odd_hours("d-2", kNoon); }
    SECTION("another day") { o.at_odd_hours("d-1", kNoon + days(1)); }
    o.clock_was_wrong("d-1", kNoon - hours(1), kNoon + hours(1));
    const auto findings = o.outputs<FindingRecord>();
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].activity == FindingActivity::update);
    REQUIRE(findings[0].events.size() == 1);
    CHECK(findings[0].events[0].id == "e2");
    CHECK(o.i.record.drift.size() == 1);
  }
  SECTION("not by another's clock, nor from when it was right") {
    o.clock_was_wrong("d-2", kNoon - hours(1), kNoon + hours(1));
    CHECK(o.out.outputs.empty());
    o.clock_was_wrong("d-1", kNoon - hours(1), kNoon);
    CHECK(o.out.outputs.empty());
    o.clock_was_wrong("d-1", kNoon + milliseconds(1), kNoon + hours(1));
    CHECK(o.out.outputs.empty());
    CHECK(o.i.file.findings.size() == 1);
  }
  SECTION("the sixteen newest are known, whatever the order") {
    for (int n = 1; n <= 40; ++n) o.at_odd_hours("d-1", kNoon + days(n * 7 % 41));
    CHECK(o.i.file.findings.at(0).details.at(0).times.size() == 16);
    CHECK(o.i.file.findings.at(0).details.at(0).times.front().at == kNoon + days(25));
  }
}

TEST_CASE("integration: scans of a day that a wrong clock counted are taken back", "[integration][R5.1][D15]") {
  Office o;
  auto plan = good_plan();
  plan.manifest.volumes = Volumes{};
  plan.manifest.volumes->scans_per_day = 100;
  o.adopt(plan);
  const Time day = campus_day(kNoon);
  o.counted("d-1", 60);
  CHECK(o.out.outputs.empty());
  o.counted("d-2", 60);
  REQUIRE(o.outputs<FindingRecord>().size() == 1);
  CHECK(o.i.record.drift == std::vector<std::string>{"volume above 100 scans per day"});

  SECTION("below the limit without it: the finding ends") {
    o.counted("d-2", -60);
    REQUIRE(o.outputs<FindingRecord>().size() == 1);
    CHECK(o.outputs<FindingRecord>()[0].activity == FindingActivity::close);
    CHECK(o.i.record.drift.empty());
    o.counted("d-2", 30); // as many are left to the day
    CHECK(o.out.outputs.empty());
    o.counted("d-3", 20);
    CHECK(o.outputs<FindingRecord>().size() == 1);
  }
  SECTION("still above it: the finding stays") {
    o.counted("d-3", 60);
    o.counted("d-2", -60);
    CHECK(o.out.outputs.empty());
    CHECK(o.i.file.findings.size() == 1);
  }
  SECTION("another day's finding stays") {
    o.counted("d-1", 101, day + days(1));
    o.counted("d-2", -60);
    REQUIRE(o.outputs<FindingRecord>().size() == 1);
    CHECK(o.outputs<FindingRecord>()[0].activity == FindingActivity::update);
    CHECK(o.i.record.drift.size() == 1);
    o.counted("d-1", -101, day + days(1));
    CHECK(o.i.record.drift.empty());
  }
}
