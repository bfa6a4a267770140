#include "app/wire.hpp"

#include <utility>

#include "app/files.hpp"
#include "streams/kafka/follower.hpp"

namespace onecode::app {

streams::KafkaConfig kafka_config(const KafkaOptions& options, decltype(streams::KafkaConfig::log) log) {
  streams::KafkaConfig config;
  config.brokers = options.brokers;
  config.prefix = options.prefix;
  config.properties = options.properties;
  for (const auto& [name, file] : options.property_files) config.properties[name] = read_secret(file);
  config.log = std::move(log);
  return config;
}

std::unique_ptr<streams::Broker> connect(const KafkaOptions& options, decltype(streams::KafkaConfig::log) log) {
  return streams::connect_kafka(kafka_config(options, std::move(log)));
}

std::unique_ptr<streams::Follower> follow(const KafkaOptions& options, streams::FollowConfig config,
                                          decltype(streams::KafkaConfig::log) log) {
  return streams::follow_kafka(kafka_config(options, std::move(log)), std::move(config));
}

} // namespace onecode::app
