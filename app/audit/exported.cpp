#include "app/audit/exported.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "app/audit/logs.hpp"
#include "app/errors.hpp"
#include "app/files.hpp"
#include "evidence/tiles.hpp"

namespace onecode::app {
namespace {

namespace fs = std::filesystem;

} // namespace

std::vector<LogFolder> open_logs(const fs::path& folder) {
  std::vector<LogFolder> out;
  std::error_code error;
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(folder, error))
    if (fs::exists(entry.path() / evidence::kCheckpointPath)) paths.push_back(entry.path());
  if (error) throw InputError(folder.string() + ": " + error.message());
  if (paths.empty()) throw InputError(folder.string() + ": holds no exported log");
  std::ranges::sort(paths);
  for (const auto& path : paths) {
    LogFolder log;
    log.folder = path;
    log.files = evidence::tile_folder(path);
    log.read = evidence::reader_of(*log.files);
    log.note = log.read(evidence::kCheckpointPath).value_or(std::string{});
    const auto note = evidence::parse_note(log.note);
    const auto head = note ? evidence::parse_checkpoint(note->text) : std::nullopt;
    if (!head) throw Failure(kAnswerIsNo, (path / evidence::kCheckpointPath).string() + ": is no signed checkpoint");
    log.head = *head;
    log.shard = shard_of(head->origin).value_or(-1);
    out.push_back(std::move(log));
  }
  return out;
}

std::vector<evidence::Verifier> read_verifiers(const std::vector<std::string>& files) {
  std::vector<evidence::Verifier> out;
  for (const auto& file : files) {
    try {
      for (auto& v : evidence::parse_verifiers(read_file(file))) out.push_back(std::move(v));
    } catch (const std::invalid_argument& e) {
      throw InputError(file + ": " + e.what());
    }
  }
  return out;
}

} // namespace onecode::app
