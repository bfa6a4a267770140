#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/errors.hpp"
#include "app/files.hpp"
#include "app/output_files.hpp"
#include "app/replay_files.hpp"
#include "app/terminal.hpp"
#include "app/verbs/verbs.hpp"

namespace onecode::app {
namespace {

struct Options {
  ReplayInputs inputs;
  std::string out, topics;
  bool force = false, json = false;
};

int run_replay(const Options& o) {
  const auto topics = o.topics.empty() ? std::set<Topic>{} : output_topics(o.topics);
  OutputFiles files(o.out, o.force, topics);
  FileReplay replay(o.inputs, [&](const streams::OutRecord& out) { files.write(out); });
  replay.run("interrupted; " + o.out + " holds a part");
  Replayer& replayer = replay.replayer();
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
  add_replay_options(verb, options->inputs);
  verb.add_option("--out", options->out, "a new or empty folder for <topic>.ndjson and summary.json")
      ->required()
      ->type_name("DIR");
  verb.add_option(
          "--topics", options->topics,
          "write only these output topics, separated by commas; summary.json still counts all and digests all")
      ->type_name("LIST");
  verb.add_flag("--force", options->force, "write into a folder that is not empty");
  verb.add_flag("--json", options->json, "print the summary as JSON");
  verb.footer(
      "\nThe same engine over event files, without a broker: every run gives the same bytes. Exit 0 also with dead "
      "letters;\nexit 1 where a history names other states than its replay comes to.\n\n"
      "Example:\n  onecode replay doors.ndjson --out decided --unsigned-commands\n"
      "  onecode replay term.ndjson --out found --topics alerts,compliance,freezes   # no decisions: they are the "
      "bulk");
  return [options] { return run_replay(*options); };
}

} // namespace onecode::app
