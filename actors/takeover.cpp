#include "actors/takeover.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "actors/planted.hpp"

namespace onecode::actors {
namespace {

using streams::BrokerError;
using streams::BrokerFault;
using streams::Milliseconds;

constexpr Milliseconds kLeastPatience{20}, kMostPatience{320};

/// Each restore has a thread and a reader of its own, beside the turns of the shards that are here.
std::ptrdiff_t restores_at_once() { return std::max(2U, std::thread::hardware_concurrency()); }

struct NotWanted {};

std::vector<TopicPartition> inputs_of(std::int32_t shard) {
  std::vector<TopicPartition> out;
  for (const auto& t : kTopics)
    if (t.input) out.push_back({t.topic, shard});
  return out;
}

/// Where the inputs stand after the shard's last commit.
streams::Offsets positions_of(const Shard& shard) {
  streams::Offsets out;
  if (const auto& last = shard.last_commit())
    for (const auto& p : last->positions) out[{p.topic, p.partition}] = p.next;
  return out;
}

} // namespace

struct Takeover::Restore {
  std::atomic<bool> wanted = true;
  std::atomic<std::int64_t> done = 0, total = 0;
  std::future<void> ended;
  // Of the crew's thread until `ended`.
  std::unique_ptr<Shard> shard;
  std::vector<Report> reports;

