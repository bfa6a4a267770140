// Catches: a log that only onecode can read. What it publishes is judged by programs in Go whose notes, trees and proofs are Go's own
// and transparency-dev's (log/, proof/), and it judges what they publish; either side refuses what was tampered with.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "evidence/check_log.hpp"
#include "evidence/tile_reader.hpp"
#include "evidence/tlog_proof.hpp"
#include "tests/catch.hpp"
#include "tests/support/process.hpp"
#include "tests/support/surroundings.hpp"
#include "tests/unit/evidence/log_world.hpp"
#include "tests/unit/storage/temp_folder.hpp"

using namespace onecode_test;
using onecode::test::content;
using onecode::test::from_environment;
namespace fs = std::filesystem;
namespace streams = onecode::streams;

namespace {

const LogKey kKey;

struct Ran {
  bool well = false;
  std::string said;
};
Ran run(std::vector<std::string> command) {
  const TempFolder folder;
  const auto log = folder.path() / "log";
  command.insert(command.begin(), "/usr/bin/env");
  onecode::test::Process process;
  process.start(command, log);
  const auto ended = process.wait();
  return {ended && ended->code == 0, content(log)};
}

/// What of Go is here: 119 is 1.19; 0: nothing.
int go_version() {
  const auto [well, said] = run({"go", "env", "GOVERSION"});
  int major = 0, minor = 0;
  if (!well || std::sscanf(said.c_str(), "go%d.%d", &major, &minor) != 2) return 0;
  return major * 100 + minor;
}

fs::path source_of(const std::string& program) {
  return fs::path(from_environment("ONECODE_SOURCE_DIR", ".")) / "tests/interop" / program;
}

/// Why a program cannot be made here; empty: it can.
std::string objection(const std::string& program, int go) {
  if (go_version() < go) return fmt::format("there is no Go {}.{} or later", go / 100, go % 100);
  const auto [here, said] = run({"GOTOOLCHAIN=local", "GOFLAGS=-mod=readonly", "GOPROXY=off", "sh", "-c",
                                 R"(cd "$1" && exec go list -deps . >/dev/null)", "sh", source_of(program).string()});
  return here ? std::string() : "the modules of tests/interop/" + program + " are not here: " + said;
}

/// A program below tests/interop/, compiled.
class Program {
public:
  explicit Program(const std::string& name) : path_(folder_.path() / name) {
    const fs::path source = source_of(name);
    const auto built =
        run({"GOTOOLCHAIN=local", "GOFLAGS=-mod=readonly", "sh", "-c",
             R"(cd "$1" && exec go build -buildvcs=false -o "$2" .)", "sh", source.string(), path_.string()});
    INFO(built.said);
    REQUIRE(built.well);
  }
  Ran operator()(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), path_.string());
    return run(std::move(arguments));
  }

private:
  TempFolder folder_;
  fs::path path_;
};

std::string list(const std::vector<std::uint64_t>& sizes) { return fmt::format("{}", fmt::join(sizes, ",")); }

/// Publishes, and keeps the checkpoint of each size beside the log.
void publish_and_keep(TileFiles& files, const std::vector<std::uint64_t>& sizes) {
  for (const auto size : sizes) {
    publish_at(files, kKey, {size});
    files.put(fmt::format("{}.{}", kCheckpointPath, size), *files.get(kCheckpointPath));
  }
}

NoteKey witness_key(std::string private_key) {
  return {"witness.example", NoteKey::Type::cosignature, streams::ed25519_from_private(private_key).public_key};
}

void write(const fs::path& path, std::string_view bytes) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << bytes;
}

} // namespace

