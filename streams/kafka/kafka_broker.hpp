// The bus of broker.hpp on a real Kafka (3.5 or newer), through librdkafka's C API (2.0.2 or newer).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "streams/broker.hpp"

namespace onecode::streams {

struct KafkaConfig {
  std::string brokers;             ///< bootstrap.servers
  std::string prefix = "onecode."; ///< stands before every topic name
  /// Settings for every client, by librdkafka's names (security.*, sasl.*, ssl.*, timeouts). A name librdkafka does
  /// not know, a value it does not take, and the settings that exactly-once rests on are refused.
  std::map<std::string, std::string> properties;
  /// What the library has to say: syslog level (3 error … 7 debug), its facility, text. Called from any thread, must
  /// not throw. Empty: silence.
  std::function<void(int level, std::string_view facility, std::string_view text)> log;
};

/// Checks the settings and returns at once; the first call that needs a broker finds out whether one answers.
/// The Broker may be used from several threads, what it gives out may not. It must outlive what it gives out.
/// Throws BrokerError refused, naming the setting.
std::unique_ptr<Broker> connect_kafka(KafkaConfig config);

} // namespace onecode::streams
