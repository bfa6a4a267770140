#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>

#include "app/errors.hpp"
#include "app/files.hpp"
#include "app/referral.hpp"
#include "app/replay_files.hpp"
#include "app/terminal.hpp"
#include "app/verbs/verbs.hpp"

namespace onecode::app {
namespace {

struct Options {
  ReplayInputs inputs;
  std::string integration, order, out, from, to;
  bool force = false, json = false;
};

std::optional<Time> time_option(const char* name, const std::string& text) {
  if (text.empty()) return std::nullopt;
  const auto t = parse_time(text);
  if (!t) throw UsageError(fmt::format("--{}: '{}' is not a time such as 2026-03-02T07:58:00+08:00", name, text));
  return t;
}

int run_referral(const Options& o) {
  const auto from = time_option("from", o.from), to = time_option("to", o.to);
  make_output_folder(o.out, o.force);

  Referral referral(o.integration, o.order);
  FileReplay replay(
      o.inputs, [&](const streams::OutRecord& out) { referral.output(out); },
      [&](const streams::FileRecord& in) { referral.input(in); });
  replay.run("interrupted; nothing was written");
  const auto state = replay.replayer().describe({Kind::integration, o.integration});
  if (!state) throw InputError("there is no integration " + o.integration + " in this record");
  const auto result = referral.finish(nlohmann::json::parse(*state), from, to);

  const std::filesystem::path folder(o.out);
  write_file((folder / "referral.json").string(), result.dump(2) + "\n");
  write_file((folder / "affected.csv").string(), affected_csv(result));
  write_file((folder / "README.md").string(), referral_page(result));
  if (o.json) {
    print(result.dump() + "\n");
  } else {
    print(fmt::format("{} findings, {} people affected, {} claims\n  written to {}\n", result["findings"].size(),
                      result["affected"].size(), result["liabilities"].size(), o.out));
  }
  return replay.replayer().difference() ? kAnswerIsNo : kDone;
}

} // namespace

Run add_referral(CLI::App& verb) {
  auto options = std::make_shared<Options>();
  add_replay_options(verb, options->inputs);
  verb.add_option("--integration", options->integration, "whose order it is")->required()->type_name("ID");
  verb.add_option("--order", options->order, "the rectification order")->required()->type_name("ID");
  verb.add_option("--from", options->from, "people affected from then on (default: the first evidence)")
      ->type_name("TIME");
  verb.add_option("--to", options->to, "and until then (default: the order's end)")->type_name("TIME");
  verb.add_option("--out", options->out, "a new or empty folder")->required()->type_name("DIR");
  verb.add_flag("--force", options->force, "write into a folder that is not empty");
  verb.add_flag("--json", options->json, "print referral.json as one line");
  verb.footer(
      "\nWrites referral.json (order, findings with their evidence, who was affected, claims, notices), affected.csv "
      "and a\n"
      "README.md in Chinese and English. Accounts are pseudonyms; liability is what people recorded "
      "(liability.record).\n\n"
      "Example:\n  onecode history --config node.toml --out term.ndjson\n"
      "  onecode referral term.ndjson --integration canteen-pay --order termination-1 --out referral");
  return [options] { return run_referral(*options); };
}

} // namespace onecode::app
