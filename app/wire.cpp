#include "app/wire.hpp"

#include <fmt/format.h>

#include "streams/kafka/kafka_broker.hpp"

namespace onecode::app {

std::unique_ptr<streams::Broker> connect(
    const KafkaOptions& options,
    std::function<void(int level, std::string_view facility, std::string_view text)> log) {
  streams::KafkaConfig config;
  config.brokers = options.brokers;
  config.prefix = options.prefix;
  config.properties = options.properties;
  config.log = std::move(log);
  return streams::connect_kafka(std::move(config));
}

} // namespace onecode::app
