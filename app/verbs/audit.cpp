#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "app/audit/archive_flags.hpp"
#include "app/audit/archiving.hpp"
#include "app/audit/bundle.hpp"
#include "app/audit/export.hpp"
#include "app/audit/exported.hpp"
#include "app/audit/records.hpp"
#include "app/config.hpp"
#include "app/errors.hpp"
#include "app/files.hpp"
#include "app/terminal.hpp"
#include "app/verbs/verbs.hpp"
#include "app/wire.hpp"
#include "evidence/bundle.hpp"
#include "evidence/check_log.hpp"
#include "evidence/leaf.hpp"
#include "evidence/tile_reader.hpp"
#include "evidence/tlog_proof.hpp"
#include "streams/authenticate.hpp"

namespace onecode::app {
namespace {

namespace fs = std::filesystem;

struct Options {
  KafkaFlags kafka;
  ArchiveFlags archive;
  std::string folder, id, out, sign, exporter, account;
  std::vector<std::string> key_files, since;
  bool json = false;
};

int run_export(const Options& o) {
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
      warn);
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
    const auto gone = destroy_forgotten(*broker, archived->archive);
    if (cut_subject_keys(o.archive.secrets + "/evidence", gone))
      fmt::print(stderr, "onecode: {}/evidence is another secret now: give it to every node and start them again\n",
                 o.archive.secrets);
    if (!o.json) print(fmt::format("archive: {} records and {} leaves are new\n", records, leaves));
  }
  if (o.json) {
    auto all = nlohmann::ordered_json::array();
    for (const auto& l : logs)
      all.push_back({{"shard", l.shard}, {"origin", l.origin}, {"leaves", l.leaves}, {"added", l.added}});
    print(all.dump(2) + "\n");
  } else {
    for (const auto& l : logs) print(fmt::format("{}: {} leaves, {} of them new\n", l.origin, l.leaves, l.added));
  }
  return kDone;
}

// -- is it sound ---------------------------------------------------------------------------------------------------------

/// Sound, or what is wrong.
struct Judgement {
  int code = kDone;
  std::string text;
};

Judgement judge(const LogFolder& log, const std::vector<evidence::Verifier>& keys) {
  const auto note = evidence::parse_note(log.note);
  bool known = false, good = false;
  std::optional<Time> until; // of the key that signed and was in use for longest
  for (const auto& v : keys) {
    if (v.key.name != log.head.origin || v.key.type == evidence::NoteKey::Type::cosignature) continue;
    known = true;
    if (!evidence::signed_by(*note, v.key)) continue;
    until = !good ? v.until : until && v.until ? std::max(until, v.until) : std::nullopt;
    good = true;
  }
  if (known && !good) return {kAnswerIsNo, "the checkpoint is signed by none of the keys"};
  std::uint64_t place = 0;
  std::string unreadable;
  Time last;
  try {
    evidence::check_log(log.read, log.head, [&](std::string_view entry) {
      const auto leaf = evidence::parse_leaf(entry);
      if (leaf)
        last = leaf->received;
      else if (unreadable.empty())
        unreadable = fmt::format("leaf {} cannot be read", place);
      ++place;
    });
  } catch (const evidence::TileMissing& e) {
    return {kUsage, e.what()}; // CONTRACT §10: an answer that cannot be given
  } catch (const evidence::TileError& e) {
    return {kAnswerIsNo, e.what()};
  }
  if (!unreadable.empty()) return {kAnswerIsNo, unreadable};
  if (until && *until < last)
    return {kAnswerIsNo, fmt::format("expired key: the last leaf was received at {}, when the key was out of use",
                                     evidence::utc_text(last))};
  if (!known) return {kUsage, fmt::format("{} leaves fit the checkpoint, whose key nobody gave (--keys)", place)};
  return {kDone, fmt::format("{} leaves, signed", place)};
}

