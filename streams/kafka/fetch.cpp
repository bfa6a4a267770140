#include "streams/kafka/fetch.hpp"

#include <stdexcept>

namespace onecode::streams::kafka {

Settings fetch_settings(Isolation isolation) {
  return {
      {"isolation.level", isolation == Isolation::committed ? "read_committed" : "read_uncommitted"},
      {"enable.auto.commit", "false"},
      {"enable.auto.offset.store", "false"},
      {"auto.offset.reset", "error"},
      {"allow.auto.create.topics", "false"},
      {"check.crcs", "true"},
      // Tells where the committed records end: the cached watermark of 2.0.2 ignores open transactions. With batches, 2.8.0
      // then counts the library's own position wrongly (fixed in 2.13.2), which nobody asks for here.
      {"enable.partition.eof", "true"},
  };
}

Fetch::Fetch(std::shared_ptr<Client> client, TopicPartition from, std::int64_t offset)
    : client_(std::move(client)),
      partition_(from.partition),
      topic_(rd_kafka_topic_new(client_->get(), client_->connection().topic_name(from.topic).c_str(), nullptr)),
      queue_(rd_kafka_queue_new(client_->get())) {
  if (offset < 0) throw std::invalid_argument("reading starts at an offset, not at " + std::to_string(offset));
  // The simple consumer's start is the assign() of a client without a group: it needs no coordinator and no group
  // ACL.
  if (!topic_ || rd_kafka_consume_start_queue(topic_.get(), partition_, offset, queue_.get()) != 0)
    throw BrokerError(BrokerFault::refused,
                      "reading " + client_->connection().text(from) + ": " + text_of(rd_kafka_last_error()));
}

Fetch::~Fetch() { rd_kafka_consume_stop(topic_.get(), partition_); }

} // namespace onecode::streams::kafka
