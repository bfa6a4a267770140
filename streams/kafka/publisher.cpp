#include "streams/kafka/publisher.hpp"

#include <syslog.h>

#include "domain/hash.hpp"
#include "streams/kafka/producer.hpp"
#include "streams/kafka/rights.hpp"

namespace onecode::streams::kafka {

namespace {

const Settings kDefaults = {
    {"linger.ms", "5"},
    {"compression.type", "lz4"},
    {"batch.size", "1000000"},
    {"batch.num.messages", "10000"},
    {"queue.buffering.max.messages", "1000000"},
    {"queue.buffering.max.kbytes", "65536"},
    {"message.timeout.ms", "60000"},
};

const Settings kFixed = {
    {"enable.idempotence", "true"},
    {"acks", "all"},
    // With more, a record may be lost without a word: a broker that just became leader refuses the first request and takes
    // the second, because it knows nothing of this producer yet, and the library takes that for an answer to both.
    {"max.in.flight.requests.per.connection", "1"},
    {"message.max.bytes", std::to_string(kEngineBytes)},
    {"allow.auto.create.topics", "false"},
    {"delivery.report.only.error", "true"},
};

} // namespace

KafkaPublisher::KafkaPublisher(std::shared_ptr<const Connection> connection) : connection_(std::move(connection)) {
  auto conf = connection_->configure(kDefaults, kFixed);
  rd_kafka_conf_set_dr_msg_cb(conf.get(), &KafkaPublisher::on_delivery);
  client_ = std::make_unique<Client>(connection_, RD_KAFKA_PRODUCER, std::move(conf), this);
}

KafkaPublisher::~KafkaPublisher() {
  if (rd_kafka_outq_len(client_->get()) > 0 && rd_kafka_flush(client_->get(), 5'000) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    connection_->log(LOG_ERR, "PUBLISH", std::to_string(rd_kafka_outq_len(client_->get())) + " records are dropped");
    rd_kafka_purge(client_->get(),
                   RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
  }
  for (auto& topic : topics_) topic.reset();
}

void KafkaPublisher::publish(Topic topic, std::int32_t partition, std::string_view key,
                             std::optional<std::string_view> value, std::span<const Header> headers,
                             std::int64_t timestamp_ms) {
  if (first_failure_) throw_first_failure();
  if (!loaded_) {
    partitions_.load(*client_);
    loaded_ = true;
  }
  const auto i = static_cast<std::size_t>(topic);
  const auto count = partitions_.of(topic);
  if (partition < 0 && count > 0) partition = murmur2_partition(key, count);
  if (count == 0) throw absent(*client_, topic, "Write");
  if (partition < 0 || partition >= count)
    throw BrokerError(BrokerFault::refused, "no such partition: " + connection_->text({topic, partition}));
  check_size(*connection_, {topic, partition}, key, value, headers);
  if (!topics_[i])
    topics_[i].reset(rd_kafka_topic_new(client_->get(), connection_->topic_name(topic).c_str(), nullptr));

  for (;;) {
    rd_kafka_resp_err_t code;
    if (headers.empty() && timestamp_ms == 0) {
      void* payload = value ? const_cast<char*>(value->data() == nullptr ? "" : value->data()) : nullptr;
      int failed =
          rd_kafka_produce(topics_[i].get(), partition, RD_KAFKA_MSG_F_COPY, payload, value ? value->size() : 0,
                           key.data() == nullptr ? "" : key.data(), key.size(), nullptr);
      code = failed == 0 ? RD_KAFKA_RESP_ERR_NO_ERROR : rd_kafka_last_error();
    } else {
      code = produce_with_headers(client_->get(), topics_[i].get(), partition, key, value, headers, timestamp_ms,
                                  nullptr);
    }
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return;
    if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      // Whoever may write no topic at all gets no producer id, and the library takes that for the producer's end.
      if (is_denial(client_->fatal_code())) code = client_->fatal_code();
      auto reaction = react_to_produce(code, client_->fatal_error().has_value() && !is_denial(code));
      throw BrokerError(reaction == Reaction::fatal ? BrokerFault::fatal : BrokerFault::refused,
                        "publishing to " + connection_->text({topic, partition}) + ": " +
                            reason(*connection_, code, "Write", topic));
    }
    rd_kafka_poll(client_->get(), 10); // delivered, or given up after message.timeout.ms: it does not stay full
    if (first_failure_) throw_first_failure();
  }
}

void KafkaPublisher::on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) return;
  auto* self = Client::owner<KafkaPublisher>(opaque);
  if (self->first_failure_) return;
  try {
    const auto fatal = self->client_->fatal_code();
    const auto code = is_denial(fatal) ? fatal : message->err;
    auto fault = code == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT ? BrokerFault::unreachable
                 : code == RD_KAFKA_RESP_ERR__FATAL       ? BrokerFault::fatal
                                                          : BrokerFault::refused;
    self->first_failure_.emplace(fault, std::string("publishing to ") + rd_kafka_topic_name(message->rkt) + "/" +
                                            std::to_string(message->partition) + ": " +
                                            reason(*self->connection_, code, "Write",
                                                   std::string("topic ") + rd_kafka_topic_name(message->rkt)));
  } catch (...) { // out of memory: flush() still sees that something is missing
  }
}

void KafkaPublisher::throw_first_failure() {
  auto failure = *first_failure_;
  first_failure_.reset();
  throw failure;
}

void KafkaPublisher::flush() {
  // Ends by itself: what cannot be delivered fails after message.timeout.ms.
  while (rd_kafka_flush(client_->get(), 1'000) == RD_KAFKA_RESP_ERR__TIMED_OUT) {
  }
  if (first_failure_) throw_first_failure();
}

} // namespace onecode::streams::kafka
