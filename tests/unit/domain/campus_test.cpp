// Catches: a wave of automatic freezes that nothing stops (R8.4), a breaker that never closes again, one serial number on
// two readers (R11.3, D8).
#include "domain/campus.hpp"

#include "tests/catch.hpp"
#include "tests/unit/domain/account_world.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

struct Campus {
  PolicyHistory policies{campus_policy()};
  CampusState c;
  Time now = kNoon;
  Effects out;
  explicit Campus(std::string id = "campus:breaker") { c.id = std::move(id); }
  bool wants_freeze(const std::string& account = "a-1") {
    out.clear();
    step(c, msg::FreezeWanted{account, "f-1"}, Context{policies, now}, out);
    REQUIRE(out.sends.size() == 1);
    CHECK(out.sends[0].to == EntityId{Kind::account, account});
    const auto& permit = std::get<msg::FreezePermit>(out.sends[0].message);
    CHECK(permit.finding == "f-1");
    CHECK(out.tally.breaker_refusals == (permit.granted ? 0U : 1U));
    return permit.granted;
  }
  int granted_of(int wanted) {
    int n = 0;
    for (int i = 0; i < wanted; ++i) n += wants_freeze();
    return n;
  }
  void opened(std::int64_t accounts) { step(c, msg::AccountsOpened{accounts}, Context{policies, now}, out); }
  std::vector<Notice> notices() const {
    std::vector<Notice> all;
    for (const auto& o : out.outputs) all.push_back(std::get<Notice>(o));
    return all;
  }
};

} // namespace

