// Where the files of a published log lie. Paths are those of evidence/tiles.hpp.
//   Crash   a file is there whole or not at all, and what put() has returned from outlives a loss of power.
//   Shared  one writer at a time and any number of readers, which meet old or new files, never halves.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace onecode::evidence {

/// All of a file; nullopt: there is none. A folder, memory, or a web server may stand behind it; what it throws goes through.
using ReadFile = std::function<std::optional<std::string>(const std::string& path)>;

class TileFiles {
public:
  virtual ~TileFiles() = default;
  virtual std::optional<std::string> get(const std::string& path) = 0;
  /// Replaces what is there.
  virtual void put(const std::string& path, std::string_view bytes) = 0;
  /// A folder with all that is in it, which need not be there.
  virtual void remove(const std::string& folder) = 0;
};

ReadFile reader_of(TileFiles& files);

/// Made where it is missing. Failures are std::filesystem::filesystem_error.
std::unique_ptr<TileFiles> tile_folder(const std::filesystem::path& root);

} // namespace onecode::evidence
