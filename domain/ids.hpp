// Identifiers (CONTRACT §1) and who an event or message is about.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "domain/hash.hpp"

namespace onecode {

inline constexpr std::size_t kMaxIdLength = 64;

/// 1-64 characters of [A-Za-z0-9._:-].
constexpr bool valid_id(std::string_view s) {
  if (s.empty() || s.size() > kMaxIdLength) return false;
  for (const char c : s) {
    const bool ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
                    c == '_' || c == ':' || c == '-';
    if (!ok) return false;
  }
  return true;
}

/// Kinds of entity. `campus` holds the facts that belong to no single person or device: the freeze breaker
/// (`campus:breaker`), serial numbers (`serial:<s>`) and command keys (`key:<id>`).
enum class Kind : std::uint8_t { account, device, integration, handset, campus };

constexpr std::string_view to_string(Kind k) {
  constexpr std::string_view names[] = {"account", "device", "integration", "handset", "campus"};
  return names[static_cast<std::size_t>(k)];
}

struct EntityId {
  Kind kind{};
  std::string id;
  auto operator<=>(const EntityId&) const = default;

  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("kind", s.kind);
    v("id", s.id);
  }
};

inline std::uint64_t hash_of(Kind kind, std::string_view id) {
  return hash64(id, static_cast<std::uint64_t>(kind) + 1);
}

} // namespace onecode
