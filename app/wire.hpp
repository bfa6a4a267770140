// Where the interfaces get their bodies: who is built from what, in order of need.
#pragma once

#include <memory>

#include "app/config.hpp"
#include "streams/broker.hpp"

namespace onecode::app {

using KafkaOptions = Config::Kafka;

/// The bus behind the `[kafka]` section. Throws streams::BrokerError.
std::unique_ptr<streams::Broker> connect(const KafkaOptions& options);

} // namespace onecode::app
