// From a record to a domain event: CloudEvents 1.0 in structured and binary mode (CONTRACT §3, §4), JSON by simdjson,
// straight into the event's struct. Everything that does not fit becomes a DecodeError with a stable code.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "domain/commands.hpp"
#include "domain/events.hpp"
#include "domain/policy.hpp"
#include "streams/authenticate.hpp"
#include "streams/broker.hpp"

namespace onecode::streams {

struct DecodeError {
  std::string_view code;  // CONTRACT §8
  std::string_view stage; // decode | validate
  std::string text;       // names the field
  /// A command whose arguments are wrong: who says to have sent it, so that they are told.
  struct Sender {
    std::string actor, command, target;
  };
  std::optional<Sender> sender{};
};

using Event = std::variant<std::monostate, Scan, DeviceReport, CodeIssued, Posting, DataAccess, Command>;

inline constexpr std::size_t kMaxValueBytes = 1024 * 1024;
inline constexpr int kMaxDepth = 32;

/// One per thread; keeps its buffers.
class Decoder {
public:
  explicit Decoder(const Secrets& secrets);
  ~Decoder();
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  /// The hot path. `scan` is overwritten; its strings keep their capacity. A `code` is checked against the issuers of
  /// the policy in force at the scan's time.
  std::optional<DecodeError> scan(TopicPartition at, const Record& record, const PolicyHistory& policies, Scan& scan);
  /// Any other input topic of people and gateways (not `inbox`, not `policy`).
  std::optional<DecodeError> event(TopicPartition at, const Record& record, Event& event);

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Event times ahead of engine time by more than this are BAD_TIME in `run` (CONTRACT §1).
inline constexpr Duration kMaxAhead = hours(24);

} // namespace onecode::streams
