// What changes from one policy to another, in words that an office can check against its minutes.
#pragma once

#include <string>
#include <vector>

#include "domain/effects.hpp"
#include "domain/policy.hpp"

namespace onecode::app {

struct PolicyChange {
  std::string member;        // path in the document
  std::string before, after; // as JSON, text bare; empty: not there
  Text text;                 // one line
};

/// Defaults count as written out, so that a policy which only says them anew is the same.
std::vector<PolicyChange> policy_changes(const Policy& a, const Policy& b);

} // namespace onecode::app
