#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "app/config.hpp"
#include "app/errors.hpp"
#include "app/history.hpp"
#include "app/terminal.hpp"
#include "app/verbs/verbs.hpp"
#include "app/wire.hpp"
#include "streams/event_file.hpp"

namespace onecode::app {
namespace {

struct Options {
  KafkaFlags kafka;
  std::string out;
};

int run_history(const Options& o) {
  const auto config = o.kafka.load();
  const auto broker = connect(config.kafka);
  const History history(*broker);
  for (const auto& link : history.broken_links()) fmt::print(stderr, "onecode: {}\n", link);

  streams::EventFileWriter writer(o.out);
  Progress progress("writing history", history.turns());
  const Interrupt interrupt;
  std::uint64_t turns = 0, records = 0;
  history.each([&](const streams::FileLine& line) { std::visit([&](const auto& of) { writer.write(of); }, line); },
               [&](std::uint64_t t, std::uint64_t r) {
                 if (interrupt.asked()) throw Failure(130, "interrupted; " + o.out + " holds a part");
                 progress.at(turns = t, records = r);
                 return true;
               });
  writer.close();
  fmt::print(stderr, "{} turns with {} inputs written to {}\n", turns, records, o.out);
  return history.broken_links().empty() ? kDone : kAnswerIsNo;
}

} // namespace

Run add_history(CLI::App& verb) {
  auto options = std::make_shared<Options>();
  verb.add_option("--out", options->out, "the event file to write")->required()->type_name("FILE");
  options->kafka.add_to(verb);
  verb.footer(
      "\nThe inputs of a cluster in the order and turns in which they were applied: `onecode replay` of the file "
      "gives the\n"
      "committed outputs, record for record. Inputs that are no longer kept are named (exit 3).\n\n"
      "Example:\n  onecode history --out history.ndjson --brokers localhost:9092");
  return [options] { return run_history(*options); };
}

} // namespace onecode::app
