// Where the interfaces get their bodies: who is built from what, in order of need.
#pragma once

#include <memory>

#include "app/config.hpp"
#include "streams/follower.hpp"
#include "streams/kafka/kafka_broker.hpp"

namespace onecode::app {

using KafkaOptions = Config::Kafka;

/// What a client of Kafka is made with; `log` as there. Throws UserError where a file of `[kafka.property_files]` is not there.
streams::KafkaConfig kafka_config(const KafkaOptions& options, decltype(streams::KafkaConfig::log) log = {});
/// The bus behind the `[kafka]` section. Throws streams::BrokerError.
std::unique_ptr<streams::Broker> connect(const KafkaOptions& options, decltype(streams::KafkaConfig::log) log = {});

/// Reads topics from some point on; asks the broker at once. Throws streams::BrokerError.
std::unique_ptr<streams::Follower> follow(const KafkaOptions& options, streams::FollowConfig config,
                                          decltype(streams::KafkaConfig::log) log = {});

} // namespace onecode::app
