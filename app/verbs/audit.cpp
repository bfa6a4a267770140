#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/access_log.hpp"
#include "app/alerts/visible.hpp"
#include "app/audit/export.hpp"
#include "app/config.hpp"
#include "app/errors.hpp"
#include "app/files.hpp"
#include "app/terminal.hpp"
#include "app/verbs/audit_explain.hpp"
#include "app/verbs/verbs.hpp"
#include "app/wire.hpp"
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
  AccessFlags access;
  std::string folder, id, out;
  std::vector<std::string> key_files;
  bool json = false;
};

int run_export(const Options& o) {
  const auto config = o.kafka.load();
  const auto broker = connect(config.kafka);
  Progress progress("exporting", 0);
  const Interrupt interrupt;
  const auto logs = export_logs(
      *broker, o.folder,
      [&](std::uint64_t done, std::uint64_t) {
        progress.at(done, done);
        return !interrupt.asked();
      },
      [](const std::string& what) { fmt::print(stderr, "onecode: warning: {}\n", what); });
  if (logs.empty())
    throw InputError(
        "there is no signed head yet: a node signs them when its secrets hold `evidence` and `evidence-key`");
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

// -- an exported folder -------------------------------------------------------------------------------------------------

struct Exported {
  fs::path folder;
  evidence::ReadFile read;
  std::unique_ptr<evidence::TileFiles> files;
  std::string note;
  evidence::Checkpoint head;
};

/// Throws InputError: there is none, or its checkpoint is not one.
std::vector<Exported> open_logs(const fs::path& folder) {
  std::vector<Exported> out;
  std::error_code error;
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(folder, error))
    if (fs::exists(entry.path() / evidence::kCheckpointPath)) paths.push_back(entry.path());
  if (error) throw InputError(folder.string() + ": " + error.message());
  if (paths.empty()) throw InputError(folder.string() + ": holds no exported log");
  std::ranges::sort(paths);
  for (const auto& path : paths) {
    Exported log;
    log.folder = path;
    log.files = evidence::tile_folder(path);
    log.read = evidence::reader_of(*log.files);
    log.note = log.read(evidence::kCheckpointPath).value_or(std::string{});
    const auto note = evidence::parse_note(log.note);
    const auto head = note ? evidence::parse_checkpoint(note->text) : std::nullopt;
    if (!head) throw Failure(kAnswerIsNo, (path / evidence::kCheckpointPath).string() + ": is no signed checkpoint");
    log.head = *head;
    out.push_back(std::move(log));
  }
  return out;
}

std::vector<evidence::NoteKey> read_keys(const std::vector<std::string>& files) {
  std::vector<evidence::NoteKey> out;
  for (const auto& file : files) {
    const std::string text = read_file(file);
    std::size_t line = 1;
    for (std::string_view rest = text; !rest.empty(); ++line) {
      const auto end = std::min(rest.find('\n'), rest.size());
      const auto word = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      if (word.empty()) continue;
      auto key = evidence::parse_verifier(word);
      if (!key) throw InputError(fmt::format("{}:{}: is no verifier key (NAME+ID+KEY)", file, line));
      out.push_back(std::move(*key));
    }
  }
  return out;
}

/// Sound, or what is wrong.
struct Judgement {
  int code = kDone;
  std::string text;
};

Judgement judge(const Exported& log, const std::vector<evidence::NoteKey>& keys) {
  const auto note = evidence::parse_note(log.note);
  bool known = false, good = false;
  for (const auto& key : keys) {
    if (key.name != log.head.origin) continue;
    known = true;
    good = good || evidence::signed_by(*note, key);
  }
  if (known && !good) return {kAnswerIsNo, "the checkpoint is signed by none of the keys"};
  std::uint64_t place = 0;
  std::string unreadable;
  try {
    evidence::check_log(log.read, log.head, [&](std::string_view entry) {
      if (unreadable.empty() && !evidence::parse_leaf(entry))
        unreadable = fmt::format("leaf {} cannot be read", place);
      ++place;
    });
  } catch (const evidence::TileMissing& e) {
    return {kUsage, e.what()}; // CONTRACT §10: an answer that cannot be given
  } catch (const evidence::TileError& e) {
    return {kAnswerIsNo, e.what()};
  }
  if (!unreadable.empty()) return {kAnswerIsNo, unreadable};
  if (!known) return {kUsage, fmt::format("{} leaves fit the checkpoint, whose key nobody gave (--keys)", place)};
  return {kDone, fmt::format("{} leaves, signed", place)};
}

