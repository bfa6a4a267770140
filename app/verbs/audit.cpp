#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "actors/policy_book.hpp"
#include "app/access_log.hpp"
#include "app/alerts/visible.hpp"
#include "app/audit/archive_flags.hpp"
#include "app/audit/archiving.hpp"
#include "app/audit/bundle.hpp"
#include "app/audit/check.hpp"
#include "app/audit/export.hpp"
#include "app/audit/exported.hpp"
#include "app/audit/gaps_verb.hpp"
#include "app/audit/logs.hpp"
#include "app/audit/records.hpp"
#include "app/audit/witnessing.hpp"
#include "app/config.hpp"
#include "app/errors.hpp"
#include "app/files.hpp"
#include "app/history.hpp"
#include "app/terminal.hpp"
#include "app/verbs/audit_explain.hpp"
#include "app/verbs/verbs.hpp"
#include "app/wire.hpp"
#include "evidence/bundle.hpp"
#include "evidence/leaf.hpp"
#include "streams/authenticate.hpp"

namespace onecode::app {
namespace {

namespace fs = std::filesystem;

struct Options {
  KafkaFlags kafka;
  AccessFlags access;
  ArchiveFlags archive;
  std::string folder, id, out, sign, exporter, account;
  std::vector<std::string> key_files, since, witnesses;
  ReplayInputs history;
  std::size_t wanted_witnesses = 0;
  bool json = false;
};

/// As the nodes have it: by the published documents that [trust] root, or a key in force, has signed.
Policy policy_in_force(streams::Broker& broker, const Config& config, Time now) {
  actors::PolicyBook book(builtin_policy(), config.trust.root, false);
  read_whole(broker, {Topic::policy, 0}, [&](const streams::Record& r) { book.read(r.offset, r); });
  return book.history()->at(now);
}

int run_export(const Options& o) {
  std::vector<WitnessAddress> witnesses;
  for (const auto& w : o.witnesses) witnesses.push_back(parse_witness(w));
  const auto config = o.kafka.load();
  const auto broker = connect(config.kafka);
  Progress progress("exporting", 0);
  const Interrupt interrupt;
  const auto warn = [](const std::string& what) { fmt::print(stderr, "onecode: warning: {}\n", what); };
  const auto logs = export_logs(
      *broker, o.folder,
      [&](std::uint64_t done, std::uint64_t) {
        progress.at(done, done);
        return !interrupt.asked();
      },
      warn, witnesses);
  if (logs.empty())
    throw InputError(
        "there is no signed head yet: a node signs them when its secrets hold `evidence` and `evidence-key`");
  if (const auto archived = o.archive.open_if_named()) {
    Progress filling("archiving", 0);
    const auto records = archive_topics(
        *broker, archived->archive,
        [&](std::uint64_t done) {
          filling.at(done, done);
          return !interrupt.asked();
        },
        warn);
    if (interrupt.asked())
      throw Failure(130, "interrupted; the next export goes on with the archive where this one stopped");
    const auto leaves = archive_leaves(open_logs(o.folder), archived->archive);
    const bool another_secret =
        destroy_forgotten(*broker, archived->archive, o.archive.secrets + "/evidence", warn).another_secret;
    const auto now = clock_now();
    const auto expired = destroy_expired(policy_in_force(*broker, config, now), archived->archive, now);
    if (expired > 0 && !o.json) print(fmt::format("archive: {} keys destroyed, their time is over\n", expired));
    if (another_secret)
      fmt::print(stderr, "onecode: {}/evidence is another secret now: give it to every node and start them again\n",
                 o.archive.secrets);
    if (!o.json) print(fmt::format("archive: {} records and {} leaves are new\n", records, leaves));
  }
  if (o.json) {
    auto all = nlohmann::ordered_json::array();
    for (const auto& l : logs)
      all.push_back({{"shard", l.shard},
                     {"origin", l.origin},
                     {"leaves", l.leaves},
                     {"added", l.added},
                     {"witnesses", l.witnesses}});
    print(all.dump(2) + "\n");
  } else {
    for (const auto& l : logs)
      print(fmt::format("{}: {} leaves, {} of them new{}{}\n", l.origin, l.leaves, l.added,
                        l.witnesses.empty() ? "" : ", cosigned by ", fmt::join(l.witnesses, ", ")));
  }
  return kDone;
}

// -- is it sound ---------------------------------------------------------------------------------------------------------

Colour colour_of(const Judgement& is) { return is.code == kDone ? Colour::green : Colour::red; }

int verify_bundle(const Options& o, const std::vector<evidence::Verifier>& keys) {
  const auto found = judge_bundle(o.folder, keys);
  const auto& m = found.bundle.manifest;
  if (o.json) {
    nlohmann::ordered_json out{{"bundle", o.folder}, {"is", found.is.word()}, {"why", found.is.text}};
    if (found.is.code == kDone) {
      out["about"] = {{"kind", m.kind}, {"id", m.id}};
      out["made"] = evidence::utc_text(m.made);
      out["signed_by"] = found.bundle.signer;
      out["records"] = found.bundle.records.size();
    }
    print(out.dump(2) + "\n");
  } else {
    print(fmt::format("{} {}: {}\n", o.folder, paint(stdout, colour_of(found.is), found.is.word()), found.is.text));
  }
  return found.is.code;
}

int run_verify(const Options& o) {
  const auto keys = read_verifiers(o.key_files);
  if (is_bundle(o.folder)) return verify_bundle(o, keys);
  int worst = kDone;
  auto all = nlohmann::ordered_json::array();
  std::set<std::string> compared, missing;
  for (const auto& v : keys) // an exporter's is no log's
    if (v.key.type != evidence::NoteKey::Type::cosignature && shard_of(v.key.name)) missing.insert(v.key.name);
  const auto tell = [&](const std::string& origin, std::uint64_t leaves, const Judgement& found) {
    if (o.json) {
      auto witnesses = nlohmann::ordered_json::array();
      for (const auto& w : found.witnesses) witnesses.push_back({{"name", w.name}, {"at", time_text(w)}});
      all.push_back({{"log", origin},
                     {"leaves", leaves},
                     {"is", found.word()},
                     {"why", found.text},
                     {"witnesses", std::move(witnesses)}});
    } else {
      print(fmt::format("{} {}: {}\n", origin, paint(stdout, colour_of(found), found.word()), found.text));
    }
    // One that was tampered with outweighs all that are incomplete.
    if (found.code == kAnswerIsNo || worst == kDone) worst = worst == kAnswerIsNo ? worst : found.code;
  };
  for (const auto& log : open_logs(o.folder)) {
    auto found = judge(log, keys, o.wanted_witnesses);
    missing.erase(log.head.origin);
    for (const auto& file : o.since) {
      if (found.code != kDone || origin_of(file) != log.head.origin) continue;
      compared.insert(file);
      const auto more = judge_since(log, file, keys);
      found.code = more.code;
      found.text = more.code == kDone ? found.text + "; " + more.text : more.text;
    }
    tell(log.head.origin, log.head.size, found);
  }
  for (const auto& name : missing) tell(name, 0, {kUsage, "there is a key for it, and no such log", {}});
  if (o.json) print(all.dump(2) + "\n");
  for (const auto& file : o.since)
    if (!compared.contains(file) && worst != kAnswerIsNo) {
      fmt::print(stderr, "onecode: {}: is the head of no sound log in {}\n", file, o.folder);
      worst = kUsage;
    }
  return worst;
}

// -- proofs ---------------------------------------------------------------------------------------------------------------

nlohmann::ordered_json to_json(const evidence::Leaf& leaf) {
  const auto hex = [](const evidence::Hash& h) { return streams::to_hex(evidence::view(h)); };
  nlohmann::ordered_json out{{"kind", evidence::to_string(leaf.kind)}, {"id", leaf.id},
                             {"subject", hex(leaf.subject)},           {"payload", hex(leaf.payload)},
                             {"time", format_time(leaf.time)},         {"received", format_time(leaf.received)}};
  if (leaf.payload_sm3) out["payload_sm3"] = hex(*leaf.payload_sm3);
  if (leaf.at)
    out["source"] = {{"topic", name(leaf.at->topic)}, {"partition", leaf.at->partition}, {"offset", leaf.offset}};
  if (!leaf.policy.empty()) out["policy"] = leaf.policy;
  if (!leaf.build.empty()) out["build"] = leaf.build;
  if (!leaf.mac.empty()) out["mac"] = streams::base64url(leaf.mac);
  return out;
}

int run_prove(const Options& o) {
  const auto archived = o.archive.open_if_named();
  const evidence::SubjectKeys keys(archived ? o.archive.evidence_secret() : std::string{});
  RecordReader reader(open_logs(o.folder), archived ? &archived->archive : nullptr, keys);
  // Not in the folder: it is for everybody to read.
  o.access.record({"audit prove", "leaf", {}, o.id, {}}, fs::canonical(o.folder).parent_path());
  const auto places = reader.find(o.id);
  if (places.empty()) throw Failure(kAnswerIsNo, fmt::format("{}: no leaf has the id {}", o.folder, o.id));
  auto all = nlohmann::ordered_json::array();
  for (const auto& at : places) {
    const auto record = reader.record(at);
    const auto leaf = evidence::parse_leaf(record.leaf);
    if (!leaf) throw Failure(kAnswerIsNo, fmt::format("{}: leaf {} cannot be read", o.folder, at.place));
    auto shown = to_json(*leaf);
    shown["log"] = record.origin;
    shown["place"] = record.place;
    if (archived) shown["text"] = record.payload ? "there" : record.erased ? "erased" : "unknown";
    if (!o.out.empty()) {
      const std::string base = o.out + (all.empty() ? "" : fmt::format("-{}", all.size()));
      write_file(base + ".leaf", record.leaf);
      write_file(base + ".tlog-proof", record.proof);
      if (record.payload) write_file(base + ".payload", *record.payload);
      if (record.subject) write_file(base + ".subject", *record.subject);
    } else if (!o.json) {
      print(record.proof);
    }
    all.push_back(std::move(shown));
  }
  if (o.json || !o.out.empty()) print(all.dump(2) + "\n");
  return kDone;
}

// -- bundles --------------------------------------------------------------------------------------------------------------

/// What the explanations come from.
struct OpenHistory {
  std::unique_ptr<streams::Broker> broker;
  streams::Secrets secrets;
  std::unique_ptr<RecordedInputs> inputs; // null: nobody named one

