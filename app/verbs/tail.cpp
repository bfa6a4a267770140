#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "app/config.hpp"
#include "app/errors.hpp"
#include "app/files.hpp"
#include "app/terminal.hpp"
#include "app/toml_reader.hpp"
#include "app/verbs/verbs.hpp"
#include "app/wire.hpp"
#include "streams/event_file.hpp"

namespace onecode::app {
namespace {

struct Options {
  KafkaFlags kafka;
  std::string topic;
  bool from_beginning = false, until_end = false;
  std::optional<std::uint64_t> max;
};

struct Partition {
  std::unique_ptr<streams::LogReader> reader;
  std::int32_t number;
  std::int64_t end;
};

streams::FileRecord to_file_record(Topic topic, std::int32_t partition, const streams::Record& r) {
  streams::FileRecord out;
  out.topic = topic;
  out.partition = partition;
  out.offset = r.offset;
  if (r.timestamp_ms >= 0) out.timestamp_ms = r.timestamp_ms;
  out.key = r.key;
  if (r.value) out.value = std::string(*r.value);
  for (const auto& h : r.headers) out.headers.emplace_back(h.name, h.value);
  return out;
}

int run_tail(const Options& o) {
  const auto config = o.kafka.load();
  std::string_view word = o.topic;
  if (!config.kafka.prefix.empty() && word.starts_with(config.kafka.prefix))
    word.remove_prefix(config.kafka.prefix.size());
  const auto topic = topic_by_name(word);
  if (!topic) {
    std::vector<std::string_view> names;
    for (const auto& t : kTopics) names.push_back(t.name);
    const auto meant = nearest(word, names);
    throw UsageError(fmt::format("there is no topic '{}'{}; the topics are: {}", o.topic,
                                 meant.empty() ? "" : fmt::format(", did you mean '{}'?", meant),
                                 fmt::join(names, " ")));
  }

  const auto broker = connect(config.kafka);
  const auto described = broker->describe_topics();
  const auto it = described.find(*topic);
  if (it == described.end() || it->second.partitions == 0) {
    broker->watermarks({*topic, 0}, streams::Isolation::committed); // may know better: one that is hidden from us
    throw InputError(
        fmt::format("the topic {}{} does not exist; onecode topics create makes it", config.kafka.prefix, word));
  }

  std::vector<Partition> partitions;
  for (std::int32_t p = 0; p < it->second.partitions; ++p) {
    const TopicPartition at{*topic, p};
    const auto marks = broker->watermarks(at, streams::Isolation::committed);
    const auto from = o.from_beginning ? marks.low : marks.high;
    partitions.push_back({broker->reader(at, from, streams::Isolation::committed), p, marks.high});
  }

  const Interrupt interrupt;
  std::uint64_t printed = 0;
  std::size_t waiting = 0; // which partition is waited for when none has anything
  while (!interrupt.asked()) {
    bool any = false, all_at_end = true;
    for (std::size_t i = 0; i < partitions.size(); ++i) {
      auto& p = partitions[i];
      if (o.until_end && p.reader->position() >= p.end) continue;
      const auto batch = p.reader->next(streams::Milliseconds(i == waiting ? 50 : 0));
      if (batch != nullptr) {
        std::string text;
        for (const auto& r : batch->records) {
          if (o.until_end && r.offset >= p.end) break;
          if (o.max && printed == *o.max) break;
          text += streams::to_line(to_file_record(*topic, p.number, r)) + "\n";
          ++printed;
        }
        print(text);
        any = any || !batch->records.empty();
        if (o.max && printed >= *o.max) return kDone;
      }
      all_at_end = all_at_end && p.reader->position() >= p.end;
    }
    if (o.until_end && all_at_end) break;
    if (!any) waiting = (waiting + 1) % partitions.size();
  }
  return kDone;
}

} // namespace

Run add_tail(CLI::App& verb) {
  auto options = std::make_shared<Options>();
  verb.add_option("TOPIC", options->topic, "a topic's name, with or without the prefix")->required();
  verb.add_flag("--from-beginning", options->from_beginning, "from the oldest record, not only new ones");
  verb.add_flag("--until-end", options->until_end, "stop at what was the end when it started");
  verb.add_option("--max", options->max, "stop after so many records")->type_name("N");
  options->kafka.add_to(verb);
  verb.footer(
      "\nCommitted records of all partitions, one event-file line each; Ctrl-C ends it. The order holds inside a "
      "partition.\n\n"
      "Example:\n  onecode tail alerts --from-beginning --until-end --brokers localhost:9092");
  return [options] { return run_tail(*options); };
}

} // namespace onecode::app
