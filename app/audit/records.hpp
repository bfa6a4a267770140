// One entry of an exported log with all that proves it: what `audit prove` writes and `audit bundle` packs.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/audit/exported.hpp"
#include "archive/archive.hpp"
#include "evidence/leaf.hpp"
#include "evidence/subject_keys.hpp"
#include "evidence/tile_reader.hpp"

namespace onecode::app {

struct ProvenRecord {
  std::string origin;
  std::int32_t shard = -1;
  std::uint64_t place = 0;
  std::string leaf;  // as it is stored
  std::string proof; // C2SP tlog-proof
  std::optional<std::string> payload;
  bool erased = false;                // it was there once
  std::optional<std::string> subject; // the line that opens whom it is about
  std::string about;                  // whom the archive has it under; empty: unknown or erased
};

class RecordReader {
public:
  /// `archive`: null, then there are no payloads and every search reads all entries. `keys`: empty, then nobody is named. Both outlive it.
  RecordReader(std::vector<LogFolder> logs, archive::Archive* archive, const evidence::SubjectKeys& keys);

  /// By CloudEvents id; of several leaves all.
  std::vector<archive::Archive::Place> find(std::string_view id);
  /// Throws InputError: there is no such entry.
  ProvenRecord record(const archive::Archive::Place& at);
  /// The leaf alone, and its payload; cheaper.
  std::string entry(const archive::Archive::Place& at);

private:
  struct Log {
    LogFolder folder;
    evidence::TileReader reader;
  };
  Log& log(std::int32_t shard);

  std::map<std::int32_t, std::unique_ptr<Log>> logs_;
  archive::Archive* archive_;
  const evidence::SubjectKeys& keys_;
};

} // namespace onecode::app
