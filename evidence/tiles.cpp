#include "evidence/tiles.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace onecode::evidence {
namespace {

constexpr std::size_t kHash = sizeof(TreeHash);

std::string path(std::string_view kind, const Tile& tile) {
  std::string number = fmt::format("{:03}", tile.index % 1000);
  for (std::uint64_t n = tile.index / 1000; n > 0; n /= 1000) number.insert(0, fmt::format("x{:03}/", n % 1000));
  const std::string full = fmt::format("tile/{}/{}", kind, number);
  return tile.width == kTileWidth ? full : fmt::format("{}/{}", partials_of(full), tile.width);
}

} // namespace

unsigned width_at(std::uint64_t size, unsigned level, std::uint64_t index) {
  const std::uint64_t hashes = size >> (level * kTileHeight), complete = hashes / kTileWidth;
  if (index < complete) return kTileWidth;
  return index == complete ? static_cast<unsigned>(hashes % kTileWidth) : 0;
}

std::string hash_path(const Tile& tile) { return path(std::to_string(tile.level), tile); }
std::string entries_path(const Tile& tile) { return path("entries", tile); }
std::string partials_of(const std::string& full_path) { return full_path + ".p"; }

void put_entry_length(char* entry, std::size_t size) {
  entry[-2] = static_cast<char>(size >> 8);
  entry[-1] = static_cast<char>(size & 0xff);
}
std::size_t entry_length(const char* entry) {
  return static_cast<std::size_t>(static_cast<unsigned char>(entry[-2])) << 8 | static_cast<unsigned char>(entry[-1]);
}
void append_entry(std::string& bundle, std::string_view entry) {
  bundle.append(kEntryLengthBytes, '\0').append(entry);
  put_entry_length(bundle.data() + bundle.size() - entry.size(), entry.size());
}

std::optional<std::string_view> take_entry(std::string_view& bundle) {
  if (bundle.size() < kEntryLengthBytes) return std::nullopt;
  const auto size = entry_length(bundle.data() + kEntryLengthBytes);
  if (bundle.size() - kEntryLengthBytes < size) return std::nullopt;
  const auto entry = bundle.substr(kEntryLengthBytes, size);
  bundle.remove_prefix(kEntryLengthBytes + size);
  return entry;
}

std::optional<std::vector<std::string_view>> split_bundle(std::string_view bundle, unsigned width) {
  std::vector<std::string_view> out;
  while (!bundle.empty() && out.size() < width) {
    const auto entry = take_entry(bundle);
    if (!entry) return std::nullopt;
    out.push_back(*entry);
  }
  if (out.size() != width || !bundle.empty()) return std::nullopt;
  return out;
}

void append_hash(std::string& tile, const TreeHash& hash) {
  tile.append(reinterpret_cast<const char*>(hash.data()), hash.size());
}

TreeHash hash_at(std::string_view tile, unsigned position) {
  TreeHash h;
  std::ranges::copy(tile.substr(position * kHash, kHash), reinterpret_cast<char*>(h.data()));
  return h;
}

TreeHash root_of_tile(std::string_view hashes) {
  Frontier tree;
  for (unsigned i = 0; i < hashes.size() / kHash; ++i) tree.append(hash_at(hashes, i));
  return tree.root();
}

} // namespace onecode::evidence
