#include "streams/local/coordinator.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace onecode::streams::local {

namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

// A wait looks at the clock again at least this often: a clock that a test moves by hand rings no bell.
constexpr Milliseconds kLongestNap{100};

} // namespace

Coordinator::Coordinator(TopicTable& topics, CoordinatorOptions options)
    : topics_(topics), options_(std::move(options)), next_deadline_(kNever) {}

// ---- time ---------------------------------------------------------------------------------------------------------

void Coordinator::tick() {
  if (next_deadline_.load() == kNever) return;
  const std::int64_t now = options_.clock();
  if (now < next_deadline_.load()) return;
  std::lock_guard lock(mutex_);
  expire(now);
}

void Coordinator::due_at(std::int64_t when) {
  if (when < next_deadline_.load()) next_deadline_.store(when);
}

void Coordinator::expire(std::int64_t now) {
  if (now < next_deadline_.load()) return;
  next_deadline_.store(kNever);
  for (auto& [name, id] : transactional_ids_) {
    if (!id->late.empty()) {
      if (options_.marker_is_late()) {
        due_at(now);
      } else {
        write_markers(*id);
      }
    }
    if (!id->open) continue;
    const std::int64_t deadline = id->started_ms + options_.transaction_timeout_ms;
    if (now < deadline) {
      due_at(deadline);
      continue;
    }
    id->identity.epoch.fetch_add(1); // before the markers: see ProducerIdentity
    finish(*id, false);
  }
  for (auto& [name, group] : groups_) {
    const auto put_out = std::erase_if(group.members, [&](const auto& entry) {
      const MemberLine& line = *entry.second.line;
      const std::int64_t deadline = (line.present ? now : line.seen_ms.load()) + options_.session_timeout_ms;
      if (now < deadline) due_at(deadline);
      return now >= deadline;
    });
    if (put_out > 0) prepare_rebalance(group);
  }
}

// ---- groups -------------------------------------------------------------------------------------------------------

Coordinator::Joined Coordinator::join(const std::string& group_name, const std::string& instance,
                                      std::shared_ptr<MemberLine> line) {
  std::lock_guard lock(mutex_);
  const std::int64_t now = options_.clock();
  expire(now);
  Group& group = groups_[group_name];
  Joined joined{++last_member_, instance.empty() ? "dynamic-" + std::to_string(last_member_) : instance};
  line->seen_ms.store(now);
  due_at(now + options_.session_timeout_ms);
  const auto [place, fresh] = group.members.try_emplace(joined.instance);
  Member& member = place->second;
  if (!fresh) {
    member.line->changes.fetch_add(1); // its old holder is fenced from now on
    member.line->signal.raise();
  }
  member.id = joined.member;
  member.line = std::move(line);
  // An instance that comes back takes its place as it is, partitions and generation: nobody else notices.
  if (fresh) {
    prepare_rebalance(group);
    member.rejoined = true;
    complete_rebalance(group);
  }
  return joined;
}

Coordinator::Member* Coordinator::find(Group& group, const std::string& instance, std::uint64_t member) {
  const auto it = group.members.find(instance);
  return it != group.members.end() && it->second.id == member ? &it->second : nullptr;
}

MemberView Coordinator::look(const std::string& group_name, const std::string& instance, std::uint64_t member) const {
  using Standing = MemberView::Standing;
  std::lock_guard lock(mutex_);
  const Group& group = groups_.at(group_name);
  const auto it = group.members.find(instance);
  if (it == group.members.end()) return {Standing::unknown, 0, {}};
  if (it->second.id != member) return {Standing::fenced, 0, {}};
  if (group.preparing) return {it->second.rejoined ? Standing::waiting : Standing::rebalancing, group.generation, {}};
  return {Standing::stable, group.generation, it->second.assignment};
}

