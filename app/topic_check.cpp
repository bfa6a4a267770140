#include "app/topic_check.hpp"

#include <fmt/format.h>

namespace onecode::app {
namespace {

const std::string* setting(const streams::TopicDescription& topic, const std::string& name) {
  const auto it = topic.config.find(name);
  return it == topic.config.end() ? nullptr : &it->second;
}

bool is_there(const Topics& found, Topic topic) {
  const auto it = found.find(topic);
  return it != found.end() && it->second.partitions > 0;
}

bool compacted(const streams::TopicDescription& topic) {
  const auto* policy = setting(topic, "cleanup.policy");
  return policy != nullptr && *policy == "compact";
}

std::string policy_warning(const std::string& topic) {
  return fmt::format(
      "{}: cleanup.policy is compact, should be delete (with retention.ms=-1 and retention.bytes=-1): any later "
      "record under the key "
      "of an accepted policy, even one that is refused, makes Kafka drop that policy, and a node that starts "
      "afterwards judges "
      "without it",
      topic);
}

} // namespace

TopicReport check_topics(const Topics& found, const std::string& prefix, std::optional<std::int32_t> partitions) {
  TopicReport out;
  // Without a wish the first co-partitioned topic says how many there are; all others must agree with it.
  std::int32_t shards = partitions.value_or(0);
  for (const auto& t : kTopics)
    if (const auto it = found.find(t.topic); shards == 0 && t.co_partitioned && it != found.end())
      shards = it->second.partitions;
  for (const auto& t : kTopics) {
    const std::string topic = prefix + std::string(t.name);
    if (!is_there(found, t.topic)) {
      out.differences.push_back({topic, "topic", "missing", "there"});
      continue;
    }
    const auto& is = found.at(t.topic);
    const std::int32_t wanted = t.topic == Topic::policy ? 1 : t.co_partitioned ? shards : is.partitions;
    if (is.partitions != wanted)
      out.differences.push_back({topic, "partitions", std::to_string(is.partitions), std::to_string(wanted)});
    // A compacted topic works as long as nobody writes a key twice, and its retention means nothing.
    const bool tolerated = t.topic == Topic::policy && compacted(is);
    if (tolerated) out.warnings.push_back(policy_warning(topic));
    if (is.config.empty()) {
      out.differences.push_back({topic, "settings", "unreadable (the right DescribeConfigs is missing)", "readable"});
      continue;
    }
    for (const auto& [name, value] : streams::topic_settings(t.topic)) {
      if (tolerated && (name == "cleanup.policy" || name.starts_with("retention."))) continue;
      const auto* has = setting(is, name);
      if (has == nullptr || *has != value)
        out.differences.push_back({topic, name, has == nullptr ? "unset" : *has, value});
    }
  }
  return out;
}

std::vector<std::string> lossy_topics(const Topics& found, const std::string& prefix) {
  std::vector<std::string> out;
  const auto need = [&](Topic topic, const char* name, std::string_view why) {
    if (!is_there(found, topic)) return;
    if (found.at(topic).config.empty()) return;
    const std::string should = streams::topic_settings(topic).at(name);
    const auto* has = setting(found.at(topic), name);
    if (has != nullptr && *has != should)
      out.push_back(
          fmt::format("{}{}: {} is {}, must be {}: {}", prefix, onecode::name(topic), name, *has, should, why));
  };
  for (const Topic topic : {Topic::journal, Topic::history})
    if (is_there(found, topic) && found.at(topic).config.empty())
      out.push_back(
          fmt::format("{}{}: its settings cannot be read, so nobody can tell whether Kafka keeps what the state "
                      "depends on: grant this node the right DescribeConfigs (docs/kafka-security.md)",
                      prefix, onecode::name(topic)));
  constexpr std::string_view state = "the journal is the state itself, and only the engine knows what of it may go";
  need(Topic::journal, "cleanup.policy", state);
  need(Topic::journal, "retention.ms", state);
  need(Topic::journal, "retention.bytes", state);
  need(Topic::history, "cleanup.policy", "each record is a turn of its own, although all of a shard have one key");
  return out;
}

std::vector<std::string> policy_warnings(const Topics& found, const std::string& prefix) {
  std::vector<std::string> out;
  if (!is_there(found, Topic::policy)) return out;
  const auto& topic = found.at(Topic::policy);
  const std::string name = prefix + std::string(onecode::name(Topic::policy));
  if (compacted(topic)) out.push_back(policy_warning(name));
  constexpr const char* stamp = "message.timestamp.type";
  if (const auto* has = setting(topic, stamp);
      has != nullptr && *has != streams::topic_settings(Topic::policy).at(stamp))
    out.push_back(fmt::format(
        "{}: {} is {}, should be LogAppendTime: without the broker's stamp a node that starts later must believe "
        "what a policy says about the time of its publication",
        name, stamp, *has));
  return out;
}

} // namespace onecode::app
