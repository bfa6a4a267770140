#include "streams/envelope.hpp"

#include <algorithm>
#include <cstring>

#include "streams/json_text.hpp"

namespace onecode::streams {
namespace {

constexpr std::size_t kFirstRoom = 16 * 1024;

DecodeError bad_envelope(std::string text) { return decode_error("BAD_ENVELOPE", std::move(text)); }

enum class Mode : std::uint8_t { structured, binary, either };

Mode mode_of(std::span<const Header> headers) {
  bool any = false;
  bool specversion = false;
  for (const Header& h : headers) {
    if (h.name == "content-type" && h.value.starts_with("application/cloudevents")) return Mode::structured;
    if (!h.name.starts_with("ce_")) continue;
    any = true;
    specversion = specversion || h.name == "ce_specversion";
  }
  return specversion ? Mode::binary : any ? Mode::either : Mode::structured;
}

/// nullptr: a sound attribute.
const char* check_attribute(std::string_view s) {
  if (s.empty()) return wrong::kEmpty;
  if (s.size() > kMaxTextBytes) return wrong::kLong;
  if (has_control(s)) return wrong::kControl;
  return nullptr;
}

std::optional<DecodeError> check(Envelope& e, std::string_view type, std::string_view prefix) {
  const auto name = [&](std::string_view n) { return std::string(prefix).append(n); };
  const std::pair<std::string_view, std::string_view> attributes[] = {
      {"id", e.id}, {"source", e.source}, {"type", e.type}, {"time", e.time_text}};
  for (const auto& [n, value] : attributes) {
    if (value.data() == nullptr) return bad_envelope(name(n) + ": is missing");
    if (const char* why = check_attribute(value)) return bad_envelope(name(n) + ": " + why);
  }
  if (e.type != type) return decode_error("UNKNOWN_TYPE", name("type") + ": this topic carries " + std::string(type));
  const auto time = parse_time(e.time_text);
  if (!time) return decode_error("BAD_TIME", name("time") + ": " + wrong::kTime);
  if (*time < kEarliestEvent || *time > kLatestEvent)
    return decode_error("BAD_TIME", name("time") + ": must be between 2015-01-01 and 2100-01-01");
  e.time = *time;
  return std::nullopt;
}

constexpr std::size_t kRegistryPrefix = 5;

} // namespace

std::string_view without_registry_prefix(std::string_view value) {
  // No JSON begins with a zero byte, so nothing can be taken for a prefix that is none.
  if (value.size() <= kRegistryPrefix || value.front() != '\0') return value;
  const std::string_view rest = value.substr(kRegistryPrefix);
  const std::size_t first = rest.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && rest[first] == '{' ? rest : value;
}

DecodeError decode_error(std::string_view code, std::string text) {
  const bool decode = code == "TOO_LARGE" || code == "NOT_JSON" || code == "BAD_ENVELOPE" || code == "UNKNOWN_TYPE";
  return {code, decode ? "decode" : "validate", std::move(text)};
}

DecodeError bad_field(std::string_view path, std::string_view why) {
  return decode_error("BAD_FIELD", std::string(path).append(": ").append(why));
}

DecodeError missing_field(std::string_view path) {
  return decode_error("MISSING_FIELD", std::string(path) + ": is missing");
}

/// Everything that is no JSON for us is NOT_JSON, nesting beyond kMaxDepth included; a number without a value names
/// its field and is BAD_FIELD.
std::optional<DecodeError> EnvelopeOpener::parse(std::string_view value, bool structured_mode, Element& root) {
  // simdjson reads up to SIMDJSON_PADDING bytes beyond the end.
  const std::size_t needed = value.size() + simdjson::SIMDJSON_PADDING;
  if (needed > room_) {
    std::size_t room = std::max(room_, kFirstRoom);
    while (room < needed) room *= 2;
    buffer_ = std::make_unique<char[]>(room);
    room_ = room;
    // Now, for the whole buffer: parse() by itself would grow by little each time. simdjson does not count an
    // innermost empty container, so its kMaxDepth lets through exactly our kMaxDepth at most, and stops some that are
    // as deep.
    if (parser_.allocate(room, kMaxDepth) != simdjson::SUCCESS) throw std::bad_alloc();
  }
  std::memcpy(buffer_.get(), value.data(), value.size());
  std::memset(buffer_.get() + value.size(), 0, simdjson::SIMDJSON_PADDING);
  const auto error = parser_.parse(buffer_.get(), value.size(), false).get(root);
  if (error == simdjson::SUCCESS) [[likely]]
    return std::nullopt;
  const auto fault = json_fault(value, kMaxDepth);
  if (!fault) {
    if (!deep_) deep_ = std::make_unique<simdjson::dom::parser>();
    if (deep_->allocate(room_, kMaxDepth + 2) != simdjson::SUCCESS) throw std::bad_alloc();
    if (deep_->parse(buffer_.get(), value.size(), false).get(root) == simdjson::SUCCESS) return std::nullopt;
    return decode_error("NOT_JSON", std::string("value: ") + simdjson::error_message(error));
  }
  if (!fault->number.empty()) return bad_field((structured_mode ? "" : "data.") + fault->number, wrong::kLarge);
  return decode_error("NOT_JSON", "value: " + fault->text);
}

std::optional<DecodeError> EnvelopeOpener::open(const Record& record, std::string_view type, Envelope& out) {
  if (!record.value) return bad_envelope("value: a tombstone means nothing on an input topic");
  const std::string_view value = *record.value;
  if (value.empty()) return bad_envelope("value: is empty");
  if (value.size() > kMaxValueBytes)
    return decode_error("TOO_LARGE", "value: " + std::to_string(value.size()) + " bytes; at most 1 MiB is taken");
  const std::string_view payload = without_registry_prefix(value);
  Mode mode = record.headers.empty() ? Mode::structured : mode_of(record.headers);
  Element root;
  if (auto error = parse(payload, mode != Mode::binary, root)) return error;
  if (mode == Mode::either) {
    Element version;
    const bool whole = root["specversion"].get(version) == simdjson::SUCCESS;
    mode = whole ? Mode::structured : Mode::binary;
  }
  out = {};
  out.payload = payload;
  if (mode == Mode::structured) {
    if (auto error = structured(root, out)) return error;
    return check(out, type, "");
  }
  out.structured = false;
  if (auto error = binary(record, root, out)) return error;
  return check(out, type, "ce_");
}

std::optional<DecodeError> EnvelopeOpener::structured(Element root, Envelope& out) {
  simdjson::dom::object members;
  if (root.get(members) != simdjson::SUCCESS) return bad_envelope("value: must be a JSON object");
  std::string_view version;
  Element data;
  bool has_data = false;
  for (const auto [key, value] : members) {
    std::string_view* to = nullptr;
    switch (key.size()) {
      case 2:
        if (key == "id") to = &out.id;
        break;
      case 4:
        if (key == "time") {
          to = &out.time_text;
        } else if (key == "type") {
          to = &out.type;
        } else if (key == "data") {
          if (has_data) return bad_envelope("data: stands twice");
          data = value;
          has_data = true;
        }
        break;
      case 6:
        if (key == "source") to = &out.source;
        break;
      case 11:
        if (key == "specversion") to = &version;
        break;
      default:
        break;
    }
    if (to == nullptr) continue;
    if (to->data() != nullptr) return bad_envelope(std::string(key) + ": stands twice");
    if (value.get(*to) != simdjson::SUCCESS && !value.is_null())
      return bad_envelope(std::string(key) + ": " + wrong::kString);
  }
  if (version.data() == nullptr) return bad_envelope("specversion: is missing");
  if (version != "1.0") return bad_envelope("specversion: must be \"1.0\"");
  // The rest of the envelope is judged first, so that an unknown event is called that.
  if (!has_data || data.is_null()) {
    if (out.id.empty() || out.source.empty() || out.type.empty() || out.time_text.empty()) return std::nullopt;
    return bad_envelope("data: is missing");
  }
  if (data.get(out.data) != simdjson::SUCCESS) return bad_envelope(std::string("data: ") + wrong::kObject);
  return std::nullopt;
}

std::optional<DecodeError> EnvelopeOpener::binary(const Record& record, Element root, Envelope& out) {
  std::string_view version;
  for (const Header& h : record.headers) {
    std::string_view* to = h.name == "ce_id"            ? &out.id
                           : h.name == "ce_source"      ? &out.source
                           : h.name == "ce_type"        ? &out.type
                           : h.name == "ce_time"        ? &out.time_text
                           : h.name == "ce_specversion" ? &version
                                                        : nullptr;
    if (to == nullptr) continue;
    if (to->data() != nullptr) return bad_envelope(std::string(h.name) + ": stands twice");
    // A view that is empty but not null: the header is there.
    *to = h.value.data() == nullptr ? std::string_view("") : h.value;
    if (!valid_utf8(*to)) return bad_envelope(std::string(h.name) + ": is not valid UTF-8");
  }
  if (version.data() == nullptr) return bad_envelope("ce_specversion: is missing");
  if (version != "1.0") return bad_envelope("ce_specversion: must be 1.0");
  if (root.get(out.data) != simdjson::SUCCESS) return bad_envelope(std::string("data: ") + wrong::kObject);
  return std::nullopt;
}

} // namespace onecode::streams
