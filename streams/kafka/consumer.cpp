#include "streams/kafka/consumer.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <syslog.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <span>

#include "streams/kafka/message_batch.hpp"
#include "streams/kafka/rights.hpp"
#include "streams/kafka/transaction_errors.hpp"

namespace onecode::streams::kafka {

namespace {

constexpr std::size_t kLook = 64; // messages that serve() takes out of a queue to find a record

// A partition with so many records a second is fetched patiently, until for a while it has next to none.
constexpr Milliseconds kPaceLook{1000};
constexpr std::size_t kBusy = 25, kCalm = 5;
constexpr int kCalmLooks = 5;
constexpr int kMovesPerLook = 2; // each may take an independent read of its first record

const Settings kMember = {
    {"session.timeout.ms", "10000"},
    {"heartbeat.interval.ms", "2500"},
    {"max.poll.interval.ms", "300000"},
};

const Settings kFetch = {
    {"queued.min.messages", "1000000"}, // the default stalls 2.0.2's fetcher for up to a second
    // Per partition, as each has its own queue; a fetch comes on top, and is larger when it is unpacked. So little that a
    // backlog in all inputs costs 200 MiB and not 2 GiB, and enough for a turn. Also what a rewind throws away.
    {"queued.max.messages.kbytes", "1024"},
    {"fetch.message.max.bytes", "262144"},
    {"fetch.max.bytes", "16777216"},
    {"fetch.error.backoff.ms", "50"},
    {"fetch.queue.backoff.ms", "20"},
};

// The wait is also how long a new assignment waits for an idle fetch in flight.
const std::array<Settings, 2> kPace = {{
    {{"fetch.min.bytes", "1"}, {"fetch.wait.max.ms", "50"}},
    {{"fetch.min.bytes", "65536"}, {"fetch.wait.max.ms", "5"}},
}};

Settings member(const GroupConfig& config) {
  return {
      {"group.id", config.group},
      {"group.instance.id", config.instance},
      {"partition.assignment.strategy", "range"},
      {"isolation.level", "read_committed"},
      {"enable.auto.commit", "false"},
      {"enable.auto.offset.store", "false"},
      {"auto.offset.reset", "error"},
      {"allow.auto.create.topics", "false"},
  };
}

} // namespace

KafkaConsumer::KafkaConsumer(std::shared_ptr<const Connection> connection, const GroupConfig& config,
                             AssignmentListener& listener, FirstOffset first_offset)
    : connection_(std::move(connection)),
      group_(config.group),
      listener_(listener),
      first_offset_(std::move(first_offset)),
      wake_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (wake_fd_ < 0) throw std::runtime_error(std::string("eventfd: ") + std::strerror(errno));
  try {
    for (std::size_t pace = 0; pace < fetchers_.size(); ++pace) {
      Settings settings = kFetch;
      settings.insert(settings.end(), kPace[pace].begin(), kPace[pace].end());
      fetchers_[pace] = std::make_shared<Client>(
          connection_, RD_KAFKA_CONSUMER, connection_->configure(settings, fetch_settings(Isolation::committed)));
    }
    auto conf = connection_->configure(kMember, member(config));
    rd_kafka_conf_set_rebalance_cb(conf.get(), &KafkaConsumer::on_rebalance);
    client_ = std::make_shared<Client>(connection_, RD_KAFKA_CONSUMER, std::move(conf), this);
    client_->skip_consumer_close(); // close() is explicit; closing before the first assignment can hang in 2.0.2
    rd_kafka_poll_set_consumer(client_->get());
    group_queue_.reset(rd_kafka_queue_get_consumer(client_->get()));
    const std::uint64_t one = 1;
    rd_kafka_queue_io_event_enable(group_queue_.get(), wake_fd_, &one, sizeof one);

    ListHandle topics(rd_kafka_topic_partition_list_new(8));
    for (const auto& topic : kTopics)
      if (topic.input)
        rd_kafka_topic_partition_list_add(topics.get(), connection_->topic_name(topic.topic).c_str(),
                                          RD_KAFKA_PARTITION_UA);
    auto code = rd_kafka_subscribe(client_->get(), topics.get());
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
      throw BrokerError(BrokerFault::refused, std::string("subscribing: ") + text_of(code));
  } catch (...) {
    group_queue_.reset();
    client_.reset();
    ::close(wake_fd_);
    throw;
  }
}

