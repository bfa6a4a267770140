// Catches: a scan that a reader may not serve and that its account is not told so (R6.4, R7.2, R11.1a), a reader believed
// that should not be, a stranger's scan that harms an honest reader.
#include "domain/device.hpp"

#include "tests/catch.hpp"
#include "tests/unit/domain/device_world.hpp"

using namespace onecode;
using namespace onecode::test;
using Names = std::vector<std::string>;

TEST_CASE("device scan: an ordinary scan is one message and no record", "[device]") {
  DeviceWorld w = DeviceWorld::at_work();
  const auto* o = w.opinion({.seq = 1});
  REQUIRE(o != nullptr);
  CHECK(names(o->reasons).empty());
  CHECK(o->trusted);
  CHECK_FALSE(o->test_only);
  CHECK(o->zone == "gate");
  CHECK(o->integration == "gates");
  CHECK(o->categories.empty());
  CHECK(o->findings.empty());
  CHECK(w.out.sends.size() == 1);
  CHECK(w.out.sends[0].to == EntityId{Kind::account, "a-1"});
  CHECK(std::get<msg::ScanSeen>(w.out.sends[0].message).scan == &w.scans.back());
  CHECK(w.out.outputs.empty());
  CHECK(w.out.timers.empty());
}

TEST_CASE("device scan: may this device serve", "[device][R11.1a]") {
  struct Row {
    const char* what;
    DeviceLife life;
    DeviceLife before;
    Duration past_expiry;
    MacCheck mac;
    Names reasons;
    bool uncertified; // D1
  };
  const Duration valid = hours(-1);
  const Row rows[] = {
      {"active", DeviceLife::active, {}, valid, MacCheck::ok, {}, false},
      {"active at the last moment", DeviceLife::active, {}, milliseconds(0), MacCheck::ok, {}, false},
      {"certificate just expired",
       DeviceLife::active,
       {},
       milliseconds(1),
       MacCheck::ok,
       {"DEVICE_NOT_ACTIVE"},
       true},
      {"MAC missing", DeviceLife::active, {}, valid, MacCheck::missing, {"DEVICE_BAD_MAC"}, true},
      {"MAC wrong", DeviceLife::active, {}, valid, MacCheck::wrong, {"DEVICE_BAD_MAC"}, true},
      {"registered", DeviceLife::registered, {}, valid, MacCheck::ok, {"DEVICE_NOT_ACTIVE"}, true},
      {"certified", DeviceLife::certified, {}, valid, MacCheck::ok, {"DEVICE_NOT_ACTIVE"}, false},
      {"installed", DeviceLife::installed, {}, valid, MacCheck::ok, {"DEVICE_NOT_ACTIVE"}, false},
      {"installed, expired", DeviceLife::installed, {}, hours(1), MacCheck::ok, {"DEVICE_NOT_ACTIVE"}, true},
      {"quarantined",
       DeviceLife::quarantined,
       DeviceLife::active,
       valid,
       MacCheck::ok,
       {"DEVICE_QUARANTINED"},
       false},
      {"quarantined before it was certified",
       DeviceLife::quarantined,
       DeviceLife::registered,
       valid,
       MacCheck::ok,
       {"DEVICE_QUARANTINED"},
       true},
      {"retired", DeviceLife::retired, {}, valid, MacCheck::ok, {"DEVICE_NOT_ACTIVE"}, true},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    DeviceWorld w = DeviceWorld::at_work();
    w.d.reg.life = row.life;
    w.d.reg.before_quarantine = row.before;
    w.d.reg.certified_to = kNoon - row.past_expiry;
    const auto* o = w.opinion({.seq = 1, .mac = row.mac});
    REQUIRE(o != nullptr);
    CHECK(names(o->reasons) == row.reasons);
    CHECK(o->trusted == row.reasons.empty());
    CHECK((w.finding(RuleId::D1) != nullptr) == row.uncertified);
    CHECK(o->findings.size() == (row.uncertified ? 1U : 0U));
    CHECK(w.d.reg.life == row.life); // D1 never quarantines
  }
}

