#include "app/wire.hpp"

#include <utility>

namespace onecode::app {

streams::KafkaConfig kafka_config(const KafkaOptions& options) {
  streams::KafkaConfig config;
  config.brokers = options.brokers;
  config.prefix = options.prefix;
  config.properties = options.properties;
  return config;
}

std::unique_ptr<streams::Broker> connect(const KafkaOptions& options, decltype(streams::KafkaConfig::log) log) {
  auto config = kafka_config(options);
  config.log = std::move(log);
  return streams::connect_kafka(std::move(config));
}

} // namespace onecode::app