void Coordinator::rejoin(const std::string& group_name, const std::string& instance, std::uint64_t id) {
  std::lock_guard lock(mutex_);
  Group& group = groups_.at(group_name);
  Member* const member = find(group, instance, id);
  if (member == nullptr || !group.preparing) return;
  member->rejoined = true;
  complete_rebalance(group);
}

void Coordinator::leave(const std::string& group_name, const std::string& instance, std::uint64_t id) {
  std::lock_guard lock(mutex_);
  Group& group = groups_.at(group_name);
  if (find(group, instance, id) == nullptr) return;
  group.members.erase(instance);
  prepare_rebalance(group);
}

void Coordinator::create_topics(std::int32_t partitions) {
  std::lock_guard lock(mutex_);
  if (!topics_.create(partitions)) return;
  for (auto& [name, group] : groups_) prepare_rebalance(group);
}

void Coordinator::prepare_rebalance(Group& group) {
  if (!group.preparing) {
    group.preparing = true;
    for (auto& [instance, member] : group.members) {
      member.rejoined = false;
      member.line->changes.fetch_add(1);
      member.line->signal.raise();
    }
  }
  complete_rebalance(group); // who left or timed out may have been the last one that the others waited for
}

void Coordinator::complete_rebalance(Group& group) {
  const bool all =
      std::all_of(group.members.begin(), group.members.end(), [](const auto& m) { return m.second.rejoined; });
  if (!group.preparing || !all) return;
  group.preparing = false;
  ++group.generation;
  deal_ranges(group);
  for (auto& [instance, member] : group.members) {
    member.line->changes.fetch_add(1);
    member.line->signal.raise();
  }
}

void Coordinator::deal_ranges(Group& group) const {
  for (auto& [instance, member] : group.members) member.assignment.clear();
  const auto members = static_cast<std::int32_t>(group.members.size());
  for (const auto& t : kTopics) {
    if (!t.input || members == 0) continue;
    const std::int32_t partitions = topics_.partitions(t.topic);
    std::int32_t next = 0;
    std::int32_t index = 0;
    for (auto& [instance, member] : group.members) {
      std::int32_t share = partitions / members + (index++ < partitions % members ? 1 : 0);
      while (share-- > 0) member.assignment.push_back({t.topic, next++});
    }
  }
}

Offsets Coordinator::committed(const std::string& group_name, const std::vector<TopicPartition>& partitions,
                               Signal::Clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  for (;;) {
    expire(options_.clock());
    const Group& group = groups_[group_name];
    const auto pending = std::find_if(partitions.begin(), partitions.end(),
                                      [&](TopicPartition p) { return group.pending.count(p) > 0; });
    if (pending == partitions.end()) {
      Offsets result;
      for (const auto p : partitions)
        if (const auto it = group.offsets.find(p); it != group.offsets.end()) result[p] = it->second.offset;
      return result;
    }
    const auto now = Signal::Clock::now();
    if (now >= deadline)
      throw BrokerError(BrokerFault::unreachable,
                        "UNSTABLE_OFFSET_COMMIT: an undecided transaction holds offsets of " +
                            std::string(name(pending->topic)) + "/" + std::to_string(pending->partition));
    offsets_decided_.wait_until(lock, std::min(deadline, now + kLongestNap));
  }
}

// ---- transactions -------------------------------------------------------------------------------------------------

std::shared_ptr<TransactionalId> Coordinator::transactional(const std::string& id) {
  std::lock_guard lock(mutex_);
  auto& entry = transactional_ids_[id];
  if (!entry) {
    entry = std::make_shared<TransactionalId>();
    entry->identity.id = static_cast<ProducerId>(transactional_ids_.size()); // never 0
  }
  return entry;
}

std::int32_t Coordinator::init(TransactionalId& id) {
  std::lock_guard lock(mutex_);
  expire(options_.clock());
  write_markers(id);
  const std::int32_t epoch = id.identity.epoch.fetch_add(1) + 1; // before the markers: see ProducerIdentity
  if (id.open) finish(id, false);
  return epoch;
}

