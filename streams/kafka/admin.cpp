#include "streams/kafka/admin.hpp"

#include <poll.h>

#include <algorithm>

#include "streams/kafka/rights.hpp"

namespace onecode::streams::kafka {

namespace {

constexpr int kTimeoutMs = 30'000;

AdminOptionsHandle options(const Client& client, rd_kafka_admin_op_t operation) {
  AdminOptionsHandle out(rd_kafka_AdminOptions_new(client.get(), operation));
  char why[512];
  rd_kafka_AdminOptions_set_request_timeout(out.get(), kTimeoutMs, why, sizeof why);
  if (operation == RD_KAFKA_ADMIN_OP_CREATETOPICS || operation == RD_KAFKA_ADMIN_OP_DELETERECORDS)
    rd_kafka_AdminOptions_set_operation_timeout(out.get(), kTimeoutMs, why, sizeof why);
  return out;
}

/// `right` on `topic` is what the call needs.
[[noreturn]] void fail(const Client& client, const std::string& what, rd_kafka_resp_err_t code, const char* text,
                       std::string_view right, const std::string& topic = "the cluster") {
  if (is_denial(code))
    throw BrokerError(BrokerFault::refused, what + ": " + reason(client.connection(), code, right, topic));
  if (code == RD_KAFKA_RESP_ERR__TIMED_OUT || code == RD_KAFKA_RESP_ERR__TRANSPORT ||
      code == RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT)
    throw client.unreachable(what);
  throw BrokerError(BrokerFault::refused,
                    what + ": " + rd_kafka_err2name(code) + ": " + (text ? text : text_of(code)));
}

EventHandle result_of(const Client& client, rd_kafka_queue_t* queue, const std::string& what,
                      std::string_view right) {
  EventHandle event(rd_kafka_queue_poll(queue, kTimeoutMs + 5'000));
  if (!event) throw client.unreachable(what);
  if (auto code = rd_kafka_event_error(event.get()))
    fail(client, what, code, rd_kafka_event_error_string(event.get()), right);
  return event;
}

template <class Handle>
auto raw(const std::vector<Handle>& handles) {
  std::vector<typename Handle::pointer> out;
  for (const auto& h : handles) out.push_back(h.get());
  return out;
}

std::int32_t partitions_of(Topic topic, std::int32_t partitions) { return topic == Topic::policy ? 1 : partitions; }

/// Partition counts of the topics that exist, 0 while one of their partitions has no leader.
std::map<Topic, std::int32_t> usable_topics(const Client& client) {
  std::map<Topic, std::int32_t> out;
  auto metadata = fetch_metadata(client, Milliseconds(kTimeoutMs));
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    const auto& t = metadata->topics[i];
    auto topic = client.connection().topic_of(t.topic);
    if (!topic || t.err != RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    bool led = std::all_of(t.partitions, t.partitions + t.partition_cnt, [](const auto& p) { return p.leader >= 0; });
    out[*topic] = led ? t.partition_cnt : 0;
  }
  return out;
}

} // namespace

void create_topics(const Client& client, std::int32_t partitions) {
  const auto existing = usable_topics(client);
  std::vector<NewTopicHandle> topics;
  for (const auto& topic : kTopics) {
    if (existing.contains(topic.topic)) continue;
    char why[512];
    NewTopicHandle created(rd_kafka_NewTopic_new(client.connection().topic_name(topic.topic).c_str(),
                                                 partitions_of(topic.topic, partitions), -1, why, sizeof why));
    if (!created)
      throw BrokerError(BrokerFault::refused, std::string("creating ") + std::string(topic.name) + ": " + why);
    for (const auto& [name, value] : topic_settings(topic.topic))
      rd_kafka_NewTopic_set_config(created.get(), name.c_str(), value.c_str());
    topics.push_back(std::move(created));
  }
  if (!topics.empty()) {
    QueueHandle queue(rd_kafka_queue_new(client.get()));
    auto list = raw(topics);
    rd_kafka_CreateTopics(client.get(), list.data(), list.size(),
                          options(client, RD_KAFKA_ADMIN_OP_CREATETOPICS).get(), queue.get());
    auto event = result_of(client, queue.get(), "creating topics", "Create");
    std::size_t count;
    const auto* results =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
    for (std::size_t i = 0; i < count; ++i) {
      auto code = rd_kafka_topic_result_error(results[i]);
      if (code != RD_KAFKA_RESP_ERR_NO_ERROR && code != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
        fail(client, std::string("creating ") + rd_kafka_topic_result_name(results[i]), code,
             rd_kafka_topic_result_error_string(results[i]), "Create",
             std::string("topic ") + rd_kafka_topic_result_name(results[i]));
    }
  }
  // Created is not yet usable: the answer comes before every partition has its leader.
  for (const auto until = Clock::now() + Milliseconds(kTimeoutMs);;) {
    auto usable = usable_topics(client);
    if (std::all_of(kTopics.begin(), kTopics.end(), [&](const auto& t) {
          auto found = usable.find(t.topic);
          return found != usable.end() && found->second > 0;
        }))
      return;
    if (Clock::now() >= until) throw client.unreachable("waiting for leaders of new topics");
    ::poll(nullptr, 0, 20);
  }
}

std::map<Topic, TopicDescription> describe_topics(const Client& client) {
  std::map<Topic, TopicDescription> out;
  for (const auto& topic : kTopics) out[topic.topic];
  auto metadata = fetch_metadata(client, Milliseconds(kTimeoutMs));
  std::vector<ConfigResourceHandle> resources;
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    const auto& t = metadata->topics[i];
    auto topic = client.connection().topic_of(t.topic);
    if (!topic || t.err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) continue;
    out[*topic].partitions = t.partition_cnt;
    resources.emplace_back(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, t.topic));
  }
  if (resources.empty()) return out;

  QueueHandle queue(rd_kafka_queue_new(client.get()));
  auto list = raw(resources);
  rd_kafka_DescribeConfigs(client.get(), list.data(), list.size(),
                           options(client, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS).get(), queue.get());
  auto event = result_of(client, queue.get(), "asking for topic settings", "DescribeConfigs");
  std::size_t count;
  const auto* answers =
      rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event.get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    std::string name = rd_kafka_ConfigResource_name(answers[i]);
    const auto code = rd_kafka_ConfigResource_error(answers[i]);
    if (is_denial(code)) continue; // who needs them finds none
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
      fail(client, "settings of " + name, code, rd_kafka_ConfigResource_error_string(answers[i]), "DescribeConfigs");
    auto topic = *client.connection().topic_of(name);
    const auto wanted = topic_settings(topic);
    std::size_t entries;
    const auto* configs = rd_kafka_ConfigResource_configs(answers[i], &entries);
    for (std::size_t j = 0; j < entries; ++j) {
      const char* value = rd_kafka_ConfigEntry_value(configs[j]);
      if (wanted.contains(rd_kafka_ConfigEntry_name(configs[j])) && value != nullptr)
        out[topic].config[rd_kafka_ConfigEntry_name(configs[j])] = value;
    }
  }
  return out;
}

void trim(const Client& client, TopicPartition of, std::int64_t offset) {
  const auto what = "trimming " + client.connection().text(of) + " before offset " + std::to_string(offset);
  auto list = to_list(client.connection(), {{of, offset}});
  DeleteRecordsHandle request(rd_kafka_DeleteRecords_new(list.get()));
  rd_kafka_DeleteRecords_t* requests[] = {request.get()};
  QueueHandle queue(rd_kafka_queue_new(client.get()));
  rd_kafka_DeleteRecords(client.get(), requests, 1, options(client, RD_KAFKA_ADMIN_OP_DELETERECORDS).get(),
                         queue.get());
  auto event = result_of(client, queue.get(), what, "Delete");
  const auto* offsets = rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(event.get()));
  for (int i = 0; i < offsets->cnt; ++i)
    if (offsets->elems[i].err != RD_KAFKA_RESP_ERR_NO_ERROR)
      fail(client, what, offsets->elems[i].err, nullptr, "Delete",
           "topic " + client.connection().topic_name(of.topic));
}

} // namespace onecode::streams::kafka