  bool has_ended() const { return ended.wait_for(std::chrono::seconds(0)) == std::future_status::ready; }
};

Takeover::Takeover(streams::Broker& broker, storage::StoreFactory& stores, Crew& crew,
                   const streams::Secrets& secrets)
    : broker_(broker), stores_(stores), crew_(crew), secrets_(secrets) {}

Takeover::~Takeover() { stop(); }

void Takeover::stop() {
  want({}, {}, {});
  for (auto& [shard, restore] : ending_) restore->ended.wait();
  ending_.clear();
}

void Takeover::want(const std::set<std::int32_t>& shards, const ShardOptions& options,
                    std::vector<std::unique_ptr<Shard>> open) {
  options_ = options;
  asked_last_ = -1;
  std::map<std::int32_t, Wanted> before;
  before.swap(wanted_);
  for (auto& shard : open) before[shard->index()].open = std::move(shard);
  for (const auto index : shards) {
    auto& wanted = wanted_[index];
    if (const auto it = before.find(index); it != before.end()) {
      wanted = std::move(it->second);
      wanted.committed.reset(); // another generation: somebody else may have had it
      before.erase(it);
    }
  }
  for (auto& [index, unwanted] : before) {
    if (!unwanted.restore) continue;
    unwanted.restore->wanted = false;
    ending_.emplace_back(index, std::move(unwanted.restore));
  }
}

std::vector<Takeover::Ready> Takeover::step(streams::Consumer& consumer, Milliseconds patience) {
  settle(consumer, patience);
  std::vector<Ready> ready;
  for (auto it = wanted_.begin(); it != wanted_.end();) {
    auto& [index, w] = *it;
    if (w.committed && w.restore && w.restore->has_ended()) {
      const auto restore = std::exchange(w.restore, nullptr);
      std::ranges::move(restore->reports, std::back_inserter(reports_));
      restore->ended.get();
      w.open = std::move(restore->shard);
    }
    if (w.committed && !w.restore) {
      if (w.open && (planted(Mistake::lost_assignment) || nobody_else_wrote(*w.open, broker_))) {
        if (auto differs = mismatch(*w.open, *w.committed); !differs.empty() && !planted(Mistake::lost_assignment)) {
          // Somebody may have owned it in the meantime, and this node does not know yet: asked again, the two agree.
          if (differs == w.mismatch) throw storage::StoreError(differs);
          w.mismatch = std::move(differs);
          w.committed.reset();
          ++it;
          continue;
        }
        auto next = positions(*w.open);
        ready.push_back({std::move(w.open), std::move(next)});
        it = wanted_.erase(it);
        continue;
      }
      w.open.reset();
      const auto running = std::ranges::count_if(wanted_, [](const auto& o) { return o.second.restore != nullptr; });
      if (!still_ending(index) && running < restores_at_once()) w.restore = start(index);
    }
    ++it;
  }
  return ready;
}

bool Takeover::ask(const std::vector<std::int32_t>& shards, streams::Consumer& consumer, Milliseconds patience) {
  std::vector<TopicPartition> partitions;
  for (const auto shard : shards) std::ranges::copy(inputs_of(shard), std::back_inserter(partitions));
  streams::Offsets offsets;
  try {
    offsets = consumer.committed(partitions, patience);
  } catch (const BrokerError& e) {
    if (e.fault != BrokerFault::unreachable) throw;
    return false; // one of them is pending
  }
  for (const auto shard : shards) wanted_[shard].committed.emplace();
  for (const auto& [at, offset] : offsets) (*wanted_[at.partition].committed)[at] = offset;
  return true;
}

void Takeover::settle(streams::Consumer& consumer, Milliseconds patience) {
  std::vector<std::int32_t> unsettled;
  for (const auto& [index, w] : wanted_)
    if (!w.committed) unsettled.push_back(index);
  if (unsettled.empty()) return;
  // Ordinarily all are answered at once. Where one is held back by the open transaction of a dead node the others are not:
  // they are asked for one by one, one in each step.
  if (asked_last_ < 0 && ask(unsettled, consumer, patience)) return;
  auto next = std::ranges::upper_bound(unsettled, asked_last_);
  if (next == unsettled.end()) next = unsettled.begin();
  asked_last_ = *next;
  auto& w = wanted_[*next];
  if (--w.rest >= 0 || ask({*next}, consumer, w.patience)) return;
  // A slow broker needs more patience, but no more of the turns' time: who waits longer asks less often.
  w.patience = std::min(w.patience * 2, kMostPatience);
  w.rest = w.patience / kLeastPatience;
  if (w.patience == kMostPatience && !std::exchange(w.told, true))
    reports_.push_back(
        {2, fmt::format("shard {} waits for its committed offsets: a transaction of a node that is gone holds "
                        "them, or the broker is slow",
                        *next)});
}

bool Takeover::still_ending(std::int32_t shard) {
  std::erase_if(ending_, [](const auto& e) { return e.second->has_ended(); });
  return std::ranges::any_of(ending_, [&](const auto& e) { return e.first == shard; });
}

std::shared_ptr<Takeover::Restore> Takeover::start(std::int32_t shard) {
  auto restore = std::make_shared<Restore>();
  // The future is the node's: the job must not keep what it waits for alive.
  restore->ended = crew_.aside([this, shard, options = options_, r = restore.get()] {
    const auto progress = [r](std::int64_t done, std::int64_t total) {
      r->done = done;
      r->total = total;
      if (!r->wanted) throw NotWanted{};
    };
    const auto report = [r](storage::Aside as, const std::string& text) {
      r->reports.push_back({as == storage::Aside::damaged ? 3 : 1, text});
    };
    try {
      auto restored = restore_store(shard, stores_, broker_, progress, report);
      auto made = std::make_unique<Shard>(shard, options, secrets_, std::move(restored.store));
      made->open(restored.journal_next);
      r->shard = std::move(made);
      if (restored.records > 0)
        r->reports.push_back({1, fmt::format("shard {} restored from {} journal records", shard, restored.records)});
    } catch (const NotWanted&) {
    }
  });
  return restore;
}

streams::Offsets Takeover::positions(const Shard& shard) {
  streams::Offsets out;
  const auto of_state = positions_of(shard);
  for (const auto& at : inputs_of(shard.index())) {
    const auto known = of_state.find(at);
    out[at] = known != of_state.end() ? known->second : broker_.watermarks(at, streams::Isolation::committed).low;
  }
  return out;
}

std::string Takeover::mismatch(const Shard& shard, const streams::Offsets& committed) {
  // A shard is a partition: with another number of them half of its people would belong elsewhere.
  if (const auto& last = shard.last_commit(); last && last->partitions != shard.partitions())
    return fmt::format(
        "shard {}: its state was made with {} partitions, and the topics have {} now; it is not processed",
        shard.index(), last->partitions, shard.partitions());
  const auto of_state = positions_of(shard);
  for (const auto& [at, offset] : committed) {
    const auto known = of_state.find(at);
    if (known == of_state.end())
      return fmt::format(
          "shard {}: the group committed offset {} of {}, but the journal knows of no turn; the journal topic was "
          "lost or "
          "recreated",
          shard.index(), offset, name(at.topic));
    if (offset != known->second)
      return fmt::format(
          "shard {}: {} stands at offset {} in the journal and at {} in the group; it is not processed",
          shard.index(), name(at.topic), known->second, offset);
  }
  return {};
}

bool Takeover::wait(Milliseconds at_most) const {
  const auto running =
      std::ranges::find_if(wanted_, [](const auto& w) { return w.second.restore && !w.second.restore->has_ended(); });
  if (running != wanted_.end())
    running->second.restore->ended.wait_for(at_most);
  else if (!ending_.empty())
    ending_.front().second->ended.wait_for(at_most);
  return std::ranges::any_of(wanted_, [](const auto& w) { return w.second.committed.has_value(); });
}

std::vector<Takeover::Progress> Takeover::progress() const {
  std::vector<Progress> out;
  for (const auto& [index, w] : wanted_)
    out.push_back({index, w.restore ? w.restore->done.load() : 0, w.restore ? w.restore->total.load() : 0});
  return out;
}

} // namespace onecode::actors
