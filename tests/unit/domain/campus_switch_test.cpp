// Catches: a replaced switch that accuses every reader behind it, a single re-routed reader that hides behind its switch (R11.2, D7).
#include <algorithm>

#include "domain/campus.hpp"
#include "domain/rules/d07_network_change.hpp"
#include "tests/catch.hpp"
#include "tests/unit/domain/account_world.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

struct Switch {
  PolicyHistory policies{campus_policy()};
  CampusState c;
  Effects out;
  std::int64_t offset = 0;
  explicit Switch(int devices) {
    c.id = "switch:sw-07";
    for (int i = 0; i < devices; ++i) join(i);
  }
  static std::string name(int i) { return "d-" + std::to_string(i); }
  void join(int i, bool leaves = false) {
    step(c, msg::SwitchJoined{name(i), leaves}, Context{policies, kNoon}, out);
  }
  void trip(int i, Duration after) {
    out.clear();
    step(c, msg::NetworkTripped{name(i), kNoon + after, {{}, ++offset, "r"}}, Context{policies, kNoon + after}, out);
  }
  std::vector<std::string> excused() const {
    std::vector<std::string> all;
    for (const auto& s : out.sends)
      if (std::holds_alternative<msg::NetworkExcused>(s.message)) all.push_back(s.to.id);
    return all;
  }
  bool alone() const {
    return std::ranges::any_of(out.sends,
                               [](const auto& s) { return std::holds_alternative<msg::NetworkAlone>(s.message); });
  }
  const FindingRecord* finding() const {
    for (const auto& o : out.outputs)
      if (const auto* f = std::get_if<FindingRecord>(&o)) return f;
    return nullptr;
  }
};

} // namespace

TEST_CASE("D7: more than a fifth of a switch within five minutes is one incident", "[campus][D7][R11.2]") {
  Switch s(10);
  s.trip(0, {});
  s.trip(1, minutes(4));
  CHECK(s.excused().empty());
  s.trip(2, minutes(5));
  CHECK(s.excused() == std::vector<std::string>{"d-0", "d-1", "d-2"});
  REQUIRE(s.finding() != nullptr);
  CHECK(s.finding()->rule == RuleId::D7);
  CHECK(s.finding()->subject_key == "switch:sw-07");
  CHECK(s.finding()->events.size() == 3);
  // Who comes later belongs to it, and is no second incident.
  s.trip(3, minutes(40));
  CHECK(s.excused() == std::vector<std::string>{"d-3"});
  CHECK(s.finding() == nullptr);
  // Much later somebody is on his own again.
  s.trip(4, hours(3));
  CHECK(s.excused().empty());
}

TEST_CASE("D7: what is no incident", "[campus][D7]") {
  SECTION("a fifth is not more than a fifth") {
    Switch s(15);
    for (int i = 0; i < 3; ++i) s.trip(i, minutes(i));
    CHECK(s.excused().empty());
  }
  SECTION("slowly, one after the other") {
    Switch s(10);
    for (int i = 0; i < 6; ++i) s.trip(i, minutes(6) * i);
    CHECK(s.excused().empty());
  }
  SECTION("one device three times") {
    Switch s(4);
    for (int i = 0; i < 3; ++i) s.trip(0, minutes(i));
    CHECK(s.excused().empty());
  }
  SECTION("two of two: nobody can say which is the rule") {
    Switch s(2);
    for (int i = 0; i < 2; ++i) s.trip(i, minutes(i));
    CHECK(s.excused().empty());
  }
}

TEST_CASE("D7: who is told at once to stand alone", "[campus][D7]") {
  for (const int devices : {0, 1, 2, 3, 10}) {
    Switch s(devices);
    s.trip(0, {});
    CHECK(s.alone() == (devices < 3));
  }
}

TEST_CASE("D7: a device that moves to another switch is a member there only", "[campus][D7]") {
  Switch s(10);
  for (int i = 0; i < 5; ++i) s.join(9 - i, true);
  s.join(9, true);
  s.join(0);
  CHECK(s.c.network.members.size() == 5);
}

TEST_CASE("D7: which switch", "[rules][D7]") {
  NetworkFacts f;
  CHECK(rules::switch_of(f).empty());
  f.gateway_mac = "aa:bb:cc:dd:ee:ff";
  CHECK(rules::switch_of(f) == "switch:aa:bb:cc:dd:ee:ff");
  f.switch_port = "sw-07/12";
  CHECK(rules::switch_of(f) == "switch:sw-07");
  f.switch_port = "主楼/12";
  CHECK(rules::switch_of(f).size() == 7 + 32);
}
