#include "domain/id_group.hpp"

#include <algorithm>
#include <array>

#include "domain/evidence.hpp"

namespace onecode {
namespace {

enum Kind : unsigned { none, text, uuid, ulid };

struct Entry {
  unsigned kind = none;
  std::size_t size = 0;
  std::array<char, kMaxEvidenceId> bytes{};
  std::string_view view() const { return {bytes.data(), size}; }
};
using Entries = std::array<Entry, kIdGroup>;

constexpr std::size_t kBinary = 16;
constexpr std::size_t kMostBytes = 1 + kIdGroup * (2 + kMaxEvidenceId);

Entries entries_of(std::string_view group) {
  Entries all;
  if (group.empty()) return all;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(group[i]); };
  std::size_t at = 1;
  std::string_view before;
  for (std::size_t i = 0; i < kIdGroup; ++i) {
    const unsigned kind = byte(0) >> (2 * i) & 3U;
    if (kind == none) continue;
    std::size_t common = 0, rest = kBinary;
    if (kind == text) {
      if (group.size() - at < 2) break;
      common = byte(at), rest = byte(at + 1);
      at += 2;
      if (common > before.size() || common + rest > kMaxEvidenceId) break;
    }
    if (rest > group.size() - at) break;
    Entry& e = all[i];
    std::copy_n(before.data(), common, e.bytes.data());
    std::copy_n(group.data() + at, rest, e.bytes.data() + common);
    at += rest;
    e.kind = kind;
    e.size = common + rest;
    if (kind == text) before = e.view();
  }
  return all;
}

Entry entry_of(std::string_view id) {
  Entry e;
  if (id.empty() || !keeps_id(id)) return e;
  const auto keep = [&e](Kind kind, std::string_view bytes) {
    e.kind = kind;
    e.size = bytes.size();
    std::ranges::copy(bytes, e.bytes.data());
  };
  const auto view = [](const std::array<char, kBinary>& bytes) { return std::string_view(bytes.data(), kBinary); };
  if (is_uuid(id)) {
    keep(uuid, view(uuid_bytes(id)));
  } else if (is_ulid(id)) {
    keep(ulid, view(ulid_bytes(id)));
  } else {
    keep(text, id);
  }
  return e;
}

} // namespace

std::string id_in(std::string_view group, std::size_t event) {
  const Entries all = entries_of(group);
  const Entry& e = all[event];
  switch (e.kind) {
    case uuid:
      return uuid_text(e.view());
    case ulid:
      return ulid_text(e.view());
    default:
      return std::string(e.view());
  }
}

void set_id(std::string& group, std::size_t event, std::string_view id) {
  Entries all = entries_of(group);
  all[event] = entry_of(id);
  std::array<char, kMostBytes> bytes;
  unsigned kinds = 0;
  std::size_t size = 1;
  std::string_view before;
  for (std::size_t i = 0; i < kIdGroup; ++i) {
    const Entry& e = all[i];
    if (e.kind == none) continue;
    kinds |= e.kind << (2 * i);
    std::string_view rest = e.view();
    if (e.kind == text) {
      const auto common = static_cast<std::size_t>(std::ranges::mismatch(before, rest).in1 - before.begin());
      rest.remove_prefix(common);
      bytes[size++] = static_cast<char>(common);
      bytes[size++] = static_cast<char>(rest.size());
      before = e.view();
    }
    std::ranges::copy(rest, bytes.data() + size);
    size += rest.size();
  }
  bytes[0] = static_cast<char>(kinds);
  group.assign(bytes.data(), kinds == 0 ? 0 : size);
}

} // namespace onecode