KafkaConsumer::~KafkaConsumer() {
  drop_partitions();
  if (group_queue_) rd_kafka_queue_io_event_enable(group_queue_.get(), -1, nullptr, 0);
  group_queue_.reset();
  client_.reset();
  fetchers_ = {}; // or when the last batch goes
  ::close(wake_fd_);
}

// ---- the group ----------------------------------------------------------------------------------------------------

void KafkaConsumer::on_rebalance(rd_kafka_t*, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* list,
                                 void* opaque) {
  auto* self = Client::owner<KafkaConsumer>(opaque);
  try {
    self->rebalance(code, *list);
  } catch (...) { // must not cross C frames
    self->from_listener_ = std::current_exception();
    // The library waits for an answer to this rebalance whatever happened.
    self->answer(false);
    self->drop_partitions();
  }
}

void KafkaConsumer::rebalance(rd_kafka_resp_err_t code, const rd_kafka_topic_partition_list_t& list) {
  if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    if (closed_) { // it had waited in the queue: whoever leaves takes nothing more, and the library gives it back
      answer(false);
      return;
    }
    std::vector<TopicPartition> partitions;
    for (const auto& given : std::span(list.elems, static_cast<std::size_t>(list.cnt))) {
      const auto topic = connection_->topic_of(given.topic);
      // A member that comes back in time is given what its predecessor had, whatever it subscribes to (KIP-345).
      if (!topic)
        throw BrokerError(BrokerFault::refused, "group " + group_ + " gives this node partitions of " + given.topic +
                                                    ", none of its topics: each prefix needs a group of its own");
      partitions.push_back({*topic, given.partition});
    }
    std::ranges::sort(partitions);
    connection_->log(LOG_INFO, "ASSIGN", std::to_string(partitions.size()) + " partitions are ours");
    membership_ =
        std::make_shared<KafkaMembership>(GroupMetadataHandle(rd_kafka_consumer_group_metadata(client_->get())));
    joined_ = true;
    answer(true);
    listener_.assigned(partitions);
    return;
  }
  bool lost = rd_kafka_assignment_lost(client_->get()) != 0;
  connection_->log(LOG_INFO, "REVOKE", lost ? "partitions are lost" : "partitions are taken back");
  listener_.revoked(lost);
  drop_partitions();
  answer(false);
  if (code != RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS)
    throw BrokerError(BrokerFault::refused, std::string("rebalance: ") + text_of(code));
}

void KafkaConsumer::answer(bool assigned) {
  const ListHandle nothing(rd_kafka_topic_partition_list_new(0));
  const auto code = rd_kafka_assign(client_->get(), assigned ? nothing.get() : nullptr);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR && assigned) {
    if (auto fatal = client_->fatal_error()) throw BrokerError(BrokerFault::fatal, "assign: " + *fatal);
    throw BrokerError(BrokerFault::refused, std::string("assign: ") + text_of(code));
  }
}

void KafkaConsumer::assign(const Offsets& positions) {
  if (closed_) throw BrokerError(BrokerFault::refused, "assign after close");
  drop_partitions();
  for (const auto& [tp, offset] : positions) {
    auto& partition = partitions_[tp];
    partition.position = offset;
    fetch(tp, partition);
  }
}

void KafkaConsumer::fetch(TopicPartition tp, Partition& p) {
  if (p.fetch) rd_kafka_queue_io_event_enable(p.fetch->queue(), -1, nullptr, 0);
  p.fetch.reset();
  p.ready.clear();
  p.at_end = false;
  p.unproven = true;
  p.fetch.emplace(fetchers_[static_cast<std::size_t>(paces_[tp])], tp, p.position);
  const std::uint64_t one = 1;
  rd_kafka_queue_io_event_enable(p.fetch->queue(), wake_fd_, &one, sizeof one);
}

