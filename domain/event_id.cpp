#include "domain/event_id.hpp"

#include "domain/integer.hpp"

namespace onecode {
namespace {

std::array<char, 16> bytes_of(u128 n) {
  std::array<char, 16> out{};
  for (std::size_t i = out.size(); i-- > 0; n >>= 8) out[i] = static_cast<char>(n & 0xff);
  return out;
}

u128 number_of(std::string_view bytes) {
  u128 n = 0;
  for (const char c : bytes) n = n << 8 | static_cast<unsigned char>(c);
  return n;
}

} // namespace

std::array<char, 16> uuid_bytes(std::string_view uuid) {
  u128 n = 0;
  for (const char c : uuid)
    if (c != '-') n = n << 4 | static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10);
  return bytes_of(n);
}

std::array<char, 16> ulid_bytes(std::string_view ulid) {
  u128 n = 0;
  for (const char c : ulid) n = n << 5 | kUlidDigits.find(c);
  return bytes_of(n);
}

std::string uuid_text(std::string_view bytes) {
  const u128 n = number_of(bytes);
  std::string out;
  for (int digit = 31; digit >= 0; --digit) {
    out += "0123456789abcdef"[static_cast<unsigned>(n >> (4 * digit)) & 15];
    if (digit == 24 || digit == 20 || digit == 16 || digit == 12) out += '-';
  }
  return out;
}

std::string ulid_text(std::string_view bytes) {
  const u128 n = number_of(bytes);
  std::string out;
  for (int digit = 25; digit >= 0; --digit) out += kUlidDigits[static_cast<unsigned>(n >> (5 * digit)) & 31];
  return out;
}

} // namespace onecode
