#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <optional>

#include "app/access_log.hpp"
#include "app/audit/explain.hpp"
#include "app/config.hpp"
#include "app/errors.hpp"
#include "app/files.hpp"
#include "app/verbs/audit_explain.hpp"
#include "app/wire.hpp"
#include "streams/authenticate.hpp"

namespace onecode::app {
namespace {

struct Options {
  KafkaFlags kafka;
  ReplayInputs inputs;
  AccessFlags access;
  Question question;
  std::string outputs, language = "both";
  bool recompute = false, json = false;
};

int run_explain(const Options& o) {
  const bool files = !o.inputs.files.empty();
  const bool named = o.kafka.config || o.kafka.brokers || o.kafka.prefix;
  const bool cluster = named || (!files && o.outputs.empty());

  std::unique_ptr<streams::Broker> broker;
  streams::Secrets secrets;
  if (cluster) {
    const auto config = o.kafka.load();
    broker = connect(config.kafka);
    secrets = replay_secrets(o.inputs, config);
  }
  ExplainRequest request;
  request.question = o.question;
  request.recompute = o.recompute;
  if (!o.outputs.empty())
    request.committed = committed_in(o.outputs);
  else if (broker)
    request.committed = committed_on(*broker);

  std::unique_ptr<RecordedInputs> inputs;
  std::string missing;
  if (files) {
    inputs = inputs_in(o.inputs);
  } else if (broker) {
    try {
      inputs = inputs_on(*broker, replay_options(o.inputs), secrets);
    } catch (const InputError& e) {
      if (o.recompute) throw;
      missing = e.what();
    }
  }
  request.inputs = inputs.get();
  const auto explanation = explain(request);
  const auto at = [&](const char* part, const char* member) {
    const auto it = explanation.find(part);
    return it != explanation.end() && it->contains(member) && (*it)[member].is_string()
               ? (*it)[member].get<std::string>()
               : "";
  };
  const auto account = explanation.contains("account") ? at("account", "id") : at("decision", "account");
  std::optional<std::filesystem::path> beside;
  if (files)
    beside = o.inputs.files.front();
  else if (!o.outputs.empty()) // beside a folder, not in it: it may be handed on
    beside = std::filesystem::canonical(o.outputs).parent_path();
  o.access.record({"audit explain",
                   account.empty() ? "record" : "account",
                   account,
                   explanation.at("record").get<std::string>(),
                   {}},
                  beside);
  if (!missing.empty()) fmt::print(stderr, "onecode: told from the committed records alone: {}\n", missing);
  print(o.json ? explanation.dump() + "\n" : explanation_page(explanation, o.language));
  return o.recompute && explanation.at("recompute").at("identical") != true ? kAnswerIsNo : kDone;
}

} // namespace

Run add_audit_explain(CLI::App& verb) {
  auto options = std::make_shared<Options>();
  verb.add_option(
          "DECISION", options->question.id,
          "CloudEvents id of a decision or of its scan, of a record of holds or of a finding; or a finding's uid")
      ->required();
  verb.add_option("HISTORY", options->inputs.files,
                  "event files, in order (onecode history); without: the cluster's");
  verb.add_option("--source", options->question.source, "source of the scan, where its id alone names several")
      ->type_name("URI");
  verb.add_option("--outputs", options->outputs,
                  "committed records, as `tail` and `replay` write them; without: the cluster's")
      ->type_name("DIR|FILE");
  verb.add_flag("--recompute", options->recompute,
                "replay up to it and compare byte for byte with what was committed");
  verb.add_option("--lang", options->language, "zh, en or both")
      ->check(CLI::IsMember({"zh", "en", "both"}))
      ->capture_default_str();
  add_replay_settings(verb, options->inputs);
  options->kafka.add_to(verb);
  options->access.add_to(verb);
  verb.add_flag("--json", options->json, "print the answer as one line of JSON");
  verb.footer(
      "\nWhy, in Chinese and English: reasons, score, rules with their versions and points, holds and who decided "
      "them, "
      "the policy\nversion and why that one, reader and system as they were, and the inputs that it rests on. All of "
      "it "
      "comes from the committed\nrecord and from the replay that comes to it again.\n"
      "--recompute: exit 0 identical, 1 it differs (and where), 3 it cannot be said (the history is not "
      "complete).\n\n"
      "Examples:\n  onecode audit explain gw-03/d-0417/3/182731 --brokers localhost:9092 --recompute\n"
      "  onecode audit explain 3fa1… term.ndjson --outputs committed --lang zh");
  return [options] { return run_explain(*options); };
}

} // namespace onecode::app
