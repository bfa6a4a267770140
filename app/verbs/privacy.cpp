#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "app/access_log.hpp"
#include "app/audit/archive_flags.hpp"
#include "app/audit/archiving.hpp"
#include "app/command_answer.hpp"
#include "app/command_words.hpp"
#include "app/config.hpp"
#include "app/errors.hpp"
#include "app/files.hpp"
#include "app/history.hpp"
#include "app/privacy/linkage.hpp"
#include "app/privacy/personal.hpp"
#include "app/signing.hpp"
#include "app/terminal.hpp"
#include "app/verbs/verbs.hpp"
#include "app/wire.hpp"

namespace onecode::app {
namespace {

struct Options {
  KafkaFlags kafka;
  ArchiveFlags archive;
  AccessFlags access;
  std::string subject, out, key, actor, reason, people, epoch, linkage;
  std::vector<std::string> shares;
  double wait_seconds = 10;
  bool confirm = false, finish = false, json = false;
};

int run_export(const Options& o) {
  const auto archived = o.archive.open();
  if (archived->archive.keys().of(o.subject).empty())
    throw Failure(
        kAnswerIsNo,
        fmt::format("{}: holds nothing about {} that can be read: there is nothing, or the keys were destroyed",
                    o.archive.folder, o.subject));
  o.access.record({"privacy export", "account", o.subject, {}, {}}, o.archive.folder);
  make_output_folder(o.out, false);
  const auto data = write_personal_data(archived->archive, o.subject, clock_now(), o.out);
  if (o.json)
    print(nlohmann::ordered_json{{"subject", o.subject}, {"out", o.out}, {"records", data.records}}.dump() + "\n");
  else
    print(fmt::format("{}: {} records about {}; data.html is for reading, records.ndjson for machines\n", o.out,
                      data.records, o.subject));
  return kDone;
}

// -- forgetting -----------------------------------------------------------------------------------------------------------

Answer send(const Options& o, streams::Broker& broker) {
  const auto& known = find_command(o.confirm ? "account.forget.confirm" : "account.forget.propose");
  const auto key = read_key_file(o.key);
  CommandDraft draft;
  draft.name = known.name;
  draft.target = o.subject;
  draft.actor = o.actor;
  draft.role = role_for(known, std::nullopt);
  draft.time = clock_now();
  draft.nonce = draft.id = random_nonce();
  draft.reason = o.reason;
  draft.source = "/onecode/command/" + draft.actor;
  const std::string value = command_event(draft, &key);
  if (const auto error = check_event(Topic::commands, draft.target, value))
    throw UsageError(fmt::format("{} would be refused: {} ({})", draft.name, error->text, error->code));
  const SentCommand sent{draft.name, draft.target, draft.actor, Kind::account, value};
  const Interrupt interrupt;
  const auto answer =
      send_command(broker, sent, streams::Milliseconds(static_cast<std::int64_t>(o.wait_seconds * 1000)),
                   [&] { return interrupt.asked(); });
  if (!o.json) print(answer_text(sent, answer));
  return answer;
}

/// What is left to do once the engine has forgotten somebody; also of those who were forgotten before.
std::vector<std::string> destroy(const Options& o, streams::Broker& broker) {
  const auto archived = o.archive.open();
  const std::string file = o.archive.secrets + "/evidence";
  auto gone = destroy_forgotten(broker, archived->archive, file,
                                [](const std::string& what) { fmt::print(stderr, "onecode: warning: {}\n", what); });
  if (gone.another_secret && !o.json)
    print(fmt::format("{} is another secret now: give it to every node and start them again, one after the other\n",
                      file));
  return std::move(gone.subjects);
}

int run_forget(const Options& o) {
  if (o.finish && (o.confirm || !o.actor.empty() || !o.key.empty()))
    throw UsageError("--finish gives no command: it takes no --confirm, --actor or --key");
  if (!o.finish && (o.actor.empty() || o.key.empty() || o.reason.empty() || o.subject.empty()))
    throw UsageError("a command needs SUBJECT, --actor, --key and --reason");
  if ((o.finish || o.confirm) && o.archive.folder.empty())
    throw UsageError("--archive is missing: whose keys are to be destroyed");
  const auto config = o.kafka.load();
  const auto broker = connect(config.kafka);
  if (!o.finish) {
    const auto answer = send(o, *broker);
    if (answer.outcome == Answer::Outcome::refused) return kAnswerIsNo;
    if (!o.confirm) {
      if (!o.json) print("Another person confirms it: onecode privacy forget --confirm …\n");
      return kDone;
    }
  }
  const auto gone = destroy(o, *broker);
  const bool done = o.finish || std::ranges::find(gone, o.subject) != gone.end();
  if (o.json)
    print(nlohmann::ordered_json{{"forgotten", gone}}.dump() + "\n");
  else if (!gone.empty())
    print(fmt::format("keys destroyed: {}\n", fmt::join(gone, ", ")));
  else
    print("nobody else was forgotten since the last time\n");
  if (!done)
    fmt::print(stderr,
               "onecode: the engine has not said yet that it is done; onecode privacy forget --finish destroys the "
               "keys then\n");
  return done ? kDone : kAnswerIsNo;
}

// -- pseudonyms -----------------------------------------------------------------------------------------------------------

/// Accounts with a hold, as `freezes` has them.
std::set<std::string> held(streams::Broker& broker) {
  std::set<std::string> out;
  const auto topics = broker.describe_topics();
  const auto it = topics.find(Topic::freezes);
  for (std::int32_t p = 0; it != topics.end() && p < it->second.partitions; ++p)
    read_whole(broker, {Topic::freezes, p}, [&](const streams::Record& r) {
      const auto event = nlohmann::json::parse(r.value.value_or("null"), nullptr, false);
      const nlohmann::json::json_pointer holds("/data/holds");
      if (event.is_object() && event.contains(holds) && !event[holds].empty())
        out.insert(std::string(r.key));
      else
        out.erase(std::string(r.key));
    });
  return out;
}

Linkage open_table(const Options& o) {
  if (o.shares.size() != 2) throw UsageError("--share is needed twice: a linkage table takes two people");
  return open_linkage(read_file(o.linkage), o.linkage, {read_share(o.shares[0]), read_share(o.shares[1])});
}

int run_epoch(const Options& o) {
  const auto previous = o.linkage.empty() ? Linkage{} : open_table(o);
  std::ifstream csv(o.people);
  if (!csv) throw InputError(o.people + ": cannot be read");
  const auto people = read_people(csv, o.people);
  std::set<std::string> keep;
  if (!o.linkage.empty()) keep = held(*connect(o.kafka.load().kafka));
  const auto key = read_key_file(o.key);
  const auto plan = plan_epoch(o.epoch, previous, people, keep, o.actor, key, clock_now());
  make_output_folder(o.out, false);
  const auto shares = new_shares();
  std::string lines;
  for (const auto& command : plan.commands) lines += streams::to_line(command) + "\n";
  write_file(o.out + "/commands.ndjson", lines, 0600);
  write_file(o.out + "/linkage.json", seal(plan.table, shares), 0600);
  write_file(o.out + "/share-1", share_text(shares.first), 0600);
  write_file(o.out + "/share-2", share_text(shares.second), 0600);
  if (o.json) {
    print(nlohmann::ordered_json{{"epoch", o.epoch},
                                 {"moved", plan.moved},
                                 {"opened", plan.opened},
                                 {"kept", plan.kept},
                                 {"not_listed", plan.left}}
              .dump(2) +
          "\n");
    return kDone;
  }
  print(
      fmt::format("{}: {} people get another pseudonym, {} their first, {} keep theirs because a hold stands on it\n",
                  o.out, plan.moved, plan.opened, plan.kept));
  for (const auto& id : plan.left) print(fmt::format("{}: its person is not listed; nothing is done with it\n", id));
  print(
      fmt::format("Give {0}/share-1 and {0}/share-2 to two people who keep them apart, and delete them here; "
                  "then: onecode publish {0}/commands.ndjson\n",
                  o.out));
  return kDone;
}

int run_link(const Options& o) {
  const auto table = open_table(o);
  // Whose name it is stands in no file: only that somebody looked, and in which table.
  o.access.record({"privacy link", "person", {}, table.epoch, {}}, o.linkage);
  for (const auto& [person, pseudonym] : table.pseudonyms) {
    if (person != o.subject && pseudonym != o.subject) continue;
    if (o.json)
      print(nlohmann::ordered_json{{"epoch", table.epoch}, {"person", person}, {"account", pseudonym}}.dump() + "\n");
    else
      print(fmt::format("{} is {} in epoch {}\n", person, pseudonym, table.epoch));
    return kDone;
  }
  throw Failure(kAnswerIsNo, fmt::format("{}: has no {}", o.linkage, o.subject));
}

int run_destroyed(const Options& o) {
  const auto archived = o.archive.open();
  auto all = nlohmann::ordered_json::array();
  for (const auto& d : archived->archive.keys().destroyed()) {
    if (o.json)
      all.push_back({{"at", format_time(d.at)}, {"keys", d.keys}, {"why", d.why}});
    else
      print(fmt::format("{} {} keys: {}\n", format_time(d.at), d.keys, d.why));
  }
  if (o.json) print(all.dump(2) + "\n");
  return kDone;
}

} // namespace

Run add_privacy(CLI::App& verb) {
  auto options = std::make_shared<Options>();
  verb.require_subcommand(1);
  verb.footer(
      "\nWhat people may ask of those who keep records about them. The archive is that of `onecode audit export "
      "--archive`.\n\nExample:\n  onecode privacy export a-1 --archive archive --secrets archive-secrets --out a-1");
  auto* give = verb.add_subcommand("export", "a person's own data, readable");
  give->add_option("SUBJECT", options->subject, "the account")->required();
  give->add_option("--out", options->out, "a new folder, readable by you only")->required()->type_name("DIR");
  options->archive.add_to(*give, "the archive");
  options->access.add_to(*give);
  give->footer("\nExample:\n  onecode privacy export a-1 --archive archive --secrets archive-secrets --out a-1");
  auto* gone = verb.add_subcommand("destroyed", "which keys were destroyed, when and why; never whose");
  options->archive.add_to(*gone, "the archive");
  gone->footer("\nExample:\n  onecode privacy destroyed --archive archive --secrets archive-secrets");
  auto* forget =
      verb.add_subcommand("forget", "destroy what is kept about an account that ended: two people, and a reason");
  forget->add_option("SUBJECT", options->subject, "the account");
  forget->add_flag("--confirm", options->confirm, "confirm what a registrar proposed; otherwise propose it");
  forget->add_flag("--finish", options->finish, "only destroy the keys of those whom the engine has forgotten");
  forget
      ->add_option("--actor", options->actor,
                   "a registrar who proposes, or somebody of the information centre who confirms")
      ->type_name("ID");
  forget->add_option("--key", options->key, "key file that signs it")->type_name("FILE");
  forget->add_option("--reason", options->reason, "why, for the record")->type_name("TEXT");
  forget->add_option("--wait", options->wait_seconds, "how long to wait for the outcome (default 10)")
      ->check(CLI::Range(1.0, 3600.0))
      ->type_name("SECONDS");
  options->archive.add_to(*forget, "the archive whose keys are to be destroyed");
  options->kafka.add_to(*forget);
  forget->footer(
      "\nThe engine refuses while a hold, a case, a debt or the policy's `retention` keeps the account, and says "
      "what "
      "does. Once it has\nforgotten, keys are destroyed here: those of the archive, and the subject's in the secret "
      "`evidence`. Proofs stay valid.\n`audit export --archive` does the same for whoever was forgotten "
      "meanwhile.\n\n"
      "Examples:\n  onecode privacy forget a-1 --actor reg-1 --key registrar.key.json --reason \"left in 2023, asks "
      "for "
      "it\"\n  onecode privacy forget a-1 --confirm --actor ic-1 --key centre.key.json --reason \"checked\" \\\n     "
      " "
      "--archive archive --secrets archive-secrets");
  auto* epoch =
      verb.add_subcommand("epoch", "give people other pseudonyms; the table that links them is sealed for two");
  epoch->add_option("NAME", options->epoch, "of the new epoch, such as 2026-autumn")->required();
  epoch->add_option("--people", options->people, "CSV: person, category, perhaps valid_to and handset")
      ->required()
      ->type_name("FILE");
  epoch
      ->add_option("--linkage", options->linkage,
                   "the table of the epoch before; without one everybody gets their first")
      ->type_name("FILE");
  epoch->add_option("--share", options->shares, "the shares that open it, twice")->type_name("FILE");
  epoch->add_option("--actor", options->actor, "the registrar who gives the commands")->required()->type_name("ID");
  epoch->add_option("--key", options->key, "key file that signs them")->required()->type_name("FILE");
  epoch->add_option("--out", options->out, "a new folder for commands, table and shares")
      ->required()
      ->type_name("DIR");
  options->kafka.add_to(*epoch);
  epoch->footer(
      "\nOld accounts are closed and new ones opened, by commands that `onecode publish` sends. Who is held keeps "
      "the "
      "account: Kafka is\nasked for that. What the engine knows of somebody's habits does not move along: a new "
      "account "
      "begins with its learning period,\nand its balance with the next posting.\n\nExample:\n"
      "  onecode privacy epoch 2026-autumn --people people.csv --linkage spring/linkage.json --share a --share b \\\n"
      "    --actor reg-1 --key registrar.key.json --out autumn --config node.toml");
  auto* link = verb.add_subcommand("link", "who is behind a pseudonym, or which is somebody's: two people's shares");
  link->add_option("ID", options->subject, "a person or a pseudonym")->required();
  link->add_option("--linkage", options->linkage, "the table of the epoch")->required()->type_name("FILE");
  link->add_option("--share", options->shares, "the shares that open it, twice")->required()->type_name("FILE");
  options->access.add_to(*link);
  link->footer(
      "\nExample:\n  onecode privacy link a-3f… --linkage autumn/linkage.json --share share-1 --share share-2");
  for (auto* sub : {give, forget, epoch, link, gone})
    sub->add_flag("--json", options->json, "print the answer as JSON");
  return [options, give, forget, epoch, link] {
    return give->parsed()     ? run_export(*options)
           : forget->parsed() ? run_forget(*options)
           : epoch->parsed()  ? run_epoch(*options)
           : link->parsed()   ? run_link(*options)
                              : run_destroyed(*options);
  };
}

} // namespace onecode::app
