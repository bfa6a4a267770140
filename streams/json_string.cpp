#include <simdjson.h>

#include <array>

#include "streams/encode.hpp"

namespace onecode::streams {
namespace {

/// 0: stands as it is; 1: needs an escape; 2: part of a character beyond ASCII.
constexpr auto kClass = [] {
  std::array<unsigned char, 256> t{};
  for (std::size_t c = 0; c < 0x20; ++c) t[c] = 1;
  t['"'] = t['\\'] = 1;
  for (std::size_t c = 0x80; c < 256; ++c) t[c] = 2;
  return t;
}();

void escape(std::string& out, unsigned char c) {
  static constexpr char hex[] = "0123456789abcdef";
  switch (c) {
    case '"':
      out += "\\\"";
      break;
    case '\\':
      out += "\\\\";
      break;
    case '\b':
      out += "\\b";
      break;
    case '\f':
      out += "\\f";
      break;
    case '\n':
      out += "\\n";
      break;
    case '\r':
      out += "\\r";
      break;
    case '\t':
      out += "\\t";
      break;
    default:
      out += "\\u00";
      out += hex[c >> 4];
      out += hex[c & 15];
  }
}

/// How many bytes at `i` are one valid character; 0: none.
std::size_t character(std::string_view s, std::size_t i) {
  const auto lead = static_cast<unsigned char>(s[i]);
  const std::size_t n = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  return i + n <= s.size() && simdjson::validate_utf8(s.data() + i, n) ? n : 0;
}

} // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t from = 0;
  bool valid = false, broken = false; // known of the rest, once something beyond ASCII was met
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const auto kind = kClass[c];
    if (kind == 0) continue;
    if (kind == 2) {
      if (valid) continue;
      if (!broken && simdjson::validate_utf8(text.data() + i, text.size() - i)) {
        valid = true;
        continue;
      }
      broken = true;
      // Bytes that are no text must not spoil the record around them.
      if (const std::size_t n = character(text, i); n > 0) {
        i += n - 1;
        continue;
      }
      out.append(text, from, i - from);
      out += "\xef\xbf\xbd";
      from = i + 1;
      continue;
    }
    out.append(text, from, i - from);
    escape(out, c);
    from = i + 1;
  }
  out.append(text, from);
  out += '"';
}

} // namespace onecode::streams
