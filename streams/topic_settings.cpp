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
      return kForever;
    default:
      return kThirtyDaysMs; // history like the inputs: neither can be replayed without the other
  }
}

} // namespace

std::map<std::string, std::string> topic_settings(Topic topic) {
  std::map<std::string, std::string> out{{"max.message.bytes", std::to_string(info(topic).max_message_bytes)}};
  if (info(topic).compacted) {
    out["cleanup.policy"] = "compact";
    return out;
  }
  out["cleanup.policy"] = "delete";
  out["retention.ms"] = retention(topic);
  out["retention.bytes"] = kForever;
  // Trimmed records leave the disk a whole segment at a time; Kafka's default of 1 GiB would keep many circles.
  if (topic == Topic::journal) out["segment.bytes"] = "134217728";
  return out;
}

} // namespace onecode::streams
