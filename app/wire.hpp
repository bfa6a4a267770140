// Where the interfaces get their bodies: who is built from what, in order of need.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "app/config.hpp"
#include "streams/broker.hpp"

namespace onecode::app {

using KafkaOptions = Config::Kafka;

/// The bus behind the `[kafka]` section; `log` as in streams::KafkaConfig. Throws streams::BrokerError.
std::unique_ptr<streams::Broker> connect(
    const KafkaOptions& options,
    std::function<void(int level, std::string_view facility, std::string_view text)> log = {});

} // namespace onecode::app