void KafkaConsumer::drop_partitions() {
  for (auto& [tp, partition] : partitions_)
    if (partition.fetch) rd_kafka_queue_io_event_enable(partition.fetch->queue(), -1, nullptr, 0);
  partitions_.clear();
}

void KafkaConsumer::keep_pace() {
  const auto now = Clock::now();
  if (now < next_look_) return;
  next_look_ = now + kPaceLook;
  int moves = 0;
  for (auto& [tp, p] : partitions_) {
    auto& pace = paces_[tp];
    p.calm = p.taken < kCalm ? p.calm + 1 : 0;
    const auto better = p.taken >= kBusy ? Pace::patient : p.calm >= kCalmLooks ? Pace::prompt : pace;
    p.taken = 0;
    // Everything else waits until each order is read (decision 0004), so these do not wait for others.
    if (tp.topic == Topic::commands || better == pace || moves == kMovesPerLook) continue;
    connection_->log(
        LOG_DEBUG, "PACE",
        connection_->text(tp) + (better == Pace::patient ? ": many records at a time" : ": each at once"));
    pace = better;
    fetch(tp, p);
    ++moves;
  }
}

void KafkaConsumer::close() {
  if (closed_) return;
  closed_ = true;
  if (joined_) {
    // A rebalance that waits in the queue is answered first: an answer from within closing can meet the end of the library's
    // group, which loses it, and whoever gave it waits for ever (2.0.2).
    while (MessageHandle message{rd_kafka_consumer_poll(client_->get(), 0)}) {
    }
    rd_kafka_consumer_close(client_->get()); // calls revoked() if anything is assigned
  }
  drop_partitions();
  if (auto problem = std::exchange(from_listener_, nullptr)) std::rethrow_exception(problem);
}

// ---- waiting ------------------------------------------------------------------------------------------------------

void KafkaConsumer::serve(Milliseconds timeout) {
  const auto until = Clock::now() + timeout;
  keep_pace();
  for (;;) {
    poll_group();
    if (anything_to_take()) return;
    auto left = std::chrono::ceil<Milliseconds>(until - Clock::now());
    if (left.count() <= 0) return;
    wait(left);
  }
}

void KafkaConsumer::poll_group() {
  while (MessageHandle message{rd_kafka_consumer_poll(client_->get(), 0)})
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) group_error(*message);
  for (const auto& fetcher : fetchers_) rd_kafka_poll(fetcher->get(), 0);
  if (auto problem = std::exchange(from_listener_, nullptr)) std::rethrow_exception(problem);
  if (auto fatal = client_->fatal_error()) throw BrokerError(BrokerFault::fatal, "consumer: " + *fatal);
}

std::string KafkaConsumer::denied(rd_kafka_resp_err_t code) const {
  return reason(*connection_, code, "Read",
                code == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED ? "group " + group_ : "this topic");
}

void KafkaConsumer::group_error(const rd_kafka_message_t& message) const {
  std::string text = std::string(rd_kafka_err2name(message.err)) + ": " + rd_kafka_message_errstr(&message);
  if (message.err == RD_KAFKA_RESP_ERR__FATAL) {
    throw BrokerError(BrokerFault::fatal, "consumer: " + client_->fatal_error().value_or(text));
  }
  if (is_denial(message.err)) text += "; " + denied(message.err);
  if (is_refusal(message.err)) throw BrokerError(BrokerFault::refused, "consumer: " + text);
  connection_->log(LOG_WARNING, "CONSUMER", text); // the library goes on by itself
}

bool KafkaConsumer::anything_to_take() {
  bool any = false;
  for (auto& [tp, partition] : partitions_) any = look_into(tp, partition) || any;
  return any;
}

