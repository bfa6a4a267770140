// Reading one JSON value into a field. Each function returns nullptr, or what is wrong with the value in words that
// fit behind "data.seq: ". Internal to streams/.
#pragma once

#include <simdjson.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

#include "domain/ids.hpp"
#include "domain/time.hpp"
#include "streams/eight_bytes.hpp"

namespace onecode::streams {

using Element = simdjson::dom::element;

inline constexpr std::size_t kMaxTextBytes = 512;
inline constexpr std::size_t kMaxSentenceBytes = 16 * 1024; // reasons and plans that people write
inline constexpr std::size_t kMaxNonceBytes = 128;
inline constexpr std::size_t kMaxCodeBytes = 2048;
inline constexpr std::int64_t kMaxCodeLifeSeconds = 86'400;
inline constexpr std::int64_t kMaxFen = 1'000'000'000'000;

namespace wrong {
inline constexpr char kString[] = "must be a string";
inline constexpr char kId[] = "must be 1 to 64 characters of A-Z a-z 0-9 . _ : -";
inline constexpr char kEmpty[] = "must not be empty";
inline constexpr char kLong[] = "is too long";
inline constexpr char kControl[] = "must not contain control characters";
inline constexpr char kInteger[] = "must be an integer";
inline constexpr char kNumber[] = "must be a number";
inline constexpr char kNegative[] = "must not be negative";
inline constexpr char kSmall[] = "is too small";
inline constexpr char kLarge[] = "is too large";
inline constexpr char kBool[] = "must be true or false";
inline constexpr char kTime[] = "must be an RFC 3339 time with an offset";
inline constexpr char kObject[] = "must be an object";
inline constexpr char kArray[] = "must be an array";
inline constexpr char kStrings[] = "must be an array of strings";
} // namespace wrong

/// valid_id (domain/ids.hpp) by table: a scan has six of them.
inline bool is_id(std::string_view s) {
  static constexpr auto kOk = [] {
    std::array<bool, 256> t{};
    for (unsigned c = 0; c < 256; ++c) {
      const char one[] = {static_cast<char>(c)};
      t[c] = valid_id({one, 1});
    }
    return t;
  }();
  if (s.empty() || s.size() > kMaxIdLength) return false;
  bool ok = true;
  for (const char c : s) ok &= kOk[static_cast<unsigned char>(c)];
  return ok;
}

inline bool has_control(std::string_view s) {
  bool found = false;
  std::size_t i = 0;
  for (; i + 8 <= s.size(); i += 8) {
    const auto word = eight_bytes(s.data() + i);
    found |= any_below(word, 0x20) || any_is(word, 0x7f);
  }
  for (; i < s.size(); ++i) found |= static_cast<unsigned char>(s[i]) < 0x20 || s[i] == 0x7f;
  return found;
}

/// The same for what people write: lines and tabs are no harm.
inline bool has_control_beside_lines(std::string_view s) {
  bool found = false;
  for (const char c : s)
    found |= (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' && c != '\r') || c == 0x7f;
  return found;
}

inline const char* read_id(Element e, std::string& out) {
  std::string_view s;
  if (e.get(s) != simdjson::SUCCESS) return wrong::kString;
  if (!is_id(s)) return wrong::kId;
  out.assign(s);
  return nullptr;
}

inline const char* view_text(Element e, std::string_view& out, std::size_t min, std::size_t max) {
  if (e.get(out) != simdjson::SUCCESS) return wrong::kString;
  if (out.size() < min) return wrong::kEmpty;
  if (out.size() > max) return wrong::kLong;
  if (has_control(out)) return wrong::kControl;
  return nullptr;
}

inline const char* read_text(Element e, std::string& out, std::size_t min, std::size_t max) {
  std::string_view s;
  if (const char* why = view_text(e, s, min, max)) return why;
  out.assign(s);
  return nullptr;
}

/// What people write: a reason, a plan.
inline const char* read_sentence(Element e, std::string& out, std::size_t min, std::size_t max) {
  std::string_view s;
  if (e.get(s) != simdjson::SUCCESS) return wrong::kString;
  if (s.size() < min) return wrong::kEmpty;
  if (s.size() > max) return wrong::kLong;
  if (has_control_beside_lines(s)) return wrong::kControl;
  out.assign(s);
  return nullptr;
}

/// Only integer tokens: 1.0 and 1e3 are no integers here, so that two spellings never mean one number.
template <class T>
const char* read_integer(Element e, T& out, std::int64_t min, std::int64_t max) {
  std::int64_t n = 0;
  if (const auto error = e.get(n); error != simdjson::SUCCESS)
    return error == simdjson::NUMBER_OUT_OF_RANGE ? wrong::kLarge : wrong::kInteger;
  if (n < min) return min == 0 || n < 0 ? wrong::kNegative : wrong::kSmall;
  if (n > max) return wrong::kLarge;
  out = static_cast<T>(n);
  return nullptr;
}

inline const char* read_signed(Element e, std::int64_t& out, std::int64_t limit) {
  std::int64_t n = 0;
  if (const auto error = e.get(n); error != simdjson::SUCCESS)
    return error == simdjson::NUMBER_OUT_OF_RANGE ? wrong::kLarge : wrong::kInteger;
  if (n < -limit) return wrong::kSmall;
  if (n > limit) return wrong::kLarge;
  out = n;
  return nullptr;
}

inline const char* read_bool(Element e, bool& out) {
  return e.get(out) == simdjson::SUCCESS ? nullptr : wrong::kBool;
}

inline const char* read_time(Element e, Time& out) {
  std::string_view s;
  if (e.get(s) != simdjson::SUCCESS) return wrong::kString;
  const auto t = parse_time(s);
  if (!t) return wrong::kTime;
  out = *t;
  return nullptr;
}

/// A measured quantity that is kept as a whole number: any JSON number, rounded to nearest, halves away from zero.
inline const char* read_rounded(Element e, std::int64_t& out, double min, double max) {
  double d = 0;
  if (e.get(d) != simdjson::SUCCESS) return wrong::kNumber;
  if (d < min) return min == 0 ? wrong::kNegative : wrong::kSmall;
  if (d > max) return wrong::kLarge;
  out = std::llround(d);
  return nullptr;
}

/// Decimal degrees → degrees * 10^7. The double nearest to the text, one IEEE multiplication, and a rounding that is
/// exact by definition: the same integer on every machine. A double carries 10^-14 degrees here, so every text of up
/// to seven decimals comes out as written.
inline const char* read_degrees(Element e, std::int64_t& out, double limit) {
  double d = 0;
  if (e.get(d) != simdjson::SUCCESS) return wrong::kNumber;
  if (d < -limit) return wrong::kSmall;
  if (d > limit) return wrong::kLarge;
  out = std::llround(d * 1e7);
  return nullptr;
}

} // namespace onecode::streams