/// Does the log go on from an older head of it?
Judgement continues(const LogFolder& log, const std::string& file, const std::vector<evidence::Verifier>& keys) {
  const auto note = evidence::parse_note(read_file(file));
  const auto old = note ? evidence::parse_checkpoint(note->text) : std::nullopt;
  if (!old) return {kAnswerIsNo, file + ": is no signed checkpoint"};
  bool known = false, good = false;
  for (const auto& v : keys) {
    if (v.key.name != old->origin || v.key.type == evidence::NoteKey::Type::cosignature) continue;
    known = true;
    good = good || evidence::signed_by(*note, v.key);
  }
  if (known && !good) return {kAnswerIsNo, file + ": is signed by none of the keys"};
  if (!known) return {kUsage, file + ": its key nobody gave (--keys)"};
  if (old->size > log.head.size)
    return {kUsage, fmt::format("{}: is of {} leaves, the export has {}", file, old->size, log.head.size)};
  evidence::TileReader reader(log.read, log.head.size);
  try {
    const auto proof = reader.consistency_proof(old->size);
    if (!evidence::consistent(old->size, old->root, log.head.size, log.head.root, proof))
      return {kAnswerIsNo, fmt::format("the log forks: its first {} leaves are not those of {}", old->size, file)};
  } catch (const evidence::TileMissing& e) {
    return {kUsage, e.what()};
  } catch (const evidence::TileError& e) {
    return {kAnswerIsNo, e.what()};
  }
  return {kDone, fmt::format("it goes on from the {} leaves of {}", old->size, file)};
}

std::string origin_of(const std::string& file) {
  const auto note = evidence::parse_note(read_file(file));
  const auto head = note ? evidence::parse_checkpoint(note->text) : std::nullopt;
  return head ? head->origin : std::string{};
}

int verify_bundle(const Options& o, const std::vector<evidence::Verifier>& keys) {
  const fs::path root = o.folder;
  std::vector<std::string> paths;
  for (const auto& entry : fs::recursive_directory_iterator(root))
    if (!entry.is_directory() || entry.is_symlink()) {
      if (!entry.is_regular_file() || entry.is_symlink())
        throw Failure(kAnswerIsNo, entry.path().string() + ": is no plain file");
      paths.push_back(fs::relative(entry.path(), root).generic_string());
    }
  Judgement found;
  evidence::SoundBundle sound;
  try {
    const auto files = evidence::tile_folder(root);
    sound = evidence::check_bundle(evidence::reader_of(*files), paths, keys);
  } catch (const evidence::BundleTampered& e) {
    found = {kAnswerIsNo, e.what()};
  } catch (const evidence::BundleIncomplete& e) {
    found = {kUsage, e.what()};
  }
  const auto* word = found.code == kDone ? "sound" : found.code == kAnswerIsNo ? "tampered" : "incomplete";
  const auto& m = sound.manifest;
  if (o.json) {
    nlohmann::ordered_json out{{"bundle", o.folder}, {"is", word}};
    if (found.code != kDone) out["why"] = found.text;
    if (found.code == kDone) {
      out["about"] = {{"kind", m.kind}, {"id", m.id}};
      out["made"] = evidence::utc_text(m.made);
      out["signed_by"] = sound.signer;
      out["records"] = sound.records.size();
    }
    print(out.dump(2) + "\n");
  } else {
    print(fmt::format("{} {}: {}\n", o.folder, paint(stdout, found.code == kDone ? Colour::green : Colour::red, word),
                      found.code != kDone
                          ? found.text
                          : fmt::format("{} {}, {} records, made {}, signed by {}", m.kind, m.id,
                                        sound.records.size(), evidence::utc_text(m.made), sound.signer)));
  }
  return found.code;
}

