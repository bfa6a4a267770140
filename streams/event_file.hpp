// Event files (CONTRACT §9): newline-delimited JSON, one record per line, in arrival order.
#pragma once

#include <cstdint>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "domain/policy.hpp"
#include "domain/time.hpp"
#include "domain/topics.hpp"

namespace onecode::streams {

/// A line that is no event file line; the message names file and line (exit 3).
struct EventFileError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct FileRecord {
  Topic topic{};
  std::optional<std::int32_t> partition;
  std::optional<std::int64_t> offset;
  std::optional<std::int64_t> timestamp_ms;
  std::string key;
  std::optional<std::string> value; // nullopt: tombstone. The exact bytes of the JSON value as they stand in the line
  std::vector<std::pair<std::string, std::string>> headers;
  std::string turn;
};

/// The line of a history file that opens a turn.
struct FileTurn {
  std::string turn;
  std::int32_t partitions = 0;
  std::vector<std::int32_t> shards;
  Time now;
  std::int64_t policy_offset = 0;
  std::string clock = "wall"; // `wall` or `events`: where the node's engine time came from
  std::string build;          // of the engine; empty: it did not say
  bool sm3 = false;           // leaves of its logs have the SM3 of payloads
  /// The node's root keys, where the turn read policies: who they trusted decides which versions came into force.
  std::vector<TrustedKey> roots;
  /// Of the shards that had a part, after the turn: CommitRecord::digest. In the file 16 hexadecimal digits.
  std::map<std::int32_t, std::uint64_t> digests;
};

using FileLine = std::variant<FileRecord, FileTurn>;

class EventFileReader {
public:
  explicit EventFileReader(std::string path); // throws EventFileError: cannot be opened
  ~EventFileReader();
  /// nullopt at the end of the file.
  std::optional<FileLine> next();
  std::size_t line() const;
  /// Bytes read and in all, for progress.
  std::uint64_t bytes_read() const;
  std::uint64_t bytes_total() const;

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

class EventFileWriter {
public:
  explicit EventFileWriter(const std::string& path);
  ~EventFileWriter();
  void write(const FileRecord& record);
  void write(const FileTurn& turn);
  /// Flushes and reports what could not be written.
  void close();

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// One line, without its newline. A value that is valid JSON stands as `value` (newlines outside strings are
/// dropped), any other bytes as `value_base64`.
std::string to_line(const FileRecord& record);

} // namespace onecode::streams
