#include "app/backtest.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "app/backtest_page.hpp"
#include "app/errors.hpp"
#include "app/files.hpp"
#include "app/policy_file.hpp"
#include "app/verbs/verbs.hpp"

namespace onecode::app {
namespace {

struct Options {
  BacktestInputs inputs;
  std::vector<std::string> policies;
  std::string language = "en";
  bool json = false;
};

int run_backtest(Options& o) {
  if (o.policies.size() != 2)
    throw UsageError(fmt::format("--policy must stand twice, first A and then B; it stands {}",
                                 o.policies.size() == 1 ? "once" : fmt::format("{} times", o.policies.size())));
  if (o.language != "en" && o.language != "zh")
    throw UsageError(fmt::format("--lang must be en or zh, not \"{}\"", o.language));
  o.inputs.a = read_policy_file(o.policies[0]);
  o.inputs.b = read_policy_file(o.policies[1]);
  const auto report = backtest(o.inputs);
  print(o.json ? report.dump(2) + "\n" : backtest_page(report, o.language == "zh"));
  return report["different"] == true ? kAnswerIsNo : kDone;
}

} // namespace

Run add_backtest(CLI::App& verb) {
  auto options = std::make_shared<Options>();
  verb.add_option("INPUT", options->inputs.files, "event files or histories, in order")->required();
  verb.add_option("--policy", options->policies,
                  "twice: A and B; policy documents (JSON), signed or not, or 'builtin' for the built-in one")
      ->required()
      ->allow_extra_args(false)
      ->type_name("FILE");
  verb.add_option("--secrets", options->inputs.secrets, "a JSON object: secret name → base64url")->type_name("FILE");
  verb.add_flag("--unsigned-commands", options->inputs.unsigned_commands, "accept commands without a signature");
  verb.add_option("--lang", options->language, "en (default) or zh")->type_name("LANG");
  verb.add_option("--limit", options->inputs.limit, "how many people and things are listed; 20, 0 for all")
      ->type_name("N");
  verb.add_flag("--json", options->json, "print the result as JSON");
  verb.footer(
      "\nJudges the same inputs by A and then by B, and says what changes and for whom: verdicts, findings, "
      "freezes,\n"
      "quarantines, each with the sentence that the engine itself gives. Both are in force from the first record "
      "on,\n"
      "whatever their effective_from; policy records in the inputs are left out and counted. Commands, which people\n"
      "gave, apply under both. Nothing is written or published.\n"
      "Exit 0: nobody is treated differently; 1: somebody is.\n\n"
      "Examples:\n  onecode policy show --config node.toml > a.json     # copy it to b.json and change b\n"
      "  onecode backtest term.ndjson --policy a.json --policy b.json\n"
      "  onecode backtest doors.ndjson --policy builtin --policy b.json --unsigned-commands --limit 5 --lang zh");
  return [options] { return run_backtest(*options); };
}

} // namespace onecode::app
