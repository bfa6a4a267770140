#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/command_answer.hpp"
#include "app/command_words.hpp"
#include "app/config.hpp"
#include "app/errors.hpp"
#include "app/files.hpp"
#include "app/signing.hpp"
#include "app/terminal.hpp"
#include "app/verbs/verbs.hpp"
#include "app/wire.hpp"
#include "domain/authority.hpp"
#include "streams/event_file.hpp"

namespace onecode::app {
namespace {

struct Options {
  KafkaFlags kafka;
  std::string name;
  std::optional<std::string> target, key, actor, role, reason, nonce, time;
  std::vector<std::string> arguments;
  double wait_seconds = 10;
  bool without_signature = false, dry_run = false, list = false, help = false, json = false;
};

std::string answer_json(const CommandDraft& draft, const Answer& answer, bool waited) {
  constexpr const char* words[] = {"refused", "state", "accepted", "unanswered"};
  nlohmann::ordered_json json{
      {"command", draft.name}, {"target", draft.target}, {"source", draft.source}, {"id", draft.id}};
  if (!waited) return json.dump() + "\n";
  json["outcome"] = words[static_cast<int>(answer.outcome)];
  if (answer.offset) {
    json["partition"] = answer.partition;
    json["offset"] = *answer.offset;
  }
  if (answer.outcome == Answer::Outcome::refused) {
    json["code"] = answer.code;
    json["text"] = {{"zh", answer.zh}, {"en", answer.en}};
  }
  if (answer.outcome == Answer::Outcome::state) json["state"] = nlohmann::ordered_json::parse(answer.state_json);
  return json.dump() + "\n";
}

/// Liabilities are of an account or of an integration.
Kind target_kind(const CommandInfo& info, std::string_view value) {
  if (info.name != "liability.record") return info.target;
  const auto event = nlohmann::json::parse(value);
  return event["data"]["args"].contains("order") ? Kind::integration : Kind::account;
}

int run_command(const Options& o, const CLI::App& verb) {
  if (o.list) {
    print(list_commands());
    return kDone;
  }
  if (o.name.empty()) {
    if (!o.help) throw UsageError("which command? onecode command --help names them");
    print(verb.help() + "\n" + list_commands());
    return kDone;
  }
  const auto& known = find_command(o.name);
  if (o.help) {
    print(command_help(known));
    return kDone;
  }

  if (!o.target)
    throw UsageError(fmt::format("--target is missing: the {} that {} is about", target_text(known), o.name));
  if (!o.actor) throw UsageError("--actor is missing: the id of whoever gives the command");
  if (!o.key && !o.without_signature)
    throw UsageError(
        "--key is missing: the key file that signs the command (--unsigned for an engine that takes unsigned ones)");
  CommandDraft draft;
  draft.name = o.name;
  draft.target = *o.target;
  draft.actor = *o.actor;
  draft.role = role_for(known, o.role);
  draft.time = clock_now();
  if (o.time) {
    const auto t = parse_time(*o.time);
    if (!t) throw UsageError(fmt::format("--time {}: is no time such as 2026-03-02T00:00:00+08:00", *o.time));
    draft.time = *t;
  }
  draft.nonce = o.nonce.value_or(random_nonce());
  draft.reason = o.reason.value_or("");
  if (needs_reason(known) && draft.reason.find_first_not_of(" \t\r\n") == std::string::npos)
    throw UsageError(fmt::format("--reason is missing: {} takes one, for the record", o.name));
  draft.source = "/onecode/command/" + draft.actor;
  draft.id = draft.nonce;
  draft.args_json = arguments_json(known, o.arguments);

  std::optional<SigningKey> key;
  if (o.key) key = read_key_file(*o.key);
  streams::FileRecord record;
  record.topic = Topic::commands;
  record.key = draft.target;
  record.value = command_event(draft, key ? &*key : nullptr);
  // The engine's own decoder: what it would refuse never leaves this machine.
  if (const auto error = check_event(Topic::commands, record.key, *record.value))
    throw UsageError(fmt::format("{} would be refused: {} ({})", o.name, error->text, error->code));
  if (o.dry_run) {
    print(streams::to_line(record) + "\n");
    return kDone;
  }
  // An event file may hold what was given long ago; an engine takes nothing that is older than this.
  if (draft.time + kOldestCommand < clock_now())
    throw UsageError(fmt::format("--time {}: is more than 7 days ago, which the engine refuses", *o.time));

  const auto config = o.kafka.load();
  const auto broker = connect(config.kafka);
  const SentCommand sent{draft.name, draft.target, draft.actor, target_kind(known, *record.value), *record.value};
  const Interrupt interrupt;
  const bool waited = o.wait_seconds > 0;
  const auto answer =
      send_command(*broker, sent, streams::Milliseconds(static_cast<std::int64_t>(o.wait_seconds * 1000)),
                   [&] { return interrupt.asked(); });
  if (o.json)
    print(answer_json(draft, answer, waited));
  else if (waited)
    print(answer_text(sent, answer));
  else
    print(fmt::format("{} for {} sent as {}; a refusal comes back in {}notices and {}dead-letters\n", draft.name,
                      draft.target, draft.id, config.kafka.prefix, config.kafka.prefix));
  return answer.outcome == Answer::Outcome::refused ? kAnswerIsNo : kDone;
}

} // namespace

Run add_command(CLI::App& verb) {
  auto options = std::make_shared<Options>();
  auto* o = options.get();
  // Its own --help, because `command NAME --help` explains NAME.
  verb.set_help_flag();
  verb.add_flag("-h,--help", o->help, "explain this verb, or after NAME that command");
  verb.add_option("NAME", o->name, "the command, such as account.freeze");
  verb.add_flag("--list", o->list, "name every command with its roles");
  verb.add_option("--target", o->target, "the account, device or integration that it is about")->type_name("ID");
  verb.add_option("--actor", o->actor, "whoever gives the command")->type_name("ID");
  verb.add_option("--role", o->role, "the role in which they give it (needed where several may)")->type_name("ROLE");
  verb.add_option("--key", o->key, "key file that signs it")->type_name("FILE");
  verb.add_flag("--unsigned", o->without_signature, "send it without a signature")->excludes("--key");
  verb.add_option("--arg", o->arguments, "an argument; nested ones as a.b=VALUE, lists as x,y or JSON")
      ->type_name("NAME=VALUE")
      ->expected(1)
      ->allow_extra_args(false)
      ->take_all();
  verb.add_option("--reason", o->reason, "why, for the record and the notice")->type_name("TEXT");
  verb.add_option("--time", o->time, "when it was given (default now)")->type_name("RFC3339");
  verb.add_option("--nonce", o->nonce, "default: random")->type_name("TEXT");
  verb.add_flag("--dry-run", o->dry_run, "print it as an event-file line instead of sending it");
  verb.add_option("--wait", o->wait_seconds, "how long to wait for the outcome (default 10); 0: only send")
      ->check(CLI::Range(0.0, 3600.0))
      ->type_name("SECONDS");
  verb.add_flag("--json", o->json, "print what was sent, and the outcome, as JSON");
  o->kafka.add_to(verb);
  verb.footer(
      "\nChecks the command before it is sent, then waits for the outcome: the new state, that it was accepted, or "
      "the "
      "refusal\nwith its reason (exit 1). `onecode command NAME --help` explains a command and gives an example.\n\n"
      "Examples:\n  onecode command account.freeze --help\n"
      "  onecode command account.freeze --target a-0012345 --key officer.key.json --actor officer-7 \\\n"
      "      --role security-officer --arg article=8 --arg functions=payment,access --reason \"case 2026-17\"");
  return [options, app = &verb] { return run_command(*options, *app); };
}

} // namespace onecode::app
