// Catches: people read who never came; and a service found for its regular guests, or by the answers of another week.
#include "domain/rules/d12_reads_without_scans.hpp"

#include <algorithm>
#include <set>

#include "domain/hash.hpp"
#include "tests/unit/domain/rules/data_story.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

std::vector<std::string> people(int n, int first = 0) {
  std::vector<std::string> all;
  for (int i = 0; i < n; ++i) all.push_back(person(first + i));
  return all;
}

/// Reads so many, of whom so many say that they were never there.
bool found(int read, int strangers, Duration answered_after = {}) {
  IntegrationState::DataUse use;
  rules::whom_to_ask(use, reads(people(read)), kNoon, builtin(RuleId::D12));
  bool any = false;
  for (int i = 0; i < strangers; ++i)
    any = rules::reads_without_scans(use, {hash64(person(i)), kNoon + answered_after, {}}, builtin(RuleId::D12))
              .has_value() ||
          any;
  return any;
}

} // namespace

// Above 64 people they are estimated, to about 3 %.
TEST_CASE("D12: of a hundred people at least, more than a fifth never came", "[rules][D12][R11.4]") {
  CHECK(found(150, 40));
  CHECK(found(240, 64));
  // the innocent
  CHECK_FALSE(found(150, 25));
  CHECK_FALSE(found(60, 60)); // a desk that looks up whoever asks
  CHECK_FALSE(found(150, 0));
}

TEST_CASE("D12: a stranger counts once", "[rules][D12]") {
  IntegrationState::DataUse use;
  rules::whom_to_ask(use, reads(people(150)), kNoon, builtin(RuleId::D12));
  for (int i = 0; i < 200; ++i)
    CHECK_FALSE(rules::reads_without_scans(use, {hash64(person(i % 20)), kNoon, {}}, builtin(RuleId::D12)));
}

TEST_CASE("D12: a new window forgets the last one, and answers about that are nothing", "[rules][D12]") {
  IntegrationState::DataUse use;
  const auto& s = builtin(RuleId::D12);
  const auto answer = [&](int from, int to, Time at) {
    bool any = false;
    for (int i = from; i < to; ++i) any = rules::reads_without_scans(use, {hash64(person(i)), at, {}}, s) || any;
    return any;
  };
  rules::whom_to_ask(use, reads(people(150)), kNoon, s);
  CHECK_FALSE(answer(0, 25, kNoon));
  const Time later = kNoon + days(8);
  rules::whom_to_ask(use, reads(people(150), later), later, s);
  CHECK_FALSE(answer(25, 50, later));
  CHECK_FALSE(answer(50, 100, kNoon)); // late
  CHECK(answer(50, 75, later));
}

TEST_CASE("D12: a window is seven days", "[rules][D12]") {
  for (const bool over : {false, true}) {
    IntegrationState::DataUse use;
    const Time later = kNoon + Duration{days(7).ms - (over ? 0 : 1)};
    rules::whom_to_ask(use, reads(people(120)), kNoon, builtin(RuleId::D12));
    rules::whom_to_ask(use, reads(people(120, 120), later), later, builtin(RuleId::D12));
    bool any = false; // 40 of 120 are many, of 240 they are not
    for (int i = 0; i < 40; ++i)
      any = rules::reads_without_scans(use, {hash64(person(120 + i)), later, {}}, builtin(RuleId::D12)).has_value() ||
            any;
    CHECK(any == over);
  }
}

TEST_CASE("D12: a clock ahead of time begins no window", "[rules][D12]") {
  IntegrationState::DataUse use;
  rules::whom_to_ask(use, reads(people(3), kNoon + days(20)), kNoon, builtin(RuleId::D12));
  CHECK(rules::whom_to_ask(use, reads(people(3)), kNoon, builtin(RuleId::D12)).size() == 3);
}

TEST_CASE("D12: of one access at most 256 are asked, each once", "[rules][D12]") {
  IntegrationState::DataUse use;
  auto many = people(600);
  many.insert(many.end(), many.begin(), many.begin() + 100);
  const auto asked = rules::whom_to_ask(use, reads(many), kNoon, builtin(RuleId::D12));
  CHECK(asked.size() == rules::kAskedPerAccess);
  CHECK(std::set(asked.begin(), asked.end()).size() == asked.size());
  // By a print that says nothing of who they are, and not the first of a list.
  CHECK(std::ranges::is_sorted(asked, {}, [](const auto& s) { return hash64(s); }));
}
