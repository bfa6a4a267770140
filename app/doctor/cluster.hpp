// The Kafka that a node is to work with, judged from what it said. Nothing here asks; streams/kafka/inspect.hpp does.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "app/doctor/findings.hpp"
#include "app/topic_check.hpp"
#include "streams/kafka/inspect.hpp"

namespace onecode::app {

/// What stands in the commands that mend something.
struct CommandWords {
  std::string flags;     ///< of our own: --config FILE, --brokers LIST
  std::string bootstrap; ///< of Kafka's tools
  std::string principal; ///< whom the broker takes this client for, as far as the settings say
};

/// Whether anybody may do anything. A broker that has no authoriser shows its settings to everybody; one that has shows
/// them to few.
enum class Authorizer { none, there, unknown };
Authorizer authorizer_of(const std::map<std::string, std::string>& broker_settings);

Findings judge_brokers(const streams::ClusterPicture& cluster, const std::map<std::string, std::string>& settings);
Findings judge_copies(const streams::ClusterPicture& cluster, const std::string& prefix, const CommandWords& words);
/// Topics that are not there, or not for this client's eyes.
Findings judge_presence(const streams::ClusterPicture& cluster, const std::string& prefix, const CommandWords& words);
/// Partitions and settings of those that are.
Findings judge_topics(const Topics& found, const std::string& prefix, const CommandWords& words);
/// `then`: when the newest turn was made.
Findings judge_partitions(std::optional<std::int32_t> then, std::int32_t now);
Findings judge_rights(Authorizer authorizer, const std::vector<streams::Right>& rights, const CommandWords& words);
/// `here`: the node of that id runs on this machine, as its port says.
Findings judge_group(const std::string& group, const streams::GroupPicture& picture, const std::string& node_id,
                     bool here, std::int32_t partitions);

} // namespace onecode::app
