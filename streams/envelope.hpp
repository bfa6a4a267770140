// The CloudEvents envelope (CONTRACT §3) in structured and binary mode. Internal to streams/.
#pragma once

#include <simdjson.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "streams/broker.hpp"
#include "streams/decode.hpp"
#include "streams/json_values.hpp"

namespace onecode::streams {

/// Views live until the next open() of the same opener (or as long as the record, in binary mode).
struct Envelope {
  std::string_view id, source, type, time_text;
  Time time;
  simdjson::dom::object data;
  std::string_view payload; // the JSON text of the value
  bool structured = true;   // `data` is a member of the payload; else the whole payload
};

/// The value without the prefix that serializers of a Schema Registry put before JSON: a zero byte and the four of a
/// schema id. Which id does not matter: what arrives is judged by itself. Anything else is left as it is.
std::string_view without_registry_prefix(std::string_view value);

[[gnu::cold]] DecodeError decode_error(std::string_view code, std::string text);
[[gnu::cold]] DecodeError bad_field(std::string_view path, std::string_view why);
[[gnu::cold]] DecodeError missing_field(std::string_view path);

class EnvelopeOpener {
public:
  /// Parses and checks everything around `data`. `type`: what the topic carries.
  std::optional<DecodeError> open(const Record& record, std::string_view type, Envelope& out);

private:
  std::optional<DecodeError> parse(std::string_view value, bool structured, Element& root);
  std::optional<DecodeError> structured(Element root, Envelope& out);
  std::optional<DecodeError> binary(const Record& record, Element root, Envelope& out);

  simdjson::dom::parser parser_;
  std::unique_ptr<simdjson::dom::parser> deep_; // for values of exactly the greatest depth, see parse()
  std::unique_ptr<char[]> buffer_;
  std::size_t room_ = 0;
};

/// Fills the origin of an event from where it was read and what stands around it.
inline void fill(Origin& origin, TopicPartition at, const Record& record, const Envelope& envelope) {
  origin.at = at;
  origin.offset = record.offset;
  origin.source.assign(envelope.source);
  origin.id.assign(envelope.id);
  origin.time = envelope.time;
}

} // namespace onecode::streams
