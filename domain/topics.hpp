// The topics of the contract (§2). The order of the input topics is the order in which one turn applies them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace onecode {

enum class Topic : std::uint8_t {
  // Inputs, co-partitioned, in processing order.
  commands,
  codes_issued,
  device_reports,
  ledger,
  data_access,
  inbox,
  scans,
  // One partition, compacted; read by every node.
  policy,
  // Outputs.
  decisions,
  freezes,
  device_status,
  integration_status,
  alerts,
  compliance,
  notices,
  evidence,
  checkpoints,
  dead_letters,
  // Internal, co-partitioned.
  journal,
  history,
};

struct TopicInfo {
  Topic topic;
  std::string_view name; // without the prefix
  bool co_partitioned;   // ∥: partition = shard
  bool compacted;
  bool input; // read by the consumer group
  std::int32_t max_message_bytes;
  std::string_view writer; // the one class of writer (Kafka ACL)
};

inline constexpr std::int32_t kInputBytes = 2 * 1024 * 1024;
inline constexpr std::int32_t kEngineBytes = 16 * 1024 * 1024;

inline constexpr std::array<TopicInfo, 20> kTopics{{
    {Topic::commands, "commands", true, false, true, kInputBytes, "people and campus systems"},
    {Topic::codes_issued, "codes-issued", true, false, true, kInputBytes, "code issuer"},
    {Topic::device_reports, "device-reports", true, false, true, kInputBytes, "device gateways"},
    {Topic::ledger, "ledger", true, false, true, kInputBytes, "payment system"},
    {Topic::data_access, "data-access", true, false, true, kInputBytes, "campus API gateway"},
    {Topic::inbox, "inbox", true, false, true, kEngineBytes, "engine"},
    {Topic::scans, "scans", true, false, true, kInputBytes, "device gateways"},
    {Topic::policy, "policy", false, true, false, kInputBytes, "information centre"},
    {Topic::decisions, "decisions", false, false, false, kEngineBytes, "engine"},
    {Topic::freezes, "freezes", false, true, false, kEngineBytes, "engine"},
    {Topic::device_status, "device-status", false, true, false, kEngineBytes, "engine"},
    {Topic::integration_status, "integration-status", false, true, false, kEngineBytes, "engine"},
    {Topic::alerts, "alerts", false, false, false, kEngineBytes, "engine"},
    {Topic::compliance, "compliance", false, false, false, kEngineBytes, "engine"},
    {Topic::notices, "notices", false, false, false, kEngineBytes, "engine"},
    {Topic::evidence, "evidence", false, false, false, kEngineBytes, "engine"},
    {Topic::checkpoints, "checkpoints", false, false, false, kEngineBytes, "engine"},
    {Topic::dead_letters, "dead-letters", false, false, false, kEngineBytes, "engine"},
    {Topic::journal, "journal", true, false, false, kEngineBytes, "engine"},
    {Topic::history, "history", true, false, false, kEngineBytes, "engine"},
}};

constexpr const TopicInfo& info(Topic t) { return kTopics[static_cast<std::size_t>(t)]; }
constexpr std::string_view name(Topic t) { return info(t).name; }

constexpr std::optional<Topic> topic_by_name(std::string_view n) {
  for (const auto& t : kTopics)
    if (t.name == n) return t.topic;
  return std::nullopt;
}

/// Partitions of the co-partitioned topics when nobody says otherwise.
inline constexpr std::int32_t kDefaultPartitions = 8;

/// A partition of a topic.
struct TopicPartition {
  Topic topic{};
  std::int32_t partition = 0;
  auto operator<=>(const TopicPartition&) const = default;
};

} // namespace onecode
