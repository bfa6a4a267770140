#include "app/audit/gaps_verb.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "app/audit/gaps.hpp"
#include "app/config.hpp"
#include "app/errors.hpp"
#include "app/files.hpp"
#include "app/terminal.hpp"
#include "app/wire.hpp"
#include "streams/event_file.hpp"

namespace onecode::app {
namespace {

struct Options {
  KafkaFlags kafka;
  std::vector<std::string> files;
  bool json = false;
};

[[noreturn]] void interrupted() { throw Failure(130, "interrupted; nothing can be said of what was not read"); }

void read_files(const std::vector<std::string>& files, const Interrupt& interrupt, NumberReader& numbers) {
  for (const auto& file : files) {
    streams::EventFileReader reader(file);
    Progress progress(file, reader.bytes_total());
    std::vector<streams::Header> headers;
    for (std::uint64_t n = 0; auto line = reader.next(); ++n) {
      if (interrupt.asked()) interrupted();
      progress.at(reader.bytes_read(), n);
      const auto* r = std::get_if<streams::FileRecord>(&*line);
      if (r == nullptr) continue;
      headers.clear();
      for (const auto& [name, value] : r->headers) headers.push_back({name, value});
      streams::Record record;
      record.key = r->key;
      if (r->value) record.value = *r->value;
      record.headers = headers;
      if (r->timestamp_ms) record.timestamp_ms = *r->timestamp_ms;
      numbers.read({r->topic, r->partition.value_or(0)}, record);
    }
  }
}

void read_cluster(const Options& o, const Interrupt& interrupt, NumberReader& numbers) {
  const auto broker = connect(o.kafka.load().kafka);
  const auto topics = broker->describe_topics();
  struct Part {
    TopicPartition at;
    std::int64_t end = 0;
    std::unique_ptr<streams::LogReader> reader;
  };
  std::vector<Part> parts;
  std::uint64_t total = 0, done = 0;
  for (const Topic topic : {Topic::scans, Topic::device_reports}) {
    const auto known = topics.find(topic);
    if (known == topics.end() || known->second.partitions == 0)
      throw InputError(fmt::format("the topic {} does not exist, or may not be read", name(topic)));
    for (std::int32_t p = 0; p < known->second.partitions; ++p) {
      const TopicPartition at{topic, p};
      const auto marks = broker->watermarks(at, streams::Isolation::committed);
      parts.push_back({at, marks.high, broker->reader(at, marks.low, streams::Isolation::committed)});
      total += static_cast<std::uint64_t>(marks.high - marks.low);
    }
  }
  Progress progress("reading", total);
  for (auto& part : parts)
    while (part.reader->position() < part.end) {
      if (interrupt.asked()) interrupted();
      const auto batch = part.reader->next(streams::Milliseconds(1000), 1000);
      if (!batch) continue;
      for (const auto& r : batch->records)
        if (r.offset < part.end) numbers.read(part.at, r);
      done += batch->records.size();
      progress.at(done, done);
    }
}

std::string described(const Gap& g) {
  return fmt::format("  {}{} ({}), between {} and {}\n", g.first,
                     g.last == g.first ? "" : fmt::format(" to {}", g.last), g.count(), format_time(g.after),
                     format_time(g.before));
}

int run_gaps(const Options& o) {
  if (!o.files.empty() && (o.kafka.config || o.kafka.brokers || o.kafka.prefix))
    throw UsageError("either event files or a cluster");
  const Interrupt interrupt;
  Gaps gaps;
  NumberReader numbers(gaps);
  if (o.files.empty())
    read_cluster(o, interrupt, numbers);
  else
    read_files(o.files, interrupt, numbers);

  const auto found = gaps.found();
  const auto uncounted = gaps.uncounted();
  std::uint64_t missing = 0;
  std::set<std::string> devices;
  for (const auto& c : found) missing += c.missing(), devices.insert(c.device);
  if (o.json) {
    nlohmann::ordered_json out{{"scans", gaps.scans},
                               {"device_reports", gaps.reports},
                               {"without_number", numbers.numberless},
                               {"unreadable", numbers.unreadable},
                               {"missing", missing}};
    auto& counts = out["counts"] = nlohmann::ordered_json::array();
    for (const auto& c : found) {
      auto list = nlohmann::ordered_json::array();
      for (const auto& g : c.gaps)
        list.push_back({{"first", g.first},
                        {"last", g.last},
                        {"count", g.count()},
                        {"after", format_time(g.after)},
                        {"before", format_time(g.before)}});
      counts.push_back({{"device", c.device},
                        {"boot", c.boot},
                        {"of", to_string(c.of)},
                        {"begins", c.begins},
                        {"highest", c.highest},
                        {"missing", c.missing()},
                        {"gaps", std::move(list)}});
    }
    auto& zero = out["cannot_count"] = nlohmann::ordered_json::array();
    for (const auto& u : uncounted) zero.push_back({{"device", u.device}, {"of", to_string(u.of)}});
    print(out.dump(2) + "\n");
  } else {
    std::string text;
    for (const auto& c : found) {
      text += fmt::format("{} boot {}, {}: {} never came\n", c.device, c.boot, to_string(c.of), c.missing());
      for (const auto& g : c.gaps) text += described(g);
    }
    for (const auto& u : uncounted)
      text += fmt::format("{}, {}: always 0, it cannot count\n", u.device, to_string(u.of));
    text += fmt::format("{} scans and {} device reports with a number: {} missing of {} {}\n", gaps.scans,
                        gaps.reports, missing, devices.size(), devices.size() == 1 ? "device" : "devices");
    if (numbers.unreadable > 0)
      text +=
          fmt::format("{} could not be read (dead letters): their numbers are missing here\n", numbers.unreadable);
    print(text);
  }
  return found.empty() ? kDone : kAnswerIsNo;
}

} // namespace

Run add_gaps(CLI::App& verb) {
  auto options = std::make_shared<Options>();
  verb.add_option("FILES", options->files,
                  "event files; without any, what a cluster still keeps of scans and device-reports");
  options->kafka.add_to(verb);
  verb.add_flag("--json", options->json, "print the answer as JSON");
  verb.footer(
      "\nDevices count what they send, scans and reports each by itself, from each boot anew. A number that never "
      "came, "
      "while a higher\none did, is an event that is in no log. Exit 0: none. 1: some.\n\nExamples:\n"
      "  onecode audit gaps day.ndjson\n  onecode audit gaps --brokers localhost:9092 --json");
  return [options] { return run_gaps(*options); };
}

} // namespace onecode::app
