// Catches: readers accused because their switch was replaced; a moved or re-routed reader that nobody hears of because it waited
// for its switch (R11.1c, R11.2; D4, D7).
#include "domain/device_trust.hpp"
#include "domain/rules/d07_network_change.hpp"
#include "tests/catch.hpp"
#include "tests/unit/domain/rules/device_story.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

const NetworkFacts kHome = {"10.20.3.7", "02:1b:44:11:3a:b7", "120", "sw-07/12", "10.0.0.53", "p-4f", 0};
const NetworkFacts kOther = {"10.77.3.7", "02:1b:44:99:99:99", "990", "sw-99/1", "10.0.0.53", "p-4f", 0};
const NetworkFacts kThird = {"10.88.3.7", "02:1b:44:88:88:88", "880", "sw-88/1", "10.0.0.53", "p-4f", 0};

DeviceWorld behind_a_switch() {
  DeviceInstall place{"gates", "gate", {302'700'000, 1'201'300'000, 8}, kHome, {}, "fixed"};
  return installed(place);
}

void speak(DeviceWorld& w, const NetworkFacts& from, Duration after, std::optional<Position> at = {}) {
  DeviceReport r = report_at(kNoon + after);
  w.now = std::max(w.now, r.origin.time);
  r.network = from;
  r.position = at;
  send(w, std::move(r));
}

std::vector<RuleId> published(const DeviceWorld& w, FindingActivity activity = FindingActivity::create) {
  std::vector<RuleId> all;
  for (const auto& f : w.outputs<FindingRecord>())
    if (f.activity == activity) all.push_back(f.rule);
  return all;
}

std::optional<Time> due(const DeviceWorld& w) {
  for (const auto& t : w.out.timers)
    if (t.name == kHeldTimer) return t.due;
  return std::nullopt;
}

void excuse(DeviceWorld& w, const NetworkFacts& f) {
  w.out.clear();
  step(w.d, msg::NetworkExcused{"switch:sw-07", rules::network_print(f)}, w.context(), w.out);
}

const std::vector<RuleId> kBoth = {RuleId::D4, RuleId::D7};

} // namespace

TEST_CASE("held: the switch is asked first, and its time is five minutes", "[device][D4][D7][R11.2]") {
  auto w = behind_a_switch();
  speak(w, kOther, minutes(1));
  CHECK(published(w).empty());
  REQUIRE(w.messages<msg::NetworkTripped>().size() == 1);
  REQUIRE(due(w) == kNoon + minutes(6));
  CHECK_FALSE(times_wrong(w.d, kNoon));

  SECTION("nobody answers") {
    w.timer(std::string(kHeldTimer), kNoon + minutes(6));
    CHECK(published(w) == kBoth);
    for (const auto& f : w.outputs<FindingRecord>()) {
      CHECK(f.recorded == kNoon + minutes(6));
      CHECK(f.first_seen == kNoon + minutes(1));
    }
    CHECK(times_wrong(w.d, kNoon)); // it is not where the register says
    w.timer(std::string(kHeldTimer), kNoon + minutes(6));
    CHECK(w.silent());
    speak(w, kOther, minutes(8));
    CHECK(published(w).empty());
  }
  SECTION("it says so again: nothing new is asked, and nothing waits longer") {
    speak(w, kOther, minutes(2));
    CHECK(published(w).empty());
    CHECK_FALSE(due(w));
    CHECK(w.messages<msg::NetworkTripped>().empty());
    w.timer(std::string(kHeldTimer), kNoon + minutes(6));
    CHECK(published(w) == kBoth);
  }
  SECTION("yet another network is asked about, and waits no longer") {
    speak(w, kThird, minutes(4));
    CHECK(w.messages<msg::NetworkTripped>().size() == 1);
    CHECK_FALSE(due(w));
    excuse(w, kOther); // of that one the switch has said nothing
    CHECK(w.outputs<FindingRecord>().empty());
    w.timer(std::string(kHeldTimer), kNoon + minutes(6));
    CHECK(published(w) == kBoth);
  }
  SECTION("the switch was replaced: nobody hears of it") {
    excuse(w, kOther);
    CHECK(w.outputs<FindingRecord>().empty());
    CHECK(w.d.file.findings.empty());
    w.timer(std::string(kHeldTimer), kNoon + minutes(6));
    CHECK(w.outputs<FindingRecord>().empty());
    speak(w, kOther, minutes(7));
    CHECK(w.outputs<FindingRecord>().empty());
    speak(w, kThird, hours(30)); // and later it is moved alone
    CHECK(due(w) == kNoon + hours(30) + minutes(5));
    w.timer(std::string(kHeldTimer), kNoon + hours(30) + minutes(5));
    CHECK(published(w) == kBoth);
  }
  SECTION("too few stand behind the switch") {
    w.out.clear();
    step(w.d, msg::NetworkAlone{rules::network_print(kOther)}, w.context(), w.out);
    CHECK(published(w) == kBoth);
    excuse(w, kOther); // after all
    CHECK(published(w, FindingActivity::close) == std::vector<RuleId>{RuleId::D7, RuleId::D4});
  }
  SECTION("work that begins meanwhile swallows nothing") {
    w.command(DeviceQuarantine{});
    w.command(DeviceRelease{});
    CHECK(published(w) == kBoth);
    CHECK(published(w, FindingActivity::close).size() == 2);
  }
  SECTION("a timer of before") {
    w.timer(std::string(kHeldTimer), kNoon + minutes(2));
    CHECK(published(w).empty());
  }
}

TEST_CASE("held: what waits for nobody", "[device][D4][D7]") {
  SECTION("another place is another place") {
    auto w = behind_a_switch();
    const Position far{302'900'000, 1'201'300'000, 5};
    for (int i = 1; i <= 2; ++i) speak(w, kHome, minutes(i), far);
    CHECK(published(w).empty());
    speak(w, kOther, minutes(3), far);
    CHECK(published(w) == std::vector<RuleId>{RuleId::D4});
    w.timer(std::string(kHeldTimer), kNoon + minutes(8));
    CHECK(published(w) == std::vector<RuleId>{RuleId::D7});
  }
  SECTION("nobody knows its switch") {
    NetworkFacts home = kHome;
    home.switch_port.clear();
    home.gateway_mac.clear();
    auto w = installed({"gates", "gate", {}, home, {}, "fixed"});
    speak(w, kOther, minutes(1));
    CHECK(published(w) == std::vector<RuleId>{RuleId::D7});
    CHECK(w.messages<msg::NetworkTripped>().empty());
  }
}
