#include "actors/turn.hpp"

#include <algorithm>

#include "actors/planted.hpp"

namespace onecode::actors {
namespace {

/// Records of a turn that one thread has done before others are awake (measured: bench_engine with turns of this size).
constexpr std::size_t kLight = 200;

} // namespace

Turn::Turn(Crew& crew, TurnFacts facts, bool want_hints, std::function<Time(const std::vector<ClockHint>&)> clock)
    : crew_(crew),
      facts_(std::make_shared<TurnFacts>(std::move(facts))),
      want_hints_(want_hints),
      clock_(std::move(clock)) {}

void Turn::take_part(std::int32_t shard) {
  const auto it = std::ranges::lower_bound(participants_, shard);
  if (it == participants_.end() || *it != shard) participants_.insert(it, shard);
}

void Turn::run(Inputs inputs, const PolicyBook& policies, std::int64_t received_ns,
               const std::function<std::vector<InputRange>(std::int32_t)>& positions) {
  std::map<std::int32_t, Task> tasks;
  std::size_t records = 0;
  for (auto& [shard, batches] : inputs) {
    for (const auto& batch : batches) records += batch->records.size();
    take_part(shard);
    tasks.emplace(shard, task::Prepare{facts_, std::move(batches), &policies, received_ns, want_hints_});
  }
  if (records > kLight) load_ = Crew::Load::heavy;
  crew_.perform(tasks, load_);

  std::vector<ClockHint> hints;
  for (const auto& [shard, t] : tasks) {
    const auto& some = crew_.shard(shard).hints();
    hints.insert(hints.end(), some.begin(), some.end());
  }
  // Each shard's are in order, and so are all where only scans came.
  if (!std::ranges::is_sorted(hints, {}, &ClockHint::order)) std::ranges::sort(hints, {}, &ClockHint::order);
  facts_->now = clock_(hints);

  for (const auto shard : facts_->fired.value_or(facts_->shards))
    if (const auto due = crew_.shard(shard).next_timer(); due && *due <= facts_->now) take_part(shard);
  tasks.clear();
  for (const auto shard : participants_) tasks.emplace(shard, task::Begin{facts_});
  crew_.perform(tasks, load_);

  deliver_rounds();
  number();
  facts_->parts = participants_;

  tasks.clear();
  for (const auto shard : participants_)
    tasks.emplace(shard, task::Finish{facts_, std::move(abroad_[shard]), positions(shard)});
  crew_.perform(tasks, load_);
}

/// No two turns that are committed share a number, whatever clocks and nodes do: it is the place of the first record that
/// this one would add to the journal of its lowest shard.
void Turn::number() {
  if (facts_->number != 0 || participants_.empty()) return;
  const auto& lowest = crew_.shard(participants_.front());
  const auto at = static_cast<std::uint64_t>(lowest.journal_next().value_or(0));
  facts_->number = at * static_cast<std::uint64_t>(lowest.partitions()) + static_cast<std::uint64_t>(lowest.index());
  facts_->id += '-' + std::to_string(facts_->number);
}

void Turn::deliver_rounds() {
  const auto& here = facts_->shards;
  std::vector<std::int32_t> senders = participants_;
  for (int round = 1;; ++round) {
    std::map<std::int32_t, std::vector<Parcel>> next;
    for (const auto sender : senders) {
      auto& outgoing = crew_.shard(sender).outgoing();
      for (std::size_t i = 0; i < outgoing.size(); ++i) {
        auto& parcel = outgoing[i];
        if (parcel.empty()) continue;
        const auto target = static_cast<std::int32_t>(i);
        const bool local = std::ranges::binary_search(here, target) && round <= kMaxRounds;
        auto& abroad = abroad_[sender];
        if (local) {
          // Messages at the end of their hops leave the turn; the others stay.
          const auto far = std::stable_partition(parcel.begin(), parcel.end(),
                                                 [](const Envelope& e) { return e.hops <= kMaxHops; });
          std::move(far, parcel.end(), std::back_inserter(abroad));
          parcel.erase(far, parcel.end());
          if (planted(Mistake::double_local_delivery) && target != sender)
            std::ranges::copy(parcel, std::back_inserter(abroad));
          if (!parcel.empty()) next[target].push_back(std::move(parcel));
        } else {
          std::move(parcel.begin(), parcel.end(), std::back_inserter(abroad));
        }
        parcel.clear();
      }
    }
    if (next.empty()) return;
    std::map<std::int32_t, Task> tasks;
    senders.clear();
    for (auto& [target, parcels] : next) {
      take_part(target);
      senders.push_back(target);
      tasks.emplace(target, task::Round{facts_, std::move(parcels)});
    }
    crew_.perform(tasks, load_);
  }
}

void Turn::committed(const std::map<std::int32_t, std::int64_t>& journal_next) {
  std::map<std::int32_t, Task> tasks;
  for (const auto shard : participants_) tasks.emplace(shard, task::Committed{journal_next.at(shard)});
  crew_.perform(tasks, load_);
}

void Turn::aborted() {
  std::map<std::int32_t, Task> tasks;
  for (const auto shard : participants_) tasks.emplace(shard, task::Aborted{});
  crew_.perform(tasks, load_);
}

} // namespace onecode::actors
