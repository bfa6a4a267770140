// Catches: an illegal command that changes something, a legal one refused, a refusal without a sentence.
#include <functional>

#include "tests/catch.hpp"
#include "tests/unit/domain/account_world.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

struct Row {
  const char* what;
  std::function<void(World&)> given;
  std::function<void(World&)> when;
  const char* refusal; // empty: accepted
};

void check_rows(const std::vector<Row>& rows) {
  for (const auto& row : rows) {
    INFO(row.what);
    World w;
    if (row.given) row.given(w);
    saved(w.a);
    row.when(w);
    CHECK(w.refusal() == row.refusal);
    if (!w.out.refusal) continue;
    CHECK_FALSE(w.out.refusal->text.zh.empty());
    CHECK_FALSE(w.out.refusal->text.en.empty());
    CHECK_FALSE(w.a.dirty.any()); // refused whole
    CHECK(w.out.outputs.empty());
    CHECK(w.out.timers.empty());
  }
}

void nobody(World& w) { w.a.profile = {}; }
void bound(World& w) { w.a.profile.handsets = {{"h-1", false, kNoon - days(1), {}}}; }
void bound_both(World& w) {
  w.a.profile.handsets = {{"h-1", false, kNoon - days(1), {}}, {"h-2", true, kNoon - days(1), {}}};
}

AccountOpen opening(std::string category) { return {std::move(category), kNoon, {}, {}, {}, false}; }

} // namespace

TEST_CASE("account.open", "[commands][R2.1]") {
  const auto open = [](AccountOpen args) { return [args](World& w) { w.command(args); }; };
  auto temporary = opening("temporary");
  auto backwards = opening("student");
  backwards.valid_to = kNoon;
  auto bounded = opening("temporary");
  bounded.valid_to = kNoon + days(30);
  auto approved = opening("approved-other");
  auto with_approver = approved;
  with_approver.approver = "dean-1";
  auto two_years = with_approver;
  two_years.valid_to = kNoon + days(730);
  check_rows({
      {"a student", nobody, open(opening("student")), ""},
      {"again", {}, open(opening("student")), "ILLEGAL_TRANSITION"},
      {"an unknown category", nobody, open(opening("guest")), "BAD_FIELD"},
      {"temporary without an end", nobody, open(temporary), "BAD_FIELD"},
      {"temporary", nobody, open(bounded), ""},
      {"ends before it begins", nobody, open(backwards), "BAD_FIELD"},
      {"approved by nobody", nobody, open(approved), "BAD_FIELD"},
      {"approved", nobody, open(with_approver), ""},
      {"approved for two years", nobody, open(two_years), "BAD_FIELD"},
  });
  World w;
  nobody(w);
  w.command(with_approver);
  CHECK(w.a.profile.valid_to == kNoon + days(365));
  CHECK(w.out.tally.accounts_opened == 1);
  CHECK(w.a.dirty.profile);
  CHECK(life_at(w.a, kNoon - milliseconds(1)) == AccountLife::pending);
  CHECK(life_at(w.a, kNoon) == AccountLife::active);
  CHECK(life_at(w.a, kNoon + days(365)) == AccountLife::expired);
}

TEST_CASE("handset.bind", "[commands]") {
  const auto bind = [](HandsetBind args, std::string role = "registrar", std::string actor = "clerk-1") {
    return [=](World& w) { w.command(args, role, actor); };
  };
  check_rows({
      {"the first", {}, bind({"h-1", false, {}}), ""},
      {"of nobody", nobody, bind({"h-1", false, {}}), "UNKNOWN_TARGET"},
      {"by the holder", {}, bind({"h-1", false, {}}, "holder", "p-1"), ""},
      {"by another holder", {}, bind({"h-1", false, {}}, "holder", "p-2"), "NOT_OWNER"},
      {"twice", bound, bind({"h-1", false, {}}), "ILLEGAL_TRANSITION"},
      {"a second main phone", bound, bind({"h-2", false, {}}), "ILLEGAL_TRANSITION"},
      {"a new phone for the old", bound, bind({"h-2", false, "h-1"}), ""},
      {"a secondary", bound, bind({"h-2", true, {}}), ""},
      {"a second secondary", bound_both, bind({"h-3", true, {}}), "ILLEGAL_TRANSITION"},
      {"another secondary for the old", bound_both, bind({"h-3", true, "h-2"}), ""},
      {"a secondary turned into a second main phone", bound_both, bind({"h-3", false, "h-2"}), "ILLEGAL_TRANSITION"},
      {"replacing what is not bound", bound, bind({"h-2", false, "h-9"}), "ILLEGAL_TRANSITION"},
      {"the same phone for itself lifts nothing", bound, bind({"h-1", false, "h-1"}), "BAD_FIELD"},
      {"not an identifier", {}, bind({"h 1", false, {}}), "BAD_FIELD"},
      {"of a cancelled account", [](World& w) { w.a.profile.cancelled = true; }, bind({"h-1", false, {}}),
       "ILLEGAL_TRANSITION"},
  });
  World w;
  bound(w);
  w.command(HandsetBind{"h-2", false, "h-1"});
  REQUIRE(w.a.profile.handsets.size() == 2);
  CHECK(w.a.profile.handsets[0].until == kNoon);
  CHECK_FALSE(w.a.profile.handsets[1].until);
  for (int i = 0; i < 40; ++i)
    w.command(HandsetBind{"n-" + std::to_string(i), false, i == 0 ? "h-2" : "n-" + std::to_string(i - 1)});
  CHECK(w.a.profile.handsets.size() == 16); // old ones are forgotten, the bound one never
  CHECK(w.a.profile.handsets.back().handset == "n-39");
}

