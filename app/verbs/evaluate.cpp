#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <set>

#include "app/errors.hpp"
#include "app/evaluate/measure.hpp"
#include "app/evaluate/report.hpp"
#include "app/files.hpp"
#include "app/verbs/verbs.hpp"

namespace onecode::app {
namespace {

struct Options {
  std::vector<std::string> truths, folders;
  std::string markdown;
  bool json = false;
};

/// Pooling a campus with itself would make every interval too narrow.
void refuse_twice(const Options& o) {
  std::set<std::filesystem::path> seen;
  for (const auto* list : {&o.truths, &o.folders})
    for (const auto& path : *list)
      if (!seen.insert(std::filesystem::weakly_canonical(path)).second)
        throw UsageError(path + " is named twice; every campus counts once");
}

int run_evaluate(const Options& o) {
  if (o.truths.size() != o.folders.size())
    throw UsageError(
        fmt::format("{} --truth and {} --out: each truth needs the folder of its own replay, in the same order",
                    o.truths.size(), o.folders.size()));
  refuse_twice(o);
  // Before the long work: a document that cannot take the figures.
  if (!o.markdown.empty()) evaluate::put_between_markers(o.markdown, read_file(o.markdown), "");

  std::vector<evaluate::Campus> campuses;
  std::map<std::uint64_t, std::string> seeds;
  for (std::size_t i = 0; i < o.truths.size(); ++i) {
    auto truth = evaluate::read_truth(o.truths[i]);
    if (const auto [it, is_new] = seeds.emplace(truth.seed, o.truths[i]); !is_new)
      throw InputError(fmt::format("{}: seed: {} is that of {}, too; every campus counts once", o.truths[i],
                                   truth.seed, it->second));
    campuses.push_back({std::move(truth), evaluate::read_findings(o.folders[i])});
  }
  const auto figures = evaluate::measure(campuses);
  if (!o.markdown.empty())
    write_file(o.markdown,
               evaluate::put_between_markers(o.markdown, read_file(o.markdown), evaluate::to_markdown(figures)));
  print(o.json ? evaluate::to_json(figures).dump() + "\n" : evaluate::to_text(figures));
  return kDone;
}

} // namespace

Run add_evaluate(CLI::App& verb) {
  auto options = std::make_shared<Options>();
  verb.add_option("--truth", options->truths, "what `onecode simulate --truth` wrote; again for further campuses")
      ->required()
      ->type_name("FILE");
  verb.add_option("--out", options->folders, "what `onecode replay --out` wrote for it; as often, in the same order")
      ->required()
      ->type_name("DIR");
  verb.add_option("--markdown", options->markdown,
                  fmt::format("put the figures into this document, between the lines {} and {}", evaluate::kBegin,
                              evaluate::kEnd))
      ->type_name("FILE");
  verb.add_flag("--json", options->json, "all figures, false findings and missed misuses as JSON");
  verb.footer(
      "\nHow much of the misuse in a simulated campus was found, how soon, and who was accused wrongly. A misuse of "
      "an "
      "account\n"
      "counts as found when a finding of band 3 (proposal) is recorded from its first event until three days after "
      "its "
      "last;\n"
      "one of a device or integration when a compliance finding under its clause is opened then. Shares have Wilson "
      "intervals,\n"
      "rates exact Poisson ones, both 95 %. Several campuses are pooled.\n\n"
      "Example:\n"
      "  onecode simulate --seed 7 --people 2000 --days 28 --out campus.ndjson --truth truth.ndjson --secrets-out "
      "secrets.json\n"
      "  onecode replay campus.ndjson --secrets secrets.json --unsigned-commands --out found \\\n"
      "      --topics alerts,compliance,freezes\n"
      "  onecode evaluate --truth truth.ndjson --out found");
  return [options] { return run_evaluate(*options); };
}

} // namespace onecode::app
