// Catches: a clone that goes on working, an honest reader locked out, a finding that floods or is forgotten (R11.1a,
// CONTRACT §5.4), a quarantine without the notice that it must have (R1.1).
#include "domain/device_findings.hpp"

#include "tests/catch.hpp"
#include "tests/unit/domain/device_world.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

Policy with(void (*change)(Policy&)) {
  Policy p = campus_policy();
  change(p);
  return p;
}

void clone(DeviceWorld& w, std::uint64_t seq = 1, Time time = kNoon) {
  w.scan({.seq = seq, .time = time});
  w.scan({.seq = seq, .content = 999 + seq, .time = time});
}

} // namespace

TEST_CASE("device findings: a clone is quarantined at once, with all that belongs to it", "[device][D2][R11.1a]") {
  DeviceWorld w = DeviceWorld::at_work();
  clone(w);
  REQUIRE(w.opinion() != nullptr);
  CHECK(names(w.opinion()->reasons) == std::vector<std::string>{"DEVICE_QUARANTINED"});
  CHECK_FALSE(w.opinion()->trusted);
  CHECK(w.d.reg.life == DeviceLife::quarantined);
  CHECK(w.d.reg.before_quarantine == DeviceLife::active);

  const auto findings = w.outputs<FindingRecord>();
  REQUIRE(findings.size() == 1);
  const FindingRecord& f = findings[0];
  CHECK(w.opinion()->findings == std::vector<std::string>{f.uid});
  CHECK(f.activity == FindingActivity::create);
  CHECK(f.rule == RuleId::D2);
  CHECK(f.band == Band::automatic);
  CHECK(f.action == ProposedAction::quarantine);
  CHECK(f.score == 1000);
  CHECK(f.confidence == 1000);
  CHECK(f.subject_key == "d-1");
  CHECK(f.act.empty());
  CHECK(f.policy == "test-1");
  CHECK(f.families == std::vector<std::pair<Family, int>>{{Family::clone, 1000}});
  REQUIRE(f.rules.size() == 1);
  CHECK(f.rules[0].points == 1000);
  REQUIRE(f.events.size() == 2); // the scan that had the number, and this one
  CHECK(f.events[0] == ref(w.scans[0].origin));
  CHECK(f.events[1] == ref(w.scans[1].origin));
  CHECK(f.explanation.en ==
        "Device d-1: cloned sequence (D2, article 11(1)): number 1 of boot 1 came with two contents; score 1000 of "
        "1000.");
  CHECK(f.explanation.zh ==
        "设备 d-1:设备序号重复(D2,第十一条第(一)项):第 1 次启动的序号 1 出现了两种内容,评分 1000(满分 "
        "1000)。");

  const auto status = w.outputs<DeviceStatusRecord>();
  REQUIRE(status.size() == 1);
  CHECK(status[0].state == "quarantined");
  CHECK_FALSE(status[0].usable);
  const auto notices = w.outputs<Notice>();
  REQUIRE(notices.size() == 1);
  CHECK(notices[0].to == "logistics");
  CHECK(notices[0].text.en.find(f.uid) != std::string::npos);
  CHECK(notices[0].text.zh.find("第十一条") != std::string::npos);

  SECTION("release clears the evidence, and old copies do not bring it back") {
    w.command(DeviceRelease{});
    CHECK(w.d.reg.life == DeviceLife::active);
    CHECK(w.finding(RuleId::D2) == nullptr);
    const auto closed = w.outputs<FindingRecord>();
    REQUIRE(closed.size() == 1);
    CHECK(closed[0].activity == FindingActivity::close);
    CHECK(closed[0].uid == f.uid);
    w.scan({.seq = 1, .content = 1000});
    CHECK(w.out.tally.retransmissions == 1);
    CHECK(w.d.reg.life == DeviceLife::active);
    // A new clash is a new finding.
    clone(w, 2);
    CHECK(w.d.reg.life == DeviceLife::quarantined);
    CHECK(w.outputs<FindingRecord>().at(0).uid != f.uid);
  }
  SECTION("another clash while it is quarantined says nothing new") {
    clone(w, 2);
    CHECK(w.outputs<FindingRecord>().empty());
    CHECK(w.outputs<DeviceStatusRecord>().empty());
    CHECK(w.finding(RuleId::D2)->finding.band == Band::automatic);
  }
}

TEST_CASE("device findings: when a clone is not quarantined by itself", "[device][D2][R13.1]") {
  const struct {
    const char* what;
    void (*change)(Policy&);
    bool finding;
    Band band;
    std::size_t shadow_hits;
  } rows[] = {
      {"automatic quarantine switched off", [](Policy& p) { p.response.auto_quarantine = false; }, true,
       Band::propose, 0},
      {"the rule only watches", [](Policy& p) { p.rule(RuleId::D2).mode = Mode::shadow; }, false, {}, 1},
      {"the rule is off", [](Policy& p) { p.rule(RuleId::D2).mode = Mode::off; }, false, {}, 0},
      {"below the threshold", [](Policy& p) { p.rule(RuleId::D2).weight = 949; }, true, Band::propose, 0},
      {"a weak weight is for people", [](Policy& p) { p.rule(RuleId::D2).weight = 700; }, true, Band::challenge, 0},
      {"too weak to be published", [](Policy& p) { p.rule(RuleId::D2).weight = 399; }, false, {}, 0},
      {"worth nothing", [](Policy& p) { p.rule(RuleId::D2).weight = 0; }, false, {}, 0},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    DeviceWorld w = DeviceWorld::at_work(with(row.change));
    clone(w);
    CHECK(w.d.reg.life == DeviceLife::active);
    CHECK(w.opinion()->reasons.empty());
    const auto findings = w.outputs<FindingRecord>();
    REQUIRE(findings.size() == (row.finding ? 1U : 0U));
    if (row.finding) CHECK(findings[0].band == row.band);
    CHECK(w.opinion()->findings.size() == findings.size());
    CHECK(w.out.tally.shadow_hits.size() == row.shadow_hits);
    CHECK(w.outputs<Notice>().empty());
  }
}