int run_verify(const Options& o) {
  const auto keys = read_keys(o.key_files);
  int worst = kDone;
  auto all = nlohmann::ordered_json::array();
  for (const auto& log : open_logs(o.folder)) {
    const auto found = judge(log, keys);
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
  std::uint64_t found = 0;
  auto all = nlohmann::ordered_json::array();
  const auto logs = open_logs(o.folder);
  o.access.record({"audit prove", "leaf", {}, o.id, {}}, o.folder);
  for (const auto& log : logs) {
    evidence::TileReader reader(log.read, log.head.size);
    std::uint64_t place = 0;
    for (std::uint64_t tile = 0; const unsigned width = evidence::width_at(log.head.size, 0, tile); ++tile) {
      const std::string bundle = reader.bundle(tile);
      const auto entries = evidence::split_bundle(bundle, width).value();
      for (const auto entry : entries) {
        const auto at = place++;
        const auto leaf = evidence::parse_leaf(entry);
        if (!leaf || leaf->id != o.id) continue;
        const evidence::TlogProof proof{{}, at, reader.inclusion_proof(at), log.note};
        const std::string base =
            o.out.empty() ? std::string{} : fmt::format("{}{}", o.out, found == 0 ? "" : fmt::format("-{}", found));
        ++found;
        auto shown = to_json(*leaf);
        shown["log"] = log.head.origin;
        shown["place"] = at;
        all.push_back(shown);
        if (!base.empty()) {
          write_file(base + ".leaf", entry);
          write_file(base + ".tlog-proof", evidence::to_text(proof));
        } else if (!o.json) {
          print(evidence::to_text(proof));
        }
      }
    }
  }
  if (found == 0) throw Failure(kAnswerIsNo, fmt::format("{}: no leaf has the id {}", o.folder, o.id));
  if (o.json || !o.out.empty()) print(all.dump(2) + "\n");
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
    print(nlohmann::ordered_json{{"lines", checked.lines}, {"last", checked.last}, {"wrong", checked.wrong}, {"records", records}}
              .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) +
          "\n");
  } else {
    std::string text;
    for (const auto& line : checked.records) {
      const auto record = nlohmann::ordered_json::parse(line, nullptr, false);
      const auto word = [&](const char* member) {
        return record.is_object() && record.contains(member) && record[member].is_string() ? visible(record[member].get<std::string>())
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
  options->kafka.add_to(*publish);
  publish->footer(
      "\nDIR/<shard>/ is a log by C2SP tlog-tiles: hash tiles, entries, the signed checkpoint. Everybody can check "
      "it with other\npeople's software.\n\nExample:\n  onecode audit export --out evidence --brokers "
      "localhost:9092");
  auto* verify = verb.add_subcommand("verify", "is an export what its signed checkpoints say");
  verify->add_option("DIR", options->folder, "an exported folder")->required();
  verify->add_option("--keys", options->key_files, "verifier keys, one a line (onecode keys evidence)")
      ->type_name("FILE");
  verify->footer(
      "\nExit 0: sound. 1: tampered with. 2: incomplete, or signed by a key that nobody gave.\n\nExample:\n"
      "  onecode audit verify evidence --keys verifiers.txt");
  auto* prove = verb.add_subcommand("prove", "that a log has the leaf of a scan, a decision or a finding");
  prove->add_option("ID", options->id, "CloudEvents id of the record")->required();
  prove->add_option("DIR", options->folder, "an exported folder")->required();
  prove->add_option("--out", options->out, "write FILE.leaf and FILE.tlog-proof; otherwise the proof goes to stdout")
      ->type_name("FILE");
  prove->footer("\nExample:\n  onecode audit prove 3fa1… evidence --out decision");
  options->access.add_to(*prove);
  auto* access = verb.add_subcommand("access", "who looked at personal records, and is the record of it whole");
  access->add_option("FILE", options->folder, "an access.ndjson")->required();
  access->footer(
      "\nEach line names the SHA-256 of the line before. Exit 1: one was changed, taken out or put in. Whoever noted the last "
      "digest sees\nthat lines were cut off at the end.\n\nExample:\n  onecode audit access access.ndjson");
  auto* why = verb.add_subcommand("explain", "why a decision, a hold or a finding is what it is; --recompute confirms it");
  const Run explain = add_audit_explain(*why);
  for (auto* sub : {publish, verify, prove, access}) sub->add_flag("--json", options->json, "print the answer as JSON");
  return [options, publish, verify, access, why, explain] {
    if (why->parsed()) return explain();
    if (access->parsed()) return run_access(*options);
    return publish->parsed() ? run_export(*options) : verify->parsed() ? run_verify(*options) : run_prove(*options);
  };
}

} // namespace onecode::app
