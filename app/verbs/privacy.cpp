#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/audit/archive_flags.hpp"
#include "app/audit/personal.hpp"
#include "app/errors.hpp"
#include "app/files.hpp"
#include "app/signing.hpp"
#include "app/verbs/verbs.hpp"

namespace onecode::app {
namespace {

struct Options {
  ArchiveFlags archive;
  std::string subject, out;
  bool json = false;
};

int run_export(const Options& o) {
  const auto archived = o.archive.open();
  if (archived->archive.keys().of(o.subject).empty())
    throw Failure(kAnswerIsNo, fmt::format("{}: holds nothing about {}", o.archive.folder, o.subject));
  make_output_folder(o.out, false);
  const auto data = write_personal_data(archived->archive, o.subject, clock_now(), o.out);
  if (o.json)
    print(nlohmann::ordered_json{{"subject", o.subject}, {"out", o.out}, {"records", data.records}}.dump() + "\n");
  else
    print(fmt::format("{}: {} records about {}; data.html is for reading, records.ndjson for machines\n", o.out, data.records,
                      o.subject));
  return kDone;
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
  give->footer("\nExample:\n  onecode privacy export a-1 --archive archive --secrets archive-secrets --out a-1");
  auto* gone = verb.add_subcommand("destroyed", "which keys were destroyed, when and why; never whose");
  options->archive.add_to(*gone, "the archive");
  gone->footer("\nExample:\n  onecode privacy destroyed --archive archive --secrets archive-secrets");
  for (auto* sub : {give, gone}) sub->add_flag("--json", options->json, "print the answer as JSON");
  return [options, give] { return give->parsed() ? run_export(*options) : run_destroyed(*options); };
}

} // namespace onecode::app