TEST_CASE("device scan: in maintenance test accounts are served, and nothing is evidence", "[device][R6.1][R11.1c]") {
  DeviceWorld w = DeviceWorld::at_work();
  w.d.reg.life = DeviceLife::maintenance;
  const auto* o = w.opinion({.seq = 1});
  REQUIRE(o != nullptr);
  CHECK(o->reasons.empty());
  CHECK(o->test_only);
  CHECK(names(o->for_people) == Names{"DEVICE_NOT_ACTIVE"});
  CHECK_FALSE(o->trusted);
  w.d.reg.certified_to = kNoon - hours(1);
  o = w.opinion({.seq = 2});
  CHECK(names(o->reasons) == Names{"DEVICE_NOT_ACTIVE"});
}

TEST_CASE("device scan: a device that nobody registered", "[device][R11.1a]") {
  DeviceWorld w;
  const auto* o = w.opinion({.seq = 1, .integration = "gates"});
  REQUIRE(o != nullptr);
  CHECK(names(o->reasons) == Names{"DEVICE_UNKNOWN"});
  CHECK_FALSE(o->trusted);
  CHECK(o->integration == "gates");
  const auto findings = w.outputs<FindingRecord>();
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].rule == RuleId::D1);
  CHECK(findings[0].activity == FindingActivity::create);
  CHECK(findings[0].band == Band::propose);
  CHECK(findings[0].action == ProposedAction::inspect);
  CHECK(findings[0].subject == EntityId{Kind::device, "d-1"});
  CHECK(o->findings == Names{findings[0].uid});
  CHECK(w.outputs<DeviceStatusRecord>().empty());
  CHECK(w.messages<msg::DriftSeen>().empty());

  SECTION("again: same finding, no new record, and no clone of something that is nothing") {
    w.opinion({.seq = 1, .content = 99, .time = kNoon + minutes(1)});
    CHECK(w.out.outputs.empty());
    CHECK(w.opinion()->findings == Names{findings[0].uid});
    CHECK(w.finding(RuleId::D2) == nullptr);
  }
  SECTION("what came in its name before does not count once it is registered") {
    w.work();
    w.opinion({.seq = 1, .content = 99});
    CHECK(names(w.opinion()->reasons).empty());
    CHECK(w.finding(RuleId::D2) == nullptr);
  }
}

TEST_CASE("device scan: a stranger without the key cannot harm an honest reader", "[device][R11.1a]") {
  const MacCheck mac = GENERATE(MacCheck::missing, MacCheck::wrong);
  DeviceWorld w = DeviceWorld::at_work();
  w.scan({.seq = 10});
  saved(w.d);
  // The same number with other content, a number far ahead, another boot, another integration, a forbidden zone.
  for (const Reading& r : {Reading{.seq = 10, .content = 7}, Reading{.seq = 1'000'000}, Reading{.seq = 5, .boot = 9},
                           Reading{.seq = 11, .integration = "elsewhere"}}) {
    Reading forged = r;
    forged.mac = mac;
    const auto* o = w.opinion(forged);
    REQUIRE(o != nullptr);
    CHECK(o->reasons.has(Reason::DEVICE_BAD_MAC));
    CHECK_FALSE(o->trusted);
  }
  CHECK(w.d.reg.life == DeviceLife::active);
  CHECK(w.finding(RuleId::D2) == nullptr);
  CHECK(w.finding(RuleId::D8) == nullptr);
  REQUIRE(w.finding(RuleId::D1) != nullptr);
  for (const auto& window : w.d.dirty.groups)
    for (const bool group : window) CHECK_FALSE(group);
  // The reader itself goes on as if nothing had been: its number 11 is the next, its id is free.
  const auto* o = w.opinion({.seq = 11});
  REQUIRE(o != nullptr);
  CHECK(o->reasons.empty());
  CHECK(o->trusted);
  CHECK(w.out.tally.sequence_gaps == 0);
}

TEST_CASE("device scan: a forged scan that comes twice is decided once", "[device]") {
  DeviceWorld w = DeviceWorld::at_work();
  REQUIRE(w.opinion({.seq = 4, .content = 1, .id = "x", .mac = MacCheck::wrong}) != nullptr);
  CHECK(w.opinion({.seq = 4, .content = 1, .id = "x", .mac = MacCheck::wrong}) == nullptr);
  CHECK(w.out.tally.retransmissions == 1);
  CHECK(w.opinion({.seq = 4, .content = 2, .id = "x", .mac = MacCheck::wrong}) == nullptr);
  CHECK(w.refused() == "DUPLICATE_ID");
}

