// Catches: a proof out of tiles that is not the one by the book, one that reads more than it needs, files that were tampered with
// and pass, a log whose older checkpoints can no longer be checked.
#include "evidence/tile_reader.hpp"

#include "evidence/check_log.hpp"
#include "evidence/tlog_proof.hpp"
#include "tests/catch.hpp"
#include "tests/unit/evidence/by_the_book.hpp"
#include "tests/unit/evidence/log_world.hpp"

using namespace onecode::evidence;
using namespace onecode_test;

namespace {

const LogKey kKey;

std::vector<TreeHash> leaves_of(std::uint64_t size) {
  std::vector<TreeHash> out;
  for (std::uint64_t i = 0; i < size; ++i) out.push_back(leaf_hash(entry(i)));
  return out;
}

} // namespace

TEST_CASE("tile reader: hashes, entries and proofs are those by the book", "[tiles]") {
  const std::vector<std::uint64_t> sizes{1, 2, 3, 254, 255, 256, 257, 258, 511, 512, 513, 767, 768, 1000};
  MemoryFiles files;
  publish_at(files, kKey, sizes);
  const auto all = leaves_of(sizes.back());
  for (const auto size : sizes) { // the older ones from what the newest has left
    const auto leaves = std::span(all).first(size);
    const TreeHash root = root_by_the_book(leaves);
    CHECK(TileReader(reader_of(files), size).root() == root);
    for (std::uint64_t i = 0; i<size; i += size> 300 ? 37 : 1) {
      INFO(i << " of " << size);
      TileReader log(reader_of(files), size);
      CHECK(log.entry(i) == entry(i));
      CHECK(log.inclusion_proof(i) == path_by_the_book(i, leaves));
      if (i > 0) CHECK(log.consistency_proof(i) == proof_by_the_book(i, leaves));
    }
    std::uint64_t seen = 0;
    check_log(reader_of(files), {"", size, root, {}}, [&](std::string_view e) { CHECK(e == entry(seen++)); });
    CHECK(seen == size);
  }
}

TEST_CASE("tile reader: a proof from a hundred million entries reads few tiles and is short", "[tiles]") {
  // Every entry is "x", so that all hashes of a level are the same.
  constexpr std::uint64_t kSize = 100'000'000;
  std::vector<TreeHash> level{leaf_hash("x")};
  while (level.size() < 64) level.push_back(node_hash(level.back(), level.back()));
  std::size_t read = 0;
  const ReadFile files = [&](const std::string& path) -> std::optional<std::string> {
    ++read;
    std::string out;
    const auto partial = path.rfind(".p/");
    const auto width = partial == std::string::npos ? kTileWidth : std::stoul(path.substr(partial + 3));
    for (unsigned i = 0; i < width; ++i) append_hash(out, level.at(static_cast<std::size_t>(path[5] - '0') * 8));
    return out;
  };
  const TreeHash root = TileReader(files, kSize).root();
  for (const std::uint64_t i : {std::uint64_t{0}, std::uint64_t{77'777'777}, kSize - 1}) {
    read = 0;
    const TlogProof proof{"", i, TileReader(files, kSize).inclusion_proof(i), kKey.head(kSize, root)};
    CHECK(read <= 8);
    CHECK(proven(proof, "x", kKey.key.name, kKey.key));
    CHECK(to_text(proof).size() < 4096);
    read = 0;
    TileReader log(files, kSize);
    CHECK(consistent(i, TileReader(files, i).root(), kSize, root, log.consistency_proof(i)));
  }
}

TEST_CASE("check log: not one byte of a log may be another", "[tiles]") {
  MemoryFiles good;
  publish_at(good, kKey, {300});
  good.files.erase("tile/entries/000"); // the one with 64 KiB would only take long
  good.files["tile/entries/000"] = {};
  for (std::uint64_t i = 0; i < 256; ++i) append_entry(good.files["tile/entries/000"], entry(i));
  const auto head = signed_checkpoint(good.files.at(kCheckpointPath), kKey.key.name, kKey.key);
  REQUIRE(head);
  check_log(reader_of(good), *head);
  for (const auto& [path, bytes] : good.files) {
    if (path == kCheckpointPath) continue;
    INFO(path);
    MemoryFiles files = good;
    auto& bad = files.files.at(path);
    const std::size_t step = bytes.size() > 20'000 ? 997 : bytes.size() > 5'000 ? 31 : 1;
    for (std::size_t i = 0; i < bytes.size(); i += step) {
      bad[i] ^= static_cast<char>(1 << i % 8);
      CHECK_THROWS_AS(check_log(reader_of(files), *head), TileError);
      bad[i] = bytes[i];
    }
    bad.pop_back();
    CHECK_THROWS_AS(check_log(reader_of(files), *head), TileError);
    bad = bytes + std::string(32, '\0');
    CHECK_THROWS_AS(check_log(reader_of(files), *head), TileError);
    files.files.erase(path);
    CHECK_THROWS_AS(check_log(reader_of(files), *head), TileError);
  }
  auto other = *head;
  other.root[5] ^= 1;
  CHECK_THROWS_AS(check_log(reader_of(good), other), TileError);
  other = *head;
  other.size = 299;
  CHECK_THROWS_AS(check_log(reader_of(good), other), TileError);
}

TEST_CASE("tile reader: a tampered tile gives proofs that convince nobody", "[tiles]") {
  MemoryFiles files;
  publish_at(files, kKey, {300});
  const TreeHash root = TileReader(reader_of(files), 300).root();
  auto& tile = files.files.at("tile/0/001.p/44");
  for (std::size_t i = 0; i < tile.size(); ++i) {
    tile[i] ^= 1;
    TileReader log(reader_of(files), 300);
    CHECK(log.root() != root);
    if (i / 32 != 290 - 256) CHECK_FALSE(includes(root, 300, 290, leaf_hash(entry(290)), log.inclusion_proof(290)));
    tile[i] ^= 1;
  }
}

TEST_CASE("tile reader: what is no tile of its size, and what is not there", "[tiles]") {
  MemoryFiles good;
  publish_at(good, kKey, {300});
  for (const auto* path : {"tile/0/001.p/44", "tile/0/000", "tile/entries/001.p/44"}) {
    INFO(path);
    const std::uint64_t index = path == std::string("tile/0/000") ? 0 : 290;
    const auto ask = [&](MemoryFiles& files) {
      TileReader log(reader_of(files), 300);
      (void)log.inclusion_proof(index);
      (void)log.entry(index);
    };
    REQUIRE_NOTHROW(ask(good));
    MemoryFiles files = good;
    auto& bytes = files.files.at(path);
    bytes.resize(bytes.size() + 32);
    CHECK_THROWS_AS(ask(files), TileError);
    bytes.resize(bytes.size() - 64);
    CHECK_THROWS_AS(ask(files), TileError);
    files.files.erase(path);
    CHECK_THROWS_AS(ask(files), TileError);
    files.files["tile/0/001"] = files.files["tile/entries/001"] = "short";
    CHECK_THROWS_AS(ask(files), TileError);
  }
}
