// Is a published log what its checkpoint says, down to the last byte? Everything is read once and kept nowhere: every entry has its
// hash in a tile, every tile follows from those below it, and the root from all.
#pragma once

#include <functional>
#include <string_view>

#include "evidence/signed_note.hpp"
#include "evidence/tile_files.hpp"

namespace onecode::evidence {

/// Throws TileError, which names the first file that is missing or wrong. `on_entry` gets the entries in order, each before the
/// tiles above it were looked at: what it did counts only when all is well.
void check_log(const ReadFile& read, const Checkpoint& checkpoint,
               const std::function<void(std::string_view entry)>& on_entry = {});

} // namespace onecode::evidence
