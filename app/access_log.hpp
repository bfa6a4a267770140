// Who looked at whose record, when, by which verb and why: each look at personal records leaves a line before anything is shown.
//   File    access.ndjson beside the data that was read, or --access-log FILE; readable by its owner. One JSON object a line:
//           at (RFC 3339), who (login@host, by sudo for whom), verb, kind and subject (a pseudonym) or record (an id), purpose, before.
//   Chain   `before` is the SHA-256 of the whole line before, of the first 64 zeros. A line that was changed, taken out or put in shows at
//           the next one; that the last ones were cut off shows to whoever knows the last digest (`audit access` prints it).
//   Crash   appended in one write, under a lock, and synced; a line that a loss of power tore stays, and is told.
//   Privacy long numbers become an ellipsis: nobody's student number or telephone is in a purpose.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace onecode::app {

struct Access {
  std::string verb, kind, subject,
      record; // what was looked at: a subject, or a record of whom its reader need not know
  std::string purpose;
};

/// What people type about a look: one harmless line without anybody's number.
std::string access_text(std::string_view text);
/// An id as a record of access names it: a pseudonym is kept whole; digits alone are somebody's number, typed instead of one.
std::string access_id(std::string_view id);
/// As whom this process runs. Names the caller of sudo, too.
std::string access_person();

/// Appends one line. Throws InputError: it cannot be written or made durable.
void append_access(const std::filesystem::path& file, const Access& access);

struct AccessCheck {
  std::uint64_t lines = 0;
  std::string last;                 // SHA-256 of the last line: what the next one will have as `before`
  std::vector<std::string> records; // the lines
  std::vector<std::string> wrong;   // a sentence each, with file and line; empty: the chain is whole
};
/// Throws InputError: there is no such file.
AccessCheck check_access(const std::filesystem::path& file);

/// --access-log and --purpose, of verbs that show personal records.
struct AccessFlags {
  std::string file, purpose;
  void add_to(CLI::App& verb);
  /// `beside`: the file or folder that is read; nullopt: a cluster's, which is no place to write. Throws InputError where --access-log was
  /// given and cannot be written; without it the look goes on, and stderr says that it left no line.
  void record(Access access, const std::optional<std::filesystem::path>& beside) const;
};

} // namespace onecode::app