TEST_CASE("device scan: may the integration be served", "[device][R6.4][R6.1]") {
  const struct {
    const char* state;
    const char* access;
    Names reasons;
    bool test_only;
    const char* told; // R6.4 to the integration; empty: nothing
  } rows[] = {
      {"live", "open", {}, false, ""},
      {"joint-debug", "open", {}, true, ""},
      {"acceptance", "open", {}, true, ""},
      {"", "open", {"INTEGRATION_NOT_LIVE"}, false, "traffic while unknown"},
      {"draft", "open", {"INTEGRATION_NOT_LIVE"}, false, "traffic while draft"},
      {"plan-accepted", "open", {"INTEGRATION_NOT_LIVE"}, false, "traffic while plan-accepted"},
      {"applied", "open", {"INTEGRATION_NOT_LIVE"}, false, "traffic while applied"},
      {"review-passed", "open", {"INTEGRATION_NOT_LIVE"}, false, "traffic while review-passed"},
      {"approved", "open", {"INTEGRATION_NOT_LIVE"}, false, "traffic while approved"},
      {"building", "open", {"INTEGRATION_NOT_LIVE"}, false, "traffic while building"},
      {"rectifying", "open", {"INTEGRATION_NOT_LIVE"}, false, "traffic while rectifying"},
      {"suspended", "suspended", {"INTEGRATION_NOT_LIVE"}, false, "traffic while suspended"},
      {"live", "suspended", {"INTEGRATION_NOT_LIVE"}, false, "traffic while live"},
      {"terminated", "terminated", {"INTEGRATION_TERMINATED"}, false, "traffic while terminated"},
      {"rectifying", "terminated", {"INTEGRATION_TERMINATED"}, false, "traffic while rectifying"},
      {"retired", "open", {"INTEGRATION_NOT_LIVE"}, false, "traffic while retired"},
  };
  for (const auto& row : rows) {
    INFO(row.state << " " << row.access);
    DeviceWorld w = DeviceWorld::at_work();
    w.view(live_view(row.state, row.access));
    const auto* o = w.opinion({.seq = 1});
    REQUIRE(o != nullptr);
    CHECK(names(o->reasons) == row.reasons);
    CHECK(o->test_only == row.test_only);
    CHECK(o->trusted == row.reasons.empty());
    const auto told = w.messages<msg::DriftSeen>();
    REQUIRE(told.size() == (*row.told != '\0' ? 1U : 0U));
    if (told.empty()) continue;
    CHECK(told[0].rule == RuleId::R6_4);
    CHECK(told[0].detail == row.told);
    CHECK(told[0].device == "d-1");
  }
}

