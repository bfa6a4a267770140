// The keys of the archive: one for each subject and month, random, wrapped by the master key. Destroying them is what forgetting is.
//   File    SQLite; what is deleted is overwritten with zeros in the same transaction. Copies that were made of the file before know
//           the keys: it is never backed up with the archive, and old copies are destroyed with the keys (docs/evidence.md).
//   Period  "YYYY-MM", on campus, of the event's time.
//   Errors  std::runtime_error, with the file's name.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "archive/key_wrapper.hpp"
#include "archive/sqlite.hpp"
#include "domain/time.hpp"

namespace onecode::archive {

std::string period_of(Time t);

class KeyStore {
public:
  /// `wrapper` outlives it.
  KeyStore(const std::filesystem::path& file, KeyWrapper& wrapper);

  struct Key {
    std::int64_t id = 0;
    std::string bytes; // 32
  };
  /// Made where there is none; not there for good before commit().
  Key get(std::string_view subject, std::string_view period);
  /// Before anything that was encrypted with new keys is.
  void commit();
  /// nullopt: destroyed, or never there.
  std::optional<Key> find(std::int64_t id);
  /// Ids of a subject's keys, oldest period first.
  std::vector<std::int64_t> of(std::string_view subject);
  /// Whose key it is; nullopt: it is gone.
  std::optional<std::string> subject_of(std::int64_t id);

  /// One act of destruction, as it stays on record: nothing in it says of whom.
  struct Destroyed {
    Time at;
    std::int64_t keys = 0;
    std::string why;
  };
  /// How many there were.
  std::int64_t destroy(std::string_view subject, Time at, std::string_view why);
  /// All of periods before this one: their time is over. Keys of what is about nobody (subjects with a space) stay.
  std::int64_t destroy_before(std::string_view period, Time at, std::string_view why);
  std::vector<Destroyed> destroyed();

private:
  std::int64_t destroy(const char* which, std::string_view value, Time at, std::string_view why);

  KeyWrapper& wrapper_;
  Database database_;
  std::optional<Transaction> new_keys_;
  std::map<std::pair<std::string, std::string>, Key> known_; // bounded
};

} // namespace onecode::archive
