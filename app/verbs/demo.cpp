#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "app/config.hpp"
#include "app/demo/demo.hpp"
#include "app/errors.hpp"
#include "app/verbs/verbs.hpp"

namespace onecode::app {

Run add_demo(CLI::App& verb) {
  auto options = std::make_shared<DemoOptions>();
  verb.add_option("--seconds", options->seconds, "end after so many seconds (0: until Ctrl-C)")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber);
  verb.add_option("--events", options->events, "end after so many scans")->type_name("N");
  verb.add_option("--rate", options->rate, "scans per second that the gateways publish")
      ->type_name("N")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  verb.add_option("--people", options->people, "people on the campus")
      ->type_name("N")
      ->check(CLI::Range(100, 1'000'000))
      ->capture_default_str();
  verb.add_option("--seed", options->seed, "another seed is another campus")->type_name("N")->capture_default_str();
  verb.add_option("--brokers", options->brokers, "use a real Kafka instead of the in-process broker")
      ->type_name("HOST:PORT");
  verb.add_flag("--json", options->json, "end with the report as JSON on stdout");
  verb.footer(
      "\nA whole campus in one process: people walk, gateways publish, the engine decides. Somebody lends a code, a "
      "reader\n"
      "that nobody certified appears, another one is a copy. Watch who is caught, and why.\n\n"
      "Examples:\n  onecode demo\n  onecode demo --seconds 20 --json");
  return [options] { return run_demo(*options); };
}

} // namespace onecode::app
