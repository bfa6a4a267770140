#include "actors/shard.hpp"

#include <algorithm>
#include <cassert>
#include <new>
#include <stdexcept>

#include "actors/inbox_codec.hpp"
#include "domain/account.hpp"
#include "domain/authority.hpp"
#include "domain/campus.hpp"
#include "storage/keys.hpp"

namespace onecode::actors {
namespace {

using monitoring::TurnStats;
using streams::OutRecord;

/// Journal records stay below what topics take by default, with room for the envelope.
constexpr std::size_t kJournalChunk = 900 * 1024;
constexpr std::size_t kTimersPerTurn = 1000;
constexpr std::size_t kForgottenPerTurn = 1000;
/// More faults in one turn than this are no accident of one event: the shard stops loudly rather than skip on.
constexpr std::size_t kMaxFaultsPerTurn = 100;

constexpr Duration kEventMemory = days(7);

std::uint32_t hour_of(Time t) { return static_cast<std::uint32_t>(t.ms / 3'600'000); }

Hash128 event_hash(const Origin& o) {
  std::string text = o.source;
  text += '\0';
  text += o.id;
  return hash128(text);
}

Hash128 mix(Hash128 h, const std::array<std::uint16_t, 8>& path) {
  for (const std::uint16_t step : path) {
    if (step == 0) break;
    h = {mix64(h.hi, step), mix64(h.lo, step)};
  }
  return h;
}

}  // namespace

Shard::Shard(std::int32_t index, ShardOptions options, const streams::Secrets& secrets,
             std::unique_ptr<storage::Store> store)
    : index_(index), options_(std::move(options)), secrets_(secrets), store_(std::move(store)), decoder_(secrets) {}

Shard::~Shard() = default;

// -- opening ----------------------------------------------------------------------------------------------------------

void Shard::open() {
  timers_.clear();
  timer_due_.clear();
  store_->scan("t", [this](std::string_view key, std::string_view) {
    const auto end_of_id = key.find('\0', 10);
    if (key.size() < 11 || end_of_id == std::string_view::npos)
      throw storage::StoreError("shard " + std::to_string(index_) + ": a timer key is damaged");
    Timer timer{Time{static_cast<std::int64_t>(storage::read_u64(key.substr(1)))},
                EntityId{static_cast<Kind>(key[9] - '0'), std::string(key.substr(10, end_of_id - 10))},
                std::string(key.substr(end_of_id + 1))};
    timer_due_[{timer.owner, timer.name}] = timer.due;
    timers_.insert(std::move(timer));
    return true;
  });
  last_commit_.reset();
  std::vector<std::optional<std::string>> values;
  const std::string key{kCommitKey};
  store_->read({&key, 1}, values);
  if (values.at(0)) decode(*values[0], last_commit_.emplace());
}

void Shard::forget_all() {
  while (newest_ != nullptr) forget(*newest_);
}

std::optional<Time> Shard::next_timer() const {
  if (timers_.empty()) return std::nullopt;
  return timers_.begin()->due;
}

// -- inputs -----------------------------------------------------------------------------------------------------------

void Shard::prepare(std::vector<std::shared_ptr<streams::Batch>> inputs, const PolicyBook& policies,
                    std::int64_t received_ns, std::vector<ClockHint>* hints) {
  inputs_ = std::move(inputs);
  std::ranges::sort(inputs_, {}, [](const auto& b) { return b->source; });
  for (const auto& batch : inputs_) {
    if (batch->records.empty()) continue;
    ranges_.push_back({batch->source.topic, batch->source.partition, batch->records.front().offset,
                       batch->records.back().offset + 1});
    staged_.stats.events[TurnStats::at(batch->source.topic)] += batch->records.size();
    if (batch->source.topic == Topic::policy)
      for (const auto& root : policies.roots()) roots_.push_back({root.key, root.algorithm, root.public_key});
    for (const auto& record : batch->records) decode_one(batch->source, record, policies, received_ns, hints);
  }
}

void Shard::add_input(const Root& root, Kind kind, const std::string& id, Message message) {
  if (root.at.topic != Topic::inbox &&
      murmur2_partition(root.record->key, options_.partitions) != murmur2_partition(id, options_.partitions))
    ++staged_.stats.wrong_key[TurnStats::at(root.at.topic)];
  Envelope envelope;
  envelope.order = root.order;
  envelope.stage = Stage::admit;
  envelope.root = &root;
  envelope.to = {kind, id};
  envelope.to_hash = hash_of(kind, id);
  envelope.message = std::move(message);
  first_.push_back(std::move(envelope));
}

void Shard::decode_one(TopicPartition at, const streams::Record& record, const PolicyBook& policies,
                       std::int64_t received_ns, std::vector<ClockHint>* hints) {
  const Order order = Order::input(at, record.offset);
  if (at.topic == Topic::inbox) {
    try {
      Envelope envelope = decode_inbox(record.value.value_or(std::string_view{}), received_ns, arena_);
      envelope.order = order;
      first_.push_back(std::move(envelope));
    } catch (const Corrupt& e) {
      Root root{order, at, &record, {}, received_ns};
      dead_letter(root, "BAD_ENVELOPE", "decode", e.what());
    }
    return;
  }
  Root& root = arena_.roots.next();
  root = Root{order, at, &record, {}, received_ns};
  const auto hint = [&](Time time, bool follow, bool sound) {
    if (hints != nullptr && (sound || record.timestamp_ms >= 0))
      hints->push_back({order, record.timestamp_ms, time, follow});
  };
  if (at.topic == Topic::policy) {
    if (const auto time = policies.time(record.offset)) hint(*time, true, true);
    if (const auto* errors = policies.refusal(record.offset)) dead_letter(root, "BAD_POLICY", "validate", *errors);
    return;
  }
  if (at.topic == Topic::scans) {
    auto& scans = std::get<Pool<Scan>>(arena_.events);
    Scan& scan = scans.next();
    if (const auto error = decoder_.scan(at, record, *policies.history(), scan)) {
      scans.undo();
      return dead_letter(root, error->code, error->stage, error->text);
    }
    root.cause = event_hash(scan.origin);
    hint(scan.origin.time, false, scan.clock == Clock::synced);
    return add_input(root, Kind::device, scan.device, &scan);
  }
  streams::Event event;
  if (const auto error = decoder_.event(at, record, event))
    return dead_letter(root, error->code, error->stage, error->text);
  std::visit(
      [&](auto& e) {
        using T = std::decay_t<decltype(e)>;
        if constexpr (std::is_same_v<T, std::monostate> || std::is_same_v<T, Scan>) {
          throw std::logic_error("decoder gave no event for topic " + std::string(name(at.topic)));
        } else {
          root.cause = event_hash(e.origin);
          hint(e.origin.time, std::is_same_v<T, Command>, true);
          const T* kept = arena_.keep(std::move(e));
          if constexpr (std::is_same_v<T, Command>)
            add_input(root, kept->info().target, kept->target, kept);
          else if constexpr (std::is_same_v<T, DeviceReport>)
            add_input(root, Kind::device, kept->device, kept);
          else if constexpr (std::is_same_v<T, DataAccess>)
            add_input(root, Kind::integration, kept->integration, kept);
          else
            add_input(root, Kind::account, kept->account, kept);
        }
      },
      event);
}

// -- rounds -----------------------------------------------------------------------------------------------------------

void Shard::begin(const TurnFacts& facts) {
  facts_ = facts;
  fire_timers();
  for (auto& envelope : first_) dispatch(envelope);
  forget_old_events();
}

void Shard::round(const TurnFacts& facts, std::vector<Parcel> parcels) {
  facts_ = facts;
  // Each parcel is in order already; the merged order is the order of the turn.
  parcels_.push_back(std::move(parcels));
  auto& lists = parcels_.back();
  std::vector<std::size_t> at(lists.size(), 0);
  for (;;) {
    std::size_t best = lists.size();
    for (std::size_t i = 0; i < lists.size(); ++i)
      if (at[i] < lists[i].size() && (best == lists.size() || lists[i][at[i]].order < lists[best][at[best]].order)) best = i;
    if (best == lists.size()) return;
    dispatch(lists[best][at[best]++]);
  }
}

void Shard::fire_timers() {
  std::vector<Timer> due;
  for (const auto& timer : timers_) {
    if (timer.due > facts_.now || due.size() == kTimersPerTurn) break;
    due.push_back(timer);
  }
  std::uint32_t tie = 0;
  for (const auto& timer : due) {
    change_timer(timer.owner, {timer.name, std::nullopt});
    Root& root = arena_.roots.next();
    root = Root{};
    // The shard is part of the tie, so that two shards' timers due at one moment have an order too.
    root.order = Order::timer(timer.due, static_cast<std::uint32_t>(index_) << 16 | tie++);
    root.cause = hash128("timer/" + std::string(to_string(timer.owner.kind)) + '/' + timer.owner.id + '/' + timer.name +
                         '/' + std::to_string(timer.due.ms));
    Envelope envelope;
    envelope.order = root.order;
    envelope.root = &root;
    envelope.to = timer.owner;
    envelope.to_hash = hash_of(timer.owner.kind, timer.owner.id);
    envelope.message = msg::TimerFired{timer.name, timer.due};
    first_.push_back(std::move(envelope));
  }
  // Timers come before inputs.
  std::rotate(first_.begin(), first_.end() - static_cast<std::ptrdiff_t>(due.size()), first_.end());
}

void Shard::dispatch(Envelope& envelope) {
  sends_ = outputs_ = 0;
  const auto owner = murmur2_partition(envelope.to.id, options_.partitions);
  if (owner != index_) {
    // A record whose key was wrong for its partition: on to the right shard, one hop later.
    return send(envelope, envelope.to, envelope.message, envelope.stage);
  }
  if (envelope.stage == Stage::admit && !admit(envelope)) return;
  if (envelope.stage == Stage::nonce) return check_nonce(envelope);
  deliver(envelope);
}

bool Shard::admit(Envelope& envelope) {
  const auto duplicate = [&](const Origin& origin, std::uint64_t content, std::string_view what) {
    const Seen seen = remember(event_hash(origin), content, kEventMemory);
    if (seen == Seen::same) ++staged_.stats.duplicates[TurnStats::at(envelope.root->at.topic)];
    if (seen == Seen::other)
      dead_letter(*envelope.root, "DUPLICATE_ID", "apply",
                  "source and id were used before for another " + std::string(what) + " (id " + origin.id + ")");
    return seen != Seen::fresh;
  };
  const auto content_of = [](const auto& event) {
    thread_local std::string bytes;
    bytes.clear();
    auto copy = event;
    copy.origin.at = {};
    copy.origin.offset = 0;
    encode(bytes, copy);
    return hash64(bytes) | 1;
  };
  const bool live = facts_.clock == ClockMode::wall;
  const auto too_far = [&](Time t) {
    if (!live || t <= facts_.now + streams::kMaxAhead) return false;
    dead_letter(*envelope.root, "BAD_TIME", "validate",
                "time: " + format_time(t) + " is more than 24 hours ahead of " + format_time(facts_.now));
    return true;
  };
  const bool go_on = std::visit(
      [&](const auto& message) {
        using T = std::decay_t<decltype(message)>;
        if constexpr (std::is_same_v<T, const Scan*>) {
          if (too_far(message->origin.time)) return false;
          // A device that cannot count always sends 0: its scans are told apart by content. All others are known by
          // their sequence numbers, which the device's own window remembers.
          if (message->seq != 0) return true;
          if (duplicate(message->origin, message->content | 1, "scan")) return false;
          if (remember(hash128("scan/" + message->device + '/' + std::to_string(message->content)), 1, kEventMemory) ==
              Seen::fresh)
            return true;
          ++staged_.stats.retransmissions;
          return false;
        } else if constexpr (std::is_same_v<T, const DeviceReport*>) {
          if (too_far(message->origin.time)) return false;
          return message->seq.has_value() || !duplicate(message->origin, message->content | 1, "report");
        } else if constexpr (std::is_same_v<T, const Command*>) {
          if (too_far(message->origin.time)) return false;
          if (duplicate(message->origin, hash64(message->signed_bytes) | 1, "command")) return false;
          std::optional<Refusal> refusal;
          if (!options_.unsigned_commands)
            refusal = streams::check_signature(*message, facts_.policies->at(message->origin.time));
          if (!refusal) refusal = check_authority(*message, facts_.now);
          if (refusal) {
            refuse(envelope, *refusal);
            return false;
          }
          send(envelope, {Kind::campus, "key:" + (options_.unsigned_commands ? message->actor : message->key)},
               message, Stage::nonce);
          return false;
        } else if constexpr (std::is_pointer_v<T>) {
          return !too_far(message->origin.time) && !duplicate(message->origin, content_of(*message), "event");
        } else {
          return true;
        }
      },
      envelope.message);
  envelope.stage = Stage::deliver;
  return go_on;
}

void Shard::check_nonce(Envelope& envelope) {
  const auto* command = std::get<const Command*>(envelope.message);
  std::string text = "nonce";
  text += '\0';
  text += envelope.to.id;
  text += '\0';
  text += command->nonce;
  if (remember(hash128(text), 1, kNonceMemory) != Seen::fresh)
    return refuse(envelope, {"REPLAYED_COMMAND",
                             "authenticate",
                             {"该随机数已经使用过,命令未执行。", "this nonce was used before; the command was not carried out"}});
  send(envelope, {command->info().target, command->target}, command, Stage::deliver);
}

void Shard::deliver(Envelope& envelope) {
  Entity& entity = wake(envelope.to, envelope.to_hash);
  touch(entity);
  deliveries_.push_back(&envelope);
  ++staged_.stats.hops;
  effects_.clear();
  try {
    if (options_.before_receive) options_.before_receive(entity, envelope.message);
    entity.receive(envelope.message, Context{*facts_.policies, facts_.now}, effects_);
    if (effects_.sends.size() > kMaxSends) throw std::length_error("one event sends too many messages");
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const storage::StoreError&) {
    throw;
  } catch (const std::exception& e) {
    return fault(envelope, e.what());
  }
  take_effects(envelope);
}

void Shard::fault(const Envelope& envelope, const char* what) {
  ++staged_.stats.entity_faults;
  if (++faults_ > kMaxFaultsPerTurn)
    throw std::runtime_error("shard " + std::to_string(index_) + " stops: more than " +
                             std::to_string(kMaxFaultsPerTurn) + " events of one turn failed, the last with: " + what);
  effects_.clear();
  dead_letter(*envelope.root, "ENTITY_FAULT", "apply",
              std::string(to_string(envelope.to.kind)) + " " + envelope.to.id + ": " + what);
  // The entity as it was before this event: from the store, then this turn's earlier messages once more.
  bool found = false;
  auto sound = read_entity(envelope.to, envelope.to_hash, found);
  deliveries_.pop_back();
  Effects ignored;
  for (const auto* earlier : deliveries_) {
    if (earlier->to_hash != envelope.to_hash || earlier->to != envelope.to) continue;
    ignored.clear();
    sound->receive(earlier->message, Context{*facts_.policies, facts_.now}, ignored);
  }
  Entity& broken = wake(envelope.to, envelope.to_hash);
  std::erase(touched_, &broken);
  forget(broken);
  Entity& entity = *sound;
  ++resident_[static_cast<std::size_t>(entity.id.kind)];
  link_newest(entity);
  entities_.emplace(EntityKey{entity.id.kind, entity.id.id, entity.hash}, std::move(sound));
  touch(entity);
  if (const auto* seen = std::get_if<msg::ScanSeen>(&envelope.message)) {
    Decision decision = engine_fault_decision(*seen->scan, seen->opinion, Context{*facts_.policies, facts_.now});
    staged_.stats.decided(decision.verdict, decision.reasons, envelope.root->received_ns);
    emit(envelope, std::move(decision));
  }
}

void Shard::take_effects(const Envelope& envelope) {
  staged_.stats.add(effects_.tally);
  for (const auto& change : effects_.timers) change_timer(envelope.to, change);
  for (auto& send_to : effects_.sends) send(envelope, std::move(send_to.to), std::move(send_to.message), Stage::deliver);
  if (effects_.tally.accounts_opened != 0)
    send(envelope, kBreaker, msg::AccountsOpened{effects_.tally.accounts_opened}, Stage::deliver);
  for (const auto& output : effects_.outputs) {
    if (const auto* decision = std::get_if<Decision>(&output))
      staged_.stats.decided(decision->verdict, decision->reasons, envelope.root->received_ns);
    emit(envelope, output);
  }
  if (const auto* command = std::get_if<const Command*>(&envelope.message); command != nullptr && !effects_.refusal && !effects_.deferred)
    staged_.stats.command((*command)->args.index(), false);
  if (effects_.refusal) refuse(envelope, *effects_.refusal);
}

void Shard::refuse(const Envelope& envelope, const Refusal& refusal) {
  dead_letter(*envelope.root, refusal.code, refusal.stage, refusal.text.en);
  const auto* command = std::get_if<const Command*>(&envelope.message);
  if (command == nullptr) return;
  staged_.stats.command((*command)->args.index(), true);
  Notice notice;
  notice.to = (*command)->actor;
  notice.about = (*command)->target;
  notice.kind = "command-refused";
  notice.text = {"命令 " + (*command)->name + " 未执行(" + std::string(refusal.code) + "):" + refusal.text.zh,
                 "command " + (*command)->name + " was refused (" + std::string(refusal.code) + "): " + refusal.text.en};
  notice.remedy = "check the reason and send a corrected command with a new nonce";
  emit(envelope, notice);
}

void Shard::send(const Envelope& parent, EntityId to, Message message, Stage stage) {
  Envelope child;
  child.order = parent.order;
  child.hops = parent.hops + 1;
  child.stage = stage;
  // Hops beyond the path's width go through the inbox and start anew there.
  if (child.hops <= kMaxHops)
    child.order.path[static_cast<std::size_t>(child.hops - 1)] = static_cast<std::uint16_t>(++sends_);
  child.root = parent.root;
  child.to_hash = hash_of(to.kind, to.id);
  const auto owner = murmur2_partition(to.id, options_.partitions);
  child.to = std::move(to);
  child.message = std::move(message);
  outgoing_[owner].push_back(std::move(child));
}

// -- outputs ----------------------------------------------------------------------------------------------------------

OutRecord& Shard::next_output() {
  auto& outputs = staged_.outputs;
  if (staged_.output_count == outputs.size()) outputs.emplace_back();
  OutRecord& out = outputs[staged_.output_count++];
  out.partition = -1;
  out.tombstone = false;
  out.headers.clear();
  return out;
}

void Shard::emit(const Envelope& envelope, const Output& output) {
  // Path and index keep the ids of one input's many outputs apart.
  const streams::EncodeContext context{facts_.now, mix(envelope.root->cause, envelope.order.path), outputs_++};
  OutRecord& out = next_output();
  streams::encode(output, context, out);
  ++staged_.stats.produced[TurnStats::at(out.topic)];
}

void Shard::dead_letter(const Root& root, std::string_view code, std::string_view stage, std::string_view text) {
  static const streams::Record kNothing{};
  OutRecord& out = next_output();
  out = streams::dead_letter(root.at, root.record != nullptr ? *root.record : kNothing, code, stage, text);
  staged_.stats.dead_letter(code, stage);
  ++staged_.stats.produced[TurnStats::at(Topic::dead_letters)];
}

void Shard::send_to_inbox(const Envelope& envelope) {
  OutRecord& out = next_output();
  out.topic = Topic::inbox;
  out.partition = murmur2_partition(envelope.to.id, options_.partitions);
  out.key = envelope.to.id;
  encode_inbox(envelope, out.value);
  ++staged_.stats.produced[TurnStats::at(Topic::inbox)];
}

// -- entities ---------------------------------------------------------------------------------------------------------

Entity& Shard::wake(const EntityId& id, std::uint64_t hash) {
  if (const auto it = entities_.find(EntityKey{id.kind, id.id, hash}); it != entities_.end()) return *it->second;
  bool found = false;
  auto entity = read_entity(id, hash, found);
  if (found) ++staged_.stats.wakes[static_cast<std::size_t>(id.kind)];
  Entity& awake = *entity;
  ++resident_[static_cast<std::size_t>(id.kind)];
  link_newest(awake);
  entities_.emplace(EntityKey{awake.id.kind, awake.id.id, hash}, std::move(entity));
  return awake;
}

std::unique_ptr<Entity> Shard::read_entity(const EntityId& id, std::uint64_t hash, bool& found) {
  auto entity = make_entity(id, secrets_);
  entity->hash = hash;
  key_.clear();
  storage::append_entity(key_, id.kind, id.id);
  found = false;
  const auto prefix = key_.size();
  store_->scan(key_, [&](std::string_view key, std::string_view value) {
    entity->load(key.substr(prefix), value);
    found = true;
    return true;
  });
  ++staged_.stats.store_reads;
  return entity;
}

void Shard::touch(Entity& entity) {
  if (entity.turn == turn_mark_) return;
  entity.turn = turn_mark_;
  touched_.push_back(&entity);
  unlink(entity);
  link_newest(entity);
}

void Shard::link_newest(Entity& entity) {
  entity.older = newest_;
  entity.newer = nullptr;
  if (newest_ != nullptr) newest_->newer = &entity;
  newest_ = &entity;
  if (oldest_ == nullptr) oldest_ = &entity;
}

void Shard::unlink(Entity& entity) {
  (entity.newer != nullptr ? entity.newer->older : newest_) = entity.older;
  (entity.older != nullptr ? entity.older->newer : oldest_) = entity.newer;
}

void Shard::forget(Entity& entity) {
  unlink(entity);
  --resident_[static_cast<std::size_t>(entity.id.kind)];
  entities_.erase(EntityKey{entity.id.kind, entity.id.id, entity.hash});
}

void Shard::passivate() {
  while (entities_.size() > options_.resident_limit && oldest_ != nullptr) {
    ++staged_.stats.passivations[static_cast<std::size_t>(oldest_->id.kind)];
    forget(*oldest_);
  }
}

// -- timers and event ids ---------------------------------------------------------------------------------------------

void Shard::change_timer(const EntityId& owner, const TimerChange& change) {
  const auto it = timer_due_.find({owner, change.name});
  if (it != timer_due_.end()) {
    if (change.due && *change.due == it->second) return;
    timers_.erase({it->second, owner, change.name});
    batch_.erase(storage::timer_key(it->second, owner, change.name));
    timer_due_.erase(it);
    timers_changed_ = true;
  }
  if (change.due) {
    timers_.insert({*change.due, owner, change.name});
    timer_due_[{owner, change.name}] = *change.due;
    batch_.put(storage::timer_key(*change.due, owner, change.name), "");
    timers_changed_ = true;
  }
}

Shard::Seen Shard::remember(Hash128 event, std::uint64_t content, Duration memory) {
  if (const auto it = new_events_.find(event); it != new_events_.end())
    return it->second == content ? Seen::same : Seen::other;
  const std::string key = storage::event_key(event);
  std::vector<std::optional<std::string>> values;
  store_->read({&key, 1}, values);
  if (values.at(0)) {
    const std::string_view v = *values[0];
    const std::uint32_t forget_hour = storage::read_u32(v);
    if (forget_hour > hour_of(facts_.now))
      return storage::read_u64(v.substr(4)) == content ? Seen::same : Seen::other;
    batch_.erase(storage::event_expiry_key(forget_hour, event));
  }
  new_events_[event] = content;
  const std::uint32_t forget_hour = hour_of(facts_.now + memory) + 1;
  std::string value;
  storage::append_u32(value, forget_hour);
  storage::append_u64(value, content);
  batch_.put(key, value);
  batch_.put(storage::event_expiry_key(forget_hour, event), "");
  return Seen::fresh;
}

void Shard::forget_old_events() {
  const std::uint32_t hour = hour_of(facts_.now);
  if (hour == swept_hour_) return;
  std::size_t forgotten = 0;
  store_->scan("y", [&](std::string_view key, std::string_view) {
    if (storage::read_u32(key.substr(1)) > hour || ++forgotten > kForgottenPerTurn) return false;
    const Hash128 event{storage::read_u64(key.substr(5)), storage::read_u64(key.substr(13))};
    if (!new_events_.contains(event)) {
      batch_.erase(storage::event_key(event));
      batch_.erase(key);
    }
    return true;
  });
  if (forgotten <= kForgottenPerTurn) swept_hour_ = hour;
}

// -- the end of a turn ------------------------------------------------------------------------------------------------

void Shard::flush_batch() {
  if (batch_.empty()) return;
  staged_.stats.journal_bytes += batch_.bytes().size();
  staged_.journal.emplace_back(batch_.bytes());
  batch_.clear();
}

const Staged& Shard::finish(std::vector<InputRange> positions) {
  CommitRecord commit;
  commit.turn = facts_.id;
  commit.number = facts_.number;
  commit.partitions = options_.partitions;
  commit.shards = facts_.shards;
  commit.now = facts_.now;
  commit.policy_offset = facts_.policy_offset;
  commit.clock = facts_.clock;
  commit.inputs = ranges_;
  commit.roots = roots_;
  commit.positions = std::move(positions);
  for (Entity* entity : touched_) {
    key_.clear();
    storage::append_entity(key_, entity->id.kind, entity->id.id);
    entity->save(key_, batch_);
    if (batch_.bytes().size() > kJournalChunk) flush_batch();
  }
  encode(staged_.history, commit);
  batch_.put(kCommitKey, staged_.history);
  flush_batch();
  next_commit_ = std::move(commit);
  return staged_;
}

void Shard::committed(std::int64_t journal_next) {
  const auto chunks = static_cast<std::int64_t>(staged_.journal.size());
  std::int64_t n = 0;
  for (const auto& batch : staged_.journal) store_->write(batch, journal_next - chunks + ++n);
  last_commit_ = std::move(next_commit_);
  end_turn();
  passivate();
}

void Shard::aborted() {
  for (Entity* entity : touched_) forget(*entity);
  const bool reload = timers_changed_;
  end_turn();
  if (reload) open();
}

void Shard::end_turn() {
  ++turn_mark_;
  first_.clear();
  parcels_.clear();
  deliveries_.clear();
  outgoing_.clear();
  touched_.clear();
  new_events_.clear();
  inputs_.clear();
  ranges_.clear();
  roots_.clear();
  arena_.clear();
  batch_.clear();
  next_commit_.reset();
  staged_.output_count = 0;
  staged_.journal.clear();
  staged_.history.clear();
  staged_.stats.clear();
  faults_ = 0;
  timers_changed_ = false;
}

std::optional<std::string> Shard::describe(const EntityId& id) {
  const auto hash = hash_of(id.kind, id.id);
  if (const auto it = entities_.find(EntityKey{id.kind, id.id, hash}); it != entities_.end()) return it->second->describe();
  bool found = false;
  const auto entity = read_entity(id, hash, found);
  if (!found) return std::nullopt;
  return entity->describe();
}

}  // namespace onecode::actors