// Queues also hold what is no record: ends of partitions, markers, leftovers of the fetch before. Were they to end the
// waiting, a node that does not take from each partition each time would never rest.
bool KafkaConsumer::look_into(TopicPartition tp, Partition& p) {
  for (;;) {
    while (!p.ready.empty()) {
      const auto& front = *p.ready.front();
      if (front.err == RD_KAFKA_RESP_ERR_NO_ERROR && front.offset >= p.position) return true;
      if (front.err != RD_KAFKA_RESP_ERR_NO_ERROR) partition_error(tp, p, front); // stays there when it throws
      p.ready.pop_front();
    }
    auto more = pull(p, kLook);
    if (more.empty()) return false;
    for (auto& message : more) p.ready.push_back(std::move(message));
  }
}

std::vector<MessageHandle> KafkaConsumer::pull(const Partition& p, std::size_t at_most) {
  std::vector<MessageHandle> owned;
  at_most = std::min(at_most, queued(p));
  if (at_most == 0) return owned;
  owned.reserve(at_most);
  scratch_.resize(std::max(scratch_.size(), at_most));
  const auto got = rd_kafka_consume_batch_queue(p.fetch->queue(), 0, scratch_.data(), at_most);
  for (ssize_t i = 0; i < got; ++i) owned.emplace_back(scratch_[static_cast<std::size_t>(i)]);
  return owned;
}

std::size_t KafkaConsumer::queued(const Partition& p) {
  return p.fetch ? rd_kafka_queue_length(p.fetch->queue()) : 0;
}

void KafkaConsumer::wait(Milliseconds timeout) {
  pollfd waiting{wake_fd_, POLLIN, 0};
  // Bounded, so that a wake-up which the library considers already sent costs a moment and not the whole timeout.
  int ms = static_cast<int>(std::min<std::int64_t>(timeout.count(), 100));
  if (::poll(&waiting, 1, ms) > 0) {
    std::uint64_t count;
    while (::read(wake_fd_, &count, sizeof count) > 0) {
    }
  }
}

// ---- records ------------------------------------------------------------------------------------------------------

KafkaConsumer::Partition& KafkaConsumer::partition(TopicPartition tp) {
  auto found = partitions_.find(tp);
  if (found == partitions_.end()) throw std::logic_error(connection_->text(tp) + " is not assigned");
  return found->second;
}

std::unique_ptr<Batch> KafkaConsumer::take(TopicPartition from, std::size_t max_records) {
  auto found = partitions_.find(from);
  if (found == partitions_.end() || !found->second.fetch || max_records == 0) return nullptr;
  auto& p = found->second;
  auto batch = std::make_unique<MessageBatch>(from, p.fetch->client());
  std::size_t bytes = 0;
  while (batch->records.size() < max_records) {
    if (p.ready.empty()) {
      auto more = pull(p, max_records - batch->records.size());
      if (more.empty()) break;
      batch->reserve(batch->records.size() + more.size());
      std::move(more.begin(), more.end(), std::back_inserter(p.ready));
    }
    const auto& message = *p.ready.front();
    if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      if (!batch->empty() && message.err != RD_KAFKA_RESP_ERR__PARTITION_EOF) break; // what came before it goes first
      partition_error(from, p, message);
    } else if (message.offset >= p.position) {
      if (p.unproven && !first_is_right(from, p, message.offset)) {
        fetch_again(from);
        return nullptr;
      }
      p.unproven = false;
      p.at_end = false;
      p.position = message.offset + 1;
      bytes += message.len;
      batch->add(std::move(p.ready.front()));
    }
    p.ready.pop_front();
  }
  if (batch->empty()) return nullptr;
  doubts_ = 0;
  p.nudge.taken(*p.fetch->client(), from, bytes);
  p.taken += batch->records.size();
  batch->finish();
  return batch;
}

void KafkaConsumer::fetch_again(TopicPartition because_of) {
  if (++doubts_ == 3)
    throw BrokerError(BrokerFault::fatal, connection_->text(because_of) + ": the client reads past records");
  Offsets again;
  for (const auto& [tp, partition] : partitions_) again[tp] = partition.position;
  assign(again);
}