TEST_CASE("device scan: the declared scope", "[device][R7.2][D15]") {
  Manifest scope;
  scope.functions = {"access", "other"};
  scope.zones = {"gate", "hall"};
  scope.hours = Hours{"06:00", "23:00"};
  scope.operators = {"op-1"};
  scope.devices = {"d-1", "d-2"};
  const struct {
    const char* what;
    Reading reading;
    void (*change)(DeviceWorld&, Manifest&);
    bool denied;
    std::vector<std::string> drift;
  } rows[] = {
      {"inside", {.seq = 1}, nullptr, false, {}},
      {"other stands for every other function", {.seq = 1, .function = "other:clinic"}, nullptr, false, {}},
      {"another function", {.seq = 1, .function = "library"}, nullptr, true, {"function library"}},
      {"another zone", {.seq = 1}, [](DeviceWorld&, Manifest& m) { m.zones = {"dorm"}; }, true, {"zone gate"}},
      {"before the hours", {.seq = 1, .time = kNoon - hours(7)}, nullptr, true, {"hours outside 06:00-23:00"}},
      {"a free clock may be wrong about the hour",
       {.seq = 1, .time = kNoon - hours(7), .clock = Clock::free},
       nullptr,
       true,
       {}},
      {"a reader that does not know the time stretches no hours",
       {.seq = 1, .time = kNoon - hours(12), .accuracy_ms = 43'200'000},
       nullptr,
       true,
       {"hours outside 06:00-23:00"}},
      {"a listed operator", {.seq = 1, .operator_id = "op-1"}, nullptr, false, {}},
      {"another operator", {.seq = 1, .operator_id = "op-9"}, nullptr, true, {"operator d51d4428"}},
      {"a device that the plan does not name: drift, but served",
       {.seq = 1},
       [](DeviceWorld&, Manifest& m) { m.devices = {"d-2"}; },
       false,
       {"device d-1"}},
      {"an empty manifest restricts nothing",
       {.seq = 1, .function = "library", .operator_id = "op-9"},
       [](DeviceWorld&, Manifest& m) { m = {}; },
       false,
       {}},
      {"everything at once",
       {.seq = 1, .time = kNoon - hours(7), .function = "payment", .operator_id = "op-9"},
       [](DeviceWorld&, Manifest& m) { m.zones = {"dorm"}, m.devices = {"d-2"}; },
       true,
       {"function payment", "zone gate", "hours outside 06:00-23:00", "operator d51d4428", "device d-1"}},
      {"a reader that is not at work accuses nobody",
       {.seq = 1, .function = "library"},
       [](DeviceWorld& w, Manifest&) { w.d.reg.life = DeviceLife::maintenance; },
       true,
       {}},
      {"nor does a stranger in its name",
       {.seq = 1, .mac = MacCheck::wrong, .function = "library"},
       nullptr,
       true,
       {}},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    DeviceWorld w = DeviceWorld::at_work();
    msg::IntegrationView view = live_view();
    view.scope = scope;
    if (row.change != nullptr) row.change(w, view.scope);
    w.view(view);
    const auto* o = w.opinion(row.reading);
    REQUIRE(o != nullptr);
    CHECK(o->reasons.has(Reason::OUT_OF_SCOPE) == row.denied);
    std::vector<std::string> drift;
    for (const auto& m : w.messages<msg::DriftSeen>()) {
      CHECK(m.rule == RuleId::D15);
      drift.push_back(m.detail);
    }
    CHECK(drift == row.drift);
    // Out of scope is no doubt about who the reader is: what it saw is evidence about people.
    if (row.reading.mac == MacCheck::ok && w.d.reg.life == DeviceLife::active) CHECK(o->trusted);
  }
}

TEST_CASE("device scan: the categories of the scope go to the account", "[device][R7.2]") {
  DeviceWorld w = DeviceWorld::at_work();
  msg::IntegrationView view = live_view();
  view.scope.categories = {"student"};
  w.view(view);
  CHECK(w.opinion({.seq = 1})->categories == Names{"student"});
}

TEST_CASE("device scan: each detail is told once a day of event time", "[device][D15]") {
  DeviceWorld w = DeviceWorld::at_work();
  msg::IntegrationView view = live_view();
  view.scope.functions = {"access"};
  w.view(view);
  const auto told = [&](std::uint64_t seq, Duration after, const char* function) {
    w.scan({.seq = seq, .time = kNoon + after, .function = function});
    return w.messages<msg::DriftSeen>().size();
  };
  CHECK(told(1, hours(0), "library") == 1);
  CHECK(told(2, hours(1), "library") == 0);
  CHECK(told(3, hours(1), "payment") == 1);   // another detail
  CHECK(told(4, hours(-30), "library") == 0); // late: nothing new
  CHECK(told(5, milliseconds(86'399'999), "library") == 0);
  CHECK(told(6, hours(24), "library") == 1);
  for (std::uint64_t i = 0; i < 100; ++i) told(10 + i, hours(25), ("other:f" + std::to_string(i)).c_str());
  CHECK(w.d.file.reported.size() == DeviceState::File::kMaxReported);

  SECTION("not at all when the rule is off") {
    Policy p = campus_policy();
    p.rule(RuleId::D15).mode = Mode::off;
    DeviceWorld off = DeviceWorld::at_work(p);
    off.view(view);
    CHECK(off.opinion({.seq = 1, .function = "library"})->reasons.has(Reason::OUT_OF_SCOPE));
    CHECK(off.messages<msg::DriftSeen>().empty());
  }
}