TEST_CASE("device findings: a regression is a proposal, and half as much from a backlog", "[device][D2]") {
  const bool offline = GENERATE(false, true);
  DeviceWorld w = DeviceWorld::at_work();
  w.scan({.seq = 1000});
  w.scan({.seq = 10, .offline = offline});
  CHECK(w.d.reg.life == DeviceLife::active);
  CHECK_FALSE(w.opinion()->trusted);
  REQUIRE(w.finding(RuleId::D2) != nullptr);
  const auto findings = w.outputs<FindingRecord>();
  REQUIRE(findings.size() == (offline ? 0U : 1U)); // 350 points stay below watch
  if (!offline) {
    CHECK(findings[0].score == 700);
    CHECK(findings[0].band == Band::challenge);
    // Stronger evidence updates it.
    clone(w, 1001);
    REQUIRE(w.outputs<FindingRecord>().size() == 1);
    CHECK(w.outputs<FindingRecord>()[0].activity == FindingActivity::update);
    CHECK(w.outputs<FindingRecord>()[0].uid == findings[0].uid);
    CHECK(w.outputs<FindingRecord>()[0].band == Band::automatic);
  }
}

TEST_CASE("device findings: the policy of the event's time judges", "[device][R13.1]") {
  Policy shadow = campus_policy();
  shadow.version = "test-2";
  shadow.effective_from = kNoon + hours(1);
  shadow.rule(RuleId::D2).mode = Mode::shadow;
  DeviceWorld w = DeviceWorld::at_work();
  w.policies.add(shadow);
  clone(w, 1, kNoon + hours(2));
  CHECK(w.d.reg.life == DeviceLife::active);
  clone(w, 2, kNoon + minutes(30)); // late, but of the time before
  CHECK(w.d.reg.life == DeviceLife::quarantined);
  CHECK(w.outputs<FindingRecord>().at(0).policy == "test-1");
}

TEST_CASE("device findings: thirty quiet days close one", "[device]") {
  DeviceWorld w = DeviceWorld::at_work();
  w.scan({.seq = 1, .mac = MacCheck::wrong});
  REQUIRE(w.out.timers.size() == 1);
  CHECK(w.out.timers[0].name == "quiet:D1");
  CHECK(w.out.timers[0].due == kNoon + days(30));
  const std::string uid = w.outputs<FindingRecord>().at(0).uid;

  w.now = kNoon + days(10);
  w.scan({.seq = 2, .time = w.now, .mac = MacCheck::wrong});
  CHECK(w.silent() == false); // the scan itself
  CHECK(w.out.timers.empty());
  CHECK(w.out.outputs.empty());

  w.timer("quiet:D1", kNoon + days(30));
  CHECK(w.out.outputs.empty());
  REQUIRE(w.out.timers.size() == 1);
  CHECK(w.out.timers[0].due == kNoon + days(40));

  w.timer("quiet:D1", kNoon + days(40));
  const auto closed = w.outputs<FindingRecord>();
  REQUIRE(closed.size() == 1);
  CHECK(closed[0].activity == FindingActivity::close);
  CHECK(closed[0].uid == uid);
  CHECK(closed[0].recorded == kNoon + days(40));
  CHECK(closed[0].action == ProposedAction::none);
  CHECK(closed[0].explanation.en.ends_with("Quiet for 30 days, closed."));
  CHECK(w.d.file.findings.empty());

  SECTION("and a timer that comes too late finds nothing") {
    w.timer("quiet:D1", kNoon + days(50));
    CHECK(w.silent());
    w.timer("quiet:no such rule", kNoon + days(50));
    CHECK(w.silent());
  }
}

TEST_CASE("device findings: one per rule, each with its own evidence", "[device][D8][R11.3]") {
  DeviceWorld w = DeviceWorld::at_work();
  w.scan({.seq = 1, .mac = MacCheck::wrong});
  w.scan({.seq = 1, .integration = "shop"});
  const auto d8 = w.outputs<FindingRecord>();
  REQUIRE(d8.size() == 1);
  CHECK(d8[0].rule == RuleId::D8);
  CHECK(d8[0].action == ProposedAction::quarantine);
  CHECK(d8[0].band == Band::propose); // people decide
  CHECK(names(w.opinion()->reasons) == std::vector<std::string>{"OUT_OF_SCOPE"});
  CHECK_FALSE(w.opinion()->trusted);
  clone(w, 2);
  REQUIRE(w.d.file.findings.size() == 3);
  CHECK(w.d.file.findings[0].finding.rule == RuleId::D1);
  CHECK(w.d.file.findings[1].finding.rule == RuleId::D2);
  CHECK(w.d.file.findings[2].finding.rule == RuleId::D8);
  w.command(DeviceRelease{});
  CHECK(w.d.file.findings.size() == 2); // the others are not settled by it
}

TEST_CASE("device findings: articles as people cite them", "[device]") {
  CHECK(article_text("11(1)").zh == "第十一条第(一)项");
  CHECK(article_text("11(1)").en == "article 11(1)");
  CHECK(article_text("5").zh == "第五条");
  CHECK(article_text("10").zh == "第十条");
}
