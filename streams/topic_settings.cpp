#include "streams/broker.hpp"

namespace onecode::streams {

namespace {

// Long enough to go over any incident again with backtest and audit; personal data should not lie around for longer.
constexpr auto kThirtyDaysMs = "2592000000";
constexpr auto kForever = "-1";

std::string retention(Topic topic) {
  switch (topic) {
    case Topic::journal:  // state itself: the engine trims it behind its own cursor, time must not
    case Topic::evidence: // a tree head proves nothing without its leaves
    case Topic::checkpoints:
    case Topic::policy: // old events are judged by old versions, and a restarted node reads them all
      return kForever;
    default:
      return kThirtyDaysMs; // history like the inputs: neither can be replayed without the other
  }
}

} // namespace

std::map<std::string, std::string> topic_settings(Topic topic) {
  std::map<std::string, std::string> out{{"max.message.bytes", std::to_string(info(topic).max_message_bytes)}};
  // Not compacted: a later record under the key of an accepted version, whoever wrote it, would make a node that starts
  // after it forget that version.
  if (info(topic).compacted && topic != Topic::policy) {
    out["cleanup.policy"] = "compact";
    return out;
  }
  out["cleanup.policy"] = "delete";
  out["retention.ms"] = retention(topic);
  out["retention.bytes"] = kForever;
  // The broker says when a policy was published: its sender may hold a key that has expired, and would say otherwise.
  if (topic == Topic::policy) out["message.timestamp.type"] = "LogAppendTime";
  // Trimmed records leave the disk a whole segment at a time; Kafka's default of 1 GiB would keep many circles.
  if (topic == Topic::journal) out["segment.bytes"] = "134217728";
  return out;
}

} // namespace onecode::streams
