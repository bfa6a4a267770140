#include "streams/kafka/inspect.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "streams/kafka/client.hpp"

namespace onecode::streams {

using namespace kafka;

namespace {

constexpr Milliseconds kPatience{8'000}; // for each kind of question

EventHandle answer(const Client& client, rd_kafka_queue_t* queue, const std::string& what) {
  EventHandle event(rd_kafka_queue_poll(queue, static_cast<int>(kPatience.count()) + 1'000));
  if (!event) throw client.unreachable(what);
  return event;
}

AdminOptionsHandle options(const Client& client, rd_kafka_admin_op_t operation) {
  AdminOptionsHandle out(rd_kafka_AdminOptions_new(client.get(), operation));
  char why[512];
  rd_kafka_AdminOptions_set_request_timeout(out.get(), static_cast<int>(kPatience.count()), why, sizeof why);
  return out;
}

[[noreturn]] void fail(const Client& client, const std::string& what, rd_kafka_resp_err_t code) {
  if (is_transient(code)) throw client.unreachable(what);
  throw BrokerError(BrokerFault::refused, what + ": " + rd_kafka_err2name(code) + ": " + text_of(code));
}

bool denied(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
         code == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED ||
         code == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED ||
         code == RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
}

/// `refusal` is what the broker says to the request itself, once it has found that the right is there.
void judge(Right& right, rd_kafka_resp_err_t code, rd_kafka_resp_err_t refusal) {
  if (code == refusal)
    right.given = true;
  else if (denied(code))
    right.given = false;
  else
    right.trouble = std::string(rd_kafka_err2name(code)) + ": " + text_of(code);
}

/// Settings of some resources of one kind; those that may not be read are not in it.
using AllSettings = std::map<std::string, std::map<std::string, std::string>>;
AllSettings describe(const Client& client, rd_kafka_ResourceType_t kind, const std::vector<std::string>& names) {
  AllSettings out;
  if (names.empty()) return out;
  std::vector<ConfigResourceHandle> resources;
  std::vector<rd_kafka_ConfigResource_t*> list;
  for (const auto& n : names) {
    resources.emplace_back(rd_kafka_ConfigResource_new(kind, n.c_str()));
    list.push_back(resources.back().get());
  }
  QueueHandle queue(rd_kafka_queue_new(client.get()));
  rd_kafka_DescribeConfigs(client.get(), list.data(), list.size(),
                           options(client, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS).get(), queue.get());
  const auto event = answer(client, queue.get(), "asking for settings");
  if (const auto code = rd_kafka_event_error(event.get()); denied(code)) return out;
  const auto* result = rd_kafka_event_DescribeConfigs_result(event.get());
  if (result == nullptr) return out;
  std::size_t count;
  const auto* answers = rd_kafka_DescribeConfigs_result_resources(result, &count);
  for (std::size_t i = 0; i < count; ++i) {
    if (rd_kafka_ConfigResource_error(answers[i]) != RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    std::size_t entries;
    const auto* configs = rd_kafka_ConfigResource_configs(answers[i], &entries);
    auto& into = out[rd_kafka_ConfigResource_name(answers[i])];
    for (std::size_t j = 0; j < entries; ++j)
      if (const char* value = rd_kafka_ConfigEntry_value(configs[j]))
        into[rd_kafka_ConfigEntry_name(configs[j])] = value;
  }
  return out;
}

TopicPicture picture(const rd_kafka_metadata_topic_t& topic) {
  TopicPicture out;
  out.partitions = topic.partition_cnt;
  for (int i = 0; i < topic.partition_cnt; ++i) {
    const auto& p = topic.partitions[i];
    out.replicas = i == 0 ? p.replica_cnt : std::min(out.replicas, p.replica_cnt);
    out.leaderless += p.leader < 0 ? 1 : 0;
    out.behind += p.isr_cnt < p.replica_cnt ? 1 : 0;
  }
  return out;
}

} // namespace

struct KafkaInspector::Impl {
  explicit Impl(KafkaConfig config)
      : connection(std::make_shared<const Connection>(std::move(config))),
        client(connection, RD_KAFKA_PRODUCER, connection->configure({}, {{"allow.auto.create.topics", "false"}})) {}

  std::string full(Topic topic) const { return connection->topic_name(topic); }

  std::shared_ptr<const Connection> connection;
  Client client;
  std::int32_t some_broker = -1;
};

KafkaInspector::KafkaInspector(KafkaConfig config) : impl_(std::make_unique<Impl>(std::move(config))) {}
KafkaInspector::~KafkaInspector() = default;

ClusterPicture KafkaInspector::cluster(Milliseconds patience) {
  const auto& client = impl_->client;
  ClusterPicture out;
  const auto metadata = fetch_metadata(client, patience);
  for (int i = 0; i < metadata->broker_cnt; ++i) {
    const auto& b = metadata->brokers[i];
    out.brokers.push_back(std::string(b.host) + ":" + std::to_string(b.port));
    impl_->some_broker = b.id;
  }
  for (int i = 0; i < metadata->topic_cnt; ++i)
    if (const auto topic = impl_->connection->topic_of(metadata->topics[i].topic))
      out.topics[*topic] = picture(metadata->topics[i]);
  std::vector<std::string> names;
  for (const auto& t : kTopics) {
    auto& of = out.topics[t.topic];
    if (of.partitions > 0) {
      names.push_back(impl_->full(t.topic));
      continue;
    }
    // Who may not see a topic finds it missing in the list; asked by its name, the broker says which of the two it is.
    const TopicHandle topic(rd_kafka_topic_new(client.get(), impl_->full(t.topic).c_str(), nullptr));
    const rd_kafka_metadata_t* one = nullptr;
    if (rd_kafka_metadata(client.get(), 0, topic.get(), &one, static_cast<int>(kPatience.count())) !=
        RD_KAFKA_RESP_ERR_NO_ERROR)
      continue;
    const MetadataHandle held(one);
    of.hidden = one->topic_cnt == 1 && denied(one->topics[0].err);
  }
  for (const auto& [name, settings] : describe(client, RD_KAFKA_RESOURCE_TOPIC, names))
    if (const auto it = settings.find("min.insync.replicas"); it != settings.end()) {
      std::int32_t number = 0;
      std::from_chars(it->second.data(), it->second.data() + it->second.size(), number);
      out.topics[*impl_->connection->topic_of(name)].min_insync = number;
    }
  char* id = rd_kafka_clusterid(client.get(), static_cast<int>(kPatience.count()));
  if (id != nullptr) {
    out.id = id;
    rd_kafka_mem_free(client.get(), id);
  }
  return out;
}

std::map<std::string, std::string> KafkaInspector::broker_settings() {
  const auto name = std::to_string(impl_->some_broker);
  auto all = describe(impl_->client, RD_KAFKA_RESOURCE_BROKER, {name});
  return all.contains(name) ? std::move(all[name]) : std::map<std::string, std::string>{};
}

GroupPicture KafkaInspector::group(const std::string& name) {
  const auto& client = impl_->client;
  QueueHandle queue(rd_kafka_queue_new(client.get()));
  std::array<const char*, 1> names{name.c_str()};
  rd_kafka_DescribeConsumerGroups(client.get(), names.data(), names.size(),
                                  options(client, RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS).get(), queue.get());
  const std::string what = "asking for the group " + name;
  const auto event = answer(client, queue.get(), what);
  if (const auto code = rd_kafka_event_error(event.get())) fail(client, what, code);
  std::size_t count;
  const auto* groups = rd_kafka_DescribeConsumerGroups_result_groups(
      rd_kafka_event_DescribeConsumerGroups_result(event.get()), &count);
  GroupPicture out;
  if (count == 0) return out;
  const auto* group = groups[0];
  if (const auto* error = rd_kafka_ConsumerGroupDescription_error(group))
    fail(client, what, rd_kafka_error_code(error));
  out.state = rd_kafka_consumer_group_state_name(rd_kafka_ConsumerGroupDescription_state(group));
  for (std::size_t i = 0; i < rd_kafka_ConsumerGroupDescription_member_count(group); ++i) {
    const auto* m = rd_kafka_ConsumerGroupDescription_member(group, i);
    const auto text = [](const char* t) { return std::string(t == nullptr ? "" : t); };
    out.members.push_back({text(rd_kafka_MemberDescription_group_instance_id(m)),
                           text(rd_kafka_MemberDescription_client_id(m)), text(rd_kafka_MemberDescription_host(m))});
  }
  return out;
}

std::vector<Right> KafkaInspector::try_read(const std::vector<Topic>& topics) {
  std::vector<Right> out;
  Client client(impl_->connection, RD_KAFKA_CONSUMER,
                impl_->connection->configure({{"fetch.wait.max.ms", "10"}}, {{"enable.partition.eof", "true"},
                                                                             {"enable.auto.commit", "false"},
                                                                             {"enable.auto.offset.store", "false"},
                                                                             {"allow.auto.create.topics", "false"}}));
  QueueHandle queue(rd_kafka_queue_new(client.get()));
  std::vector<TopicHandle> handles;
  for (const Topic topic : topics) {
    out.push_back({"Read", "topic", impl_->full(topic), std::nullopt, ""});
    handles.emplace_back(rd_kafka_topic_new(client.get(), out.back().resource.c_str(), nullptr));
    rd_kafka_consume_start_queue(handles.back().get(), 0, RD_KAFKA_OFFSET_END, queue.get());
  }
  const auto until = Clock::now() + kPatience;
  auto open = out.size();
  while (open > 0 && Clock::now() < until) {
    const MessageHandle message(rd_kafka_consume_queue(queue.get(), 50));
    if (!message || message->rkt == nullptr) continue;
    const auto it = std::find_if(out.begin(), out.end(),
                                 [&](const Right& r) { return r.resource == rd_kafka_topic_name(message->rkt); });
    if (it == out.end() || it->given || !it->trouble.empty()) continue;
    if (is_transient(message->err)) continue;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
      it->given = true;
    else
      judge(*it, message->err, RD_KAFKA_RESP_ERR__PARTITION_EOF);
    --open;
  }
  for (const auto& topic : handles) rd_kafka_consume_stop(topic.get(), 0);
  queue.reset();
  for (auto& r : out)
    if (!r.given && r.trouble.empty()) r.trouble = "no answer";
  return out;
}

std::vector<Right> KafkaInspector::try_write(const std::vector<Topic>& topics) {
  std::vector<Right> out;
  for (const Topic topic : topics) out.push_back({"Write", "topic", impl_->full(topic), std::nullopt, ""});
  // Two acknowledgements is a number that no broker takes: none, one, or all.
  auto conf = impl_->connection->configure({}, {{"enable.idempotence", "false"},
                                                {"acks", "2"},
                                                {"message.send.max.retries", "0"},
                                                {"message.timeout.ms", std::to_string(kPatience.count())},
                                                {"linger.ms", "0"},
                                                {"allow.auto.create.topics", "false"}});
  rd_kafka_conf_set_dr_msg_cb(conf.get(), [](rd_kafka_t*, const rd_kafka_message_t* message, void*) {
    judge(*static_cast<Right*>(message->_private), message->err, RD_KAFKA_RESP_ERR_INVALID_REQUIRED_ACKS);
  });
  Client client(impl_->connection, RD_KAFKA_PRODUCER, std::move(conf));
  std::vector<TopicHandle> handles;
  for (auto& right : out) {
    handles.emplace_back(rd_kafka_topic_new(client.get(), right.resource.c_str(), nullptr));
    const char nothing = 0;
    if (rd_kafka_produce(handles.back().get(), 0, RD_KAFKA_MSG_F_COPY, const_cast<char*>(&nothing), 1, &nothing, 1,
                         &right) != 0)
      judge(right, rd_kafka_last_error(), RD_KAFKA_RESP_ERR_INVALID_REQUIRED_ACKS);
  }
  rd_kafka_flush(client.get(), static_cast<int>(kPatience.count()) + 1'000);
  for (auto& r : out)
    if (!r.given && r.trouble.empty()) r.trouble = "no answer";
  return out;
}

Right KafkaInspector::try_trim(Topic topic) {
  Right out{"Delete", "topic", impl_->full(topic), std::nullopt, ""};
  const auto list = to_list(*impl_->connection, {{{topic, 0}, 0}}); // nothing stands before the first offset
  const DeleteRecordsHandle request(rd_kafka_DeleteRecords_new(list.get()));
  std::array<rd_kafka_DeleteRecords_t*, 1> requests{request.get()};
  QueueHandle queue(rd_kafka_queue_new(impl_->client.get()));
  rd_kafka_DeleteRecords(impl_->client.get(), requests.data(), requests.size(),
                         options(impl_->client, RD_KAFKA_ADMIN_OP_DELETERECORDS).get(), queue.get());
  const auto event = answer(impl_->client, queue.get(), "asking whether records may be deleted");
  auto code = rd_kafka_event_error(event.get());
  if (const auto* result = rd_kafka_event_DeleteRecords_result(event.get()); code == RD_KAFKA_RESP_ERR_NO_ERROR)
    if (const auto* offsets = rd_kafka_DeleteRecords_result_offsets(result); offsets != nullptr && offsets->cnt > 0)
      code = offsets->elems[0].err;
  judge(out, code, RD_KAFKA_RESP_ERR_NO_ERROR);
  return out;
}

Right KafkaInspector::try_group(const std::string& group) {
  Right out{"Read", "group", group, std::nullopt, ""};
  // A member that would be thrown out after a millisecond is not let in.
  Client client(impl_->connection, RD_KAFKA_CONSUMER,
                impl_->connection->configure({}, {{"group.id", group},
                                                  {"session.timeout.ms", "1"},
                                                  {"heartbeat.interval.ms", "1"},
                                                  {"enable.auto.commit", "false"},
                                                  {"partition.assignment.strategy", "range"},
                                                  {"allow.auto.create.topics", "false"}}));
  client.skip_consumer_close();
  rd_kafka_poll_set_consumer(client.get());
  const ListHandle topics(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(topics.get(), impl_->full(Topic::commands).c_str(), RD_KAFKA_PARTITION_UA);
  rd_kafka_subscribe(client.get(), topics.get());
  for (const auto until = Clock::now() + kPatience; Clock::now() < until && !out.given && out.trouble.empty();) {
    const MessageHandle message(rd_kafka_consumer_poll(client.get(), 50));
    if (message && message->err != RD_KAFKA_RESP_ERR_NO_ERROR && !is_transient(message->err))
      judge(out, message->err, RD_KAFKA_RESP_ERR_INVALID_SESSION_TIMEOUT);
  }
  if (!out.given && out.trouble.empty()) out.trouble = "no answer";
  return out;
}

Right KafkaInspector::try_transactions(const std::string& transactional_id) {
  Right out{"Write", "transactional-id", transactional_id, std::nullopt, ""};
  // A transaction that may stay open for weeks is not begun.
  Client client(impl_->connection, RD_KAFKA_PRODUCER,
                impl_->connection->configure({}, {{"transactional.id", transactional_id},
                                                  {"enable.idempotence", "true"},
                                                  {"acks", "all"},
                                                  {"transaction.timeout.ms", "2147483647"}}));
  const ErrorHandle error(rd_kafka_init_transactions(client.get(), static_cast<int>(kPatience.count())));
  judge(out, error ? rd_kafka_error_code(error.get()) : RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT,
        RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT);
  return out;
}

} // namespace onecode::streams
