#include "streams/kafka/rights.hpp"

#include "streams/kafka/client.hpp"

namespace onecode::streams::kafka {

bool is_denial(rd_kafka_resp_err_t code) {
  switch (code) {
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
      return true;
    default:
      return false;
  }
}

std::string reason(const Connection& connection, rd_kafka_resp_err_t code, std::string_view right,
                   const std::string& resource) {
  const std::string name = rd_kafka_err2name(code);
  if (!is_denial(code)) return name + ": " + rd_kafka_err2str(code);
  return name + ": " + connection.principal() + " lacks the right " + std::string(right) + " on " + resource +
         "; whoever looks after Kafka's ACLs can grant it (docs/kafka-security.md)";
}

std::string reason(const Connection& connection, rd_kafka_resp_err_t code, std::string_view right, Topic topic) {
  return reason(connection, code, right, "topic " + connection.topic_name(topic));
}

BrokerError absent(const Client& client, Topic topic, std::string_view right) {
  const auto& connection = client.connection();
  const auto& name = connection.topic_name(topic);
  TopicHandle handle(rd_kafka_topic_new(client.get(), name.c_str(), nullptr));
  const rd_kafka_metadata_t* answer = nullptr;
  const auto code = rd_kafka_metadata(client.get(), 0, handle.get(), &answer, static_cast<int>(kOneAnswer.count()));
  const MetadataHandle metadata(answer);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR && metadata->topic_cnt == 1 && is_denial(metadata->topics[0].err))
    return {BrokerFault::refused, name + ": " + reason(connection, metadata->topics[0].err, right, topic)};
  return {BrokerFault::refused, "topic " + name + " does not exist; onecode topics create makes it"};
}

} // namespace onecode::streams::kafka
