#include "evidence/check_log.hpp"

#include <fmt/format.h>

#include "evidence/tile_reader.hpp"
#include "evidence/tile_writer.hpp"

namespace onecode::evidence {
namespace {

/// To write is to compare: a log is right when its entries, published anew, give the same files.
class Comparison : public TileFiles {
public:
  explicit Comparison(const ReadFile& read) : read_(read) {}
  std::optional<std::string> get(const std::string&) override { return std::nullopt; }
  void put(const std::string& path, std::string_view bytes) override {
    const auto [found, instead] = read_tile_file(read_, path);
    if (instead ? !found.starts_with(bytes) : found != bytes)
      throw TileError(path + ": is not what the entries come to");
  }
  void remove(const std::string&) override {}

private:
  const ReadFile& read_;
};

} // namespace

void check_log(const ReadFile& read, const Checkpoint& checkpoint,
               const std::function<void(std::string_view entry)>& on_entry) {
  Comparison files(read);
  TileWriter again(files);
  const TileReader reader(read, checkpoint.size);
  for (std::uint64_t tile = 0; const unsigned width = width_at(checkpoint.size, 0, tile); ++tile) {
    const std::string bundle = reader.bundle(tile);
    const auto entries = split_bundle(bundle, width);
    for (const auto entry : *entries) {
      if (on_entry) on_entry(entry);
      again.append(entry);
    }
    again.write_complete();
  }
  again.write_tiles();
  if (again.root() != checkpoint.root)
    throw TileError(fmt::format("{}: the root of {} entries is another", kCheckpointPath, checkpoint.size));
}

} // namespace onecode::evidence
