// What the doctor says: one finding a check, with what to do where something is wrong.
#pragma once

#include <string>
#include <vector>

namespace onecode::app {

enum class Health { ok, warn, fail };

struct Finding {
  Health health = Health::ok;
  std::string check; ///< what was looked at, one or two words
  std::string found;
  std::string fix; ///< a command, or what a person must do; empty where nothing is to be done
};

/// `fail` with a fix, `warn` with one, or neither.
using Findings = std::vector<Finding>;

/// One finding for people; `colour` for a terminal.
std::string text_of(const Finding& finding, bool colour);
/// "12 ok, 1 warning, 2 failures"
std::string summary_of(const Findings& findings);
/// {"ok", "checks": [{"check","health","found","fix"}]}
std::string json_of(const Findings& findings);
/// A warning is no failure: a node would work.
bool healthy(const Findings& findings);

} // namespace onecode::app