TEST_CASE("account.freeze and account.lift", "[commands][R8.2]") {
  const auto freeze = [](AccountFreeze args) { return [args](World& w) { w.command(args, "security-officer"); }; };
  const auto lift = [](AccountLift args) { return [args](World& w) { w.command(args, "security-officer"); }; };
  const auto frozen = [](World& w) { w.command(AccountFreeze{"8", {}, "case-1", {}}, "security-officer"); };
  check_rows({
      {"a hold", {}, freeze({"8", {}, {}, {}}), ""},
      {"a protective hold", {}, freeze({"protective", {}, {}, {}}), ""},
      {"for an article that is not by hand", {}, freeze({"10", {}, {}, {}}), "BAD_FIELD"},
      {"for an article of fantasy", {}, freeze({"99", {}, {}, {}}), "BAD_FIELD"},
      {"of nobody", nobody, freeze({"8", {}, {}, {}}), "UNKNOWN_TARGET"},
      {"of one function", {}, freeze({"8", {"other:laundry"}, {}, {}}), ""},
      {"of no function there is", {}, freeze({"8", {"flying"}, {}, {}}), "BAD_FIELD"},
      {"until yesterday", {}, freeze({"8", {}, {}, kNoon - days(1)}), "BAD_FIELD"},
      {"of a cancelled account", [](World& w) { w.a.profile.cancelled = true; }, freeze({"8", {}, {}, {}}),
       "ILLEGAL_TRANSITION"},
      {"lift", frozen, lift({"8", {}}), ""},
      {"lift of the case", frozen, lift({"8", "case-1"}), ""},
      {"lift of another case", frozen, lift({"8", "case-2"}), "ILLEGAL_TRANSITION"},
      {"lift of another article", frozen, lift({"protective", {}}), "ILLEGAL_TRANSITION"},
      {"lift of a debt's hold", frozen, lift({"10", {}}), "BAD_FIELD"},
      {"lift of nothing", {}, lift({"8", {}}), "ILLEGAL_TRANSITION"},
  });
}

TEST_CASE("account.freeze: what is written", "[commands][R8.2][R1.1]") {
  World w;
  w.command(AccountFreeze{"8", {}, "case-1", kNoon + days(5)}, "security-officer", "so-1", "lent on two days");
  const auto record = w.last<FreezeRecord>();
  CHECK(record.account == "a-1");
  CHECK(record.state == "frozen");
  CHECK(record.revision == 1);
  const Hold hold = record.holds.at(0);
  CHECK(hold.functions == std::vector<std::string>{"access", "library", "payment"});
  CHECK(hold.reason == "lent on two days");
  CHECK(hold.case_id == "case-1");
  CHECK(hold.actor == "so-1");
  CHECK(hold.role == "security-officer");
  CHECK(hold.policy == "test-1");
  CHECK_FALSE(hold.provisional);
  CHECK(w.timer("hold:" + hold.id) == kNoon + days(5));
  CHECK(w.last<Notice>().text.en.find("lent on two days") != std::string::npos);
  CHECK(text(w.show({}).reasons) == "ACCOUNT_FROZEN");

  w.command(AccountLift{"8", {}}, "security-officer");
  CHECK(w.last<FreezeRecord>().state == "active");
  CHECK(w.last<FreezeRecord>().holds.empty());
  CHECK(w.last<FreezeRecord>().revision == 2);
  REQUIRE(w.out.timers.size() == 1);
  CHECK_FALSE(w.out.timers[0].due);
  CHECK(w.show({}).verdict == Verdict::allow);
  w.fire("hold:" + hold.id, kNoon + days(5)); // had it fired all the same
  CHECK(w.out.outputs.empty());
}

