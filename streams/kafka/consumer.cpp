#include "streams/kafka/consumer.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <syslog.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>

#include "streams/kafka/message_batch.hpp"
#include "streams/kafka/rights.hpp"
#include "streams/kafka/transaction_errors.hpp"

namespace onecode::streams::kafka {

namespace {

constexpr std::size_t kLook = 64; // messages that serve() takes out of a queue to find a record

const Settings kDefaults = {
    {"session.timeout.ms", "10000"},
    {"heartbeat.interval.ms", "2500"},
    {"max.poll.interval.ms", "300000"},
    {"queued.min.messages", "1000000"}, // the default stalls 2.0.2's fetcher for up to a second
    // Per partition, as each has its own queue; a fetch comes on top, and is larger when it is unpacked. So little that a
    // backlog in all inputs costs 200 MiB and not 2 GiB, and enough for a turn. Also what a rewind throws away.
    {"queued.max.messages.kbytes", "1024"},
    {"fetch.message.max.bytes", "262144"},
    {"fetch.max.bytes", "16777216"},
    // All inputs of all shards are in each fetch, so one for every few records is what a broker would be busiest with:
    // docs/decisions/0038. The wait is also how long a new assignment waits for an idle fetch in flight.
    {"fetch.min.bytes", "65536"},
    {"fetch.wait.max.ms", "5"},
    {"fetch.error.backoff.ms", "50"},
    {"fetch.queue.backoff.ms", "20"},
};

Settings fixed(const GroupConfig& config) {
  return {
      {"group.id", config.group},
      {"group.instance.id", config.instance},
      {"partition.assignment.strategy", "range"},
      {"isolation.level", "read_committed"},
      {"enable.auto.commit", "false"},
      {"enable.auto.offset.store", "false"},
      {"auto.offset.reset", "error"},
      {"allow.auto.create.topics", "false"},
      {"check.crcs", "true"},
      // Tells end_offset() where the committed records end: the cached watermark of 2.0.2 ignores open transactions.
      // With batches, 2.8.0 then counts the library's own position wrongly (fixed in 2.13.2), which nobody asks for
      // here.
      {"enable.partition.eof", "true"},
  };
}

std::vector<TopicPartition> known(const Connection& connection, const rd_kafka_topic_partition_list_t& list) {
  std::vector<TopicPartition> out;
  for (int i = 0; i < list.cnt; ++i)
    if (auto topic = connection.topic_of(list.elems[i].topic)) out.push_back({*topic, list.elems[i].partition});
  std::sort(out.begin(), out.end());
  return out;
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
    auto conf = connection_->configure(kDefaults, fixed(config));
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
  client_.reset(); // or when the last batch goes
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
    self->apply(nullptr);
    self->drop_partitions();
  }
}

void KafkaConsumer::rebalance(rd_kafka_resp_err_t code, const rd_kafka_topic_partition_list_t& list) {
  if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    if (closed_) { // it had waited in the queue: whoever leaves takes nothing more, and the library gives it back
      apply(nullptr);
      return;
    }
    auto partitions = known(*connection_, list);
    connection_->log(LOG_INFO, "ASSIGN", std::to_string(partitions.size()) + " partitions are ours");
    membership_ =
        std::make_shared<KafkaMembership>(GroupMetadataHandle(rd_kafka_consumer_group_metadata(client_->get())));
    joined_ = true;
    assigned_in_callback_ = false;
    listener_.assigned(partitions);
    if (!assigned_in_callback_ && partitions.empty()) set_assignment({});
    return;
  }
  bool lost = rd_kafka_assignment_lost(client_->get()) != 0;
  connection_->log(LOG_INFO, "REVOKE", lost ? "partitions are lost" : "partitions are taken back");
  listener_.revoked(lost);
  drop_partitions();
  apply(nullptr);
  if (code != RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS)
    throw BrokerError(BrokerFault::refused, std::string("rebalance: ") + text_of(code));
}

void KafkaConsumer::assign(const Offsets& positions) {
  if (closed_) throw BrokerError(BrokerFault::refused, "assign after close");
  set_assignment(positions);
}

