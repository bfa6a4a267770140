// Ids of events as state keeps them: most gateways send UUIDs or ULIDs, which are 16 bytes written out in 36 and 26.
//   Format  2n and n bytes of text; or 1 and 16 bytes (UUID); or 3 and 16 bytes (ULID). UUIDs in capitals and ULIDs in
//           small letters are texts, so that every id comes back as it was.
//   Sources RFC 9562; github.com/ulid/spec (Crockford's base 32, the first character at most 7).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace onecode {

constexpr bool is_uuid(std::string_view id) {
  if (id.size() != 36) return false;
  for (std::size_t i = 0; i < id.size(); ++i) {
    const char c = id[i];
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? c != '-' : !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return false;
  }
  return true;
}

inline constexpr std::string_view kUlidDigits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

constexpr bool is_ulid(std::string_view id) {
  return id.size() == 26 && id[0] >= '0' && id[0] <= '7' &&
         id.find_first_not_of(kUlidDigits) == std::string_view::npos;
}

std::array<char, 16> uuid_bytes(std::string_view uuid);
std::array<char, 16> ulid_bytes(std::string_view ulid);
std::string uuid_text(std::string_view bytes); // of 16
std::string ulid_text(std::string_view bytes);

/// An id in a list of fields: `auto id = packed_id(s.id); v("id", id);`. A text to whoever prints it.
template <class String>
struct PackedId {
  String& text;
};
template <class String>
PackedId<String> packed_id(String& text) {
  return {text};
}

} // namespace onecode
