#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/errors.hpp"
#include "app/files.hpp"
#include "app/output_files.hpp"
#include "app/replay.hpp"
#include "app/terminal.hpp"
#include "app/verbs/verbs.hpp"
#include "streams/policy_document.hpp"

namespace onecode::app {
namespace {

struct Options {
  std::vector<std::string> inputs;
  std::string out;
  std::string policy, secrets;
  bool unsigned_commands = false, force = false, json = false;
};

/// A bare document; a refused one is a broken file here, with every error named.
Policy load_policy(const std::string& path) {
  auto result = streams::read_policy(read_file(path));
  if (result.policy) return std::move(*result.policy);
  for (auto& e : result.errors) e = path + ": " + e;
  throw InputError(result.errors);
}

/// The policies of the inputs that are a history, from the first on.
void foresee_policies(const std::vector<std::string>& inputs, Replayer& replayer) {
  const Interrupt interrupt;
  for (const auto& input : inputs) {
    streams::EventFileReader reader(input);
    auto line = reader.next();
    if (!line || !std::holds_alternative<streams::FileTurn>(*line)) return;
    Progress progress("reading the policies of " + std::filesystem::path(input).filename().string(),
                      reader.bytes_total());
    for (std::uint64_t records = 0; line; line = reader.next()) {
      if (interrupt.asked()) throw Failure(130, "interrupted; nothing was replayed");
      replayer.foresee(*line);
      progress.at(reader.bytes_read(), ++records);
    }
  }
}

int run_replay(const Options& o) {
  ReplayOptions options;
  options.policy = o.policy.empty() ? builtin_policy() : load_policy(o.policy);
  options.unsigned_commands = o.unsigned_commands;
  const auto secrets = o.secrets.empty() ? streams::Secrets{} : streams::Secrets::from_json_file(o.secrets);

  OutputFiles files(o.out, o.force);
  Replayer replayer(options, secrets, [&](const streams::OutRecord& out) { files.write(out); });
  foresee_policies(o.inputs, replayer);
  for (const auto& input : o.inputs) {
    streams::EventFileReader reader(input);
    Progress progress("replaying " + std::filesystem::path(input).filename().string(), reader.bytes_total());
    const Interrupt interrupt;
    std::uint64_t ignored = 0;
    while (auto line = reader.next()) {
      if (interrupt.asked()) throw Failure(130, "interrupted; " + o.out + " holds a part");
      if (const auto* record = std::get_if<streams::FileRecord>(&*line);
          record != nullptr && !info(record->topic).input && record->topic != Topic::policy) {
        ++ignored;
        continue;
      }
      replayer.line(std::move(*line));
      progress.at(reader.bytes_read(), replayer.records());
    }
    if (ignored > 0) fmt::print(stderr, "onecode: {}: {} records of output topics passed over\n", input, ignored);
  }
  replayer.finish();
  if (const auto& different = replayer.difference()) fmt::print(stderr, "onecode: {}\n", *different);
  const auto summary = files.finish(replayer.records(), replayer.stats());
  if (o.json) {
    print(summary.dump() + "\n");
  } else {
    std::string text =
        fmt::format("{} records in, {} decisions out\n", replayer.records(), summary["topics"].value("decisions", 0));
    for (const auto& [topic, count] : summary["topics"].items())
      text += fmt::format("  {:<20} {}\n", topic, count.get<std::uint64_t>());
    for (const auto& [verdict, count] : summary["verdicts"].items())
      text += fmt::format("  {:<20} {}\n", verdict, count.get<std::uint64_t>());
    text += fmt::format("  digest {}\n  written to {}\n", summary["digest"].get<std::string>(), o.out);
    print(text);
  }
  return replayer.difference() ? kAnswerIsNo : kDone;
}

} // namespace

Run add_replay(CLI::App& verb) {
  auto options = std::make_shared<Options>();
  verb.add_option("INPUT", options->inputs, "event files, in order")->required();
  verb.add_option("--out", options->out, "a new or empty folder for <topic>.ndjson and summary.json")
      ->required()
      ->type_name("DIR");
  verb.add_option("--policy", options->policy, "a policy document that is in force before the first policy record")
      ->type_name("FILE");
  verb.add_option("--secrets", options->secrets, "a JSON object: secret name → base64url")->type_name("FILE");
  verb.add_flag("--unsigned-commands", options->unsigned_commands,
                "accept commands and policies without a signature");
  verb.add_flag("--force", options->force, "write into a folder that is not empty");
  verb.add_flag("--json", options->json, "print the summary as JSON");
  verb.footer(
      "\nThe same engine over event files, without a broker: every run gives the same bytes. Exit 0 also with dead "
      "letters;\nexit 1 where a history names other states than its replay comes to.\n\n"
      "Example:\n  onecode replay doors.ndjson --out decided --unsigned-commands");
  return [options] { return run_replay(*options); };
}

} // namespace onecode::app