void Coordinator::throw_fenced() {
  throw BrokerError(BrokerFault::fatal,
                    "PRODUCER_FENCED: a newer producer took this transactional id, or the transaction timed out");
}

void Coordinator::require_epoch(const TransactionalId& id, std::int32_t epoch) const {
  if (id.identity.epoch.load() != epoch) throw_fenced();
}

void Coordinator::check_epoch(const TransactionalId& id, std::int32_t epoch) {
  tick();
  require_epoch(id, epoch);
}

void Coordinator::start(TransactionalId& id) {
  if (id.open) return;
  write_markers(id);
  id.open = true;
  id.started_ms = options_.clock();
  due_at(id.started_ms + options_.transaction_timeout_ms);
}

void Coordinator::enlist(TransactionalId& id, std::int32_t epoch, PartitionLog& log) {
  std::lock_guard lock(mutex_);
  require_epoch(id, epoch);
  start(id);
  id.partitions.push_back(&log);
}

void Coordinator::send_offsets(TransactionalId& id, std::int32_t epoch, const Offsets& next,
                               const Membership& membership) {
  std::lock_guard lock(mutex_);
  expire(options_.clock());
  require_epoch(id, epoch);
  Group& group = groups_[membership.group];
  const auto it = group.members.find(membership.instance);
  if (it == group.members.end())
    throw BrokerError(BrokerFault::abort, "UNKNOWN_MEMBER_ID: " + membership.instance + " is not in the group");
  if (it->second.id != membership.member)
    throw BrokerError(BrokerFault::abort,
                      "FENCED_INSTANCE_ID: another consumer took the place of " + membership.instance);
  if (group.generation != membership.generation)
    throw BrokerError(BrokerFault::abort, "ILLEGAL_GENERATION: " + std::to_string(membership.generation) +
                                              ", the group is at " + std::to_string(group.generation));
  start(id);
  auto& mine = id.offsets[membership.group];
  for (const auto& [where, offset] : next) {
    if (offset < 0) continue; // as librdkafka: not an offset, not committed
    if (mine.insert_or_assign(where, TransactionalId::Pending{offset, ++last_order_}).second) ++group.pending[where];
  }
}

void Coordinator::end(TransactionalId& id, std::int32_t epoch, bool commit) {
  std::lock_guard lock(mutex_);
  expire(options_.clock());
  require_epoch(id, epoch);
  if (id.open) finish(id, commit);
}

void Coordinator::write_markers(TransactionalId& id) {
  for (PartitionLog* log : id.late) log->end_transaction(id.identity.id, id.late_commit, options_.clock());
  id.late.clear();
}

void Coordinator::finish(TransactionalId& id, bool commit) {
  id.late = std::exchange(id.partitions, {});
  id.late_commit = commit;
  id.open = false;
  // Decided is decided: a coordinator tells the partitions afterwards, each in its own time.
  if (options_.marker_is_late && options_.marker_is_late()) {
    due_at(options_.clock());
  } else {
    write_markers(id);
  }
  for (auto& [group_name, offsets] : id.offsets) {
    Group& group = groups_[group_name];
    for (const auto& [where, pending] : offsets) {
      const auto count = group.pending.find(where);
      if (--count->second == 0) group.pending.erase(count);
      if (!commit) continue;
      // What was sent last stands, whichever transaction ends first.
      Committed& committed = group.offsets[where];
      if (pending.order > committed.order) committed = {pending.offset, pending.order};
      release_segments(where);
    }
  }
  if (!id.offsets.empty()) offsets_decided_.notify_all();
  id.offsets.clear();
}

void Coordinator::release_segments(TopicPartition where) {
  if (!options_.drops_old_segments) return;
  std::int64_t passed = kNever;
  for (const auto& [name, group] : groups_) {
    const auto it = group.offsets.find(where);
    passed = std::min(passed, it == group.offsets.end() ? 0 : it->second.offset);
  }
  topics_.at(where).may_drop_before(passed);
}

} // namespace onecode::streams::local
