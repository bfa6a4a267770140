#include "actors/shard.hpp"

#include <algorithm>
#include <cassert>
#include <new>
#include <stdexcept>

#include "actors/campus_actor.hpp"
#include "actors/inbox_codec.hpp"
#include "actors/planted.hpp"
#include "domain/account.hpp"
#include "domain/authority.hpp"
#include "domain/campus.hpp"
#include "monitoring/stopwatch.hpp"
#include "storage/keys.hpp"

namespace onecode::actors {
namespace {

using monitoring::TurnStats;
using streams::OutRecord;
using Seen = EventMemory::Seen;

/// Journal records stay below what topics take by default, and fill the blocks of actors/record_log.hpp well.
constexpr std::size_t kJournalChunk = 124 * 1024;
constexpr std::size_t kTimersPerTurn = 1000;
/// Envelopes for which a shard keeps the memory of parcels that came, for those that it sends.
constexpr std::size_t kSpareEnvelopes = 8192;
/// More faults in one turn than this are no accident of one event: the shard stops loudly rather than skip on.
constexpr std::size_t kMaxFaultsPerTurn = 100;

constexpr Duration kEventMemory = days(7);
constexpr std::size_t kSetsOfShard = 1024; // of known subjects' keys, where a shard is alone

Hash128 event_hash(const Origin& o) {
  thread_local std::string text; // keeps its memory
  text = o.source;
  text += '\0';
  text += o.id;
  return hash128(text);
}

/// As the log has it; the strings are those of the turn.
TransparencyLog::Received logged(const Root& root, const Scan& scan) {
  return {&root,
          scan.origin.id,
          scan.account.empty() ? scan.device : scan.account,
          scan.origin.time,
          scan.clock == Clock::synced ? evidence::LeafClock::synced : evidence::LeafClock::free,
          scan.mac};
}
TransparencyLog::Received logged(const Root& root, const Posting& posting) {
  return {&root, posting.origin.id, posting.account, posting.origin.time, {}, {}};
}
TransparencyLog::Received logged(const Root& root, const Command& command) {
  return {&root, command.origin.id, command.target, command.origin.time, {}, {}};
}
bool is_logged(Topic topic) { return topic == Topic::ledger || topic == Topic::commands; }

Notice refusal_notice(const streams::DecodeError::Sender& sender, std::string_view code, const Text& why) {
  Notice notice;
  notice.to = sender.actor;
  notice.about = sender.target;
  notice.kind = "command-refused";
  notice.text = {"命令 " + sender.command + " 未执行(" + std::string(code) + "):" + why.zh,
                 "command " + sender.command + " was refused (" + std::string(code) + "): " + why.en};
  notice.remedy =
      "请核对原因,更正后用新的随机数 nonce 重新签发。 / Check the reason and send a corrected command with a new "
      "nonce.";
  return notice;
}

} // namespace

Shard::Shard(std::int32_t index, ShardOptions options, const streams::Secrets& secrets,
             std::unique_ptr<storage::Store> store)
    : index_(index),
      options_(std::move(options)),
      store_(std::move(store)),
      decoder_(secrets),
      residents_(*store_, secrets, options_.resident_limit, options_.store_lag_limit),
      events_(*store_),
      log_(options_.subject_keys ? options_.subject_keys : subject_keys(secrets, kSetsOfShard)),
      sweep_(*store_, residents_, options_.sweep_step),
      campus_id_(campus_facts_of(index, options_.partitions)),
      outgoing_(static_cast<std::size_t>(options_.partitions)) {}

Shard::~Shard() = default;

// -- opening ----------------------------------------------------------------------------------------------------------

void Shard::open(std::optional<std::int64_t> journal_next) {
  timers_.load(*store_);
  census_.load(*store_);
  last_commit_.reset();
  std::vector<std::optional<std::string>> values;
  const std::string keys[] = {std::string(kCommitKey), std::string(kSweepKey)};
  store_->read(keys, values);
  if (values.at(0)) decode(*values[0], last_commit_.emplace());
  previous_ = values[0] ? streams::sha256(*values[0]) : std::string{};
  log_.open(last_commit_ ? last_commit_->log : LogHead{});
  const auto standing = store_->standing();
  journal_next_ = journal_next;
  if (!journal_next_ && standing) journal_next_ = standing->journal_next;
  if (values.at(1)) sweep_.load(*values[1]);
  digest_ = store_digest_ = standing && standing->digest ? *standing->digest : storage::digest_of(*store_);
}

void Shard::put_away() {
  sweep_.lower_marks(residents_.sweep_position().value_or(journal_next_.value_or(0)));
  residents_.store_all(to_store_);
  if (last_commit_) write_store();
  store_->flush();
}

void Shard::sink() {
  const auto asleep = residents_.sink(to_store_);
  if (!asleep) return;
  for (std::size_t k = 0; k < asleep->size(); ++k) staged_.stats.passivations[k] += (*asleep)[k];
  if (!to_store_.empty()) write_store();
}

std::int64_t Shard::trim_to() {
  const auto wanted = sweep_.trim_to();
  if (planted(Mistake::trim_before_flush)) return wanted;
  if (wanted <= asked_durable_) return std::min(wanted, store_->durable_next().value_or(0));
  asked_durable_ = wanted;
  write_store();
  store_->flush_soon();
  return std::min(wanted, store_->durable_next().value_or(0));
}

// -- inputs -----------------------------------------------------------------------------------------------------------

void Shard::prepare(const TurnFacts& facts, std::vector<std::shared_ptr<streams::Batch>> inputs,
                    const PolicyBook& policies, std::int64_t received_ns, bool want_hints) {
  const monitoring::Stopwatch watch(staged_.stats.compute_ns);
  log_.made_by(facts.build, facts.sm3);
  inputs_ = std::move(inputs);
  std::ranges::sort(inputs_, {}, [](const auto& b) { return b->source; });
  for (const auto& batch : inputs_) {
    if (batch->records.empty()) continue;
    ranges_.push_back({batch->source.topic, batch->source.partition, batch->records.front().offset,
                       batch->records.back().offset + 1});
    staged_.stats.events[TurnStats::at(batch->source.topic)] += batch->records.size();
    if (batch->source.topic == Topic::policy)
      for (const auto& root : policies.roots()) roots_.push_back({root.key, root.algorithm, root.public_key});
    for (const auto& record : batch->records) decode_one(batch->source, record, policies, received_ns, want_hints);
  }
}

void Shard::add_input(const Root& root, Kind kind, const std::string& id, Message message) {
  Envelope& envelope = first_.emplace_back();
  envelope.order = root.order;
  envelope.stage = Stage::admit;
  envelope.root = &root;
  address(envelope, {kind, id}, options_.partitions);
  envelope.message = std::move(message);
  if (root.record->key != id && murmur2_partition(root.record->key, options_.partitions) != envelope.to_partition)
    ++staged_.stats.wrong_key[TurnStats::at(root.at.topic)];
}

void Shard::decode_one(TopicPartition at, const streams::Record& record, const PolicyBook& policies,
                       std::int64_t received_ns, bool want_hints) {
  const Order order = Order::input(at, record.offset);
  if (at.topic == Topic::inbox) {
    try {
      Envelope envelope = decode_inbox(record.value.value_or(std::string_view{}), received_ns, arena_);
      envelope.order = order;
      address(envelope, std::move(envelope.to), options_.partitions);
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
    if (want_hints && (sound || record.timestamp_ms >= 0))
      hints_.push_back({order, record.timestamp_ms, time, follow});
  };
  if (at.topic == Topic::policy) {
    if (const auto time = policies.time(record.offset)) hint(*time, true, true);
    if (const auto* errors = policies.refusal(record.offset)) {
      const auto code = policies.refusal_code(record.offset);
      dead_letter(root, code, code == "BAD_POLICY" ? "validate" : "decode", *errors);
    }
    return;
  }
  if (at.topic == Topic::scans) {
    auto& scans = std::get<Pool<Scan>>(arena_.events);
    Scan& scan = scans.next();
    if (const auto error = decoder_.scan(at, record, *policies.history(), scan)) {
      scans.undo();
      log_.received({&root});
      return dead_letter(root, error->code, error->stage, error->text);
    }
    root.cause = event_hash(scan.origin);
    log_.received(logged(root, scan));
    hint(scan.origin.time, false, scan.clock == Clock::synced);
    return add_input(root, Kind::device, scan.device, &scan);
  }
  streams::Event event;
  if (const auto error = decoder_.event(at, record, event)) {
    if (error->sender) misread_.push_back({&root, *error});
    if (is_logged(at.topic)) log_.received({&root});
    return dead_letter(root, error->code, error->stage, error->text);
  }
  std::visit(
      [&](auto& e) {
        using T = std::decay_t<decltype(e)>;
        if constexpr (std::is_same_v<T, std::monostate> || std::is_same_v<T, Scan>) {
          throw std::logic_error("decoder gave no event for topic " + std::string(name(at.topic)));
        } else {
          root.cause = event_hash(e.origin);
          hint(e.origin.time, std::is_same_v<T, Command>, true);
          const T* kept = arena_.keep(std::move(e));
          if constexpr (std::is_same_v<T, Command> || std::is_same_v<T, Posting>) log_.received(logged(root, *kept));
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
  const monitoring::Stopwatch watch(staged_.stats.compute_ns);
  facts_ = facts;
  log_.made_by(facts.build, facts.sm3);
  log_.at(facts.now);
  if (!campus_) learn_campus(residents_.wake(campus_id_, hash_of(campus_id_.kind, campus_id_.id), staged_.stats));
  fire_timers();
  tell_misread();
  look_up(first_);
  for (auto& envelope : first_) dispatch(envelope);
}

void Shard::round(const TurnFacts& facts, std::vector<Parcel> parcels) {
  const monitoring::Stopwatch watch(staged_.stats.compute_ns);
  facts_ = facts;
  log_.made_by(facts.build, facts.sm3);
  log_.at(facts.now);
  // Each parcel is in order already; the merged order is the order of the turn.
  parcels_.push_back(std::move(parcels));
  auto& lists = parcels_.back();
  for (auto& list : lists) look_up(list);
  std::vector<std::size_t> at(lists.size(), 0);
  for (;;) {
    std::size_t best = lists.size();
    for (std::size_t i = 0; i < lists.size(); ++i)
      if (at[i] < lists[i].size() && (best == lists.size() || lists[i][at[i]].order < lists[best][at[best]].order))
        best = i;
    if (best == lists.size()) return;
    dispatch(lists[best][at[best]++]);
  }
}

void Shard::look_up(std::vector<Envelope>& envelopes) {
  // One after the other the look-ups would each wait for memory; in a row the processor does several at once.
  for (auto& envelope : envelopes) envelope.receiver = residents_.find(envelope.to, envelope.to_hash);
}

void Shard::fire_timers() {
  const std::vector<Timer> due = timers_.due(facts_.now, kTimersPerTurn);
  std::uint32_t tie = 0;
  for (const auto& timer : due) {
    timers_.change(timer.owner, {timer.name, std::nullopt}, aside_);
    Root& root = arena_.roots.next();
    root = Root{};
    // The shard is part of the tie, so that two shards' timers due at one moment have an order too.
    root.due = timer.due;
    root.order = Order::timer(timer.due, static_cast<std::uint32_t>(index_) << 16 | tie++);
    root.cause = hash128("timer/" + std::string(to_string(timer.owner.kind)) + '/' + timer.owner.id + '/' +
                         timer.name + '/' + std::to_string(timer.due.ms));
    Envelope& envelope = first_.emplace_back();
    envelope.order = root.order;
    envelope.root = &root;
    address(envelope, timer.owner, options_.partitions);
    envelope.message = msg::TimerFired{timer.name, timer.due};
  }
  // Timers come before inputs.
  std::rotate(first_.begin(), first_.end() - static_cast<std::ptrdiff_t>(due.size()), first_.end());
}

void Shard::dispatch(Envelope& envelope) {
  sends_ = outputs_ = 0;
  if (envelope.to_partition != index_) {
    // A record whose key was wrong for its partition: on to the right shard, one hop later.
    return send(envelope, EntityId(envelope.to), Message(envelope.message), envelope.stage);
  }
  if (envelope.stage == Stage::admit && !admit(envelope)) return;
  if (envelope.stage == Stage::nonce) return check_nonce(envelope);
  deliver(envelope);
}

bool Shard::admit(Envelope& envelope) {
  const auto duplicate = [&](const Origin& origin, std::uint64_t content, std::string_view what) {
    const auto seen = events_.remember(event_hash(origin), content, facts_.now, kEventMemory, aside_);
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
          if (events_.remember(hash128("scan/" + message->device + '/' + std::to_string(message->content)), 1,
                               facts_.now, kEventMemory, aside_) == Seen::fresh)
            return true;
          ++staged_.stats.retransmissions;
          return false;
        } else if constexpr (std::is_same_v<T, const DeviceReport*>) {
          if (too_far(message->origin.time)) return false;
          return message->seq.value_or(0) != 0 || !duplicate(message->origin, message->content | 1, "report");
        } else if constexpr (std::is_same_v<T, const Command*>) {
          if (too_far(message->origin.time)) return false;
          // Before it is remembered: a copy with a broken signature must not stand in the way of the command itself.
          std::optional<Refusal> refusal;
          if (!options_.unsigned_commands) refusal = check_key(*message);
          if (!refusal) refusal = check_authority(*message, facts_.now);
          if (refusal) {
            refuse(envelope, *refusal);
            return false;
          }
          if (duplicate(message->origin, hash64(message->signed_bytes) | 1, "command")) return false;
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

std::optional<Refusal> Shard::check_key(const Command& command) const {
  // Trusted when it was issued and still trusted now. `time` of the envelope is not signed: whoever stole a key that was
  // taken back could set it to a day when the key was good.
  if (auto refusal = streams::check_signature(command, facts_.policies->at(command.issued_at))) return refusal;
  if (streams::trusts(facts_.policies->at(facts_.now), command, facts_.now)) return std::nullopt;
  return Refusal{"BAD_SIGNATURE",
                 "authenticate",
                 {"签名密钥现已失效或被撤销", "the key that signed it is not trusted any more"}};
}

void Shard::check_nonce(Envelope& envelope) {
  const auto* command = std::get<const Command*>(envelope.message);
  std::string text = "nonce";
  text += '\0';
  text += envelope.to.id;
  text += '\0';
  text += command->nonce;
  if (events_.remember(hash128(text), 1, facts_.now, kNonceMemory, aside_) != Seen::fresh)
    return refuse(envelope, {"REPLAYED_COMMAND",
                             "authenticate",
                             {"该随机数已经使用过,命令未执行。",
                              "this nonce was used before; the command was not carried out"}});
  send(envelope, target_of(*command), command, Stage::deliver);
}

Context Shard::context() const {
  return {*facts_.policies, facts_.now, campus_ ? &*campus_ : nullptr, options_.partitions};
}

void Shard::learn_campus(const Entity& copy) { campus_ = static_cast<const CampusActor&>(copy).state().facts; }

void Shard::deliver(Envelope& envelope) {
  Entity& entity = envelope.receiver != nullptr ? *envelope.receiver
                                                : residents_.wake(envelope.to, envelope.to_hash, staged_.stats);
  TransparencyLog::expect(*envelope.root);
  residents_.touch(entity);
  deliveries_.push_back(&envelope);
  ++staged_.stats.hops;
  effects_.clear();
  try {
    if (options_.before_receive) options_.before_receive(entity, envelope.message);
    entity.receive(envelope.message, context(), effects_);
    if (effects_.sends.size() > kMaxSends) throw std::length_error("one event sends too many messages");
    if (options_.after_receive) options_.after_receive(entity, envelope.message, context(), effects_);
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const storage::StoreError&) {
    throw;
  } catch (const std::exception& e) {
    return fault(envelope, e.what());
  }
  if (envelope.to == campus_id_) learn_campus(entity);
  take_effects(envelope);
}

void Shard::fault(const Envelope& envelope, const char* what) {
  ++staged_.stats.entity_faults;
  if (++faults_ > kMaxFaultsPerTurn)
    throw std::runtime_error("shard " + std::to_string(index_) + " stops: more than " +
                             std::to_string(kMaxFaultsPerTurn) +
                             " events of one turn failed, the last with: " + what);
  effects_.clear();
  dead_letter(*envelope.root, "ENTITY_FAULT", "apply",
              std::string(to_string(envelope.to.kind)) + " " + envelope.to.id + ": " + what);
  // The entity as it was before this event: as committed, then this turn's earlier messages once more.
  Entity& entity = residents_.wake(envelope.to, envelope.to_hash, staged_.stats);
  residents_.reload(entity);
  deliveries_.pop_back();
  Effects ignored;
  for (const auto* earlier : deliveries_) {
    if (earlier->to_hash != envelope.to_hash || earlier->to != envelope.to) continue;
    ignored.clear();
    entity.receive(earlier->message, context(), ignored);
  }
  if (const auto* seen = std::get_if<msg::ScanSeen>(&envelope.message)) {
    Decision decision = engine_fault_decision(*seen->scan, seen->opinion, context());
    count(decision, envelope);
    emit(envelope, std::move(decision));
  }
}

void Shard::count(const Decision& d, const Envelope& envelope) {
  staged_.stats.decided(d.verdict, d.reasons, envelope.root->received_ns);
  if (d.candidate) staged_.stats.foreseen(d.verdict, d.candidate->verdict);
}

void Shard::take_effects(const Envelope& envelope) {
  staged_.stats.add(effects_.tally);
  for (const auto& change : effects_.timers) timers_.change(envelope.to, change, aside_);
  for (auto& send_to : effects_.sends)
    send(envelope, std::move(send_to.to), std::move(send_to.message), Stage::deliver);
  if (effects_.tally.accounts_opened != 0)
    send(envelope, EntityId(kBreaker), msg::AccountsOpened{effects_.tally.accounts_opened}, Stage::deliver);
  for (const auto& output : effects_.outputs) {
    if (const auto* decision = std::get_if<Decision>(&output)) count(*decision, envelope);
    if (const auto* finding = std::get_if<FindingRecord>(&output)) staged_.stats.found(*finding);
    census_.see(output);
    emit(envelope, output);
  }
  if (const auto* command = std::get_if<const Command*>(&envelope.message);
      command != nullptr && !effects_.refusal && !effects_.deferred) {
    staged_.stats.command((*command)->args.index(), false);
    if (std::holds_alternative<AccountFreeze>((*command)->args))
      staged_.stats.frozen_by_order.emplace_back(envelope.root->received_ns, 1);
  }
  if (effects_.refusal) refuse(envelope, *effects_.refusal);
  // A timer that lets a freeze through was not received.
  if (effects_.tally.automatic_freezes != 0 && envelope.root->record != nullptr)
    staged_.stats.frozen_automatically.emplace_back(envelope.root->received_ns, effects_.tally.automatic_freezes);
}

void Shard::refuse(const Envelope& envelope, const Refusal& refusal) {
  dead_letter(*envelope.root, refusal.code, refusal.stage, refusal.text.en);
  const auto* command = std::get_if<const Command*>(&envelope.message);
  if (command == nullptr) return;
  staged_.stats.command((*command)->args.index(), true);
  emit(envelope,
       refusal_notice({(*command)->actor, (*command)->name, (*command)->target}, refusal.code, refusal.text));
}

void Shard::tell_misread() {
  for (const auto& [root, error] : misread_) {
    Envelope envelope;
    envelope.order = root->order;
    envelope.root = root;
    outputs_ = 0;
    emit(envelope, refusal_notice(*error.sender, error.code, {error.text, error.text}));
  }
  misread_.clear();
}

void Shard::send(const Envelope& parent, EntityId&& to, Message&& message, Stage stage) {
  const auto partition = murmur2_partition(to.id, options_.partitions);
  auto& parcel = outgoing_[static_cast<std::size_t>(partition)];
  if (parcel.capacity() == 0 && !spare_.empty()) {
    parcel = std::move(spare_.back());
    spare_.pop_back();
  }
  Envelope& child = parcel.emplace_back();
  address_in(child, std::move(to), partition);
  child.order = parent.order;
  child.hops = parent.hops + 1;
  child.stage = stage;
  // Hops beyond the path's width go through the inbox and start anew there.
  if (child.hops <= kMaxHops)
    child.order.path[static_cast<std::size_t>(child.hops - 1)] = static_cast<std::uint16_t>(++sends_);
  child.root = parent.root;
  child.message = std::move(message);
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
  const streams::EncodeContext context{envelope.root->due.value_or(facts_.now),
                                       mix(envelope.root->cause, envelope.order.path), outputs_++};
  OutRecord& out = next_output();
  streams::encode(output, context, out);
  ++staged_.stats.produced[TurnStats::at(out.topic)];
  log_.stated(output, *envelope.root, out);
}

void Shard::dead_letter(const Root& root, std::string_view code, std::string_view stage, std::string_view text) {
  next_output() = streams::dead_letter(root.at, root.record, code, stage, text);
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

// -- the end of a turn ------------------------------------------------------------------------------------------------

std::size_t Shard::chunk() {
  if (parts_.batch.bytes().size() > kJournalChunk) cut_record();
  return staged_.journal.size();
}

void Shard::cut_record() {
  auto& batch = parts_.batch;
  if (batch.empty()) return;
  staged_.stats.journal_bytes += batch.bytes().size();
  staged_.journal.push_back(residents_.keep(batch.bytes()));
  batch.clear();
}

const Staged& Shard::finish(const TurnFacts& facts, std::vector<InputRange> positions) {
  const monitoring::Stopwatch watch(staged_.stats.compute_ns);
  facts_ = facts;
  if (log_.any()) {
    OutRecord& out = next_output();
    log_.write(index_, facts_.id, out);
    // All of a turn in one partition, as its commit records: a transaction costs by the partitions that it writes.
    out.partition = facts_.parts.front();
    ++staged_.stats.produced[TurnStats::at(out.topic)];
  }
  CommitRecord commit;
  commit.turn = facts_.id;
  commit.number = facts_.number;
  commit.partitions = options_.partitions;
  commit.shards = facts_.shards;
  commit.parts = facts_.parts;
  commit.now = facts_.now;
  commit.policy_offset = facts_.policy_offset;
  commit.clock = facts_.clock;
  commit.inputs = ranges_;
  commit.roots = roots_;
  commit.positions = std::move(positions);
  if (options_.sweep) sweep_.run(parts_, [this] { return chunk(); });
  staged_.stats.journal_sweep_bytes = sweep_.swept_bytes();
  events_.forget_old(facts_.now, aside_);
  parts_.batch.append(aside_.batch());
  for (Entity* entity : residents_.touched()) {
    parts_.begin(*entity, chunk());
    entity->save(parts_);
  }
  chunk();
  commit.digest = digest_ + aside_.change() + parts_.digest_change;
  commit.previous = previous_;
  commit.build = facts_.build;
  commit.log = log_.head();
  commit.sm3 = facts_.sm3 && !planted(Mistake::sm3_not_recorded);
  encode(staged_.history, commit);
  parts_.batch.put(kCommitKey, staged_.history);
  cut_record();
  next_commit_ = std::move(commit);
  return staged_;
}

void Shard::committed(std::int64_t journal_next) {
  // Counting back from the last would be wrong where records of somebody fenced stand between ours.
  const auto from = journal_next_.value_or(0);
  journal_next_ = journal_next;
  last_commit_ = std::move(next_commit_);
  log_.committed();
  digest_ = last_commit_->digest;
  previous_ = streams::sha256(staged_.history);
  to_store_.append(aside_.batch());
  store_digest_ += aside_.change();
  census_.committed();
  if (options_.sweep) sweep_.committed(from, staged_.stats.journal_bytes);
  const auto asleep = residents_.committed(staged_.journal, from, parts_, to_store_);
  std::int64_t write_ns = 0;
  if (!to_store_.empty()) {
    const monitoring::Stopwatch watch(write_ns);
    write_store();
  }
  end_turn();
  // This turn's numbers are told already: these go with the next.
  staged_.stats.passivations = asleep;
  staged_.stats.store_write_ns = write_ns;
}

void Shard::write_store() {
  // The newest commit record goes along: a store that lacks nothing says where its shard stands.
  std::string commit;
  encode(commit, last_commit_.value());
  to_store_.put(kCommitKey, commit);
  if (options_.sweep) to_store_.put(kSweepKey, sweep_.save());
  store_digest_ += residents_.take_stored_change();
  store_->write(to_store_.bytes(), {residents_.store_position().value_or(journal_next_.value()), store_digest_});
  to_store_.clear();
}

void Shard::aborted() {
  residents_.aborted();
  campus_.reset();
  sweep_.aborted();
  timers_.aborted(*store_);
  census_.aborted();
  events_.aborted();
  log_.aborted();
  end_turn();
}

void Shard::end_turn() {
  first_.clear();
  misread_.clear();
  deliveries_.clear();
  reuse_parcels();
  events_.end_turn();
  timers_.committed();
  aside_.clear();
  hints_.clear();
  inputs_.clear();
  ranges_.clear();
  roots_.clear();
  arena_.clear();
  parts_.clear();
  next_commit_.reset();
  staged_.output_count = 0;
  staged_.journal.clear();
  staged_.history.clear();
  staged_.stats.clear();
  faults_ = 0;
}

void Shard::reuse_parcels() {
  for (auto& parcel : outgoing_) { // to other nodes: they stayed here
    if (parcel.capacity() > kSpareEnvelopes) parcel = {};
    parcel.clear();
  }
  spare_.clear(); // who did not need them gets others now
  std::size_t kept = 0;
  for (auto& lists : parcels_)
    for (auto& parcel : lists) {
      if (kept + parcel.capacity() > kSpareEnvelopes) continue;
      kept += parcel.capacity();
      parcel.clear();
      spare_.push_back(std::move(parcel));
    }
  parcels_.clear();
}

std::optional<std::string> Shard::describe(const EntityId& id) {
  const auto hash = hash_of(id.kind, id.id);
  if (const Entity* awake = residents_.find(id, hash)) return awake->describe();
  const auto sleeping = residents_.look_up(id, hash);
  if (!sleeping) return std::nullopt;
  return sleeping->describe();
}

} // namespace onecode::actors