  explicit OpenHistory(const Options& o) {
    const bool cluster = o.kafka.config || o.kafka.brokers || o.kafka.prefix;
    if (cluster && !o.history.files.empty())
      throw UsageError("--history or a cluster, not both: explanations come from one history");
    if (!o.history.files.empty()) inputs = inputs_in(o.history);
    if (!cluster) return;
    const auto config = o.kafka.load();
    broker = connect(config.kafka);
    secrets = replay_secrets(o.history, config);
    inputs = inputs_on(*broker, replay_options(o.history), secrets);
  }
};

int run_bundle(const Options& o) {
  const auto colon = o.id.find(':');
  BundleRequest request;
  request.kind = colon == std::string::npos ? "record" : o.id.substr(0, colon);
  request.id = colon == std::string::npos ? o.id : o.id.substr(colon + 1);
  if (!evidence::is_bundle_kind(request.kind)) {
    request.kind = "record"; // ids of events may have colons
    request.id = o.id;
  }
  if (request.kind == "case" && o.account.empty()) throw UsageError("a case is its account's: --account is missing");
  request.account = o.account;
  request.made = clock_now();
  request.key = read_key_file(o.sign);
  request.exporter = o.exporter.empty() ? request.key.id : o.exporter;
  for (const auto& file : o.key_files) request.verifiers += read_file(file);
  (void)read_verifiers(o.key_files);
  const auto archived = o.archive.open();
  const evidence::SubjectKeys keys(o.archive.evidence_secret());
  RecordReader reader(open_logs(o.folder), &archived->archive, keys);
  const bool record = request.kind == "record";
  o.access.record({"audit bundle",
                   request.kind,
                   record                   ? ""
                   : request.kind == "case" ? o.account
                                            : request.id,
                   record || request.kind == "case" ? request.id : "",
                   {}},
                  o.archive.folder);
  const OpenHistory history(o);
  request.history = history.inputs.get();
  make_output_folder(o.out, false);
  const auto made = make_bundle(request, reader, archived->archive, o.out);
  if (!request.history)
    fmt::print(stderr,
               "onecode: no history was given (--history, --config or --brokers), so the bundle explains nothing; "
               "VERIFY.html says so\n");
  for (const auto& id : made.unexplained)
    fmt::print(stderr, "onecode: warning: not explained, for the history does not come to it: {}\n", visible(id));
  for (const auto& id : made.different)
    fmt::print(
        stderr,
        "onecode: warning: the history comes to other bytes than the record has, and its explanation says so: {}\n",
        visible(id));
  if (o.json)
    print(nlohmann::ordered_json{{"bundle", o.out},
                                 {"records", made.records},
                                 {"texts", made.payloads},
                                 {"erased", made.erased},
                                 {"explained", request.history ? nlohmann::ordered_json(made.explained) : nullptr},
                                 {"unexplained", made.unexplained},
                                 {"different", made.different},
                                 {"verifier", made.verifier}}
              .dump(2) +
          "\n");
  else
    print(
        fmt::format("{}: {} records, {} with their text, {} erased; {} explained\nWhoever checks it needs this key, "
                    "by another way:\n{}\n",
                    o.out, made.records, made.payloads, made.erased,
                    request.history ? std::to_string(made.explained) : "none", made.verifier));
  return kDone;
}

// -- who looked ---------------------------------------------------------------------------------------------------------

int run_access(const Options& o) {
  const auto checked = check_access(o.folder);
  if (o.json) {
    auto records = nlohmann::ordered_json::array();
    for (const auto& line : checked.records) {
      const auto record = nlohmann::ordered_json::parse(line, nullptr, false);
      records.push_back(record.is_discarded() ? nlohmann::ordered_json() : record);
    }
    print(nlohmann::ordered_json{
              {"lines", checked.lines}, {"last", checked.last}, {"wrong", checked.wrong}, {"records", records}}
              .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) +
          "\n");
  } else {
    std::string text;
    for (const auto& line : checked.records) {
      const auto record = nlohmann::ordered_json::parse(line, nullptr, false);
      const auto word = [&](const char* member) {
        return record.is_object() && record.contains(member) && record[member].is_string()
                   ? visible(record[member].get<std::string>())
                   : std::string();
      };
      if (!record.is_object()) {
        text += visible(line) + "\n";
        continue;
      }
      text += fmt::format("{}  {}  {}  {} {}", word("at"), word("who"), word("verb"), word("kind"),
                          word("subject").empty() ? word("record") : word("subject"));
      text += word("purpose").empty() ? "  (no purpose given)\n" : "  " + word("purpose") + "\n";
    }
    for (const auto& wrong : checked.wrong) text += wrong + "\n";
    text += fmt::format("{} lines, {}; the last has the SHA-256 {}\n", checked.lines,
                        checked.wrong.empty() ? "the chain is whole" : "the chain is broken", checked.last);
    print(text);
  }
  return checked.wrong.empty() ? kDone : kAnswerIsNo;
}

} // namespace

