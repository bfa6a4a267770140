// Folders that `onecode audit export` wrote, as the verbs read them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "evidence/signed_note.hpp"
#include "evidence/tile_files.hpp"
#include "evidence/verifiers.hpp"

namespace onecode::app {

struct LogFolder {
  std::filesystem::path folder;
  std::int32_t shard = 0; // the last part of the origin; -1: that is no number
  std::unique_ptr<evidence::TileFiles> files;
  evidence::ReadFile read;
  std::string note;
  evidence::Checkpoint head;
};

/// FOLDER/<any>/checkpoint, by name. Throws InputError: there is none; Failure 1: one of them is no checkpoint.
std::vector<LogFolder> open_logs(const std::filesystem::path& folder);

/// Of all files; throws InputError naming file and line.
std::vector<evidence::Verifier> read_verifiers(const std::vector<std::string>& files);

} // namespace onecode::app
