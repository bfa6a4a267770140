// Are the topics as the engine needs them? What `topics check` says of all of them, and what `run` does not start with.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "streams/broker.hpp"

namespace onecode::app {

using Topics = std::map<Topic, streams::TopicDescription>;

struct TopicDifference {
  std::string topic, what, is, should;
};

struct TopicReport {
  std::vector<TopicDifference> differences; // from what `topics create` makes
  std::vector<std::string> warnings;        // what works, and why it should not stay
};

/// `partitions` of the co-partitioned topics; without it the first of them says how many there are.
TopicReport check_topics(const Topics& found, const std::string& prefix, std::optional<std::int32_t> partitions);

/// The settings under which committed state would be lost, one sentence each. A topic that is not there is not named.
std::vector<std::string> lossy_topics(const Topics& found, const std::string& prefix);

/// What is wrong with the topic of policies that a node can live with, one sentence each.
std::vector<std::string> policy_warnings(const Topics& found, const std::string& prefix);

} // namespace onecode::app
