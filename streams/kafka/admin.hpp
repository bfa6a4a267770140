// Topics: create, describe, trim.
#pragma once

#include <map>

#include "streams/broker.hpp"
#include "streams/kafka/client.hpp"

namespace onecode::streams::kafka {

/// Creates what is missing and waits until every topic can be used. Throws BrokerError.
void create_topics(const Client& client, std::int32_t partitions);
/// Partition counts and the settings that topic_settings() names.
std::map<Topic, TopicDescription> describe_topics(const Client& client);
/// DeleteRecords.
void trim(const Client& client, TopicPartition of, std::int64_t offset);

} // namespace onecode::streams::kafka