Run add_audit(CLI::App& verb) {
  auto options = std::make_shared<Options>();
  verb.require_subcommand(1);
  verb.footer(
      "\nEach shard keeps a transparency log: a leaf for every scan, decision, posting, command, change of holds and "
      "finding.\n\nExamples:\n"
      "  onecode audit export --out evidence --brokers localhost:9092\n"
      "  onecode audit verify evidence --keys verifiers.txt\n"
      "  onecode audit explain 3fa1… --brokers localhost:9092 --recompute");
  auto* publish = verb.add_subcommand("export", "write the logs as files that any web server can hand out");
  publish->add_option("--out", options->folder, "the folder; what an earlier export left is gone on with")
      ->required()
      ->type_name("DIR");
  publish->add_option("--witness", options->witnesses, "ask it to cosign each head; may be given several times")
      ->type_name("URL=VERIFIER")
      ->allow_extra_args(false);
  options->kafka.add_to(*publish);
  options->archive.add_to(*publish, "also keep what the leaves are about here, encrypted for each person and month");
  publish->footer(
      "\nDIR/<shard>/ is a log by C2SP tlog-tiles: hash tiles, entries, the signed checkpoint. Everybody can check "
      "it with other\npeople's software. A witness (C2SP tlog-witness, `onecode witness`) that does not answer is "
      "warned of, and asked the next time;\nDIR/<shard>/cosigned/ keeps every head that was cosigned.\n\nExamples:\n"
      "  onecode audit export --out evidence --brokers localhost:9092\n"
      "  onecode audit export --out evidence --witness \"http://w1.example:9465=$(cat w1.txt)\"");
  auto* verify = verb.add_subcommand("verify", "is an export, or a bundle, what its signatures say");
  verify->add_option("DIR", options->folder, "an exported folder, or a bundle")->required();
  verify->add_option("--keys", options->key_files, "verifier keys, one a line, perhaps followed by until=TIME")
      ->type_name("FILE");
  verify->add_option("--since", options->since, "signed heads of earlier: their logs must go on from them")
      ->type_name("CHECKPOINT");
  verify
      ->add_option("--witnesses", options->wanted_witnesses,
                   "as many of those in --keys must have cosigned (default 0)")
      ->type_name("N");
  verify->footer(
      "\nThe keys are those of the logs and of witnesses. Exit 0: sound. 1: tampered with. 2: incomplete (a file is "
      "missing, or the whole log\nthat a key is for), signed by a key that nobody gave, or seen by too few "
      "witnesses.\n\nExample:\n"
      "  onecode audit verify evidence --keys verifiers.txt --keys w1.txt --witnesses 1");
  auto* prove = verb.add_subcommand("prove", "that a log has the leaf of a scan, a decision or a finding");
  prove->add_option("ID", options->id, "CloudEvents id of the record")->required();
  prove->add_option("DIR", options->folder, "an exported folder")->required();
  prove
      ->add_option(
          "--out", options->out,
          "write FILE.leaf and FILE.tlog-proof, and what the archive has; otherwise the proof goes to stdout")
      ->type_name("FILE");
  options->archive.add_to(*prove, "take the payload from here: FILE.payload, and FILE.subject, whom it is about");
  prove->footer("\nExample:\n  onecode audit prove 3fa1… evidence --out decision");
  options->access.add_to(*prove);
  auto* pack = verb.add_subcommand("bundle", "pack the evidence of a record, a person or a case for somebody else");
  pack->add_option("WHAT", options->id,
                   "account:ID, device:ID, integration:ID, case:ID, or the CloudEvents id of a record")
      ->required();
  pack->add_option("DIR", options->folder, "an exported folder")->required();
  pack->add_option("--out", options->out, "the bundle, a new folder")->required()->type_name("DIR");
  pack->add_option("--sign", options->sign, "the exporter's key (onecode keys new)")->required()->type_name("FILE");
  pack->add_option("--name", options->exporter, "by which the exporter signs (default: the key's id)")
      ->type_name("NAME");
  pack->add_option("--account", options->account, "of a case: whose it is")->type_name("ID");
  pack->add_option("--keys", options->key_files, "verifier keys of the logs, to go into keys.txt")->type_name("FILE");
  pack->add_option(
          "--history", options->history.files,
          "explain from these event files, in order (onecode history); without: from the cluster that is named")
      ->type_name("FILE");
  add_replay_settings(*pack, options->history, "--history-secrets");
  options->kafka.add_to(*pack);
  options->archive.add_to(*pack, "the archive of `audit export --archive`");
  options->access.add_to(*pack);
  pack->footer(
      "\nThe bundle has the records, the proof of each, the policies they were judged by and a page that tells how "
      "to "
      "check it.\nIts reader needs onecode-verify and the keys, and nothing from here.\n"
      "With a history (--history FILE…, or that of the cluster of --config or --brokers) it also has what `audit "
      "explain "
      "--recompute`\nsays of each decision, hold and finding, without the ids of other people; VERIFY.html says "
      "whether it has.\n\nExample:\n"
      "  onecode audit bundle account:a-1 evidence --archive archive --secrets archive-secrets --sign "
      "auditor.key.json "
      "\\\n    --name campus.example/auditor --keys verifiers.txt --out a-1 --config node.toml");
  auto* access = verb.add_subcommand("access", "who looked at personal records, and is the record of it whole");
  access->add_option("FILE", options->folder, "an access.ndjson")->required();
  access->footer(
      "\nEach line names the SHA-256 of the line before. Exit 1: one was changed, taken out or put in. Whoever noted "
      "the last "
      "digest sees\nthat lines were cut off at the end.\n\nExample:\n  onecode audit access access.ndjson");
  auto* why =
      verb.add_subcommand("explain", "why a decision, a hold or a finding is what it is; --recompute confirms it");
  const Run explain = add_audit_explain(*why);
  for (auto* sub : {publish, verify, prove, pack, access})
    sub->add_flag("--json", options->json, "print the answer as JSON");
  auto* gaps = verb.add_subcommand("gaps", "which events of devices never arrived");
  return [options, publish, verify, pack, access, why, explain, gaps, run_gaps = add_gaps(*gaps)] {
    return publish->parsed()  ? run_export(*options)
           : verify->parsed() ? run_verify(*options)
           : pack->parsed()   ? run_bundle(*options)
           : access->parsed() ? run_access(*options)
           : why->parsed()    ? explain()
           : gaps->parsed()   ? run_gaps()
                              : run_prove(*options);
  };
}

} // namespace onecode::app
