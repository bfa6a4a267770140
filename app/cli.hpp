// The command line: one table of verbs, exit codes of CONTRACT §10, errors in one sentence on stderr.
//   A new verb is a file app/verbs/<verb>.cpp with `Run add_<verb>(CLI::App&)`, a line in app/verbs/verbs.hpp and one
//   in the table of app/cli.cpp. Its function binds options and gives back what runs when the verb was chosen.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace onecode::app {

/// Runs the chosen verb; returns its exit code or throws (app/errors.hpp, BrokerError, EventFileError).
using Run = std::function<int()>;

struct Verb {
  std::string_view name;
  std::string_view group;
  std::string_view summary;
  Run (*add)(CLI::App& verb);
};

/// The whole program behind main(). `arguments` without the program's name.
int run_command_line(std::vector<std::string> arguments);

} // namespace onecode::app