void KafkaConsumer::set_assignment(const Offsets& positions) {
  assigned_in_callback_ = true;
  drop_partitions();
  const std::uint64_t one = 1;
  auto detach = [&](TopicPartition tp) {
    QueueHandle queue(
        rd_kafka_queue_get_partition(client_->get(), connection_->topic_name(tp.topic).c_str(), tp.partition));
    if (!queue) throw BrokerError(BrokerFault::refused, "no such partition: " + connection_->text(tp));
    rd_kafka_queue_forward(queue.get(), nullptr);
    return queue;
  };
  // Detached before fetching starts, so that nothing comes through the consumer's queue; and looked up again
  // afterwards, in case the library replaced its partition object meanwhile.
  std::vector<QueueHandle> before;
  for (const auto& [tp, offset] : positions) before.push_back(detach(tp));

  auto list = to_list(*connection_, positions);
  // When this returns every message of the old fetch is behind the library's version barrier and will not be given
  // out.
  auto code = apply(list.get());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    if (auto fatal = client_->fatal_error()) throw BrokerError(BrokerFault::fatal, "assign: " + *fatal);
    throw BrokerError(BrokerFault::refused, std::string("assign: ") + text_of(code));
  }
  for (const auto& [tp, offset] : positions) {
    auto& partition = partitions_[tp];
    partition.position = offset;
    partition.queue = detach(tp);
    rd_kafka_queue_io_event_enable(partition.queue.get(), wake_fd_, &one, sizeof one);
  }
}

rd_kafka_resp_err_t KafkaConsumer::apply(const rd_kafka_topic_partition_list_t* assignment) {
  auto code = rd_kafka_assign(client_->get(), assignment);
  // The old fetches end later than rd_kafka_assign() returns, and a second assignment before that is an assertion
  // inside the library (2.0.2 to 2.8.0 at least). Its main thread serves one queue in order: by the first answer to a
  // question it has ended the fetches, by the second it has noticed. A consumer that closes gets no other assignment,
  // and its group may be gone before it answers: the question would never come back.
  if (closed_) return code;
  for (int i = 0; i < 2; ++i) {
    rd_kafka_topic_partition_list_t* current = nullptr;
    if (rd_kafka_assignment(client_->get(), &current) == RD_KAFKA_RESP_ERR_NO_ERROR) (void)ListHandle(current);
  }
  return code;
}

void KafkaConsumer::drop_partitions() {
  for (auto& [tp, partition] : partitions_)
    if (partition.queue) rd_kafka_queue_io_event_enable(partition.queue.get(), -1, nullptr, 0);
  partitions_.clear();
}

void KafkaConsumer::close() {
  if (closed_) return;
  closed_ = true;
  if (joined_) rd_kafka_consumer_close(client_->get()); // calls revoked() if anything is assigned
  drop_partitions();
  if (auto problem = std::exchange(from_listener_, nullptr)) std::rethrow_exception(problem);
}

// ---- waiting ------------------------------------------------------------------------------------------------------

void KafkaConsumer::serve(Milliseconds timeout) {
  const auto until = Clock::now() + timeout;
  for (;;) {
    poll_group();
    if (anything_to_take()) return;
    auto left = std::chrono::ceil<Milliseconds>(until - Clock::now());
    if (left.count() <= 0) return;
    wait(left);
  }
}

void KafkaConsumer::poll_group() {
  while (MessageHandle message{rd_kafka_consumer_poll(client_->get(), 0)}) {
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR && message->rkt != nullptr) {
      auto topic = connection_->topic_of(rd_kafka_topic_name(message->rkt));
      auto found = topic ? partitions_.find({*topic, message->partition}) : partitions_.end();
      if (found != partitions_.end()) found->second.ready.push_back(std::move(message));
      continue;
    }
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) continue;
    group_error(*message);
  }
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
  at_most = std::min(at_most, rd_kafka_queue_length(p.queue.get()));
  if (at_most == 0) return owned;
  owned.reserve(at_most);
  scratch_.resize(std::max(scratch_.size(), at_most));
  const auto got = rd_kafka_consume_batch_queue(p.queue.get(), 0, scratch_.data(), at_most);
  for (ssize_t i = 0; i < got; ++i) owned.emplace_back(scratch_[static_cast<std::size_t>(i)]);
  return owned;
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
  if (found == partitions_.end() || max_records == 0) return nullptr;
  auto& p = found->second;
  auto batch = std::make_unique<MessageBatch>(from, client_);
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
  p.nudge.taken(*client_, from, bytes);
  batch->finish();
  return batch;
}

void KafkaConsumer::fetch_again(TopicPartition because_of) {
  if (++doubts_ == 3)
    throw BrokerError(BrokerFault::fatal, connection_->text(because_of) + ": the client reads past records");
  Offsets again;
  for (const auto& [tp, partition] : partitions_) again[tp] = partition.position;
  set_assignment(again);
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
  if (p.at_end && p.ready.empty() && rd_kafka_queue_length(p.queue.get()) == 0) return p.position;
  std::int64_t low = 0, high = RD_KAFKA_OFFSET_INVALID;
  rd_kafka_get_watermark_offsets(client_->get(), connection_->topic_name(of.topic).c_str(), of.partition, &low,
                                 &high);
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