TEST_CASE("a command that is not for accounts", "[commands]") {
  check_rows({{"device.activate", {}, [](World& w) { w.command(DeviceActivate{}); }, "BAD_FIELD"},
              {"device.activate, nobody", nobody, [](World& w) { w.command(DeviceActivate{}); }, "BAD_FIELD"}});
}

TEST_CASE("absence: a correction takes back what rested on the wrong record", "[account][R8.1][A13]") {
  World w;
  const auto away = [&](Time from, Time to) {
    w.command(HolderAbsence{"leave", from, to});
    REQUIRE(w.refusal().empty());
  };
  away(kNoon, kNoon + days(10));
  w.show({.zone = "gate", .time = kNoon + days(5), .handset = "h-1"});
  REQUIRE(w.weight(RuleId::A13) == 800);
  SECTION("came back early") {
    away(kNoon, kNoon + days(4));
    CHECK(w.weight(RuleId::A13) == 0);
    REQUIRE(w.all<FindingRecord>().size() == 1);
    CHECK(w.last<FindingRecord>().activity == FindingActivity::close);
    CHECK_FALSE(w.a.file.finding);
  }
  SECTION("the wrong beginning") {
    away(kNoon + days(3), kNoon + days(12));
    CHECK(w.weight(RuleId::A13) == 800); // away all the same
    away(kNoon + days(6), kNoon + days(12));
    CHECK(w.weight(RuleId::A13) == 0);
  }
}

TEST_CASE("absence: a provisional hold that rested on the wrong record ends with an apology",
          "[account][R8.4][A13]") {
  World w;
  w.command(HolderAbsence{"abroad", kNoon - days(1), kNoon + days(10)});
  w.show({.zone = "gate", .time = kNoon, .handset = "h-1"});
  w.show({.zone = "dorm", .time = kNoon + seconds(1), .handset = "h-1"}); // A2 900 and A13 800: 980
  w.permit(true);
  REQUIRE(w.a.file.holds.all().size() == 1);
  w.command(HolderAbsence{"abroad", kNoon - days(1), kNoon - hours(1)});
  CHECK(w.a.file.holds.all().empty());
  CHECK(w.last<FreezeRecord>().state == "active");
  REQUIRE(w.a.file.finding); // A2 stands
  CHECK(w.a.file.finding->rule == RuleId::A2);
  CHECK(w.last<FindingRecord>().score == 900);
  CHECK(w.last<FindingRecord>().band == Band::propose);
  bool sorry = false;
  for (const auto& n : w.all<Notice>()) sorry = sorry || n.text.en.find("apologise") != std::string::npos;
  CHECK(sorry);
}

TEST_CASE("handsets: the same one taken off and bound again is no new key", "[account]") {
  World w;
  w.command(HandsetBind{"h-1", false, {}});
  w.command(AccountFreeze{"protective", {}, {}, {}}, "security-officer");
  w.command(HandsetUnbind{"h-1"});
  w.command(HandsetBind{"h-1", false, {}});
  CHECK(w.a.file.holds.all().size() == 1);
  w.command(HandsetUnbind{"h-1"});
  w.command(HandsetBind{"h-2", false, {}});
  CHECK(w.a.file.holds.all().empty());
}

TEST_CASE("absence: what is left after a correction must bear the freeze by itself", "[account][R8.4][A13]") {
  World w;
  w.command(HolderAbsence{"abroad", kNoon - days(1), kNoon + days(10)});
  w.show({.zone = "gate", .time = kNoon, .handset = "h-1", .device = "d-1", .code = Code{"n-1"}});
  w.show({.zone = "gate", .time = kNoon + seconds(8), .handset = "h-1", .device = "d-2", .code = Code{"n-1"}});
  w.permit(true); // A5 970 and A13 800, two families
  REQUIRE(w.a.file.holds.all().size() == 1);
  REQUIRE(w.weight(RuleId::A5) == 970);
  w.command(HolderAbsence{"abroad", kNoon - days(1), kNoon - hours(1)});
  CHECK(w.a.file.holds.all().empty()); // one family alone freezes nobody, however strong
  REQUIRE(w.a.file.finding);
  CHECK(w.a.file.finding->band == Band::propose);
}

TEST_CASE("absence: a record that only makes room is no correction", "[account][A13]") {
  World w;
  for (int i = 0; i < 16; ++i) w.command(HolderAbsence{"leave", kNoon + days(10 * i), kNoon + days(10 * i + 1)});
  w.show({.zone = "gate", .time = kNoon + hours(2), .handset = "h-1"});
  REQUIRE(w.weight(RuleId::A13) == 800);
  w.command(HolderAbsence{"leave", kNoon + days(500), kNoon + days(501)});
  CHECK(w.weight(RuleId::A13) == 800);
}
