// Catches: a register that is copied in a night, unnoticed; and a busy day, or the same people read again, found.
#include "domain/rules/d11_data_volume.hpp"

#include "tests/unit/domain/rules/data_story.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

struct Reader {
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
  Reader declared;
  declared.declare(50);
  CHECK_FALSE(declared.read(0, 50));
  CHECK(declared.read(0, 1, 50)); // one more, in another request
  Reader usual;
  const int factor = static_cast<int>(builtin(RuleId::D11).params[0]),
            warmup = static_cast<int>(builtin(RuleId::D11).params[1]);
  for (int day = 0; day <= warmup; ++day) CHECK_FALSE(usual.read(day, 10));
  CHECK_FALSE(usual.read(warmup + 1, 10 * factor));
  CHECK(usual.read(warmup + 1, 1, 900));
}

TEST_CASE("D11: the innocent", "[rules][D11]") {
  SECTION("nothing is declared and nothing known yet") {
    Reader r;
    CHECK_FALSE(r.read(0, 60));
  }
  SECTION("the same people again") {
    Reader r;
    r.declare(50);
    for (int i = 0; i < 20; ++i) CHECK_FALSE(r.read(0, 50));
  }
  SECTION("enrolment that was declared, though it is unusual") {
    Reader r;
    for (int day = 0; day < 30; ++day) r.read(day, 2);
    r.declare(60);
    CHECK_FALSE(r.read(30, 60));
  }
  SECTION("another day begins anew, and what comes late belongs to no day") {
    Reader r;
    r.declare(50);
    CHECK_FALSE(r.read(0, 40));
    CHECK_FALSE(r.read(1, 40, 500));
    CHECK_FALSE(r.read(0, 60, 900));
  }
}

TEST_CASE("D11: people who are only counted count", "[rules][D11]") {
  Reader r;
  r.declare(50);
  DataAccess access = reads({}, kNoon);
  access.subject_count = 51;
  CHECK(r.take(access, kNoon));
}
