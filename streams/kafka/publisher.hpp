// An idempotent producer without transactions.
#pragma once

#include <array>
#include <memory>
#include <optional>

#include "streams/broker.hpp"
#include "streams/kafka/client.hpp"

namespace onecode::streams::kafka {

class KafkaPublisher final : public Publisher {
public:
  explicit KafkaPublisher(std::shared_ptr<const Connection> connection);
  /// What was not flushed is given a moment, then dropped with a line in the log.
  ~KafkaPublisher() override;
  void publish(Topic topic, std::int32_t partition, std::string_view key, std::optional<std::string_view> value,
               std::span<const Header> headers, std::int64_t timestamp_ms) override;
  void flush() override;

private:
  static void on_delivery(rd_kafka_t* rk, const rd_kafka_message_t* message, void* opaque);
  void throw_first_failure();

  std::shared_ptr<const Connection> connection_;
  PartitionCounts partitions_;
  bool loaded_ = false;
  std::unique_ptr<Client> client_;
  std::array<TopicHandle, kTopics.size()> topics_;
  std::optional<BrokerError> first_failure_;
};

} // namespace onecode::streams::kafka
