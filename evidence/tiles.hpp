// The files that a transparency log is published as, so that whoever can read files can check it; no server answers questions.
//   tile/L/N        the roots of 256 complete subtrees of 256^L entries each, N * 256 being the first: 32 bytes each
//   tile/L/N.p/W    only W < 256 of them: the right edge of a log whose size is published
//   tile/entries/N  the entries below tile N of level 0, each behind its length, 2 bytes, big endian
//   checkpoint      the signed note of the log's head (evidence/signed_note.hpp)
//   N               in groups of three digits, all but the last behind an x: 1234067 is x001/x234/067
//   Source          C2SP tlog-tiles, https://c2sp.org/tlog-tiles
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "evidence/merkle_tree.hpp"

namespace onecode::evidence {

inline constexpr unsigned kTileHeight = 8, kTileWidth = 1U << kTileHeight;
inline constexpr unsigned kTileLevels = 64 / kTileHeight;
inline constexpr std::size_t kMostEntryBytes = 0xffff, kEntryLengthBytes = 2; // before each in a bundle
inline constexpr const char* kCheckpointPath = "checkpoint";

/// A file of the log is missing or is not what it must be; the text begins with its path.
struct TileError : std::runtime_error {
  using std::runtime_error::runtime_error;
};
/// The first of the two.
struct TileMissing : TileError {
  explicit TileMissing(const std::string& path) : TileError(path + ": is missing") {}
};

struct Tile {
  unsigned level = 0;
  std::uint64_t index = 0;
  unsigned width = kTileWidth;
};
/// How many hashes tile `index` of a level has in a log of that size; 0: the log has no such tile.
unsigned width_at(std::uint64_t size, unsigned level, std::uint64_t index);

std::string hash_path(const Tile& tile);
std::string entries_path(const Tile& tile); // of level 0
/// Where all widths of a tile below the full one lie.
std::string partials_of(const std::string& full_path);

/// Requires at most kMostEntryBytes.
void append_entry(std::string& bundle, std::string_view entry);
/// For an entry that is written in its place: its length, before it.
void put_entry_length(char* entry, std::size_t size);
std::size_t entry_length(const char* entry);
/// Takes the first entry off; nullopt: it is cut short, and nothing is taken.
std::optional<std::string_view> take_entry(std::string_view& bundle);
/// nullopt: not exactly so many entries.
std::optional<std::vector<std::string_view>> split_bundle(std::string_view bundle, unsigned width);

void append_hash(std::string& tile, const TreeHash& hash);
TreeHash hash_at(std::string_view tile, unsigned position);
/// Root of the tree whose leaves are these hashes.
TreeHash root_of_tile(std::string_view hashes);

} // namespace onecode::evidence