TEST_CASE("breaker: twenty freezes in ten minutes and no more", "[campus][R8.4]") {
  Campus c;
  c.opened(100'000); // 200 a day
  CHECK(c.granted_of(20) == 20);
  CHECK_FALSE(c.c.breaker.open);
  CHECK_FALSE(c.wants_freeze());
  CHECK(c.c.breaker.open);
  const auto notices = c.notices();
  REQUIRE(notices.size() == 1);
  CHECK(notices[0].to == "security-office");
  CHECK(notices[0].kind == "breaker-open");
  CHECK(notices[0].text.en.find("20 within 10 minutes") != std::string::npos);
  CHECK_FALSE(c.wants_freeze());
  CHECK(c.notices().empty()); // told once

  SECTION("it stays open for ten minutes, then closes where there is room") {
    c.now = kNoon + minutes(10) - milliseconds(1);
    CHECK_FALSE(c.wants_freeze());
    c.now = kNoon + minutes(10);
    CHECK(c.wants_freeze());
    CHECK_FALSE(c.c.breaker.open);
  }
  SECTION("wishes while it is open do not keep it open") {
    for (int m = 1; m < 10; ++m) {
      c.now = kNoon + minutes(m);
      CHECK_FALSE(c.wants_freeze());
    }
    c.now = kNoon + minutes(10);
    CHECK(c.wants_freeze());
  }
  SECTION("and it opens again, with a notice") {
    c.now = kNoon + minutes(10);
    CHECK(c.granted_of(25) == 20);
    CHECK(c.c.breaker.open);
  }
}

TEST_CASE("breaker: a slow wave meets the daily limit", "[campus][R8.4]") {
  const struct {
    std::int64_t accounts;
    int a_day;
  } rows[] = {{0, 20}, {1'000, 20}, {10'000, 20}, {15'000, 30}, {20'000, 40}};
  for (const auto& row : rows) {
    Campus c;
    c.opened(row.accounts);
    int granted = 0;
    for (int m = 0; m < 24 * 60; ++m) {
      c.now = kNoon + minutes(m);
      granted += c.wants_freeze();
    }
    INFO(row.accounts);
    CHECK(granted == row.a_day);
    CHECK(c.c.breaker.open);
    c.now = kNoon + days(1); // the first permit is a day old
    CHECK(c.wants_freeze());
  }
}

TEST_CASE("breaker: the limits are the policy's", "[campus]") {
  Policy p = campus_policy();
  p.response.breaker = {.freezes = 0, .minutes = 10, .daily_ppm = 0};
  Campus c;
  c.policies = PolicyHistory(p);
  CHECK(c.granted_of(3) == 0);
}

TEST_CASE("serial: who carries it", "[campus][D8][R11.3]") {
  Campus c("serial:SN-1");
  const auto claim = [&](std::string device, std::string integration, std::int64_t offset) {
    c.out.clear();
    c.c.dirty = false;
    step(c.c, msg::SerialClaimed{device, integration, {{Topic::commands, 0}, offset, "c"}, kNoon},
         Context{c.policies, c.now}, c.out);
    std::string told;
    for (const auto& s : c.out.sends) {
      const auto& m = std::get<msg::SerialShared>(s.message);
      CHECK(m.what == "serial:SN-1");
      CHECK(m.events.size() == 2);
      told += s.to.id + "<-" + m.other_device + "@" + m.other_integration + " ";
    }
    return told;
  };
  CHECK(claim("d-1", "gates", 1).empty());
  CHECK(c.c.dirty);
  CHECK(claim("d-1", "gates", 2).empty()); // again: nothing new
  CHECK_FALSE(c.c.dirty);
  CHECK(claim("d-2", "gates", 3) == "d-2<-d-1@gates d-1<-d-2@gates ");
  CHECK(claim("d-1", "library", 4) == "d-1<-d-1@gates d-1<-d-2@gates d-2<-d-1@library ");
  for (int i = 0; i < 40; ++i) claim("x-" + std::to_string(i), "gates", 10 + i);
  CHECK(c.c.serial.carriers.size() == 16);
}

TEST_CASE("serial: a retired reader's number may be registered again", "[campus][R11.3][D8]") {
  Campus c("serial:SN-1");
  const auto claim = [&](const char* device, bool leaves) {
    c.out.clear();
    step(c.c, msg::SerialClaimed{device, "gates", {}, kNoon, leaves}, Context{c.policies, kNoon}, c.out);
    return c.out.sends.size();
  };
  CHECK(claim("d-1", false) == 0);
  CHECK(claim("d-2", false) == 2); // both hear of it
  CHECK(claim("d-1", true) == 0);
  CHECK(claim("d-2", true) == 0);
  CHECK(claim("d-3", false) == 0);
}

TEST_CASE("schemes: five people within a day, by event time and in any order; approval settles it",
          "[campus][R2.4]") {
  const auto found = [](std::vector<int> minutes_of_subjects) {
    Campus c("issuer:k-zoo");
    int finding = 0;
    for (std::size_t i = 0; i < minutes_of_subjects.size(); ++i) {
      c.out.clear();
      const Time at = kNoon + minutes(minutes_of_subjects[i]);
      step(c.c, msg::ForeignCode{i + 1, at, {{Topic::scans, 0}, static_cast<std::int64_t>(i), "s"}},
           Context{c.policies, kNoon}, c.out);
      for (const auto& o : c.out.outputs) finding += std::holds_alternative<FindingRecord>(o);
    }
    return finding;
  };
  CHECK(found({0, 1, 2, 3}) == 0);
  CHECK(found({0, 1, 2, 3, 4}) == 1);
  CHECK(found({4, 0, 3, 1, 2}) == 1);
  CHECK(found({0, 1, 2, 3, 24 * 60 - 1}) == 1);
  CHECK(found({0, 1, 2, 3, 24 * 60}) == 0);
  CHECK(found({24 * 60, 3, 2, 1, 0}) == 0);

  Campus c("issuer:k-zoo");
  for (std::uint64_t i = 0; i < 9; ++i) // one person again and again is one person
    step(c.c, msg::ForeignCode{1, kNoon + minutes(static_cast<std::int64_t>(i)), {}}, Context{c.policies, kNoon},
         c.out);
  CHECK(c.out.outputs.empty());
  for (std::uint64_t i = 0; i < 5; ++i)
    step(c.c, msg::ForeignCode{i, kNoon + minutes(10), {}}, Context{c.policies, kNoon}, c.out);
  REQUIRE(c.c.file.findings.size() == 1);
  SECTION("approved") {
    Command command;
    command.name = "scheme.approve";
    command.args = SchemeApprove{"zoo", kNoon + days(30)};
    c.out.clear();
    step(c.c, command, Context{c.policies, kNoon}, c.out);
    CHECK(c.c.file.findings.empty());
    step(c.c, msg::ForeignCode{1, kNoon + days(30) - milliseconds(1), {}}, Context{c.policies, kNoon}, c.out);
    CHECK(c.c.foreign.subjects.empty());
  }
  SECTION("quiet for 30 days") {
    step(c.c, msg::TimerFired{"quiet:R2.4", kNoon + days(30)}, Context{c.policies, kNoon + days(30)}, c.out);
    CHECK(c.c.file.findings.empty());
  }
}
