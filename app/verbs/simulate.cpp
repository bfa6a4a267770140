#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/errors.hpp"
#include "app/files.hpp"
#include "app/simulate/simulation.hpp"
#include "app/terminal.hpp"
#include "app/verbs/verbs.hpp"

namespace onecode::app {
namespace {

struct Options {
  simulate::Options campus;
  std::vector<std::string> scenarios;
  std::string out, truth, secrets;
  bool json = false;
};

std::string summary_json(const simulate::Summary& s, const Options& o) {
  return nlohmann::ordered_json{{"out", o.out},
                                {"truth", o.truth},
                                {"secrets", o.secrets},
                                {"seed", o.campus.seed},
                                {"people", o.campus.people},
                                {"days", o.campus.days},
                                {"records", s.records},
                                {"scans", s.scans},
                                {"accounts", s.accounts},
                                {"devices", s.devices},
                                {"integrations", s.integrations},
                                {"misuse", s.misuse},
                                {"look_alikes", s.look_alikes},
                                {"faults", s.faults},
                                {"approved", s.approved}}
             .dump(2) +
         "\n";
}

std::string summary_text(const simulate::Summary& s, const Options& o) {
  std::string text =
      fmt::format("{} people, {} devices, {} subsystems, {} days: {} records, {} of them scans (seed {})\n",
                  s.accounts, s.devices, s.integrations, o.campus.days, s.records, s.scans, o.campus.seed);
  const auto group = [&](const char* title, const std::map<std::string, std::size_t>& counts) {
    if (counts.empty()) return;
    text += fmt::format("{}\n", title);
    for (const auto& [name, n] : counts) text += fmt::format("{:>10} {}\n", n, name);
  };
  group("misuse", s.misuse);
  group("honest, and looks like it", s.look_alikes);
  group("faults", s.faults);
  group("approved work", s.approved);
  text +=
      fmt::format("{}: written\n{}: written, what really happened\n{}: written, the keys of its codes and tills\n",
                  o.out, o.truth, o.secrets);
  return text;
}

void check(Options& o) {
  for (const auto& name : o.scenarios) {
    if (name != "none" &&
        std::ranges::none_of(simulate::misuse_kinds(), [&](const auto& kind) { return kind.name == name; })) {
      std::string known;
      for (const auto& kind : simulate::misuse_kinds()) known += std::string(kind.name) + ", ";
      throw UsageError(fmt::format("there is no scenario '{}'; there are {}and none", name, known));
    }
    o.campus.scenarios.insert(name);
  }
  if (o.campus.scenarios.contains("none") && o.campus.scenarios.size() > 1)
    throw UsageError("--scenario none stands alone: it asks for a campus without misuse");
  if (o.secrets.empty()) o.secrets = o.out + ".secrets.json";
}

int run_simulate(Options& o) {
  check(o);
  // The files appear whole or not at all.
  const std::string part = fmt::format("{}.part-{}", o.out, getpid());
  simulate::Summary summary;
  std::string truth;
  try {
    std::ofstream file(part, std::ios::binary | std::ios::trunc);
    if (!file) throw InputError(fmt::format("{}: cannot be written", o.out));
    Progress progress("simulate", static_cast<std::uint64_t>(o.campus.days));
    const Interrupt interrupt;
    summary = simulate::run(
        o.campus,
        [&](std::string_view lines) {
          file.write(lines.data(), static_cast<std::streamsize>(lines.size()));
          if (!file) throw InputError(fmt::format("{}: cannot be written", o.out));
        },
        truth,
        [&](int day, std::uint64_t records) {
          progress.at(static_cast<std::uint64_t>(day), records);
          return !interrupt.asked();
        });
    file.close();
    if (!file) throw InputError(fmt::format("{}: cannot be written", o.out));
  } catch (...) {
    std::remove(part.c_str());
    throw;
  }
  if (std::rename(part.c_str(), o.out.c_str()) != 0) {
    std::remove(part.c_str());
    throw InputError(fmt::format("{}: cannot be written", o.out));
  }
  write_file(o.truth, truth);
  write_file(o.secrets, simulate::secrets_text(o.campus.seed));
  print(o.json ? summary_json(summary, o) : summary_text(summary, o));
  return kDone;
}

} // namespace

Run add_simulate(CLI::App& verb) {
  auto options = std::make_shared<Options>();
  verb.add_option("--out", options->out, "the event file to write")->required()->type_name("FILE");
  verb.add_option("--truth", options->truth, "what really happened: one line for each misuse, look-alike and fault")
      ->required()
      ->type_name("FILE");
  verb.add_option("--secrets-out", options->secrets,
                  "the keys of the codes and tills in it, for replay --secrets (default: OUT.secrets.json)")
      ->type_name("FILE");
  verb.add_option("--seed", options->campus.seed, "another number, another campus")->capture_default_str();
  verb.add_option("--people", options->campus.people, "with an account")
      ->check(CLI::Range(std::size_t{20}, std::size_t{200'000}))
      ->capture_default_str();
  verb.add_option("--days", options->campus.days, "from a Monday on")
      ->check(CLI::Range(1, 365))
      ->capture_default_str();
  verb.add_option("--scenario", options->scenarios, "only this kind of misuse (repeatable); none: an honest campus")
      ->type_name("NAME");
  verb.add_flag("--json", options->json, "print the summary as JSON");
  std::string kinds;
  for (const auto& kind : simulate::misuse_kinds()) kinds += fmt::format("{}{}", kinds.empty() ? "" : " ", kind.name);
  verb.footer(
      "\nPeople with timetables walk, eat, read and wash on two campuses; some lend, let or copy their codes, some "
      "tills are\nmoved or cloned, and many honest people only look like it. The truth file says who. The same seed "
      "gives the "
      "same bytes.\n\nScenarios: " +
      kinds +
      "\n\nExample:\n"
      "  onecode simulate --out campus.ndjson --truth truth.ndjson --people 300 --days 21\n"
      "  onecode replay campus.ndjson --secrets campus.ndjson.secrets.json --unsigned-commands --out decided");
  return [options] { return run_simulate(*options); };
}

} // namespace onecode::app
