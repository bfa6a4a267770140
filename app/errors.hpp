// What ends a verb with something other than 0 (CONTRACT §10). main() prints the text as one line on stderr.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

namespace onecode::app {

enum ExitCode : int { kDone = 0, kAnswerIsNo = 1, kUsage = 2, kBadInput = 3, kUnreachable = 4, kNotDrained = 5 };

struct Failure : std::runtime_error {
  Failure(int exit_code, const std::string& text) : std::runtime_error(text), code(exit_code) {}
  int code;
};

/// The command line asks for something that makes no sense.
struct UsageError : Failure {
  explicit UsageError(const std::string& text) : Failure(kUsage, text) {}
};

/// A file, a configuration or a setting is wrong; the text names file, line and field where there are some.
struct InputError : Failure {
  explicit InputError(const std::string& text) : Failure(kBadInput, text) {}
  /// Everything that is wrong at once, one sentence a line.
  explicit InputError(const std::vector<std::string>& texts) : Failure(kBadInput, joined(texts)) {}

private:
  static std::string joined(const std::vector<std::string>& texts) {
    std::string all;
    for (const auto& t : texts) all += (all.empty() ? "" : "\n") + t;
    return all;
  }
};

} // namespace onecode::app
