// The evidence of one record, case or person, for somebody who has no access to anything here: a folder that one can mail.
//   manifest                  signed note of the exporter: "onecode-bundle/1", "about KIND ID", "made TIME", then "file SHA256 SIZE PATH"
//                             for every other file, ascending by path
//   records/NNNN.leaf         a leaf (evidence/leaf.hpp), from 0001 on, with
//   records/NNNN.tlog-proof   where it stands in which log, and the log's signed head (evidence/tlog_proof.hpp)
//   records/NNNN.payload      what the leaf has the hash of; missing where it was erased
//   records/NNNN.subject      "SALT SUBJECT": opens whom the leaf is about; missing where it was erased, or nobody
//   explanation/NNNN.zh.txt, .en.txt    why record NNNN is what it is; missing where there was no history to compute it from
//   policy/, explanation/, keys.txt, VERIFY.html    for people; only the exporter vouches for them
//   Sound    is it by the keys that its reader has from elsewhere, and by nothing that it says itself.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "domain/time.hpp"
#include "evidence/leaf.hpp"
#include "evidence/tile_files.hpp"
#include "evidence/verifiers.hpp"

namespace onecode::evidence {

inline constexpr const char* kManifestPath = "manifest";

struct Manifest {
  std::string kind, id; // about whom or what: account, device, integration, issuer, case, record
  Time made;
  struct File {
    std::string path;
    std::uint64_t size = 0;
    Hash hash{};
  };
  std::vector<File> files; // ascending by path
};
/// Is it one of those words?
bool is_bundle_kind(std::string_view kind);
std::string to_text(const Manifest& manifest);
/// nullopt: not exactly such a text.
std::optional<Manifest> parse_manifest(std::string_view text);

/// The line of NNNN.subject.
std::string subject_line(const Hash& salt, std::string_view subject);

/// The bundle, or what signed it, is not what it must be; the text begins with the file's path.
struct BundleTampered : std::runtime_error {
  using std::runtime_error::runtime_error;
};
/// Something that the answer needs is not there: a file, or a key.
struct BundleIncomplete : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct BundleRecord {
  std::string path; // of the leaf
  std::string leaf;
  std::string origin; // of the log
  std::uint64_t place = 0, size = 0;
  bool payload = false;
  std::string subject; // empty: not told
};

struct SoundBundle {
  Manifest manifest;
  std::string signer;
  std::vector<BundleRecord> records;
};

/// `paths`: every file of the folder, and whatever else is in it that is no folder. Throws the two above; names the first thing found.
SoundBundle check_bundle(const ReadFile& read, const std::vector<std::string>& paths,
                         const std::vector<Verifier>& verifiers);

} // namespace onecode::evidence
