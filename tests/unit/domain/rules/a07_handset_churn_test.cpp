// Catches: an account that goes from hand to hand unnoticed; and the owner of a new phone accused.
#include "domain/rules/a07_handset_churn.hpp"

#include "tests/unit/domain/rules/story.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

const RuleSettings& settings() {
  static const Policy policy = campus_policy();
  return policy.rule(RuleId::A7);
}
constexpr Time kFirst = kNoon - days(300);
constexpr Duration kMoment = milliseconds(1);

/// The first handset long ago, then changes so long before now; the last of them is now.
std::vector<BoundHandset> bound(const std::vector<Duration>& ago) {
  std::vector<BoundHandset> handsets{{"h-0", false, kFirst, kFirst + days(1)}};
  for (const auto d : ago) handsets.push_back({"h-" + std::to_string(handsets.size()), false, kNoon - d, {}});
  return handsets;
}
bool churn(const std::vector<BoundHandset>& handsets) {
  return rules::handset_churn(handsets, kNoon, {}, settings()).has_value();
}

} // namespace

TEST_CASE("A7: handset churn", "[rules][A7][R8.1]") {
  const struct {
    const char* what;
    std::vector<Duration> ago;
    bool hit;
  } rows[] = {
      {"two in a week", {days(3), {}}, true},
      {"two within seven days", {Duration{days(7).ms - 1}, {}}, true},
      {"two in one hour", {hours(1), {}}, true},
      {"four in ninety days", {days(80), days(50), days(20), {}}, true},
      {"four within ninety days", {Duration{days(90).ms - 1}, days(50), days(20), {}}, true},
      {"nothing new", {}, false},
      {"one new phone", {{}}, false},
      {"two in seven days and a moment", {days(7), {}}, false},
      {"three in ninety days", {days(80), days(50), {}}, false},
      {"four in more", {days(90), days(50), days(20), {}}, false},
      {"many, long ago", {days(200), days(190), days(180), days(170), {}}, false},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    CHECK(churn(bound(row.ago)) == row.hit);
  }
  // What equips an account is no change, whatever is bound on that day.
  CHECK_FALSE(churn({{"h-1", false, kNoon, {}}}));
  CHECK_FALSE(churn({{"h-1", false, kNoon - hours(3), {}}, {"h-2", true, kNoon, {}}}));
  CHECK_FALSE(churn({{"h-1", false, kNoon - hours(3), kNoon}, {"h-2", true, kNoon, {}}, {"h-3", false, kNoon, {}}}));
  CHECK_FALSE(churn({{"h-1", false, kNoon - days(1), {}}, {"h-2", true, kNoon, {}}})); // the next day: one change
  // One that is bound later is not counted yet.
  CHECK_FALSE(churn({{"h-0", false, kFirst, {}}, {"h-1", false, kNoon, {}}, {"h-2", false, kNoon + kMoment, {}}}));
}

TEST_CASE("A7: a campus day ends at midnight on campus", "[rules][A7]") {
  const Time midnight = kNoon - hours(12);
  const auto hit = [&](Time first) {
    return rules::handset_churn({{"h-0", false, first, {}},
                                 {"h-1", true, midnight + hours(23), {}},
                                 {"h-2", true, midnight + days(1), {}},
                                 {"h-3", true, midnight + days(1) + hours(1), {}}},
                                midnight + days(1) + hours(1), {}, settings())
        .has_value();
  };
  CHECK(hit(midnight));
  CHECK(hit(midnight - kMoment));
  CHECK_FALSE(rules::handset_churn({{"h-0", false, midnight, {}},
                                    {"h-1", true, midnight + days(1) - kMoment, {}},
                                    {"h-2", true, midnight + days(1), {}}},
                                   midnight + days(1), {}, settings()));
}

TEST_CASE("A7: a large payment right after a binding", "[rules][A7][R8.1]") {
  const auto pays = [](Duration after_binding, std::optional<std::int64_t> fen, const char* function = "payment",
                       std::vector<BoundHandset> handsets = bound({{}})) {
    World w;
    w.a.profile.handsets = std::move(handsets);
    w.show({.time = kNoon + after_binding, .function = function, .direction = Direction::none, .fen = fen});
    return w.weight(RuleId::A7);
  };
  CHECK(pays(minutes(3), 20'000) == 300);
  CHECK(pays(minutes(3), INT64_MAX) == 300);
  CHECK(pays({}, 20'000) == 300);
  CHECK(pays(minutes(10), 20'000) == 300);
  CHECK(pays(Duration{minutes(10).ms + 1}, 20'000) == 0);
  CHECK(pays(milliseconds(-1), 20'000) == 0);
  CHECK(pays(minutes(3), 19'999) == 0); // an ordinary one
  CHECK(pays(minutes(3), {}) == 0);
  CHECK(pays(minutes(3), -20'000) == 0);
  CHECK(pays(minutes(3), 20'000, "library") == 0);
  CHECK(pays(minutes(3), 20'000, "payment", {}) == 0);
  CHECK(pays(minutes(3), 20'000, "payment", {{"h-1", false, kNoon, {}}}) == 0); // the first handset
  CHECK(pays(minutes(3), 20'000, "payment", {{"h-1", false, kNoon - hours(2), {}}, {"h-2", true, kNoon, {}}}) == 0);
  // It was taken off again meanwhile.
  CHECK(pays(minutes(3), 20'000, "payment", {{"h-0", false, kFirst, {}}, {"h-1", true, kNoon, kNoon + minutes(1)}}) ==
        300);
}

TEST_CASE("A7: bindings by command", "[rules][A7][R8.1]") {
  World w;
  w.a.profile.handsets = {{"h-0", false, kFirst, {}}};
  w.command(HandsetBind{"h-1", false, "h-0"});
  REQUIRE(w.refusal().empty());
  CHECK(w.weight(RuleId::A7) == 0);
  w.now = kNoon + days(6);
  w.command(HandsetBind{"h-2", false, "h-1"});
  REQUIRE(w.refusal().empty());
  CHECK(w.weight(RuleId::A7) == 300);
  CHECK(w.a.file.evidence.entries().at(0).facts.text().en == "its handset was changed 2 times in 7 days");
  CHECK_FALSE(w.a.file.finding); // alone below watch

  World test;
  test.a.profile = w.a.profile;
  test.a.profile.test = true;
  test.now = kNoon + days(6);
  test.command(HandsetBind{"h-3", false, "h-2"});
  CHECK(test.a.file.evidence.empty());
}

TEST_CASE("A7: what it says", "[rules][A7][R9.3]") {
  const auto hit = rules::handset_churn(bound({days(80), days(50), days(20), {}}), kNoon, {}, settings());
  REQUIRE(hit);
  CHECK(hit->facts.text().en == "its handset was changed 4 times in 90 days");

  World w;
  w.a.profile.handsets = bound({{}});
  w.show({.time = kNoon + minutes(5) - kMoment, .function = "payment", .direction = Direction::none, .fen = 25'050});
  CHECK(w.a.file.evidence.entries().at(0).facts.text().en ==
        "a payment of 250 yuan 4 min after its handset was changed");
}
