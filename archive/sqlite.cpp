#include "archive/sqlite.hpp"

#include <sqlite3.h>

#include <exception>
#include <stdexcept>

namespace onecode::archive {
namespace {

constexpr int kWaitMs = 10'000; // for another process to end its transaction

} // namespace

Database::Database(const std::filesystem::path& file, const char* schema) : name_(file.string()) {
  const bool opened =
      sqlite3_open_v2(name_.c_str(), &handle_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr) == SQLITE_OK;
  try {
    if (!opened) fail();
    std::filesystem::permissions(file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    sqlite3_busy_timeout(handle_, kWaitMs);
    // A rollback journal, not a write-ahead log: nothing that was deleted waits in a file of its own.
    run("PRAGMA secure_delete = ON; PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL; PRAGMA foreign_keys = "
        "ON");
    run(schema);
  } catch (...) {
    sqlite3_close(handle_);
    throw;
  }
}

Database::~Database() { sqlite3_close(handle_); }

void Database::run(const char* sql) {
  if (sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail();
}

std::int64_t Database::changes() const { return sqlite3_changes(handle_); }
std::int64_t Database::last_id() const { return sqlite3_last_insert_rowid(handle_); }

void Database::fail() const { throw std::runtime_error(name_ + ": " + sqlite3_errmsg(handle_)); }

Statement::Statement(Database& database, const char* sql) : database_(database) {
  if (sqlite3_prepare_v3(database.handle_, sql, -1, SQLITE_PREPARE_PERSISTENT, &handle_, nullptr) != SQLITE_OK)
    database.fail();
}

Statement::~Statement() { sqlite3_finalize(handle_); }

Statement& Statement::reset() {
  sqlite3_reset(handle_);
  bound_ = 0;
  return *this;
}

Statement& Statement::text(std::string_view value) {
  if (sqlite3_bind_text(handle_, ++bound_, value.empty() ? "" : value.data(), static_cast<int>(value.size()),
                        SQLITE_TRANSIENT) != SQLITE_OK)
    database_.fail();
  return *this;
}

Statement& Statement::blob(std::string_view value) {
  if (sqlite3_bind_blob(handle_, ++bound_, value.empty() ? "" : value.data(), static_cast<int>(value.size()),
                        SQLITE_TRANSIENT) != SQLITE_OK)
    database_.fail();
  return *this;
}

Statement& Statement::number(std::int64_t value) {
  if (sqlite3_bind_int64(handle_, ++bound_, value) != SQLITE_OK) database_.fail();
  return *this;
}

bool Statement::step() {
  const int rc = sqlite3_step(handle_);
  if (rc != SQLITE_ROW && rc != SQLITE_DONE) {
    sqlite3_reset(handle_);
    database_.fail();
  }
  return rc == SQLITE_ROW;
}

std::string_view Statement::bytes(int column) const {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(handle_, column));
  return {data, data == nullptr ? 0 : static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
}

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(handle_, column); }

Transaction::~Transaction() {
  if (!open_) return;
  try {
    database_.run("ROLLBACK");
  } catch (const std::exception&) { // SQLite has undone it by itself
  }
}

void Transaction::commit() {
  database_.run("COMMIT");
  open_ = false;
}

} // namespace onecode::archive
