#include <simdjson.h>

#include <array>
#include <cstring>

#include "streams/eight_bytes.hpp"
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

constexpr bool any_special(std::uint64_t word) {
  return (word & kEachTop) != 0 || any_below(word, 0x20) || any_is(word, '"') || any_is(word, '\\');
}

/// Copies a text as long as all of it stands as it is; false: it does not, and `to` has some of it.
bool copy_plain(char* to, std::string_view text) {
  const std::size_t n = text.size();
  if (n < 8) {
    bool special = false;
    for (std::size_t i = 0; i < n; ++i) {
      to[i] = text[i];
      special |= kClass[static_cast<unsigned char>(text[i])] != 0;
    }
    return !special;
  }
  const auto copy_eight = [&](std::size_t at) {
    const std::uint64_t word = eight_bytes(text.data() + at);
    std::memcpy(to + at, &word, sizeof word);
    return !any_special(word);
  };
  for (std::size_t at = 0; at + 8 <= n; at += 8)
    if (!copy_eight(at)) return false;
  return copy_eight(n - 8); // some of it a second time
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

void append_json_string(ByteBuffer& out, std::string_view text) {
  char* const to = out.room(text.size() + 2);
  *to = '"';
  if (copy_plain(to + 1, text)) {
    to[text.size() + 1] = '"';
    return out.finish(to + text.size() + 2);
  }
  std::string escaped;
  append_json_string(escaped, text);
  out.append(escaped);
}

} // namespace onecode::streams
