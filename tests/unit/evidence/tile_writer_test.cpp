// Catches: a checkpoint that promises what is not there, at whatever file its writer dies; a log that goes on from another place
// than it stopped at; a partial tile that is gone before the full one is there; files that others would not find.
#include "evidence/tile_writer.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "evidence/check_log.hpp"
#include "tests/catch.hpp"
#include "tests/unit/evidence/log_world.hpp"
#include "tests/unit/storage/temp_folder.hpp"

using namespace onecode::evidence;
using onecode_test::Died;
using onecode_test::entry;
using onecode_test::LogKey;
using onecode_test::MemoryFiles;
using onecode_test::publish_at;
using onecode_test::TempFolder;
namespace fs = std::filesystem;

namespace {

const LogKey kKey;

std::string another(std::uint64_t i) { return "another " + std::to_string(i); }

Checkpoint published(MemoryFiles& files) {
  const auto c = signed_checkpoint(files.files.at(kCheckpointPath), kKey.key.name, kKey.key);
  REQUIRE(c);
  return *c;
}

/// Its writer dies at each of its files, before and after; then the log goes on.
void die_everywhere(const MemoryFiles& before, const std::vector<std::uint64_t>& sizes) {
  MemoryFiles whole = before;
  publish_at(whole, kKey, sizes);
  REQUIRE(whole.operations > sizes.size());
  for (unsigned at = 0; at < whole.operations; ++at)
    for (const bool done : {false, true}) {
      INFO("dies " << (done ? "after" : "before") << " operation " << at << " of " << whole.operations);
      MemoryFiles files = before;
      files.dies_at = at;
      files.done_before = done;
      CHECK_THROWS_AS(publish_at(files, kKey, sizes), Died);
      files.dies_at.reset();
      if (files.get(kCheckpointPath)) check_log(reader_of(files), published(files));

      MemoryFiles other = files;
      publish_at(other, kKey, sizes, another); // had the entries not been settled
      check_log(reader_of(other), published(other));
      if (files.get(kCheckpointPath)) check_log(reader_of(other), published(files));

      publish_at(files, kKey, sizes);
      CHECK(files.files == whole.files);
    }
}

} // namespace

