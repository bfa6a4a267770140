// Catches: hours and functions of a plan read wrongly (R7.2, D15), above all around midnight.
#include "domain/rules/d15_plan_drift.hpp"

#include "domain/functions.hpp"
#include "tests/catch.hpp"
#include "tests/unit/domain/device_world.hpp"

using namespace onecode;
using namespace onecode::test;

TEST_CASE("D15: hours of the day in campus time", "[D15][R7.2]") {
  const struct {
    const char* from;
    const char* to;
    const char* at;
    bool inside;
  } rows[] = {
      {"06:00", "22:00", "06:00:00.000", true},    {"06:00", "22:00", "05:59:59.999", false},
      {"06:00", "22:00", "21:59:59.999", true},    {"06:00", "22:00", "22:00:00.000", false},
      {"22:00", "06:00", "23:30:00.000", true},    {"22:00", "06:00", "00:00:00.000", true},
      {"22:00", "06:00", "05:59:59.999", true},    {"22:00", "06:00", "06:00:00.000", false},
      {"22:00", "06:00", "12:00:00.000", false},   {"00:00", "24:00", "13:00:00.000", true},
      {"00:00", "24:00", "00:00:00.000", true},    {"08:00", "08:00", "03:00:00.000", true},
      {"18:00", "24:00", "23:59:59.999", true},    {"18:00", "24:00", "00:00:00.000", false},
      {"nonsense", "22:00", "02:00:00.000", true},
  };
  for (const auto& row : rows) {
    INFO(row.from << "-" << row.to << " at " << row.at);
    const auto t = parse_time("2026-03-02T" + std::string(row.at) + "+08:00");
    REQUIRE(t);
    CHECK(rules::within_hours({row.from, row.to}, *t) == row.inside);
    // In another year, and before 1970, the day is the same.
    CHECK(rules::within_hours({row.from, row.to}, *t - days(20'600)) == row.inside);
  }
}

TEST_CASE("D15: minutes of the day", "[D15]") {
  CHECK(rules::minutes_of_day("00:00") == 0);
  CHECK(rules::minutes_of_day("23:59") == 1439);
  CHECK(rules::minutes_of_day("24:00") == 1440);
  for (const char* bad : {"", "6:00", "24:01", "25:00", "12:60", "12-00", "1a:00", "12:000", "::::"}) {
    INFO(bad);
    CHECK_FALSE(rules::minutes_of_day(bad));
  }
  for (const std::size_t at : {0, 1, 3, 4})
    for (const char c : {'/', ':', 'a'}) { // beside the digits, and far from them
      std::string bad = "01:10";
      bad[at] = c;
      INFO(bad);
      CHECK_FALSE(rules::minutes_of_day(bad));
    }
}

TEST_CASE("D15: functions of a plan", "[D15][R2.2]") {
  using Functions = std::vector<std::string>;
  CHECK(lists_function(Functions{"access", "payment"}, "payment"));
  CHECK_FALSE(lists_function(Functions{"access"}, "payment"));
  CHECK(lists_function(Functions{"other"}, "other:clinic"));
  CHECK(lists_function(Functions{"other:clinic"}, "other:clinic"));
  CHECK_FALSE(lists_function(Functions{"other:clinic"}, "other:exam"));
  CHECK_FALSE(lists_function(Functions{"other:clinic"}, "other"));
}

TEST_CASE("D15: each detail has its words in Chinese", "[D15]") {
  CHECK(rules::drift_in_chinese("function library") == "功能 library");
  CHECK(rules::drift_in_chinese("hours outside 06:00-22:00") == "时段不在 06:00-22:00");
  CHECK(rules::drift_in_chinese("traffic while draft") == "使用时接入状态为 draft");
  CHECK(rules::drift_in_chinese("something new") == "something new");
}