TEST_CASE("device scan: a code that names nobody is decided at once", "[device]") {
  const struct {
    const char* what;
    TokenState token;
    Reading reading;
    bool known;
    Verdict verdict;
    Names reasons;
  } rows[] = {
      {"malformed", TokenState::malformed, {.seq = 1}, true, Verdict::deny, {"CODE_INVALID"}},
      {"forged", TokenState::bad_mac, {.seq = 1}, true, Verdict::deny, {"CODE_INVALID"}},
      {"another issuer", TokenState::unknown_issuer, {.seq = 1}, true, Verdict::deny, {"CODE_UNKNOWN_ISSUER"}},
      {"egress is never blocked",
       TokenState::bad_mac,
       {.seq = 1, .direction = Direction::out},
       true,
       Verdict::allow,
       {"CODE_INVALID"}},
      {"nor the clinic",
       TokenState::malformed,
       {.seq = 1, .function = "other:clinic"},
       true,
       Verdict::allow,
       {"CODE_INVALID"}},
      {"at an unknown device",
       TokenState::unknown_issuer,
       {.seq = 1},
       false,
       Verdict::deny,
       {"DEVICE_UNKNOWN", "CODE_UNKNOWN_ISSUER"}},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    DeviceWorld w;
    if (row.known) w.work();
    Reading r = row.reading;
    r.account.clear();
    r.token = row.token;
    w.scan(r);
    CHECK(w.out.sends.empty());
    const auto decisions = w.outputs<Decision>();
    REQUIRE(decisions.size() == 1);
    CHECK(decisions[0].verdict == row.verdict);
    CHECK(names(decisions[0].reasons) == row.reasons);
    CHECK(decisions[0].scan == &w.scans.back());
    CHECK(decisions[0].policy == "test-1");
    CHECK(decisions[0].score == 0);
    CHECK(decisions[0].integration == (row.known ? "gates" : ""));
    CHECK(decisions[0].findings.size() == (row.known ? 0U : 1U));
  }
}

TEST_CASE("device scan: only what changed is marked", "[device]") {
  DeviceWorld w = DeviceWorld::at_work();
  w.scan({.seq = 20});
  saved(w.d);
  w.scan({.seq = 21});
  CHECK(w.d.dirty.hot);
  CHECK_FALSE(w.d.dirty.reg);
  CHECK_FALSE(w.d.dirty.file);
  CHECK_FALSE(w.d.dirty.reports);
  for (std::size_t window = 0; window < 2; ++window)
    for (std::size_t g = 0; g < SequenceWindow::kGroups; ++g)
      CHECK(w.d.dirty.groups[window][g] == (window == 0 && g == 21 / SequenceWindow::kGroup));
  saved(w.d);
  w.scan({.seq = 21});
  CHECK_FALSE(w.d.dirty.any());
}

TEST_CASE("device scan: what a clock that is known to be wrong says is used by no rule", "[device][D15][D9][R7.2]") {
  const auto reader = [](std::int64_t off_ms) {
    DeviceWorld w = DeviceWorld::at_work();
    auto view = live_view();
    view.scope.hours = Hours{"06:00", "22:00"};
    w.view(view);
    DeviceReport r;
    r.origin = {{Topic::device_reports, 3}, 1, "gw", "r1", kNoon};
    r.device = "d-1";
    r.content = 1;
    r.clock_offset_ms = off_ms;
    w.out.clear();
    step(w.d, w.reports.emplace_back(std::move(r)), w.context(), w.out);
    return w;
  };
  const Time night = kNoon + hours(11); // 23:00, as it says
  for (const bool wrong : {false, true}) {
    INFO("wrong " << wrong);
    DeviceWorld w = reader(wrong ? hours(11).ms : 0);
    const auto* o = w.opinion({.seq = 1, .time = night, .token = TokenState::none});
    REQUIRE(o != nullptr);
    CHECK(o->clock_wrong == wrong);
    CHECK(w.messages<msg::DriftSeen>().size() == (wrong ? 0 : 1));
    CHECK(o->reasons.empty() == wrong);      // at noon it is open
    CHECK((w.d.hot.day == Time{}) == wrong); // no day was counted (D9, R5.1)
    CHECK((w.d.hot.last_account == 0) == wrong);
  }
  SECTION("nor is its certificate older than it is") {
    DeviceWorld w = reader(hours(11).ms);
    w.d.reg.certified_to = kNoon + hours(5);
    CHECK(w.opinion({.seq = 1, .time = night})->trusted);
    w.now = kNoon + hours(6); // it is
    CHECK_FALSE(w.opinion({.seq = 2, .time = night})->trusted);
  }
  SECTION("other drift is seen") {
    DeviceWorld w = reader(hours(11).ms);
    auto view = live_view();
    view.scope.functions = {"payment"};
    w.view(view);
    w.scan({.seq = 1, .time = night});
    CHECK(w.messages<msg::DriftSeen>().size() == 1);
  }
}