TEST_CASE("tile writer: 70,000 entries have the files that the format has as its example", "[tiles]") {
  MemoryFiles files;
  publish_at(files, kKey, {100, 70'000});
  std::size_t hashes = 0, bundles = 0;
  for (const auto& [path, bytes] : files.files) {
    INFO(path);
    if (path.starts_with("tile/entries/")) ++bundles;
    if (!path.starts_with("tile/") || path.starts_with("tile/entries/")) continue;
    ++hashes;
    const auto p = path.rfind(".p/");
    CHECK(bytes.size() == 32 * (p == std::string::npos ? 256 : std::stoul(path.substr(p + 3))));
  }
  CHECK(hashes == 273 + 1 + 1 + 1 + 1);
  CHECK(bundles == 273 + 1);
  for (const auto* path : {"checkpoint", "tile/0/272", "tile/0/273.p/112", "tile/1/000", "tile/1/001.p/17",
                           "tile/2/000.p/1", "tile/entries/273.p/112"})
    CHECK(files.files.contains(path));
}

TEST_CASE("tile writer: whoever dies at any file leaves what the checkpoint promises, and goes on", "[tiles]") {
  die_everywhere({}, {1, 3, 255, 256, 257, 300, 700, 701});
  MemoryFiles many;
  publish_at(many, kKey, {65'300, 65'500});
  many.operations = 0;
  die_everywhere(many, {65'535, 65'536, 65'537, 65'900});
}

TEST_CASE("tile writer: a file that fails is tried again by the same writer", "[tiles]") {
  MemoryFiles whole;
  publish_at(whole, kKey, {300, 600});
  MemoryFiles files;
  TileWriter log(files);
  for (const std::uint64_t size : {300, 600}) {
    while (log.size() < size) log.append(entry(log.size()));
    const std::string head = kKey.head(log.size(), log.root());
    for (unsigned failures = 0;; ++failures) {
      REQUIRE(failures < 20);
      files.operations = 0;
      files.dies_at = failures;
      try {
        log.publish(head);
        break;
      } catch (const Died&) {
      }
    }
  }
  CHECK(files.files == whole.files);
}

TEST_CASE("tile writer: partial tiles stay until the full one is there", "[tiles]") {
  MemoryFiles files;
  publish_at(files, kKey, {10, 20, 255});
  for (const auto* width : {"10", "20", "255"}) {
    CHECK(files.files.contains(std::string("tile/0/000.p/") + width));
    CHECK(files.files.contains(std::string("tile/entries/000.p/") + width));
  }
  publish_at(files, kKey, {256});
  CHECK(std::ranges::none_of(files.files, [](const auto& f) { return f.first.starts_with("tile/0/000.p/"); }));
  CHECK(files.files.contains("tile/0/000"));
  CHECK(files.files.contains("tile/1/000.p/1"));
  CHECK_FALSE(files.files.contains("tile/0/001.p/0"));
}

TEST_CASE("tile writer: what is no checkpoint of this log is not published", "[tiles]") {
  MemoryFiles files;
  publish_at(files, kKey, {5});
  const auto before = files.files;
  TileWriter log(files);
  log.append("x");
  CHECK_THROWS_AS(log.publish(kKey.head(5, log.root())), std::invalid_argument);
  CHECK_THROWS_AS(log.publish(kKey.head(6, empty_root())), std::invalid_argument);
  CHECK_THROWS_AS(log.publish(kKey.sign({"another.example", 6, log.root(), {}})), std::invalid_argument);
  CHECK_THROWS_AS(log.publish("six\n"), std::invalid_argument);
  CHECK(files.files == before);
  CHECK_THROWS_AS(log.append(std::string(kMostEntryBytes + 1, 'x')), std::invalid_argument);
  log.publish(kKey.head(6, log.root()));
  CHECK(published(files).size == 6);
}

TEST_CASE("tile writer: an empty log has a checkpoint too", "[tiles]") {
  MemoryFiles files;
  TileWriter(files).publish(kKey.head(0, empty_root()));
  CHECK(files.files.size() == 1);
  check_log(reader_of(files), published(files));
  publish_at(files, kKey, {2});
  check_log(reader_of(files), published(files));
}

TEST_CASE("tile writer: nothing goes on from files that are not the checkpoint's", "[tiles]") {
  MemoryFiles good;
  publish_at(good, kKey, {300, 600});
  REQUIRE_NOTHROW(TileWriter(good));
  for (const auto* path : {"checkpoint", "tile/0/002.p/88", "tile/1/000.p/2", "tile/entries/002.p/88"}) {
    INFO(path);
    MemoryFiles files = good;
    files.files.at(path).back() ^= 1;
    CHECK_THROWS_AS(TileWriter(files), TileError);
    if (std::string_view(path) == kCheckpointPath) continue;
    files.files.erase(path);
    CHECK_THROWS_AS(TileWriter(files), TileError);
  }
}

TEST_CASE("tile folder: the same files on a disk, over what a crash has left there", "[tiles]") {
  const TempFolder folder;
  const fs::path root = folder.path() / "log" / "shard";
  MemoryFiles memory;
  publish_at(memory, kKey, {10, 300});
  fs::create_directories(root / "tile/0/000.p");
  std::ofstream(root / "tile/0/000.part") << std::string(10'000, 'x'); // longer than a tile
  std::ofstream(root / "tile/0/000.p/10.part") << "half";
  publish_at(*tile_folder(root), kKey, {10});
  publish_at(*tile_folder(root), kKey, {300});
  std::map<std::string, std::string> found;
  for (const auto& f : fs::recursive_directory_iterator(root)) {
    if (!f.is_regular_file()) continue;
    std::ifstream in(f.path(), std::ios::binary);
    found[fs::relative(f.path(), root).string()] = {std::istreambuf_iterator<char>(in), {}};
  }
  CHECK(found == memory.files);
  const auto files = tile_folder(root);
  CHECK_FALSE(files->get("tile/0/000/1"));
  CHECK_FALSE(files->get("tile/9/000"));
  CHECK_THROWS_AS(files->get("tile"), fs::filesystem_error);
}
