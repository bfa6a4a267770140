// Rights that a broker refuses, told so that somebody can grant them: who, what right, on what. Kafka's own text names
// none of the three.
#pragma once

#include <librdkafka/rdkafka.h>

#include <string>
#include <string_view>

#include "domain/topics.hpp"
#include "streams/broker.hpp"

namespace onecode::streams::kafka {

class Client;
class Connection;

/// A right that is missing. It is asked for again in vain until somebody grants it.
bool is_denial(rd_kafka_resp_err_t code);

/// Name and text of an error. A denial names the principal, the right that was needed (Kafka's name) and its resource, such
/// as "topic onecode.scans". For others than topics, code and resource need not agree: the code says what was refused.
std::string reason(const Connection& connection, rd_kafka_resp_err_t code, std::string_view right,
                   const std::string& resource);
std::string reason(const Connection& connection, rd_kafka_resp_err_t code, std::string_view right, Topic topic);

/// Why a topic was not among those that the broker told of: it does not exist, or this client may not see it, which only
/// a question for its name brings out.
BrokerError absent(const Client& client, Topic topic, std::string_view right);

} // namespace onecode::streams::kafka
