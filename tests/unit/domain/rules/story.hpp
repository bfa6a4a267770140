// A rule test is a table of stories: what was shown where and when, and the weight that the rule's entry has after
// it.
#pragma once

#include "tests/catch.hpp"
#include "tests/unit/domain/account_world.hpp"

namespace onecode::test {

struct Story {
  const char* what;
  std::vector<Shown> shown;
  int weight; // 0: the rule stays silent
};

inline void check_stories(RuleId rule, const std::vector<Story>& stories, const Policy& policy = campus_policy()) {
  for (const auto& story : stories) {
    INFO(story.what);
    World w(policy);
    for (const auto& s : story.shown) w.show(s);
    CHECK(w.weight(rule) == story.weight);
    // The other way round the same comes out.
    World back(policy);
    std::int64_t offset = 0;
    auto shown = story.shown;
    for (auto& s : shown) s.offset = ++offset;
    for (auto it = shown.rbegin(); it != shown.rend(); ++it) back.show(*it);
    CHECK(back.weight(rule) == story.weight);
  }
}

} // namespace onecode::test
