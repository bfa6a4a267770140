#include "actors/node.hpp"

#include <algorithm>
#include <chrono>

#include "actors/planted.hpp"

namespace onecode::actors {
namespace {

using streams::BrokerError;
using streams::BrokerFault;

std::int64_t steady_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

std::vector<Topic> input_topics() {
  std::vector<Topic> out;
  for (const auto& t : kTopics)
    if (t.input) out.push_back(t.topic);
  return out;
}

/// How long a turn of commands waits for partitions that are known to have some.
constexpr std::chrono::seconds kCommandPatience{2};
/// How long the answer about a takeover may hold up turns, and how long at first, when nothing else is to be done.
constexpr streams::Milliseconds kTakeoverPatience{20};
constexpr streams::Milliseconds kFirstPatience{1000};
constexpr int kTurnsPerStep = 16;
/// Looking whether journals can be trimmed costs little, trimming a request to the broker.
constexpr std::uint64_t kTurnsPerTrim = 16;

/// Records of one policy batch that are not yet accounted for.
class PolicyBatch final : public streams::Batch {
public:
  explicit PolicyBatch(std::shared_ptr<streams::Batch> whole) : whole_(std::move(whole)) {
    source = whole_->source;
    records = whole_->records;
  }

private:
  std::shared_ptr<streams::Batch> whole_;
};

/// All at once: each waits for the disk, and gates wait for all of them.
void put_away(Crew& crew) {
  std::vector<std::future<void>> stores;
  for (const auto index : crew.shards())
    stores.push_back(crew.aside([&shard = crew.shard(index)] { shard.put_away(); }));
  for (const auto& store : stores) store.wait(); // before an error of one leaves the others without their shards
  for (auto& store : stores) store.get();
}

} // namespace

Node::Node(NodeOptions options, streams::Broker& broker, storage::StoreFactory& stores, Crew& crew,
           const streams::Secrets& secrets, EngineClock& clock, PolicyBook policies, NodeObserver& observer)
    : options_(std::move(options)),
      broker_(broker),
      stores_(stores),
      crew_(crew),
      secrets_(secrets),
      clock_(clock),
      policies_(std::move(policies)),
      observer_(observer),
      checkpoints_(options_.log_origin, secrets),
      takeover_(broker, stores, crew, secrets) {
  options_.shard.subject_keys = subject_keys(secrets);
}

Node::~Node() {
  if (trim_.done.valid()) trim_.done.wait();
}

void Node::begin() {
  const auto topics = broker_.describe_topics();
  partitions_ = topics.contains(Topic::scans) ? topics.at(Topic::scans).partitions : 0;
  for (const auto& t : kTopics) {
    const auto it = topics.find(t.topic);
    if (it == topics.end() || it->second.partitions == 0) {
      broker_.watermarks({t.topic, 0}, streams::Isolation::committed); // may know better: one that is hidden from us
      throw BrokerError(BrokerFault::refused, "topic " + std::string(t.name) +
                                                  " does not exist; create the topics with `onecode topics create`");
    }
    if (t.co_partitioned && it->second.partitions != partitions_)
      throw BrokerError(BrokerFault::refused, "topic " + std::string(t.name) + " has " +
                                                  std::to_string(it->second.partitions) + " partitions, scans has " +
                                                  std::to_string(partitions_) + "; they must be the same");
  }
  policy_reader_ =
      broker_.follower({Topic::policy, 0}, broker_.watermarks({Topic::policy, 0}, streams::Isolation::committed).low);
  const auto& settings = topics.at(Topic::policy).config;
  const auto stamp = settings.find("message.timestamp.type");
  broker_stamps_ = stamp != settings.end() && stamp->second == "LogAppendTime";
  follow_policy(true);
  caught_up_ = true;
  producer_ = broker_.transactional(options_.group + "-" + options_.id);
  producer_->init();
  consumer_ = broker_.join({options_.group, options_.id}, *this);
}

void Node::run(const std::atomic<bool>& stop) {
  begin();
  while (!stop.load(std::memory_order_relaxed)) step(Milliseconds(100));
  end();
}

void Node::end() {
  answer_questions();
  next_step("ending restores");
  takeover_.stop();
  next_step("closing the stores"); // before the group: meanwhile the broker hears that this node lives
  put_away(crew_);
  next_step("signing the logs");
  try {
    publish_checkpoints(Checkpoints::Due::all);
  } catch (const BrokerError& e) { // whoever has the shards next will do it
    observer_.log(2, std::string("last heads of the logs not published: ") + e.what());
  }
  next_step("leaving the group");
  consumer_->close();
  consumer_.reset();
  producer_.reset();
}

void Node::run_until(const std::function<bool()>& done) {
  begin();
  while (!done()) step(Milliseconds(5));
  consumer_->close();
  consumer_.reset();
  producer_.reset();
}

void Node::step(Milliseconds idle) {
  next_step();
  do_jobs();
  answer_questions();
  take_over(kTakeoverPatience);
  if (!assignment_.empty()) {
    // Under load there is always another turn, but others also want to be told how it stands.
    for (int n = 0; n < kTurnsPerStep && turn(); ++n) {
      next_step();
      answer_questions();
      consumer_->serve(Milliseconds(0));
      if (assignment_.empty()) break;
      take_over(kTakeoverPatience);
    }
  }
  for (const auto shard : crew_.shards()) crew_.shard(shard).sink();
  publish_status();
  consumer_->serve(takeover_.done() ? idle : std::min(idle, kTakeoverPatience));
}

// -- policy -----------------------------------------------------------------------------------------------------------

void Node::follow_policy(bool to_the_end) {
  const auto end = to_the_end ? broker_.watermarks({Topic::policy, 0}, streams::Isolation::committed).high : 0;
  for (;;) {
    const bool behind = policy_reader_->position() < end;
    std::shared_ptr<streams::Batch> batch = policy_reader_->next(Milliseconds(behind ? 200 : 0));
    if (!batch && !behind) return;
    if (!batch) continue;
    for (const auto& record : batch->records) {
      // Who may publish is asked at the time that the broker or this node saw, not at one that the sender wrote. In event
      // time there is only the sender's, and the record is an old one.
      std::optional<Time> published;
      if (clock_.mode() == ClockMode::wall) {
        if (broker_stamps_ && record.timestamp_ms >= 0)
          published = Time{record.timestamp_ms};
        else if (caught_up_)
          published = clock_.peek(); // what stood there before is believed: nothing that was accepted may be lost
      }
      const bool accepted = policies_.read(record.offset, record, published);
      if (accepted)
        observer_.log(1, "policy version " + *policies_.accepted(record.offset) + " accepted");
      else
        observer_.log(3, "policy record at offset " + std::to_string(record.offset) +
                             " refused: " + *policies_.refusal(record.offset));
    }
    policy_records_.push_back(std::move(batch));
  }
}

// -- assignment -------------------------------------------------------------------------------------------------------

void Node::revoked(bool) {
  // Called between turns: nothing is in flight. Stores and entities stay, for the case that the shard comes back.
  ++assignment_epoch_;
  assignment_.clear();
  membership_.reset();
}

void Node::assigned(const std::vector<TopicPartition>& partitions) {
  ++assignment_epoch_;
  membership_ = consumer_ ? consumer_->membership() : nullptr;
  std::map<Topic, std::set<std::int32_t>> by_topic;
  for (const auto& p : partitions) by_topic[p.topic].insert(p.partition);
  std::vector<std::unique_ptr<Shard>> open;
  for (const auto shard : crew_.shards()) open.push_back(crew_.remove(shard));
  std::string trouble;
  assignment_ = by_topic[Topic::scans];
  for (const Topic t : input_topics())
    if (by_topic[t] != assignment_)
      trouble = "topic " + std::string(name(t)) +
                " is assigned other partitions than scans: all nodes must subscribe to the same topics";
  if (!trouble.empty()) {
    observer_.log(3, trouble);
    assignment_.clear();
  }
  {
    const std::lock_guard lock(mutex_);
    status_.trouble = trouble;
  }
  start_shards(std::move(open));
}

void Node::start_shards(std::vector<std::unique_ptr<Shard>> open) {
  positions_.clear();
  trimmed_.clear();
  if (options_.shard.subject_keys->empty())
    options_.shard.subject_keys = subject_keys(secrets_); // it may be there by now
  ShardOptions options = options_.shard;
  options.partitions = partitions_;
  options.resident_limit = share(options_.resident_limit);
  options.store_lag_limit = share(options_.store_lag_limit);
  takeover_.want(assignment_, options, std::move(open));
  consumer_->assign({}); // nothing for the time being
  take_over(kFirstPatience);
  // Short restores are worth waiting for: shards that begin together need no inbox between them, and an order from the
  // backlog does not come to a reader after its scans.
  const auto until = std::chrono::steady_clock::now() + kFirstPatience;
  while (std::chrono::steady_clock::now() < until && takeover_.wait(kTakeoverPatience)) take_over(kTakeoverPatience);
}

void Node::take_over(Milliseconds patience) {
  if (takeover_.done() || assignment_.empty()) return;
  auto ready = takeover_.step(*consumer_, patience);
  for (const auto& report : takeover_.take_reports()) observer_.log(report.level, report.text);
  for (const auto& p : takeover_.progress())
    if (p.total > 0) observer_.restoring(p.shard, p.done, p.total);
  if (ready.empty()) return;
  for (auto& r : ready) {
    if (const auto& last = r.shard->last_commit()) clock_.at_least(last->now);
    if (r.shard->index() == 0) {
      policy_position_ = 0;
      if (const auto& last = r.shard->last_commit())
        for (const auto& p : last->positions)
          if (p.topic == Topic::policy) policy_position_ = p.next;
    }
    positions_.merge(r.positions);
    r.shard->set_resident_limit(
        share(options_.resident_limit)); // it may have been open when there were more, or fewer
    crew_.add(std::move(r.shard));
  }
  rewind(); // every position is after a committed turn: those who worked already lose what was fetched ahead, no more
}

void Node::rewind() { consumer_->assign(positions_); }

bool Node::abort_transaction() {
  try {
    producer_->abort();
    return true;
  } catch (const BrokerError& e) {
    if (e.fault != BrokerFault::fatal) throw;
    observer_.aborted("fatal");
    observer_.log(3, std::string("transaction lost while it was aborted, taking over anew: ") + e.what());
    recover();
    return false;
  }
}

bool Node::must_not_process() {
  std::string why = clock_.doubt();
  if (why.empty()) why = policies_.objection(clock_.peek(), secrets_);
  if (why != objection_)
    observer_.log(why.empty() ? 1 : 3,
                  why.empty() ? "nothing stands in the way any more" : why + "; nothing is processed");
  if (!why.empty() || why != objection_) { // a takeover has cleared it in the meantime
    const std::lock_guard lock(mutex_);
    status_.trouble = why;
  }
  objection_ = why;
  return !why.empty();
}

void Node::recover() {
  // The outcome is not known: a new producer ends whatever is open, then every shard is restored as after a start.
  producer_ = broker_.transactional(options_.group + "-" + options_.id);
  producer_->init();
  crew_.clear();
  start_shards({});
}

void Node::trim_journals() {
  if (trim_.done.valid() && !take_trim()) return;
  trim_.to.clear();
  for (const auto shard : crew_.shards())
    if (const auto to = crew_.shard(shard).trim_to(); to > trimmed_[shard]) trim_.to[shard] = to;
  if (trim_.to.empty()) return;
  trim_.done = crew_.aside([this] {
    for (const auto& [shard, offset] : trim_.to) broker_.trim({Topic::journal, shard}, offset);
  });
  take_trim();
}

bool Node::take_trim() {
  if (trim_.done.wait_for(Milliseconds(0)) != std::future_status::ready) return false;
  try {
    trim_.done.get();
    for (const auto& [shard, offset] : trim_.to) trimmed_[shard] = offset;
  } catch (const BrokerError& e) { // tried again, also what was done: that changes nothing
    observer_.log(2, std::string("the journal grows: ") + e.what());
  }
  return true;
}

// -- turns ------------------------------------------------------------------------------------------------------------

Turn::Inputs Node::gather(std::size_t& records) {
  Turn::Inputs inputs;
  records = 0;
  const auto take = [&](Topic topic) {
    for (const auto shard : crew_.shards()) {
      const TopicPartition tp{topic, shard};
      if (topic == Topic::commands && inputs.contains(shard)) continue;
      if (std::shared_ptr<streams::Batch> batch = consumer_->take(tp, options_.records_per_partition)) {
        records += batch->records.size();
        if (!batch->records.empty()) inputs[shard].push_back(std::move(batch));
      }
    }
  };
  // People's commands come before what they allow: while any are waiting, a turn takes nothing else, so that a device is
  // registered before its first scan is judged, also when a node reads both from a backlog. And a turn of commands waits
  // until each partition has given what it has, because orders about an integration and its devices stand in several.
  const auto epoch = assignment_epoch_;
  const auto patience = std::chrono::steady_clock::now() + kCommandPatience;
  bool behind = false;
  for (;;) {
    take(Topic::commands);
    behind = std::ranges::any_of(crew_.shards(), [&](std::int32_t shard) {
      const TopicPartition tp{Topic::commands, shard};
      return !inputs.contains(shard) && consumer_->position(tp) < consumer_->end_offset(tp);
    });
    if (!behind || std::chrono::steady_clock::now() > patience) break;
    consumer_->serve(Milliseconds(5));
    if (epoch != assignment_epoch_) {
      // Taken away in the meantime: whoever owns them now reads them again.
      records = 0;
      return {};
    }
  }
  if (records > 0 || behind) return inputs;
  for (const Topic t : input_topics())
    if (t != Topic::commands) take(t);
  return inputs;
}

bool Node::turn() {
  if (!objection_.empty()) {
    follow_policy(false);
    if (must_not_process()) return false;
  }
  std::size_t records = 0;
  const auto epoch = assignment_epoch_;
  Turn::Inputs inputs = gather(records);
  if (epoch != assignment_epoch_) return false; // whoever owns the shards now begins anew
  const auto shards = crew_.shards();
  if (shards.empty()) return false;
  // A command may be signed by a key of the policy published a moment before it; scans see a new policy a moment later.
  follow_policy(std::ranges::any_of(inputs, [](const auto& of) {
    return std::ranges::any_of(of.second, [](const auto& b) { return b->source.topic == Topic::commands; });
  }));
  if (std::ranges::binary_search(shards, 0)) {
    for (const auto& batch : policy_records_) {
      auto part = std::make_shared<PolicyBatch>(batch);
      std::erase_if(part->records, [this](const streams::Record& r) { return r.offset < policy_position_; });
      // The broker stamps policies with its own clock (decision 0013), which is not the one that event time follows.
      if (clock_.mode() == ClockMode::events)
        for (auto& r : part->records) r.timestamp_ms = streams::kNoTimestamp;
      if (!part->records.empty()) inputs[0].push_back(std::move(part));
    }
  }
  const Time due = clock_.peek();
  if (must_not_process()) {
    rewind();
    return false;
  }
  const bool timers = std::ranges::any_of(shards, [&](std::int32_t s) {
    const auto next = crew_.shard(s).next_timer();
    return next && *next <= due;
  });
  if (inputs.empty() && !timers) return idle_turn();

  TurnFacts facts;
  facts.id = options_.id;
  facts.build = options_.build;
  facts.sm3 = options_.sm3;
  facts.policies = policies_.history();
  facts.policy_offset = policies_.offset();
  facts.shards = shards;
  facts.clock = clock_.mode();
  const auto began = steady_ns();
  Turn turn(crew_, std::move(facts), clock_.mode() == ClockMode::events,
            [this](const std::vector<ClockHint>& hints) { return clock_.next(hints); });
  turn.run(std::move(inputs), policies_, began, [this](std::int32_t shard) {
    std::vector<InputRange> out;
    for (const Topic t : input_topics()) {
      const auto next = consumer_->position({t, shard});
      out.push_back({t, shard, next, next});
    }
    if (shard == 0) out.push_back({Topic::policy, 0, policies_.offset(), policies_.offset()});
    return out;
  });
  const auto computed = steady_ns();
  const auto checkpoints = checkpoints_.sign(crew_, clock_.elapsed_ms(), Checkpoints::Due::now);
  try {
    producer_->begin();
    commit(turn, checkpoints);
  } catch (const BrokerError& e) {
    if (e.fault == BrokerFault::abort) {
      observer_.aborted("abort");
      observer_.log(2, std::string("turn aborted: ") + e.what());
      if (planted(Mistake::abort_keeps_state)) {
        turn.committed(journal_ends(turn));
      } else {
        turn.aborted();
      }
      if (abort_transaction()) rewind();
      return true;
    }
    if (e.fault == BrokerFault::fatal && planted(Mistake::decision_after_unknown_outcome)) {
      producer_ = broker_.transactional(options_.group + "-" + options_.id);
      producer_->init();
    } else if (e.fault == BrokerFault::fatal) {
      observer_.aborted("fatal");
      observer_.log(3, std::string("transaction lost, taking over anew: ") + e.what());
      recover();
      return true;
    } else {
      throw;
    }
  }
  const auto committed = steady_ns();
  checkpoints_.published();

  const auto journal_next = journal_ends(turn);
  monitoring::TurnStats sum;
  std::vector<const Staged*> staged;
  for (const auto shard : turn.participants()) {
    const Staged& s = crew_.shard(shard).staged();
    sum += s.stats;
    staged.push_back(&s);
    for (const Topic t : input_topics()) positions_[{t, shard}] = consumer_->position({t, shard});
    if (shard == 0) {
      policy_position_ = policies_.offset();
      policy_records_.clear();
    }
  }
  ++turns_;
  {
    const std::lock_guard lock(mutex_);
    status_.last_commit = turn.now();
    status_.turns = turns_;
  }
  observer_.committed({sum, staged, turn.now(), began, computed, committed, records});
  turn.committed(journal_next);
  if (turns_ % kTurnsPerTrim == 0) trim_journals();
  return true;
}

std::map<std::int32_t, std::int64_t> Node::journal_ends(const Turn& turn) const {
  std::map<std::int32_t, std::int64_t> out;
  for (const auto shard : turn.participants()) out[shard] = producer_->last_offset({Topic::journal, shard}) + 1;
  return out;
}

streams::Offsets Node::offsets_behind(const Turn& turn) const {
  streams::Offsets out;
  for (const auto shard : turn.participants())
    for (const Topic t : input_topics()) {
      const TopicPartition tp{t, shard};
      // Fencing: whoever writes a shard's journal shows that the shard is still its own, also in a turn of timers only.
      const bool fence = t == Topic::scans && !planted(Mistake::timer_turn_without_offsets);
      if (fence || consumer_->position(tp) != positions_.at(tp)) out[tp] = consumer_->position(tp);
      if (planted(Mistake::offset_off_by_one) && out.contains(tp)) ++out[tp];
    }
  return out;
}

void Node::produce(const streams::OutRecord& record) {
  std::vector<streams::Header> headers;
  for (const auto& [name, value] : record.headers) headers.push_back({name, value});
  producer_->produce(record.topic, record.partition, record.key,
                     record.tombstone ? std::nullopt : std::optional<std::string_view>(record.value), headers);
}

void Node::commit(Turn& turn, const std::vector<streams::OutRecord>& checkpoints) {
  if (!membership_) membership_ = consumer_->membership();
  // Before the first record: while the markers of the transaction before are still being written, librdkafka asks again for
  // offsets after retry.backoff.ms (1), for a record's partition after 20 ms, whatever is set.
  producer_->send_offsets(offsets_behind(turn), *membership_);
  for (const auto& checkpoint : checkpoints) produce(checkpoint);
  for (const auto shard : turn.participants()) {
    const Staged& staged = crew_.shard(shard).staged();
    for (std::size_t i = 0; i < staged.output_count; ++i) produce(staged.outputs[i]);
    const std::string key = std::to_string(shard);
    for (const auto& batch : staged.journal) producer_->produce(Topic::journal, shard, key, batch);
    // All of a turn in one partition: a transaction costs by the partitions that it writes.
    producer_->produce(Topic::history, turn.participants().front(), key, staged.history);
  }
  if (planted(Mistake::store_before_commit))
    for (const auto shard : turn.participants())
      for (const auto& batch : crew_.shard(shard).staged().journal)
        crew_.shard(shard).store().write(batch, {producer_->last_offset({Topic::journal, shard}) + 1});
  producer_->commit();
}

bool Node::publish_checkpoints(Checkpoints::Due due) {
  const auto checkpoints = checkpoints_.sign(crew_, clock_.elapsed_ms(), due);
  if (checkpoints.empty()) return false;
  producer_->begin();
  for (const auto& checkpoint : checkpoints) produce(checkpoint);
  producer_->commit();
  checkpoints_.published();
  return true;
}

bool Node::idle_turn() {
  try {
    return publish_checkpoints(Checkpoints::Due::now);
  } catch (const BrokerError& e) {
    if (e.fault == BrokerFault::abort) {
      observer_.log(2, std::string("heads of the logs not published: ") + e.what());
      abort_transaction();
    } else if (e.fault == BrokerFault::fatal) {
      observer_.log(3, std::string("transaction lost, taking over anew: ") + e.what());
      recover();
    } else {
      throw;
    }
    return true;
  }
}

// -- what others ask --------------------------------------------------------------------------------------------------

std::future<Node::Answer> Node::ask(EntityId id) {
  const std::lock_guard lock(mutex_);
  questions_.emplace_back(std::move(id), std::promise<Answer>{});
  return questions_.back().second.get_future();
}

void Node::answer_questions() {
  std::vector<std::pair<EntityId, std::promise<Answer>>> questions;
  {
    const std::lock_guard lock(mutex_);
    questions.swap(questions_);
  }
  const auto shards = crew_.shards();
  for (auto& [id, promise] : questions) {
    const auto shard = murmur2_partition(id.id, std::max(1, partitions_));
    if (std::ranges::binary_search(shards, shard))
      promise.set_value({crew_.shard(shard).describe(id), std::nullopt});
    else
      promise.set_value({std::nullopt, shard});
  }
}

void Node::between_turns(std::function<void()> job) {
  const std::lock_guard lock(mutex_);
  jobs_.push_back(std::move(job));
}

void Node::do_jobs() {
  std::vector<std::function<void()>> jobs;
  {
    const std::lock_guard lock(mutex_);
    jobs.swap(jobs_);
  }
  for (const auto& job : jobs) job();
}

std::size_t Node::share(std::size_t of_node) const {
  return of_node / std::max<std::size_t>(1, assignment_.size()) + 1;
}

void Node::set_resident_limit(std::size_t of_node) {
  options_.resident_limit = of_node;
  for (const auto shard : crew_.shards()) crew_.shard(shard).set_resident_limit(share(of_node));
}

void Node::next_step(const char* leaving) {
  const std::lock_guard lock(mutex_);
  step_began_ = std::chrono::steady_clock::now();
  status_.leaving = leaving;
}

void Node::publish_status() {
  std::array<std::size_t, monitoring::kKinds> resident{};
  monitoring::Population population;
  std::map<TopicPartition, std::int64_t> lag;
  for (const auto shard : crew_.shards()) {
    const auto counts = crew_.shard(shard).resident();
    for (std::size_t i = 0; i < counts.size(); ++i) resident[i] += counts[i];
    population += crew_.shard(shard).population();
    if (assignment_.empty()) continue;
    for (const Topic t : input_topics()) {
      const TopicPartition tp{t, shard};
      lag[tp] = std::max<std::int64_t>(0, consumer_->end_offset(tp) - consumer_->position(tp));
    }
  }
  const std::lock_guard lock(mutex_);
  status_.resident = resident;
  status_.population = population;
  const Time now = clock_.peek();
  const auto history = policies_.history();
  const Candidate* candidate = history->candidate_at(now);
  status_.policy = history->at(now).version;
  status_.candidate = candidate != nullptr ? candidate->policy->version : std::string();
  status_.policy_offset = policies_.offset();
  status_.engine_time = now;
  status_.turns = turns_;
  ++status_.looks;
  status_.shards.clear();
  for (const auto& p : takeover_.progress()) status_.shards.push_back({p.shard, true, p.done, p.total, 0});
  for (const auto shard : assignment_.empty() ? std::vector<std::int32_t>{} : crew_.shards()) {
    auto& s = status_.shards.emplace_back();
    s.index = shard;
    for (const auto& [tp, n] : lag)
      if (tp.partition == shard) s.lag += n;
  }
  std::ranges::sort(status_.shards, {}, &NodeStatus::ShardStatus::index);
  status_.lag = std::move(lag);
}

NodeStatus Node::status() const {
  const std::lock_guard lock(mutex_);
  auto out = status_;
  if (step_began_)
    out.at_one_step =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - *step_began_);
  return out;
}

} // namespace onecode::actors