int run_verify(const Options& o) {
  const auto keys = read_verifiers(o.key_files);
  if (fs::exists(fs::path(o.folder) / evidence::kManifestPath)) return verify_bundle(o, keys);
  int worst = kDone;
  auto all = nlohmann::ordered_json::array();
  std::set<std::string> compared;
  for (const auto& log : open_logs(o.folder)) {
    auto found = judge(log, keys);
    for (const auto& file : o.since) {
      if (found.code != kDone || origin_of(file) != log.head.origin) continue;
      compared.insert(file);
      const auto more = continues(log, file, keys);
      found = {more.code, more.code == kDone ? found.text + "; " + more.text : more.text};
    }
    const auto* word = found.code == kDone ? "sound" : found.code == kAnswerIsNo ? "tampered" : "incomplete";
    if (o.json)
      all.push_back({{"log", log.head.origin}, {"leaves", log.head.size}, {"is", word}, {"why", found.text}});
    else
      print(fmt::format("{} {}: {}\n", log.head.origin,
                        paint(stdout, found.code == kDone ? Colour::green : Colour::red, word), found.text));
    // One that was tampered with outweighs all that are incomplete.
    if (found.code == kAnswerIsNo || worst == kDone) worst = worst == kAnswerIsNo ? worst : found.code;
  }
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

int run_bundle(const Options& o) {
  const auto colon = o.id.find(':');
  BundleRequest request;
  request.kind = colon == std::string::npos ? "record" : o.id.substr(0, colon);
  request.id = colon == std::string::npos ? o.id : o.id.substr(colon + 1);
  constexpr std::string_view kKinds[] = {"account", "device", "integration", "issuer", "case", "record"};
  if (std::ranges::find(kKinds, request.kind) == std::end(kKinds)) {
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
  make_output_folder(o.out, false);
  const auto made = make_bundle(request, reader, archived->archive, o.out);
  const auto verifier = evidence::verifier_of(
      {request.exporter,
       request.key.algorithm == KeyAlgorithm::sm2 ? evidence::NoteKey::Type::sm2 : evidence::NoteKey::Type::ed25519,
       request.key.public_key});
  if (o.json)
    print(nlohmann::ordered_json{{"bundle", o.out},
                                 {"records", made.records},
                                 {"texts", made.payloads},
                                 {"erased", made.erased},
                                 {"verifier", verifier}}
              .dump(2) +
          "\n");
  else
    print(fmt::format(
        "{}: {} records, {} with their text, {} erased\nWhoever checks it needs this key, by another way:\n{}\n",
        o.out, made.records, made.payloads, made.erased, verifier));
  return kDone;
}

} // namespace

Run add_audit(CLI::App& verb) {
  auto options = std::make_shared<Options>();
  verb.require_subcommand(1);
  verb.footer(
      "\nEach shard keeps a transparency log: a leaf for every scan, decision, posting, command, change of holds and "
      "finding.\n\nExamples:\n"
      "  onecode audit export --out evidence --brokers localhost:9092\n"
      "  onecode audit verify evidence --keys verifiers.txt");
  auto* publish = verb.add_subcommand("export", "write the logs as files that any web server can hand out");
  publish->add_option("--out", options->folder, "the folder; what an earlier export left is gone on with")
      ->required()
      ->type_name("DIR");
  options->kafka.add_to(*publish);
  options->archive.add_to(*publish, "also keep what the leaves are about here, encrypted for each person and month");
  publish->footer(
      "\nDIR/<shard>/ is a log by C2SP tlog-tiles: hash tiles, entries, the signed checkpoint. Everybody can check "
      "it with other\npeople's software.\n\nExample:\n  onecode audit export --out evidence --brokers "
      "localhost:9092");
  auto* verify = verb.add_subcommand("verify", "is an export, or a bundle, what its signatures say");
  verify->add_option("DIR", options->folder, "an exported folder, or a bundle")->required();
  verify->add_option("--keys", options->key_files, "verifier keys, one a line, perhaps followed by until=TIME")
      ->type_name("FILE");
  verify->add_option("--since", options->since, "signed heads of earlier: their logs must go on from them")
      ->type_name("CHECKPOINT");
  verify->footer(
      "\nExit 0: sound. 1: tampered with. 2: incomplete, or signed by a key that nobody gave.\n\nExample:\n"
      "  onecode audit verify evidence --keys verifiers.txt");
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
  options->archive.add_to(*pack, "the archive of `audit export --archive`");
  pack->footer(
      "\nThe bundle has the records, the proof of each, the policies they were judged by and a page that tells how "
      "to "
      "check it.\nIts reader needs onecode-verify and the keys, and nothing from here.\n\nExample:\n"
      "  onecode audit bundle account:a-1 evidence --archive archive --secrets archive-secrets --sign "
      "auditor.key.json "
      "\\\n    --name campus.example/auditor --keys verifiers.txt --out a-1");
  for (auto* sub : {publish, verify, prove, pack}) sub->add_flag("--json", options->json, "print the answer as JSON");
  return [options, publish, verify, pack] {
    return publish->parsed()  ? run_export(*options)
           : verify->parsed() ? run_verify(*options)
           : pack->parsed()   ? run_bundle(*options)
                              : run_prove(*options);
  };
}

} // namespace onecode::app
