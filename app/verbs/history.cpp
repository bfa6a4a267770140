#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <deque>
#include <memory>

#include "actors/commit_record.hpp"
#include "app/config.hpp"
#include "app/errors.hpp"
#include "app/terminal.hpp"
#include "app/verbs/verbs.hpp"
#include "app/wire.hpp"
#include "streams/event_file.hpp"

namespace onecode::app {
namespace {

using actors::CommitRecord;

struct Options {
  KafkaFlags kafka;
  std::string out;
};

/// All committed records of one partition; returns the offset where they begin.
template <class F>
std::int64_t read_whole(streams::Broker& broker, TopicPartition at, F&& each) {
  const auto marks = broker.watermarks(at, streams::Isolation::committed);
  const auto reader = broker.reader(at, marks.low, streams::Isolation::committed);
  while (reader->position() < marks.high)
    if (const auto batch = reader->next(streams::Milliseconds(1000)))
      for (const auto& record : batch->records)
        if (record.offset < marks.high) each(record);
  return marks.low;
}

/// Reads one input partition forward, range by range.
class InputReader {
public:
  InputReader(streams::Broker& broker, TopicPartition at, std::int64_t first)
      : at_(at), reader_(open(broker, at, first)) {}

  /// Calls each(record) for the committed records of [first, next).
  template <class F>
  void range(std::int64_t next, F&& each) {
    for (;;) {
      while (batch_ != nullptr && used_ < batch_->records.size()) {
        const auto& record = batch_->records[used_];
        if (record.offset >= next) return;
        each(record);
        ++used_;
      }
      if (reader_->position() >= next) return;
      batch_ = reader_->next(streams::Milliseconds(1000));
      used_ = 0;
    }
  }

private:
  static std::unique_ptr<streams::LogReader> open(streams::Broker& broker, TopicPartition at, std::int64_t first) {
    const auto low = broker.watermarks(at, streams::Isolation::committed).low;
    if (low > first)
      throw InputError(fmt::format("{} partition {}: offsets {} to {} are no longer kept, so this history has a gap",
                                   name(at.topic), at.partition, first, low - 1));
    return broker.reader(at, first, streams::Isolation::committed);
  }
  TopicPartition at_;
  std::unique_ptr<streams::LogReader> reader_;
  std::unique_ptr<streams::Batch> batch_;
  std::size_t used_ = 0;
};

/// The turn whose commit records stand first on every shard that had a part in it; of several the earliest.
std::string next_turn(const std::map<std::int32_t, std::deque<CommitRecord>>& waiting,
                      const std::map<std::string, std::size_t>& parts) {
  std::map<std::string, std::size_t> at_head;
  std::map<std::string, Time> now;
  for (const auto& [shard, queue] : waiting)
    if (!queue.empty()) ++at_head[queue.front().turn], now[queue.front().turn] = queue.front().now;
  const std::string* best = nullptr;
  for (const auto& [turn, count] : at_head)
    if (count == parts.at(turn) && (best == nullptr || now[turn] < now[*best])) best = &turn;
  if (best == nullptr) throw InputError("the history contradicts itself: no turn comes next on all of its shards");
  return *best;
}

/// What is no longer kept of one partition of the history.
std::string gap(const TopicPartition& at, std::int64_t low, const std::deque<CommitRecord>& kept) {
  std::string text =
      fmt::format("history partition {}: offsets 0 to {} are no longer kept, so the turns of shard {} ", at.partition,
                  low - 1, at.partition);
  if (kept.empty()) return text + "are not there";
  return text + fmt::format("before {} ({}) are not there", kept.front().turn, format_time(kept.front().now));
}

int run_history(const Options& o) {
  const auto config = o.kafka.load();
  const auto broker = connect(config.kafka);
  const auto topics = broker->describe_topics();
  const auto it = topics.find(Topic::history);
  if (it == topics.end() || it->second.partitions == 0)
    throw InputError(
        fmt::format("the topic {}history does not exist; onecode topics create makes it", config.kafka.prefix));

  std::map<std::int32_t, std::deque<CommitRecord>> waiting;
  std::map<std::string, std::size_t> parts;
  std::uint64_t turns = 0;
  std::vector<std::string> gaps;
  for (std::int32_t p = 0; p < it->second.partitions; ++p) {
    const TopicPartition at{Topic::history, p};
    const auto low = read_whole(*broker, at, [&](const streams::Record& record) {
      CommitRecord commit;
      decode(record.value.value_or(std::string_view{}), commit);
      ++parts[commit.turn];
      waiting[p].push_back(std::move(commit));
    });
    if (low > 0) gaps.push_back(gap(at, low, waiting[p]));
  }
  // A replay begins with nothing: without its first turns a shard would come out as another.
  if (!gaps.empty()) throw InputError(gaps);

  streams::EventFileWriter writer(o.out);
  std::map<TopicPartition, InputReader> readers;
  Progress progress("writing history", parts.size());
  const Interrupt interrupt;
  std::uint64_t records = 0;
  const auto pending = [&] { return std::ranges::any_of(waiting, [](const auto& w) { return !w.second.empty(); }); };
  while (pending()) {
    if (interrupt.asked()) throw Failure(130, "interrupted; " + o.out + " holds a part");
    const std::string turn = next_turn(waiting, parts);
    std::vector<actors::InputRange> inputs;
    streams::FileTurn facts;
    std::vector<TrustedKey> roots;
    for (auto& [shard, queue] : waiting) {
      if (queue.empty() || queue.front().turn != turn) continue;
      const auto& commit = queue.front();
      facts = {turn,       commit.partitions,    commit.shards,
               commit.now, commit.policy_offset, commit.clock == actors::ClockMode::events ? "events" : "wall",
               {}};
      for (const auto& root : commit.roots) roots.push_back({root.key, root.algorithm, root.public_key, {}, {}, {}});
      inputs.insert(inputs.end(), commit.inputs.begin(), commit.inputs.end());
      queue.pop_front();
    }
    facts.roots = std::move(roots);
    writer.write(facts);
    std::ranges::sort(inputs, [](const auto& a, const auto& b) {
      return std::tie(a.topic, a.partition, a.first) < std::tie(b.topic, b.partition, b.first);
    });
    for (const auto& range : inputs) {
      const TopicPartition at{range.topic, range.partition};
      auto reader = readers.find(at);
      if (reader == readers.end()) reader = readers.try_emplace(at, *broker, at, range.first).first;
      reader->second.range(range.next, [&](const streams::Record& r) {
        streams::FileRecord out;
        out.topic = range.topic;
        out.partition = range.partition;
        out.offset = r.offset;
        if (r.timestamp_ms >= 0) out.timestamp_ms = r.timestamp_ms;
        out.key = r.key;
        if (r.value) out.value = std::string(*r.value);
        for (const auto& h : r.headers) out.headers.emplace_back(h.name, h.value);
        out.turn = turn;
        writer.write(out);
        ++records;
      });
    }
    progress.at(++turns, records);
  }
  writer.close();
  fmt::print(stderr, "{} turns with {} inputs written to {}\n", turns, records, o.out);
  return kDone;
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
