#include "app/wire.hpp"

#include <utility>

#include "app/files.hpp"

namespace onecode::app {

std::unique_ptr<streams::Broker> connect(const KafkaOptions& options, decltype(streams::KafkaConfig::log) log) {
  streams::KafkaConfig config;
  config.brokers = options.brokers;
  config.prefix = options.prefix;
  config.properties = options.properties;
  for (const auto& [name, file] : options.property_files) config.properties[name] = read_secret(file);
  config.log = std::move(log);
  return streams::connect_kafka(std::move(config));
}

} // namespace onecode::app
