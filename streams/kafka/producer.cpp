#include "streams/kafka/producer.hpp"

#include <poll.h>
#include <syslog.h>

#include <algorithm>

#include "domain/hash.hpp"
#include "streams/kafka/consumer.hpp"
#include "streams/kafka/rights.hpp"

namespace onecode::streams::kafka {

namespace {

// How long one step is retried. Longer than transaction.timeout.ms: the broker has decided by then.
constexpr Milliseconds kStepBound{30'000};
// Of a single call that ends a transaction: given -1, 2.0.2 waits without a bound.
constexpr int kOneCall = static_cast<int>(kStepBound.count());

const Settings kDefaults = {
    {"transaction.timeout.ms", "10000"},
    {"linger.ms", "5"},
    {"compression.type", "lz4"},
    {"batch.size", "1000000"},
    {"batch.num.messages", "10000"},
    {"queue.buffering.max.messages", "1000000"},
    {"queue.buffering.max.kbytes", "65536"},
    {"retry.backoff.ms", "1"}, // the default makes back-to-back transactions wait 100 ms for their own markers
};

Settings fixed(const std::string& transactional_id) {
  return {
      {"transactional.id", transactional_id},
      {"enable.idempotence", "true"},
      {"acks", "all"},
      {"message.max.bytes", std::to_string(kEngineBytes)},
      {"allow.auto.create.topics", "false"},
  };
}

const char* bytes(std::string_view s) { return s.data() == nullptr ? "" : s.data(); } // null would mean "absent"

} // namespace

KafkaTransactionalProducer::KafkaTransactionalProducer(std::shared_ptr<const Connection> connection,
                                                       const std::string& transactional_id)
    : connection_(std::move(connection)), transactional_id_(transactional_id) {
  auto conf = connection_->configure(kDefaults, fixed(transactional_id));
  rd_kafka_conf_set_dr_msg_cb(conf.get(), &KafkaTransactionalProducer::on_delivery);
  client_ = std::make_unique<Client>(connection_, RD_KAFKA_PRODUCER, std::move(conf), this);
}

KafkaTransactionalProducer::~KafkaTransactionalProducer() {
  // What was not committed must not be waited for: rd_kafka_destroy would deliver it first.
  rd_kafka_purge(client_->get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
  rd_kafka_poll(client_->get(), 0);
  for (auto& topic : topics_) topic.reset();
}

template <class Call>
void KafkaTransactionalProducer::insist(TransactionStep step, const char* what, Call call) {
  const auto until = Clock::now() + kStepBound;
  for (Milliseconds pause{10};; pause = std::min(2 * pause, Milliseconds(200))) {
    ErrorHandle error(call());
    if (!error) return;
    const TransactionError traits{rd_kafka_error_code(error.get()), rd_kafka_error_is_fatal(error.get()) != 0,
                                  rd_kafka_error_txn_requires_abort(error.get()) != 0,
                                  rd_kafka_error_is_retriable(error.get()) != 0};
    std::string text = std::string(what) + ": " +
                       (is_denial(traits.code) ? denied(traits.code)
                                               : std::string(rd_kafka_error_name(error.get())) + ": " +
                                                     rd_kafka_error_string(error.get()));
    auto reaction = react(step, traits, Clock::now() >= until);
    // The record that a broker refused fails the transaction with another code.
    if (reaction == Reaction::abort && step != TransactionStep::abort && first_denied_) reaction = Reaction::refused;
    if (reaction != Reaction::retry) throw BrokerError(fault_of(reaction), explain(text));
    connection_->log(LOG_INFO, "TXN", "trying again: " + text);
    ::poll(nullptr, 0, static_cast<int>(pause.count()));
  }
}

std::string KafkaTransactionalProducer::denied(rd_kafka_resp_err_t code) const {
  if (code == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED)
    return reason(*connection_, code, "Read", "the group that [kafka] group names");
  if (code == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED)
    return reason(*connection_, code, "IdempotentWrite", "the cluster");
  if (const auto topic = client_->refused_to_transaction();
      topic && code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)
    return reason(*connection_, code, "Write", *topic);
  if (code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)
    return reason(*connection_, code, "Write or Read", "a topic of this transaction");
  return reason(*connection_, code, "Write", "transactional id " + transactional_id_);
}

std::string KafkaTransactionalProducer::explain(const std::string& what) const {
  return first_failure_.empty() ? what : what + " (first: " + first_failure_ + ")";
}

void KafkaTransactionalProducer::init() {
  insist(TransactionStep::init, "init_transactions", [&] { return rd_kafka_init_transactions(client_->get(), -1); });
  // Topic objects and metadata before the first record: later versions delay a first record for an unknown topic.
  for (const auto& topic : kTopics) {
    auto i = static_cast<std::size_t>(topic.topic);
    topics_[i].reset(rd_kafka_topic_new(client_->get(), connection_->topic_name(topic.topic).c_str(), nullptr));
  }
  partitions_.load(*client_);
  for (const auto& topic : kTopics)
    last_[static_cast<std::size_t>(topic.topic)].assign(static_cast<std::size_t>(partitions_.of(topic.topic)), -1);
}

void KafkaTransactionalProducer::begin() {
  first_failure_.clear();
  first_denied_ = false;
  insist(TransactionStep::begin, "begin_transaction", [&] { return rd_kafka_begin_transaction(client_->get()); });
}

void KafkaTransactionalProducer::produce(Topic topic, std::int32_t partition, std::string_view key,
                                         std::optional<std::string_view> value, std::span<const Header> headers) {
  const auto i = static_cast<std::size_t>(topic);
  const auto count = partitions_.of(topic);
  if (partition < 0 && count > 0) partition = murmur2_partition(key, count);
  if (count == 0) throw absent(*client_, topic, "Write");
  if (partition < 0 || partition >= count)
    throw BrokerError(BrokerFault::refused, "no such partition: " + connection_->text({topic, partition}));
  check_size(*connection_, {topic, partition}, key, value, headers);
  std::optional<Clock::time_point> deadline;
  for (;;) {
    auto code =
        enqueue(topics_[i].get(), partition, key, value, headers, &last_[i][static_cast<std::size_t>(partition)]);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return;
    auto reaction = react_to_produce(code, client_->fatal_error().has_value());
    if (reaction == Reaction::retry) { // the queue is full: wait for delivery reports
      if (!deadline) deadline = Clock::now() + kStepBound;
      if (Clock::now() < *deadline) {
        rd_kafka_poll(client_->get(), 10);
        continue;
      }
      reaction = Reaction::abort;
    }
    if (reaction == Reaction::abort && first_denied_) reaction = Reaction::refused;
    throw BrokerError(fault_of(reaction), explain("producing to " + connection_->text({topic, partition}) + ": " +
                                                  reason(*connection_, code, "Write", topic)));
  }
}

rd_kafka_resp_err_t KafkaTransactionalProducer::enqueue(rd_kafka_topic_t* topic, std::int32_t partition,
                                                        std::string_view key,
                                                        const std::optional<std::string_view>& value,
                                                        std::span<const Header> headers, std::int64_t* last) {
  if (!headers.empty()) return produce_with_headers(client_->get(), topic, partition, key, value, headers, 0, last);
  void* payload = value ? const_cast<char*>(bytes(*value)) : nullptr; // copied, never written
  int failed = rd_kafka_produce(topic, partition, RD_KAFKA_MSG_F_COPY, payload, value ? value->size() : 0, bytes(key),
                                key.size(), last);
  return failed == 0 ? RD_KAFKA_RESP_ERR_NO_ERROR : rd_kafka_last_error();
}

rd_kafka_resp_err_t produce_with_headers(rd_kafka_t* rk, rd_kafka_topic_t* topic, std::int32_t partition,
                                         std::string_view key, const std::optional<std::string_view>& value,
                                         std::span<const Header> headers, std::int64_t timestamp_ms, void* opaque) {
  HeadersHandle list(rd_kafka_headers_new(headers.size()));
  for (const auto& h : headers)
    rd_kafka_header_add(list.get(), bytes(h.name), static_cast<ssize_t>(h.name.size()), bytes(h.value),
                        static_cast<ssize_t>(h.value.size()));
  void* payload = value ? const_cast<char*>(bytes(*value)) : nullptr;
  const std::size_t size = value ? value->size() : 0;
  auto code = rd_kafka_producev(rk, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_PARTITION(partition),
                                RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(bytes(key), key.size()),
                                RD_KAFKA_V_VALUE(payload, size), RD_KAFKA_V_HEADERS(list.get()),
                                RD_KAFKA_V_TIMESTAMP(timestamp_ms), RD_KAFKA_V_OPAQUE(opaque), RD_KAFKA_V_END);
  // Taken over on success. For an unknown partition or topic the library frees them too although it says otherwise
  // (up to 2.11): a leak is better than freeing twice.
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION ||
      code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC)
    (void)list.release();
  return code;
}

void KafkaTransactionalProducer::on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    auto* last = static_cast<std::int64_t*>(message->_private);
    if (message->offset > *last) *last = message->offset;
    return;
  }
  if (message->err == RD_KAFKA_RESP_ERR__PURGE_QUEUE || message->err == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT) return;
  auto* self = Client::owner<KafkaTransactionalProducer>(opaque);
  try { // not rd_kafka_message_errstr(): for a produced record that is the record's own value, without an end

    if (self->first_failure_.empty() || (is_denial(message->err) && !self->first_denied_)) {
      self->first_denied_ = is_denial(message->err);
      self->first_failure_ = std::string(rd_kafka_topic_name(message->rkt)) + "/" +
                             std::to_string(message->partition) + ": " +
                             reason(*self->connection_, message->err, "Write",
                                    std::string("topic ") + rd_kafka_topic_name(message->rkt));
    }
  } catch (...) { // out of memory while keeping a text; the transaction fails all the same
  }
}

