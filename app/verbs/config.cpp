#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "app/config.hpp"
#include "app/errors.hpp"
#include "app/files.hpp"
#include "app/verbs/verbs.hpp"

namespace onecode::app {

Run add_config(CLI::App& verb) {
  struct Options {
    std::optional<std::string> file;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  verb.require_subcommand(1);
  verb.footer("\nExample:\n  onecode config check node.toml");
  auto* check =
      verb.add_subcommand("check", "print the configuration in effect, or everything that is wrong with it (exit 3)");
  check->add_option("FILE", options->file,
                    "configuration file (TOML); without one: the defaults and the environment");
  check->add_flag("--json", options->json, "print it as JSON");
  check->footer(
      "\nThe environment overrides the file: ONECODE__KAFKA__BROKERS=k1:9092 sets [kafka] brokers,\n"
      "ONECODE__KAFKA__PROPERTIES__SASL_PASSWORD=… sets sasl.password. Passwords are shown as ***.\n"
      "A running node reads it again on SIGHUP: [log], [node] resident_limit and drain_s, and new secrets are in\n"
      "force at once, the rest with a restart.\n\n"
      "Example:\n  onecode config check /etc/onecode/node.toml");
  return [options] {
    const auto config = load_config(options->file);
    print(options->json ? to_json(config) : to_toml(config));
    return int{kDone};
  };
}

} // namespace onecode::app
