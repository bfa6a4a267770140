#include "streams/base64.hpp"

#include <array>
#include <cstdint>

#include "streams/authenticate.hpp"

namespace onecode::streams {
namespace {

constexpr char kUrl[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr char kStandard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::uint8_t kNone = 0xff;
constexpr auto table(const char* alphabet) {
  std::array<std::uint8_t, 256> t{};
  t.fill(kNone);
  for (std::uint8_t i = 0; i < 64; ++i) t[static_cast<unsigned char>(alphabet[i])] = i;
  return t;
}
constexpr auto kFromUrl = table(kUrl);
constexpr auto kFromStandard = table(kStandard);

std::string write(std::string_view in, const char* alphabet, bool padded) {
  std::string out;
  out.reserve((in.size() + 2) / 3 * 4);
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(in[i])); };
  std::size_t i = 0;
  for (; i + 3 <= in.size(); i += 3) {
    const std::uint32_t v = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    for (const int shift : {18, 12, 6, 0}) out += alphabet[(v >> shift) & 63];
  }
  if (const std::size_t rest = in.size() - i; rest > 0) {
    const std::uint32_t v = byte(i) << 16 | (rest == 2 ? byte(i + 1) << 8 : 0);
    out += alphabet[v >> 18];
    out += alphabet[(v >> 12) & 63];
    if (rest == 2) out += alphabet[(v >> 6) & 63];
    if (padded) out.append(3 - rest, '=');
  }
  return out;
}

bool read(std::string_view in, const std::array<std::uint8_t, 256>& from, std::string& out) {
  if (in.size() % 4 == 1) return false;
  out.clear();
  out.reserve(in.size() / 4 * 3 + 2);
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : in) {
    const std::uint8_t v = from[static_cast<unsigned char>(c)];
    if (v == kNone) return false;
    bits = bits << 6 | v;
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += static_cast<char>(bits >> count & 0xff);
    }
  }
  // What is left over must be zero, or two texts would mean the same bytes.
  return (bits & ((1U << count) - 1)) == 0;
}

} // namespace

std::string base64url(std::string_view bytes) { return write(bytes, kUrl, false); }
std::string base64_standard(std::string_view bytes) { return write(bytes, kStandard, true); }

bool from_base64url(std::string_view text, std::string& out) { return read(text, kFromUrl, out); }

std::optional<std::string> from_base64url(std::string_view text) {
  std::string out;
  if (!read(text, kFromUrl, out)) return std::nullopt;
  return out;
}

std::optional<std::string> from_base64_any(std::string_view text) {
  const auto end = text.find_last_not_of('=');
  const std::string_view body = text.substr(0, end == std::string_view::npos ? 0 : end + 1);
  const std::size_t padding = text.size() - body.size();
  if (padding > 0 && (padding > 2 || text.size() % 4 != 0)) return std::nullopt;
  std::string out;
  if (read(body, kFromStandard, out) || read(body, kFromUrl, out)) return out;
  return std::nullopt;
}

std::string to_hex(std::string_view raw) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  out.reserve(raw.size() * 2);
  for (const char c : raw) {
    out += digits[static_cast<unsigned char>(c) >> 4];
    out += digits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

} // namespace onecode::streams