void KafkaConsumer::partition_error(TopicPartition tp, Partition& p, const rd_kafka_message_t& message) const {
  if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    p.position = std::max(p.position, message.offset); // over markers and aborted records
    p.at_end = true;
    return;
  }
  std::string text = connection_->text(tp) + " at offset " + std::to_string(p.position) + ": " +
                     (is_denial(message.err)
                          ? reason(*connection_, message.err, "Read", tp.topic)
                          : std::string(rd_kafka_err2name(message.err)) + ": " + rd_kafka_message_errstr(&message));
  if (!is_transient(message.err)) throw BrokerError(BrokerFault::refused, text);
  connection_->log(LOG_WARNING, "CONSUMER", text); // the library fetches the same offset again
}

bool KafkaConsumer::first_is_right(TopicPartition tp, const Partition& p, std::int64_t offset) const {
  if (offset == p.position || !first_offset_) return true;
  auto other = first_offset_(tp, p.position);
  if (other == offset) return true;
  connection_->log(LOG_WARNING, "STALE",
                   connection_->text(tp) + ": asked for offset " + std::to_string(p.position) + ", got " +
                       std::to_string(offset) + ", another client got " +
                       (other ? std::to_string(*other) : "nothing"));
  return false;
}

std::int64_t KafkaConsumer::position(TopicPartition of) const {
  auto found = partitions_.find(of);
  if (found == partitions_.end()) throw std::logic_error(connection_->text(of) + " is not assigned");
  return found->second.position;
}

std::int64_t KafkaConsumer::end_offset(TopicPartition of) {
  auto& p = partition(of);
  // Before the look into the queue: the library writes it before the records of the same answer.
  std::int64_t low = 0, high = RD_KAFKA_OFFSET_INVALID;
  if (p.fetch)
    rd_kafka_get_watermark_offsets(p.fetch->client()->get(), connection_->topic_name(of.topic).c_str(), of.partition,
                                   &low, &high);
  // The answer with the last records does not say that they are the last, the next one does, which waits for more. A mark
  // that is of this fetch, because it gave a record already, says it as well.
  const bool read = p.ready.empty() && queued(p) == 0;
  if (read && !p.unproven && high == p.position) p.at_end = true;
  if (read && p.at_end) return p.position;
  if (high < 0) return std::max(query_watermarks(*client_, of, Milliseconds(10'000)).high, p.position);
  return std::max(high, p.position + 1);
}

Offsets KafkaConsumer::committed(const std::vector<TopicPartition>& partitions, Milliseconds patience) {
  const auto until = Clock::now() + patience;
  Offsets wanted;
  for (auto tp : partitions) wanted[tp] = RD_KAFKA_OFFSET_INVALID;
  for (;;) {
    auto list = to_list(*connection_, wanted);
    const auto left = std::clamp(std::chrono::ceil<Milliseconds>(until - Clock::now()), Milliseconds(1), kOneAnswer);
    auto code = rd_kafka_committed(client_->get(), list.get(), static_cast<int>(left.count()));
    for (int i = 0; i < list->cnt && code == RD_KAFKA_RESP_ERR_NO_ERROR; ++i) code = list->elems[i].err;
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
      Offsets out;
      for (int i = 0; i < list->cnt; ++i) {
        const auto& e = list->elems[i];
        if (e.offset >= 0) out[{*connection_->topic_of(e.topic), e.partition}] = e.offset;
      }
      return out;
    }
    // Above all _TIMED_OUT: a transaction of an older generation still holds offsets back.
    if (is_denial(code)) throw BrokerError(BrokerFault::refused, "committed offsets: " + denied(code));
    if (is_refusal(code)) throw BrokerError(BrokerFault::refused, std::string("committed offsets: ") + text_of(code));
    if (auto fatal = client_->fatal_error()) throw BrokerError(BrokerFault::fatal, "committed offsets: " + *fatal);
    if (Clock::now() >= until) throw client_->unreachable(std::string("committed offsets: ") + text_of(code));
    connection_->log(LOG_DEBUG, "COMMITTED", std::string("asking again: ") + text_of(code));
    if (code != RD_KAFKA_RESP_ERR__TIMED_OUT) ::poll(nullptr, 0, 100);
  }
}

} // namespace onecode::streams::kafka
