// The one owner of key bytes.
//   entity parts   'e' kind id 0x00 part…        parts of one entity stand next to each other
//   timers         't' due(8, big endian) kind id 0x00 name
//   event ids      'x' hash(16)  →  hour of engine time (4, big endian), content hash (8)
//   event expiry   'y' hour(4, big endian) hash(16)  →  content hash (8)
//   shard's own    'm' name
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "domain/ids.hpp"
#include "domain/time.hpp"

namespace onecode::storage {

inline void append_u32(std::string& s, std::uint32_t v) {
  for (int i = 24; i >= 0; i -= 8) s += static_cast<char>(v >> i);
}
inline void append_u64(std::string& s, std::uint64_t v) {
  for (int i = 56; i >= 0; i -= 8) s += static_cast<char>(v >> i);
}
inline std::uint32_t read_u32(std::string_view s) {
  std::uint32_t v = 0;
  for (int i = 0; i < 4; ++i) v = v << 8 | static_cast<unsigned char>(s[static_cast<std::size_t>(i)]);
  return v;
}
inline std::uint64_t read_u64(std::string_view s) {
  std::uint64_t v = 0;
  for (int i = 0; i < 8; ++i) v = v << 8 | static_cast<unsigned char>(s[static_cast<std::size_t>(i)]);
  return v;
}

/// Prefix of all parts of one entity.
inline void append_entity(std::string& key, Kind kind, std::string_view id) {
  key += 'e';
  key += static_cast<char>('0' + static_cast<int>(kind));
  key += id;
  key += '\0';
}

inline std::string timer_key(Time due, const EntityId& owner, std::string_view name) {
  std::string key = "t";
  append_u64(key, static_cast<std::uint64_t>(due.ms));
  key += static_cast<char>('0' + static_cast<int>(owner.kind));
  key += owner.id;
  key += '\0';
  key += name;
  return key;
}

inline std::string event_key(Hash128 h) {
  std::string key = "x";
  append_u64(key, h.hi);
  append_u64(key, h.lo);
  return key;
}

inline std::string event_expiry_key(std::uint32_t hour, Hash128 h) {
  std::string key = "y";
  append_u32(key, hour);
  append_u64(key, h.hi);
  append_u64(key, h.lo);
  return key;
}

} // namespace onecode::storage
