#include "app/replay.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "app/errors.hpp"
#include "build_info.hpp"

namespace onecode::app {
namespace {

/// One record with everything that its view points to.
class FileBatch final : public streams::Batch {
public:
  FileBatch(TopicPartition at, std::vector<streams::FileRecord> from, std::vector<std::int64_t> offsets)
      : from_(std::move(from)) {
    source = at;
    headers_.resize(from_.size());
    for (std::size_t i = 0; i < from_.size(); ++i) {
      for (const auto& [name, value] : from_[i].headers) headers_[i].push_back({name, value});
      streams::Record r;
      r.offset = offsets[i];
      r.timestamp_ms = from_[i].timestamp_ms.value_or(-1);
      r.key = from_[i].key;
      if (from_[i].value) r.value = *from_[i].value;
      r.headers = headers_[i];
      records.push_back(r);
    }
  }

private:
  std::vector<streams::FileRecord> from_;
  std::vector<std::vector<streams::Header>> headers_;
};

} // namespace

std::pair<TopicPartition, std::int64_t> FilePlaces::next(const streams::FileRecord& record) {
  TopicPartition at{record.topic, 0};
  if (record.topic != Topic::policy)
    at.partition = record.partition.value_or(murmur2_partition(record.key, partitions_));
  if (at.partition < 0 || at.partition >= partitions_)
    throw InputError("partition " + std::to_string(at.partition) + " of " + std::string(name(at.topic)) +
                     " does not exist; there are " + std::to_string(partitions_));
  auto& next = next_offset_[at];
  const std::int64_t offset = record.offset.value_or(next);
  next = offset + 1;
  return {at, offset};
}

Replayer::Replayer(ReplayOptions options, const streams::Secrets& secrets,
                   std::function<void(const streams::OutRecord&)> sink)
    : options_(std::move(options)),
      secrets_(secrets),
      sink_(std::move(sink)),
      stores_(storage::memory_stores()),
      policies_(options_.policy, options_.roots, options_.unsigned_commands) {}

Replayer::~Replayer() = default;

void Replayer::start(std::int32_t partitions) {
  if (partitions_ == partitions) return;
  if (partitions_ != 0)
    throw InputError("the files disagree about the number of partitions: " + std::to_string(partitions_) + " and " +
                     std::to_string(partitions));
  partitions_ = partitions;
  places_ = FilePlaces(partitions);
  actors::ShardOptions shard;
  shard.sweep = false;
  shard.partitions = partitions;
  shard.resident_limit = static_cast<std::size_t>(-1);
  shard.unsigned_commands = options_.unsigned_commands;
  shard.subject_keys = actors::subject_keys(secrets_);
  shard.before_receive = options_.watch.before;
  shard.after_receive = options_.watch.after;
  for (std::int32_t p = 0; p < partitions; ++p) {
    auto made = std::make_unique<actors::Shard>(p, shard, secrets_, stores_->open(p));
    made->open();
    crew_.add(std::move(made));
  }
}

void Replayer::read_policy(std::int64_t offset, const streams::Record& record,
                           const std::optional<streams::FileTurn>& turn) {
  // As the node did: where engine time came from the events, so did the time of a policy, whatever the broker stamped on it.
  std::optional<Time> published;
  if (!turn || turn->clock != "events") {
    if (record.timestamp_ms >= 0)
      published = Time{record.timestamp_ms};
    else if (turn)
      published = turn->now;
  }
  policies_.read(offset, record, published);
}

void Replayer::foresee(const streams::FileLine& line) {
  if (const auto* turn = std::get_if<streams::FileTurn>(&line)) {
    foreseen_turn_ = *turn;
    if (!turn->roots.empty()) policies_.trust(turn->roots);
    return;
  }
  const auto& record = std::get<streams::FileRecord>(line);
  if (record.topic != Topic::policy) return;
  const std::int64_t offset = record.offset.value_or(policies_.offset());
  const FileBatch batch({Topic::policy, 0}, {record}, {offset});
  read_policy(offset, batch.records.front(), foreseen_turn_);
  foreseen_.insert(offset);
}

const actors::PolicyBook& Replayer::book_of(const std::optional<streams::FileTurn>& turn) {
  if (!turn) return policies_;
  if (!view_ || view_->below != turn->policy_offset || view_->known != policies_.offset())
    view_ = View{turn->policy_offset, policies_.offset(), policies_.below(turn->policy_offset)};
  return view_->book;
}

void Replayer::line(streams::FileLine line) {
  if (auto* turn = std::get_if<streams::FileTurn>(&line)) {
    apply();
    start(turn->partitions);
    facts_ = std::move(*turn);
    return;
  }
  auto& record = std::get<streams::FileRecord>(line);
  ++records_;
  if (facts_) {
    if (record.turn != facts_->turn) apply();
    gathered_.push_back(std::move(record));
    return;
  }
  if (!gathered_.empty() && (record.turn.empty() || gathered_.back().turn != record.turn)) apply();
  gathered_.push_back(std::move(record));
  if (gathered_.back().turn.empty()) apply();
}

void Replayer::finish() { apply(); }

void Replayer::apply() {
  if (gathered_.empty() && !facts_) return;
  start(facts_ ? facts_->partitions : options_.partitions);

  struct Part {
    std::vector<streams::FileRecord> records;
    std::vector<std::int64_t> offsets;
  };
  std::map<TopicPartition, Part> parts;
  for (auto& record : gathered_) {
    const auto [at, offset] = places_.next(record);
    auto& part = parts[at];
    part.records.push_back(std::move(record));
    part.offsets.push_back(offset);
  }
  gathered_.clear();

  if (facts_ && !facts_->roots.empty()) policies_.trust(facts_->roots);
  actors::Turn::Inputs inputs;
  for (auto& [at, part] : parts) {
    auto batch = std::make_shared<FileBatch>(at, std::move(part.records), std::move(part.offsets));
    if (at.topic == Topic::policy)
      for (const auto& r : batch->records)
        if (!foreseen_.contains(r.offset)) read_policy(r.offset, r, facts_);
    inputs[at.topic == Topic::policy ? 0 : at.partition].push_back(std::move(batch));
  }

  actors::TurnFacts facts;
  facts.number = ++turns_;
  facts.id = facts_ ? facts_->turn : "replay-" + std::to_string(turns_);
  const actors::PolicyBook& policies = book_of(facts_);
  facts.policies = policies.history();
  facts.policy_offset = policies.offset();
  facts.shards = facts_ ? facts_->shards : crew_.shards();
  facts.build = facts_ ? facts_->build : revision();
  facts.sm3 = facts_ && facts_->sm3;
  facts.clock = facts_ && facts_->clock != "events" ? actors::ClockMode::wall : actors::ClockMode::events;
  if (facts_ && !facts_->digests.empty()) {
    auto& fired = facts.fired.emplace();
    for (const auto& [shard, digest] : facts_->digests) {
      if (shard < 0 || shard >= partitions_)
        throw InputError(
            fmt::format("turn {}: digests: there is no shard {} of {}", facts_->turn, shard, partitions_));
      fired.push_back(shard);
    }
  }
  clock_.fixed = facts_ ? std::optional(facts_->now) : std::nullopt;
  const auto of_history = std::exchange(facts_, std::nullopt);
  const bool history = of_history.has_value();

  actors::Turn turn(crew_, std::move(facts), !history,
                    [this](const std::vector<actors::ClockHint>& hints) { return clock_.next(hints); });
  turn.run(std::move(inputs), policies, 0, [](std::int32_t) { return std::vector<actors::InputRange>{}; });
  std::map<std::int32_t, std::int64_t> journal_next;
  for (const auto shard : turn.participants()) {
    const auto& staged = crew_.shard(shard).staged();
    for (std::size_t i = 0; i < staged.output_count; ++i) {
      const auto& out = staged.outputs[i];
      if (out.topic == Topic::inbox && !history) {
        streams::FileRecord to_self;
        to_self.topic = Topic::inbox;
        to_self.partition = out.partition;
        to_self.key = out.key;
        to_self.value = out.value;
        inbox_.push_back(std::move(to_self));
        continue;
      }
      sink_(out);
    }
    stats_ += staged.stats;
    journal_next[shard] = static_cast<std::int64_t>(turns_) * 1'000'000;
  }
  stats_.received.clear();
  turn.committed(journal_next);
  if (history) compare(*of_history);

  // Without a broker the inbox is this queue; each message is a turn of its own, before the next record.
  if (history || inbox_.empty()) return;
  gathered_.push_back(std::move(inbox_.front()));
  inbox_.pop_front();
  apply();
}

std::optional<std::string> Replayer::describe(const EntityId& id) {
  if (partitions_ == 0) return std::nullopt;
  return crew_.shard(murmur2_partition(id.id, partitions_)).describe(id);
}

void Replayer::compare(const streams::FileTurn& turn) {
  if (difference_) return;
  for (const auto& [shard, digest] : turn.digests) {
    ++digests_compared_;
    if (const auto here = crew_.shard(shard).digest(); here != digest) {
      difference_ =
          fmt::format("turn {}: the state of shard {} has the digest {:016x} here and {:016x} in the history",
                      turn.turn, shard, here, digest);
      return;
    }
  }
}

} // namespace onecode::app
