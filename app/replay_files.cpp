#include "app/replay_files.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <utility>

#include "app/errors.hpp"
#include "app/policy_file.hpp"
#include "app/terminal.hpp"

namespace onecode::app {
namespace {

ReplayOptions watched(ReplayOptions options, ReplayWatch watch) {
  options.watch = std::move(watch);
  return options;
}

} // namespace

ReplayOptions replay_options(const ReplayInputs& inputs) {
  ReplayOptions options;
  options.policy = inputs.policy.empty() ? builtin_policy() : read_policy_file(inputs.policy);
  options.unsigned_commands = inputs.unsigned_commands;
  return options;
}

void add_replay_options(CLI::App& verb, ReplayInputs& inputs) {
  verb.add_option("INPUT", inputs.files, "event files, in order")->required();
  add_replay_settings(verb, inputs);
}

void add_replay_settings(CLI::App& verb, ReplayInputs& inputs, const char* secrets) {
  verb.add_option("--policy", inputs.policy, "a policy document that is in force before the first policy record")
      ->type_name("FILE");
  verb.add_option(secrets, inputs.secrets, "a JSON object: secret name → base64url")->type_name("FILE");
  verb.add_flag("--unsigned-commands", inputs.unsigned_commands, "accept commands and policies without a signature");
}

FileReplay::FileReplay(const ReplayInputs& inputs, std::function<void(const streams::OutRecord&)> output,
                       std::function<void(const streams::FileRecord&)> input, ReplayWatch watch)
    : inputs_(inputs),
      secrets_(inputs.secrets.empty() ? streams::Secrets{} : streams::Secrets::from_json_file(inputs.secrets)),
      input_(std::move(input)),
      replayer_(watched(replay_options(inputs), std::move(watch)), secrets_, std::move(output)) {}

/// The policies of the inputs that are a history, from the first on.
void FileReplay::foresee_policies(const std::string& interrupted) {
  const Interrupt interrupt;
  for (const auto& file : inputs_.files) {
    streams::EventFileReader reader(file);
    auto line = reader.next();
    if (!line || !std::holds_alternative<streams::FileTurn>(*line)) return;
    Progress progress("reading the policies of " + std::filesystem::path(file).filename().string(),
                      reader.bytes_total());
    for (std::uint64_t records = 0; line; line = reader.next()) {
      if (interrupt.asked()) throw Failure(130, interrupted);
      replayer_.foresee(*line);
      progress.at(reader.bytes_read(), ++records);
    }
  }
}

void FileReplay::run(const std::string& interrupted, const std::function<bool()>& enough) {
  foresee_policies(interrupted);
  for (const auto& file : inputs_.files) {
    streams::EventFileReader reader(file);
    Progress progress("replaying " + std::filesystem::path(file).filename().string(), reader.bytes_total());
    const Interrupt interrupt;
    std::uint64_t ignored = 0;
    while (auto line = reader.next()) {
      if (interrupt.asked()) throw Failure(130, interrupted);
      if (enough && enough()) return;
      if (const auto* record = std::get_if<streams::FileRecord>(&*line)) {
        if (!info(record->topic).input && record->topic != Topic::policy) {
          ++ignored;
          continue;
        }
        if (input_) input_(*record);
      }
      replayer_.line(std::move(*line));
      progress.at(reader.bytes_read(), replayer_.records());
    }
    if (ignored > 0) fmt::print(stderr, "onecode: {}: {} records of output topics passed over\n", file, ignored);
  }
  replayer_.finish();
  if (const auto& different = replayer_.difference()) fmt::print(stderr, "onecode: {}\n", *different);
}

} // namespace onecode::app
