// Where the interfaces get their bodies: who is built from what, in order of need.
#pragma once

#include <memory>

#include "app/config.hpp"
#include "streams/kafka/kafka_broker.hpp"

namespace onecode::app {

using KafkaOptions = Config::Kafka;

/// What a client of Kafka is made with.
streams::KafkaConfig kafka_config(const KafkaOptions& options);
/// The bus behind the `[kafka]` section; `log` as in streams::KafkaConfig. Throws streams::BrokerError.
std::unique_ptr<streams::Broker> connect(const KafkaOptions& options, decltype(streams::KafkaConfig::log) log = {});

} // namespace onecode::app
