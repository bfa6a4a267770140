// What a published log costs: to write and to check on a disk, and to prove that an entry is in it, from a log of a hundred million.
// The hashes of a hundred million different entries are 3 GiB and hours of fsync, so the long log has 65,536 different entries over
// and over: of the tiles of level 0 there are 256, of level 1 one, above that all hashes of a level are the same, and any tile is
// there when it is asked for. A proof reads, cuts and hashes as many tiles as from any other log of that size.
//   bench_evidence [entries on disk] [entries of the long log] [proofs]
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "evidence/check_log.hpp"
#include "evidence/tile_reader.hpp"
#include "evidence/tile_writer.hpp"
#include "evidence/tlog_proof.hpp"
#include "streams/authenticate.hpp"

using namespace onecode;
using namespace onecode::evidence;

namespace {

constexpr double kMostMilliseconds = 100;
constexpr std::size_t kMostBytes = 4096;
constexpr std::uint64_t kRepeats = kTileWidth * kTileWidth;

double milliseconds(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

class LongLog {
public:
  explicit LongLog(std::uint64_t size) : size_(size) {
    for (std::uint64_t t = 0; t < kTileWidth; ++t) {
      auto& tile = leaves_.emplace_back();
      for (std::uint64_t i = 0; i < kTileWidth; ++i) append_hash(tile, leaf_hash(entry(t * kTileWidth + i)));
      append_hash(above_, root_of_tile(tile));
    }
    TreeHash same = root_of_tile(above_);
    for (unsigned level = 2; level < kTileLevels; ++level) {
      auto& tile = repeated_.emplace_back();
      for (unsigned i = 0; i < kTileWidth; ++i) append_hash(tile, same);
      same = root_of_tile(tile);
    }
  }

  static std::string entry(std::uint64_t i) { return "entry " + std::to_string(i % kRepeats); }

  /// tile/L/N or tile/L/N.p/W
  std::string file(const std::string& path) {
    ++files_read;
    const auto partial = path.find(".p/");
    const std::size_t width = partial == std::string::npos ? kTileWidth : std::stoul(path.substr(partial + 3));
    std::uint64_t index = 0;
    for (const char c : path.substr(7, partial == std::string::npos ? partial : partial - 7))
      if (c >= '0' && c <= '9') index = index * 10 + static_cast<std::uint64_t>(c - '0');
    const auto level = static_cast<std::size_t>(path[5] - '0');
    const std::string& tile = level == 0 ? leaves_[index % kTileWidth] : level == 1 ? above_ : repeated_[level - 2];
    return tile.substr(0, width * sizeof(TreeHash));
  }
  ReadFile reader() {
    return [this](const std::string& path) { return file(path); };
  }
  std::uint64_t size() const { return size_; }

  std::size_t files_read = 0;

private:
  std::uint64_t size_;
  std::vector<std::string> leaves_, repeated_;
  std::string above_;
};

struct Signer {
  streams::KeyPair pair = streams::new_ed25519();
  NoteKey key{"campus.example/onecode/shard/3", NoteKey::Type::ed25519, pair.public_key};
  std::string head(std::uint64_t size, const TreeHash& root) const {
    const std::string text = to_text(Checkpoint{key.name, size, root, {}});
    return to_text(SignedNote{text, {sign_note(key, pair.private_key, text)}});
  }
};

void on_disk(std::uint64_t entries, const Signer& signer) {
  const auto folder = std::filesystem::temp_directory_path() / ("onecode-evidence-" + std::to_string(::getpid()));
  const auto files = tile_folder(folder);
  TileWriter log(*files);
  const double written = milliseconds([&] {
    while (log.size() < entries) {
      log.append(LongLog::entry(log.size()));
      if (log.size() % 10'000 == 0) log.publish(signer.head(log.size(), log.root()));
    }
    log.publish(signer.head(log.size(), log.root()));
  });
  const double checked = milliseconds([&] {
    check_log(reader_of(*files), *signed_checkpoint(*files->get(kCheckpointPath), signer.key.name, signer.key));
  });
  std::printf("%-34s %12.0f entries/s (a checkpoint every 10,000)\n", "written to a disk",
              static_cast<double>(entries) / written * 1e3);
  std::printf("%-34s %12.0f entries/s\n", "checked from a disk", static_cast<double>(entries) / checked * 1e3);
  std::filesystem::remove_all(folder);
}

bool proofs(LongLog log, std::uint64_t count, const Signer& signer) {
  const std::string head = signer.head(log.size(), TileReader(log.reader(), log.size()).root());
  std::mt19937_64 random(1);
  std::vector<double> made, verified, consistency;
  std::size_t bytes = 0, read = 0;
  bool well = true;
  for (std::uint64_t n = 0; n < count; ++n) {
    const std::uint64_t index = random() % log.size();
    std::string text;
    log.files_read = 0;
    made.push_back(milliseconds([&] {
      text = to_text(TlogProof{"", index, TileReader(log.reader(), log.size()).inclusion_proof(index), head});
    }));
    read = std::max(read, log.files_read);
    bytes = std::max(bytes, text.size());
    verified.push_back(milliseconds(
        [&] { well = well && proven(*parse_tlog_proof(text), LongLog::entry(index), signer.key.name, signer.key); }));
    consistency.push_back(milliseconds([&] { TileReader(log.reader(), log.size()).consistency_proof(index + 1); }));
  }
  const auto print = [](const char* what, std::vector<double>& ms) {
    std::ranges::sort(ms);
    std::printf("%-34s %8.3f ms median, %8.3f ms slowest\n", what, ms[ms.size() / 2], ms.back());
  };
  std::printf("a log of %llu entries, %llu proofs\n", static_cast<unsigned long long>(log.size()),
              static_cast<unsigned long long>(count));
  print("inclusion: proof file made", made);
  print("inclusion: verified, signature too", verified);
  print("consistency: proof made", consistency);
  std::printf("%-34s %8zu bytes at most\n", "inclusion: proof file", bytes);
  std::printf("%-34s %8zu files at most\n", "inclusion: tiles read", read);
  well = well && made.back() < kMostMilliseconds && bytes < kMostBytes;
  std::printf("%s\n",
              well ? "below 100 ms and 4 KiB, and all convince" : "MISSED: 100 ms, 4 KiB, or a proof that fails");
  return well;
}

} // namespace

int main(int argc, char** argv) {
  const std::uint64_t disk = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 100'000;
  const std::uint64_t entries = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 100'000'000;
  const std::uint64_t count = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 2'000;
  const Signer signer;
  on_disk(disk, signer);
  return proofs(LongLog(entries), count, signer) ? 0 : 1;
}
