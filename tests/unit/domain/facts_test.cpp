// Catches: an explanation that says other values than those that decided, or says them in one language only.
#include "domain/facts.hpp"

#include "tests/catch.hpp"

using namespace onecode;

TEST_CASE("facts: every form says all its values in both languages") {
  // How many values each form takes stands in domain/facts.cpp, by its rule.
  const std::vector<std::string> values = {"v0", "v1", "v2", "v3", "v4"};
  for (int i = 1; i <= static_cast<int>(Form::turns); ++i) {
    const Text text = Facts{static_cast<Form>(i), values}.text();
    CHECK_FALSE(text.zh.empty());
    CHECK_FALSE(text.en.empty());
    CHECK(text.zh.find_first_of("{}") == std::string::npos);
    CHECK(text.en.find_first_of("{}") == std::string::npos);
    for (const auto& v : values) {
      INFO(text.en << " " << v);
      CHECK((text.zh.find(v) != std::string::npos) == (text.en.find(v) != std::string::npos));
    }
  }
}

TEST_CASE("facts: words of its own, and none") {
  CHECK(Facts{"甲 {0}", "a {0}"}.text().en == "a {0}");
  CHECK(Facts{Text{"甲", "a"}}.text().zh == "甲");
  CHECK(Facts{}.text().en.empty());
}