TEST_CASE("interop: Go finds a published log in order, at every size that it had", "[interop]") {
  if (const auto why = objection("log", 119); !why.empty()) SKIP(why);
  const Program log("log");
  const auto verifier = verifier_of(kKey.key);
  for (const auto& sizes : std::vector<std::vector<std::uint64_t>>{
           {1, 2, 3, 7, 255, 256, 257, 300, 511, 512, 513, 1000}, {65'535, 65'536, 65'537, 256'300}}) {
    const TempFolder folder;
    MemoryFiles files;
    publish_and_keep(files, sizes);
    for (const auto& [path, bytes] : files.files) write(folder.path() / path, bytes);
    const auto checked = log({"check", folder.path(), verifier, list(sizes)});
    INFO(checked.said);
    CHECK(checked.well);

    auto key = kKey.key;
    key.public_key = streams::new_ed25519().public_key;
    CHECK_FALSE(log({"check", folder.path(), verifier_of(key), list(sizes)}).well);
    auto shorter = sizes;
    shorter.pop_back();
    CHECK_FALSE(log({"check", folder.path(), verifier, list(shorter)}).well);
  }
}

TEST_CASE("interop: Go passes over signatures that it does not know", "[interop]") {
  if (const auto why = objection("log", 119); !why.empty()) SKIP(why);
  const Program log("log");
  const TempFolder folder;
  const auto files = tile_folder(folder.path());
  publish_and_keep(*files, {20});
  auto note = *parse_note(*files->get(kCheckpointPath));
  const auto sm2 = streams::new_key_pair(onecode::KeyAlgorithm::sm2);
  const NoteKey sm2_key{kKey.key.name, NoteKey::Type::sm2, sm2.public_key};
  const auto seen = streams::new_ed25519();
  note.signatures.push_back(sign_note(sm2_key, sm2.private_key, note.text));
  note.signatures.push_back(sign_note(witness_key(seen.private_key), seen.private_key, note.text, 1'700'000'000));
  std::ranges::rotate(note.signatures, note.signatures.begin() + 1);
  for (const auto* name : {"checkpoint", "checkpoint.20"}) files->put(name, to_text(note));
  const auto checked = log({"check", folder.path(), verifier_of(kKey.key), "20"});
  INFO(checked.said);
  CHECK(checked.well);
}

TEST_CASE("interop: Go refuses a log of which one bit is another", "[interop]") {
  if (const auto why = objection("log", 119); !why.empty()) SKIP(why);
  const Program log("log");
  const TempFolder folder;
  const auto files = tile_folder(folder.path());
  publish_at(*files, kKey, {290});
  for (const auto* file :
       {"checkpoint", "tile/0/000", "tile/0/001.p/34", "tile/1/000.p/1", "tile/entries/001.p/34"}) {
    const auto flipped = log({"flip", folder.path(), verifier_of(kKey.key), "290", file});
    INFO(file << ": " << flipped.said);
    CHECK(flipped.well);
  }
}

TEST_CASE("interop: a log that Go has published is in order, and tampered with it is not", "[interop]") {
  if (const auto why = objection("log", 119); !why.empty()) SKIP(why);
  const Program log("log");
  for (const auto& sizes : std::vector<std::vector<std::uint64_t>>{{1, 2, 200, 256, 290}, {255, 65'536, 65'900}}) {
    const TempFolder folder;
    const auto wrote = log({"write", folder.path(), "7", list(sizes)});
    INFO(wrote.said);
    REQUIRE(wrote.well);
    const auto key = parse_verifier(wrote.said);
    REQUIRE(key);
    const auto files = tile_folder(folder.path());
    const auto read = reader_of(*files);
    std::vector<Checkpoint> heads;
    for (const auto size : sizes) {
      const auto text = *files->get(fmt::format("checkpoint.{}", size));
      const auto head = signed_checkpoint(text, key->name, *key);
      REQUIRE(head);
      REQUIRE(head->size == size);
      check_log(read, *head);
      for (const auto& before : heads)
        CHECK(consistent(before.size, before.root, size, head->root,
                         TileReader(read, size).consistency_proof(before.size)));
      for (std::uint64_t i = 0; i < size; i += size < 600 ? 1 : 199) {
        TileReader tiles(read, size);
        CHECK(proven({"", i, tiles.inclusion_proof(i), text}, tiles.entry(i), key->name, *key));
      }
      heads.push_back(*head);
    }
    const TileWriter further(*files); // which looks at the edge of what it would go on from
    CHECK(further.root() == heads.back().root);
    if (sizes.back() != 290) continue;

    const std::string note = *files->get(kCheckpointPath);
    for (std::size_t i = 0; i < note.size(); ++i)
      for (int bit = 0; bit < 8; ++bit) {
        std::string bad = note;
        bad[i] ^= static_cast<char>(1 << bit);
        CHECK_FALSE(signed_checkpoint(bad, key->name, *key));
      }
    for (const std::string path : {"tile/0/000", "tile/0/001.p/34", "tile/1/000.p/1", "tile/entries/001.p/34"}) {
      INFO(path);
      const std::string bytes = *files->get(path);
      for (std::size_t i = 0; i < bytes.size(); ++i) {
        std::string bad = bytes;
        bad[i] ^= static_cast<char>(1 << i % 8);
        const ReadFile tampered = [&](const std::string& p) { return p == path ? bad : read(p); };
        CHECK_THROWS_AS(check_log(tampered, heads.back()), TileError);
      }
    }
  }
}

TEST_CASE("interop: Go is convinced by a proof file and its cosignature, and by none of which one bit is another",
          "[interop]") {
  if (const auto why = objection("proof", 125); !why.empty()) SKIP(why);
  const Program proof("proof");
  const TempFolder folder;
  MemoryFiles files;
  publish_at(files, kKey, {300});
  const auto seen = streams::new_ed25519();
  const auto witness = witness_key(seen.private_key);
  auto note = *parse_note(files.files.at(kCheckpointPath));
  note.signatures.push_back(sign_note(witness, seen.private_key, note.text, 1'700'000'000));
  for (const std::uint64_t i : {0, 77, 256, 299}) {
    TileReader tiles(reader_of(files), 300);
    write(folder.path() / "proof",
          to_text(TlogProof{i == 77 ? "\1\2" : "", i, tiles.inclusion_proof(i), to_text(note)}));
    write(folder.path() / "entry", entry(i));
    const auto convinced = proof({i == 299 ? "flip" : "check", folder.path() / "proof", folder.path() / "entry",
                                  verifier_of(kKey.key), verifier_of(witness)});
    INFO(i << ": " << convinced.said);
    CHECK(convinced.well);
    write(folder.path() / "entry", entry(i) + "x");
    CHECK_FALSE(proof({"check", folder.path() / "proof", folder.path() / "entry", verifier_of(kKey.key),
                       verifier_of(witness)})
                    .well);
  }
}

TEST_CASE("interop: a proof file that Go has written convinces, and none of which one bit is another", "[interop]") {
  if (const auto why = objection("proof", 125); !why.empty()) SKIP(why);
  const Program proof("proof");
  for (const auto& [index, size] : {std::pair{0, 1}, {4, 5}, {77, 300}}) {
    const TempFolder folder;
    const auto wrote = proof({"write", folder.path(), "11", std::to_string(index), std::to_string(size)});
    INFO(wrote.said);
    REQUIRE(wrote.well);
    std::istringstream keys(wrote.said);
    std::string log_text, witness_text;
    std::getline(keys, log_text);
    std::getline(keys, witness_text);
    const auto log = parse_verifier(log_text), witness = parse_verifier(witness_text);
    REQUIRE(log);
    REQUIRE(witness);
    const std::string logged = content(folder.path() / "entry"), text = content(folder.path() / "proof");
    const auto convinces = [&](const std::string& said) {
      const auto p = parse_tlog_proof(said);
      return p && proven(*p, logged, log->name, *log) && cosigned_at(*parse_note(p->checkpoint), *witness);
    };
    REQUIRE(convinces(text));
    const auto p = *parse_tlog_proof(text);
    CHECK(p.extra == "extra");
    CHECK(p.index == static_cast<std::uint64_t>(index));
    CHECK(to_text(p) == text);
    const auto signed_part = text.find("\nindex ") + 1; // nobody signs what is extra
    for (std::size_t i = signed_part; i < text.size(); ++i)
      for (int bit = 0; bit < 8; ++bit) {
        std::string bad = text;
        bad[i] ^= static_cast<char>(1 << bit);
        CHECK_FALSE(convinces(bad));
      }
  }
}
