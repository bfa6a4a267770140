#include "app/history.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <tuple>

#include "app/errors.hpp"
#include "streams/authenticate.hpp"

namespace onecode::app {
namespace {

using actors::CommitRecord;

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

struct Found {
  CommitRecord commit;
  std::string digest; // SHA-256 of its bytes, by which the next one names it
  std::int32_t partition = 0;
  std::int64_t offset = 0;
};

/// One shard's records from its first one on, each behind the one that it names; what hangs on none of them comes last. Returns
/// how many are in the chain.
std::size_t put_in_order(std::vector<Found>& of_shard) {
  std::multimap<std::string_view, std::size_t> by_previous;
  for (std::size_t i = 0; i < of_shard.size(); ++i) by_previous.emplace(of_shard[i].commit.previous, i);
  std::vector<std::size_t> order;
  std::string_view last;
  for (auto next = by_previous.find(last); next != by_previous.end(); next = by_previous.find(last)) {
    order.push_back(next->second);
    by_previous.erase(next);
    last = of_shard[order.back()].digest;
  }
  const auto chained = order.size();
  for (const auto& [previous, i] : by_previous) order.push_back(i);
  std::sort(order.begin() + static_cast<std::ptrdiff_t>(chained), order.end());
  std::vector<Found> sorted;
  for (const auto i : order) sorted.push_back(std::move(of_shard[i]));
  of_shard = std::move(sorted);
  return chained;
}

/// The shard that a commit record is of.
std::int32_t shard_of(TopicPartition at, const streams::Record& record) {
  std::int32_t shard = 0;
  const auto [end, error] = std::from_chars(record.key.data(), record.key.data() + record.key.size(), shard);
  if (error != std::errc() || end != record.key.data() + record.key.size())
    throw InputError(fmt::format("history partition {}, offset {}: the key '{}' is not a shard", at.partition,
                                 record.offset, record.key));
  return shard;
}

} // namespace

streams::FileRecord file_record(TopicPartition at, const streams::Record& r, const std::string& turn) {
  streams::FileRecord out;
  out.topic = at.topic;
  out.partition = at.partition;
  out.offset = r.offset;
  if (r.timestamp_ms >= 0) out.timestamp_ms = r.timestamp_ms;
  out.key = r.key;
  if (r.value) out.value = std::string(*r.value);
  for (const auto& h : r.headers) out.headers.emplace_back(h.name, h.value);
  out.turn = turn;
  return out;
}

namespace {

/// Returns where reading stands.
std::int64_t read_between(streams::Broker& broker, TopicPartition at, std::int64_t from, std::int64_t end,
                          const std::function<void(const streams::Record&)>& each) {
  const auto reader = broker.reader(at, from, streams::Isolation::committed);
  while (reader->position() < end)
    if (const auto batch = reader->next(streams::Milliseconds(1000)))
      for (const auto& record : batch->records)
        if (record.offset < end) each(record);
  return std::min(reader->position(), end);
}

} // namespace

std::int64_t read_from(streams::Broker& broker, TopicPartition at, std::int64_t from,
                       const std::function<void(const streams::Record&)>& each) {
  const auto marks = broker.watermarks(at, streams::Isolation::committed);
  return read_between(broker, at, std::max(from, marks.low), marks.high, each);
}

std::int64_t read_whole(streams::Broker& broker, TopicPartition at,
                        const std::function<void(const streams::Record&)>& each) {
  const auto marks = broker.watermarks(at, streams::Isolation::committed);
  read_between(broker, at, marks.low, marks.high, each);
  return marks.low;
}

History::History(streams::Broker& broker) : broker_(broker) {
  const auto partitions = broker.describe_topics()[Topic::history].partitions;
  if (partitions == 0) throw InputError("the topic history does not exist; onecode topics create makes it");
  std::vector<std::string> gaps;
  for (std::int32_t p = 0; p < partitions; ++p)
    ends_[p] = broker.watermarks({Topic::history, p}, streams::Isolation::committed).high;
  std::map<std::int32_t, std::vector<Found>> found;
  for (std::int32_t p = 0; p < partitions; ++p) {
    const TopicPartition at{Topic::history, p};
    std::string before_first_kept;
    const auto low = read_whole(broker, at, [&](const streams::Record& record) {
      auto& of_shard = found[shard_of(at, record)];
      const auto bytes = record.value.value_or(std::string_view{});
      Found f{{}, streams::sha256(bytes), p, record.offset};
      decode(bytes, f.commit);
      if (before_first_kept.empty())
        before_first_kept = fmt::format("before {} ({}) ", f.commit.turn, format_time(f.commit.now));
      of_shard.push_back(std::move(f));
    });
    if (low > 0)
      gaps.push_back(fmt::format("history partition {}: offsets 0 to {} are no longer kept, so turns {}are not there",
                                 p, low - 1, before_first_kept));
  }
  // A replay begins with nothing: without its first turns a shard would come out as another.
  if (!gaps.empty()) throw InputError(gaps);
  for (auto& [shard, of_shard] : found) {
    const auto chained = put_in_order(of_shard);
    for (std::size_t i = 0; i < of_shard.size(); ++i) {
      auto& [commit, digest, partition, offset] = of_shard[i];
      if (i >= chained) {
        // Of a cluster that works meanwhile: what it follows was committed to a partition that had been read.
        if (offset >= ends_.at(partition)) continue;
        broken_links_.push_back(
            fmt::format("history partition {}, offset {}: turn {} does not follow the one before it on shard {}",
                        partition, offset, commit.turn, shard));
      }
      ++parts_[commit.turn];
      commits_[shard].push_back(std::move(commit));
    }
  }
  leave_out_incomplete();
}

bool History::grown() const {
  return std::ranges::any_of(ends_, [&](const auto& end) {
    return broker_.watermarks({Topic::history, end.first}, streams::Isolation::committed).high != end.second;
  });
}

void History::leave_out_incomplete() {
  for (bool found = true; found;) {
    found = false;
    for (auto& [shard, commits] : commits_) {
      const auto cut = std::ranges::find_if(commits, [&](const CommitRecord& c) {
        return parts_.at(c.turn) < std::max<std::size_t>(1, c.parts.size());
      });
      if (cut == commits.end()) continue;
      // What follows on this shard goes too, and so on the other shards of those turns.
      for (auto c = cut; c != commits.end(); ++c) --parts_.at(c->turn);
      commits.erase(cut, commits.end());
      found = true;
    }
  }
  std::erase_if(parts_, [](const auto& of) { return of.second == 0; });
}

/// The turn whose commit records stand first on every shard that had a part in it; of several the earliest.
std::string History::next_turn(const Positions& at) const {
  std::map<std::string, std::size_t> at_head;
  std::map<std::string, Time> now;
  for (const auto& [shard, commits] : commits_)
    if (at.at(shard) < commits.size()) {
      const auto& head = commits[at.at(shard)];
      ++at_head[head.turn];
      now[head.turn] = head.now;
    }
  const std::string* best = nullptr;
  for (const auto& [turn, count] : at_head)
    if (count == parts_.at(turn) && (best == nullptr || now[turn] < now[*best])) best = &turn;
  if (best == nullptr) throw InputError("the history contradicts itself: no turn comes next on all of its shards");
  return *best;
}

void History::each(const std::function<void(streams::FileLine&)>& line,
                   const std::function<bool(std::uint64_t, std::uint64_t)>& go_on) const {
  Positions at;
  for (const auto& [shard, commits] : commits_) at[shard] = 0;
  std::map<TopicPartition, InputReader> readers;
  std::uint64_t records = 0;
  for (std::uint64_t turns = 0; turns < parts_.size();) {
    const std::string turn = next_turn(at);
    std::vector<actors::InputRange> inputs;
    streams::FileTurn facts;
    for (const auto& [shard, commits] : commits_) {
      auto& next = at[shard];
      if (next == commits.size() || commits[next].turn != turn) continue;
      const auto& commit = commits[next++];
      facts.turn = turn;
      facts.partitions = commit.partitions;
      facts.shards = commit.shards;
      facts.now = commit.now;
      facts.policy_offset = commit.policy_offset;
      facts.build = commit.build;
      facts.sm3 = commit.sm3;
      facts.clock = commit.clock == actors::ClockMode::events ? "events" : "wall";
      for (const auto& root : commit.roots)
        facts.roots.push_back({root.key, root.algorithm, root.public_key, {}, {}, {}});
      facts.digests[shard] = commit.digest;
      inputs.insert(inputs.end(), commit.inputs.begin(), commit.inputs.end());
    }
    streams::FileLine next = std::move(facts);
    line(next);
    std::ranges::sort(inputs, [](const auto& a, const auto& b) {
      return std::tie(a.topic, a.partition, a.first) < std::tie(b.topic, b.partition, b.first);
    });
    for (const auto& range : inputs) {
      const TopicPartition from{range.topic, range.partition};
      auto reader = readers.find(from);
      if (reader == readers.end()) reader = readers.try_emplace(from, broker_, from, range.first).first;
      reader->second.range(range.next, [&](const streams::Record& r) {
        next = file_record(from, r, turn);
        line(next);
        ++records;
      });
    }
    if (!go_on(++turns, records)) return;
  }
}

} // namespace onecode::app
