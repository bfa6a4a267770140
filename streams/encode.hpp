// From outputs of the domain to records: CloudEvents 1.0 structured mode; findings as OCSF 1.3.0 inside (CONTRACT §5).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "domain/byte_buffer.hpp"
#include "domain/effects.hpp"
#include "streams/broker.hpp"

namespace onecode::streams {

/// A record to be produced. Owns its bytes.
struct OutRecord {
  Topic topic{};
  Hash128 id;                  // CloudEvents id; 0: it has none
  std::int32_t partition = -1; // -1: by key
  std::string key;
  std::string value;
  bool tombstone = false;
  std::vector<std::pair<std::string, std::string>> headers;
};

struct EncodeContext {
  Time now;                // engine time of the turn: the record's `time`
  Hash128 cause;           // names the input or timer that caused it; output ids are derived from it, never random
  std::uint32_t index = 0; // which output of that cause
};

/// Overwrites `out`; its strings keep their capacity.
void encode(const Output& output, const EncodeContext& context, OutRecord& out);

/// A dead letter (CONTRACT §8): the original bytes and key, and headers that say what, why and where. Originals too
/// large for the topic are cut, with `original-bytes` and `original-sha256`. nullptr: no record caused it, but a timer.
OutRecord dead_letter(TopicPartition at, const Record* original, std::string_view code, std::string_view stage,
                      std::string_view text);

/// `"text"` with JSON escapes, appended.
void append_json_string(std::string& out, std::string_view text);
void append_json_string(ByteBuffer& out, std::string_view text);

} // namespace onecode::streams
