// What an integration reads of people, for the tests of rules D10 to D14.
#pragma once

#include "domain/integration.hpp"
#include "tests/catch.hpp"
#include "tests/unit/domain/account_world.hpp"

namespace onecode::test {

inline DataAccess reads(std::vector<std::string> subjects, Time t = kNoon, std::int64_t offset = 1) {
  DataAccess a;
  a.origin = {{Topic::data_access, 0}, offset, "gw", "r" + std::to_string(offset), t};
  a.integration = "library";
  a.endpoint = "/v1/persons";
  a.fields_read = {"account"};
  a.subject_count = static_cast<std::int64_t>(subjects.size());
  a.result_count = a.subject_count;
  a.subjects = std::move(subjects);
  a.operation = "read";
  return a;
}

inline std::string person(std::int64_t number) {
  const std::string digits = std::to_string(number);
  return "a-" + std::string(6 - digits.size(), '0') + digits;
}

inline const RuleSettings& builtin(RuleId rule) {
  static const Policy policy = campus_policy();
  return policy.rule(rule);
}

} // namespace onecode::test
