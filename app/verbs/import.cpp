#include "app/import.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/errors.hpp"
#include "app/files.hpp"
#include "app/terminal.hpp"
#include "app/verbs/verbs.hpp"

namespace onecode::app {
namespace {

constexpr std::size_t kShownSkips = 20;

struct Options {
  std::string map, csv, out;
  std::optional<std::string> key, policy_out;
  bool skip_bad = false, json = false;
};

std::string summary_json(const ImportSummary& s) {
  nlohmann::ordered_json json = {{"rows", s.rows},
                                 {"scans", s.scans},
                                 {"repeated", s.repeated},
                                 {"skipped", s.skipped.size()},
                                 {"lost_clocks", s.lost_clocks},
                                 {"late", s.late},
                                 {"accounts", s.accounts},
                                 {"devices", s.devices},
                                 {"integrations", s.integrations},
                                 {"commands", s.commands}};
  if (s.first.ms != 0) {
    json["first"] = format_time(s.first);
    json["last"] = format_time(s.last);
  }
  json["invented"] = s.invented;
  auto& rows = json["skipped_rows"] = nlohmann::ordered_json::array();
  for (const auto& r : s.skipped) rows.push_back({{"line", r.line}, {"why", r.why}});
  return json.dump(2) + "\n";
}

std::string summary_text(const ImportSummary& s, const Options& o) {
  std::string out = fmt::format("{}: {} rows\n", o.csv, s.rows);
  const auto line = [&](std::size_t n, std::string_view what) { out += fmt::format("{:>10} {}\n", n, what); };
  line(s.scans, "scans, one for each distinct row");
  if (s.first.ms != 0) out += fmt::format("{:>10} from {} to {}\n", "", format_time(s.first), format_time(s.last));
  if (s.lost_clocks > 0) line(s.lost_clocks, "of them without a time (clock: free)");
  if (s.late > 0) line(s.late, "of them uploaded late (offline)");
  if (s.repeated > 0) line(s.repeated, "rows were repetitions of another row");
  if (!s.skipped.empty()) line(s.skipped.size(), "rows were left out:");
  for (std::size_t i = 0; i < s.skipped.size(); ++i) {
    if (i == kShownSkips) {
      out += fmt::format("{:>10} … and {} more (--json lists all)\n", "", s.skipped.size() - i);
      break;
    }
    out += fmt::format("{:>10} {}:{}: {}\n", "", o.csv, s.skipped[i].line, s.skipped[i].why);
  }
  line(s.accounts, "accounts");
  line(s.devices, "devices");
  line(s.integrations, "integrations");
  line(s.commands, o.key ? "registration commands, signed" : "registration commands, not signed");
  for (const auto& [column, values] : s.invented)
    for (const auto& [value, id] : values)
      out += fmt::format("{:>10} {} '{}' stands in no value table and became {}\n", "", column, value, id);
  out += fmt::format("{}: written\n", o.out);
  if (o.policy_out) out += fmt::format("{}: written, a policy document that trusts the key\n", *o.policy_out);
  return out;
}

int run_import(const Options& o) {
  const auto mapping = read_mapping(o.map, read_file(o.map));
  std::optional<SigningKey> key;
  if (o.key) key = read_key_file(*o.key);
  std::ifstream csv(o.csv, std::ios::binary);
  if (!csv || csv.peek() == std::char_traits<char>::eof()) read_file(o.csv); // says what is wrong with it
  const auto policy = o.policy_out ? import_policy(mapping, key ? &*key : nullptr) : std::string();

  // The target appears whole or not at all.
  const std::string part = fmt::format("{}.part-{}", o.out, getpid());
  ImportSummary summary;
  try {
    streams::EventFileWriter writer(part);
    Progress progress("import", 0);
    std::uint64_t written = 0;
    summary = import_log(mapping, csv, o.csv, {key ? &*key : nullptr, o.skip_bad}, [&](streams::FileRecord&& record) {
      writer.write(record);
      progress.at(0, ++written);
    });
    writer.close();
  } catch (...) {
    std::remove(part.c_str());
    throw;
  }
  if (std::rename(part.c_str(), o.out.c_str()) != 0) {
    std::remove(part.c_str());
    throw InputError(fmt::format("{}: cannot be written", o.out));
  }
  if (o.policy_out) write_file(*o.policy_out, policy);
  print(o.json ? summary_json(summary) : summary_text(summary, o));
  return kDone;
}

} // namespace

Run add_import(CLI::App& verb) {
  auto options = std::make_shared<Options>();
  verb.add_option("FILE.csv", options->csv, "the log: comma-separated, UTF-8, first line names the columns")
      ->required();
  verb.add_option("--map", options->map, "what its columns mean (TOML; docs/import.md)")
      ->type_name("MAP.toml")
      ->required();
  verb.add_option("--out", options->out, "the event file to write")->type_name("FILE")->required();
  verb.add_option("--key", options->key, "key file that signs the registration commands")->type_name("FILE");
  verb.add_option("--policy-out", options->policy_out,
                  "also write a policy document with the mapping's zones that trusts --key")
      ->type_name("FILE");
  verb.add_flag("--skip-bad", options->skip_bad, "leave bad rows out and list them, instead of refusing the log");
  verb.add_flag("--json", options->json, "print the summary as JSON");
  verb.footer(
      "\nThe event file starts with the commands that register every integration, device and account in the log;\n"
      "the scans follow in the order of collection. The same input gives the same bytes.\n\n"
      "Example:\n"
      "  onecode keys new --out import.key.json\n"
      "  onecode import --map examples/campus-doors.toml doors.csv --out doors.ndjson --key import.key.json "
      "--policy-out doors.policy.json\n"
      "  onecode replay doors.ndjson --policy doors.policy.json --out replayed");
  return [options] { return run_import(*options); };
}

} // namespace onecode::app
