// Catches: a register that is copied in a night, unnoticed; and a busy day, or the same people read again, found.
#include "domain/rules/d11_data_volume.hpp"

#include <tuple>

#include "tests/unit/domain/rules/data_story.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

struct Service {
  IntegrationState::DataUse use;
  Manifest scope;
  std::int64_t offset = 0;
  /// So many different people, from `first` on.
  bool read(int day, int people, int first = 0) {
    std::vector<std::string> subjects;
    for (int i = 0; i < people; ++i) subjects.push_back(person(first + i));
    return take(reads(std::move(subjects), kNoon + days(day), ++offset), kNoon + days(day));
  }
  bool take(const DataAccess& access, Time now) {
    return rules::count_subjects(use, access, now) &&
           rules::data_volume(use, scope, access, builtin(RuleId::D11)).has_value();
  }
  void declare(std::int64_t per_day) {
    scope.volumes = Volumes{};
    scope.volumes->subjects_per_day = per_day;
  }
};

} // namespace

TEST_CASE("D11: more in a day than was declared and than is usual", "[rules][D11][R11.4]") {
  Service declared;
  declared.declare(50);
  CHECK_FALSE(declared.read(0, 50));
  CHECK(declared.read(0, 1, 50)); // one more, in another request
  Service usual;
  const int factor = static_cast<int>(builtin(RuleId::D11).params[0]),
            warmup = static_cast<int>(builtin(RuleId::D11).params[1]);
  for (int day = 0; day <= warmup; ++day) CHECK_FALSE(usual.read(day, 10));
  CHECK_FALSE(usual.read(warmup + 1, 10 * factor));
  CHECK(usual.read(warmup + 1, 1, 900));
}

TEST_CASE("D11: the innocent", "[rules][D11]") {
  SECTION("nothing is declared and nothing known yet") {
    Service r;
    CHECK_FALSE(r.read(0, 60));
  }
  SECTION("the same people again") {
    Service r;
    r.declare(50);
    for (int i = 0; i < 20; ++i) CHECK_FALSE(r.read(0, 50));
  }
  SECTION("enrolment that was declared, though it is unusual") {
    Service r;
    for (int day = 0; day < 30; ++day) r.read(day, 2);
    r.declare(60);
    CHECK_FALSE(r.read(30, 60));
  }
  SECTION("another day begins anew, and what comes late belongs to no day") {
    Service r;
    r.declare(50);
    CHECK_FALSE(r.read(0, 40));
    CHECK_FALSE(r.read(1, 40, 500));
    CHECK_FALSE(r.read(0, 60, 900));
  }
}

TEST_CASE("D11: what is usual is learnt a day at a time", "[rules][D11]") {
  Service r;
  r.read(0, 10);
  CHECK(r.use.days == 0); // it is not over
  r.read(1, 20, 500);
  CHECK(r.use.days == 1);
  CHECK(r.use.mean_q8 == 10 * 256);
  r.read(2, 1);
  CHECK(r.use.days == 2);
  CHECK(r.use.mean_q8 == 11 * 256); // a tenth of the way
  r.read(9, 1);                     // days without any are no days
  CHECK(r.use.days == 3);
}

TEST_CASE("D11: usual counts from the day on which it is known, and to the person", "[rules][D11]") {
  const auto factor = builtin(RuleId::D11).params[0], warmup = builtin(RuleId::D11).params[1];
  for (const auto& [known, more, hit] :
       {std::tuple{warmup, 1, true}, std::tuple{warmup, 0, false}, std::tuple{warmup - 1, 1, false}}) {
    Service r;
    const auto counted = [&](std::int64_t day, std::int64_t n) {
      DataAccess access = reads({}, kNoon + days(day));
      access.subject_count = n;
      return r.take(access, kNoon + days(day));
    };
    for (std::int64_t day = 0; day < known; ++day) CHECK_FALSE(counted(day, 600));
    CHECK(counted(known, 600 * factor + more) == hit);
  }
}

TEST_CASE("D11: a clock ahead of time begins no day, and what is late says nothing of today", "[rules][D11]") {
  Service ahead;
  ahead.declare(50);
  std::vector<std::string> subjects;
  for (int i = 0; i < 30; ++i) subjects.push_back(person(i));
  CHECK_FALSE(ahead.take(reads(subjects, kNoon + days(1), 1), kNoon));
  CHECK(ahead.read(0, 30, 500));
  Service late;
  late.declare(50);
  CHECK(late.read(1, 51));
  CHECK_FALSE(late.read(0, 1));
}

TEST_CASE("D11: volumes without a number of people declare none", "[rules][D11]") {
  Service r;
  r.scope.volumes = Volumes{};
  CHECK_FALSE(r.read(0, 60));
}

TEST_CASE("D11: of people who are only counted at least the most at once were different", "[rules][D11]") {
  Service r;
  r.declare(50);
  DataAccess access = reads({}, kNoon);
  for (const std::int64_t n : {20, 30, 0}) {
    access.subject_count = n;
    CHECK_FALSE(r.take(access, kNoon));
  }
  CHECK(rules::subjects_today(r.use) == 50);
  CHECK(rules::surely_today(r.use) == 30);
  access.origin.time = kNoon + days(1);
  access.subject_count = 50;
  CHECK_FALSE(r.take(access, kNoon + days(1))); // another day
  CHECK(rules::surely_today(r.use) == 50);
  Service named;
  named.read(0, 40);
  CHECK(rules::surely_today(named.use) == 40);
}

TEST_CASE("D11: people who are only counted count", "[rules][D11]") {
  Service r;
  r.declare(50);
  DataAccess access = reads({}, kNoon);
  access.subject_count = 51;
  CHECK(r.take(access, kNoon));
}