void KafkaTransactionalProducer::send_offsets(const Offsets& next, const GroupMembership& membership) {
  const auto* kafka = dynamic_cast<const KafkaMembership*>(&membership);
  if (kafka == nullptr) throw std::logic_error("this membership is not of a Kafka group");
  auto list = to_list(*connection_, next);
  insist(TransactionStep::send_offsets, "send_offsets_to_transaction",
         [&] { return rd_kafka_send_offsets_to_transaction(client_->get(), list.get(), kafka->metadata.get(), -1); });
}

void KafkaTransactionalProducer::flush() {
  // rd_kafka_commit_transaction flushes as well; doing it here gives a bound of our own and keeps its state machine
  // out of the waiting.
  rd_kafka_flush(client_->get(), static_cast<int>(kStepBound.count()));
}

void KafkaTransactionalProducer::commit() {
  flush();
  insist(TransactionStep::commit, "commit_transaction",
         [&] { return rd_kafka_commit_transaction(client_->get(), kOneCall); });
}

void KafkaTransactionalProducer::abort() {
  insist(TransactionStep::abort, "abort_transaction",
         [&] { return rd_kafka_abort_transaction(client_->get(), kOneCall); });
}

std::int64_t KafkaTransactionalProducer::last_offset(TopicPartition of) const {
  const auto& offsets = last_[static_cast<std::size_t>(of.topic)];
  const auto i = static_cast<std::size_t>(of.partition);
  return of.partition >= 0 && i < offsets.size() ? offsets[i] : -1;
}

} // namespace onecode::streams::kafka
