// The transactional producer of a node.
//
//   Latency    Records wait `linger.ms` at most; commit() flushes, so a short turn does not wait for it. Delivery
//   reports
//              are on for every record: they give last_offset(), and they wake the flush, which otherwise moves in 10
//              ms steps (librdkafka 2.0.2).
//   Errors     transaction_errors.hpp. After `fatal` the object is only good for being destroyed.
//   Threads    one.
#pragma once

#include <array>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "streams/broker.hpp"
#include "streams/kafka/client.hpp"
#include "streams/kafka/transaction_errors.hpp"

namespace onecode::streams::kafka {

class KafkaTransactionalProducer final : public TransactionalProducer {
public:
  KafkaTransactionalProducer(std::shared_ptr<const Connection> connection, const std::string& transactional_id);
  ~KafkaTransactionalProducer() override;

  void init() override;
  void begin() override;
  void produce(Topic topic, std::int32_t partition, std::string_view key, std::optional<std::string_view> value,
               std::span<const Header> headers) override;
  void send_offsets(const Offsets& next, const GroupMembership& membership) override;
  void commit() override;
  void abort() override;
  std::int64_t last_offset(TopicPartition of) const override;

private:
  static void on_delivery(rd_kafka_t* rk, const rd_kafka_message_t* message, void* opaque);

  /// Calls until it succeeds, or throws what the table says. `call` gives an rd_kafka_error_t*.
  template <class Call>
  void insist(TransactionStep step, const char* what, Call call);
  rd_kafka_resp_err_t enqueue(rd_kafka_topic_t* topic, std::int32_t partition, std::string_view key,
                              const std::optional<std::string_view>& value, std::span<const Header> headers,
                              std::int64_t* last);
  void flush();
  std::string explain(const std::string& what) const;
  std::string denied(rd_kafka_resp_err_t code) const;

  std::shared_ptr<const Connection> connection_;
  std::string transactional_id_;
  PartitionCounts partitions_;
  std::unique_ptr<Client> client_;
  std::array<TopicHandle, kTopics.size()> topics_;
  /// [topic][partition]: the last offset delivered; fixed places, the delivery reports carry pointers to them.
  std::array<std::vector<std::int64_t>, kTopics.size()> last_;
  std::string first_failure_; ///< of this transaction: the API's own error does not name the record
  bool first_denied_ = false; ///< it is a right that is missing: no other transaction would fare better
};

/// Enqueues one record with its headers; all is copied. timestamp_ms 0: now, -1: none.
rd_kafka_resp_err_t produce_with_headers(rd_kafka_t* rk, rd_kafka_topic_t* topic, std::int32_t partition,
                                         std::string_view key, const std::optional<std::string_view>& value,
                                         std::span<const Header> headers, std::int64_t timestamp_ms, void* opaque);

} // namespace onecode::streams::kafka
