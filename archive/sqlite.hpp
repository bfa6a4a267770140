// SQLite, as far as this room needs it: one file, one writer at a time, all or nothing.
//   Errors  std::runtime_error with the file's name.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace onecode::archive {

class Database {
public:
  /// Made where it is missing, with `schema`; for its owner's eyes only. What is deleted is overwritten (secure_delete).
  Database(const std::filesystem::path& file, const char* schema);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

  void run(const char* sql);
  /// Rows that the last statement changed.
  std::int64_t changes() const;
  std::int64_t last_id() const;
  const std::string& name() const { return name_; }

private:
  friend class Statement;
  [[noreturn]] void fail() const;
  std::string name_;
  sqlite3* handle_ = nullptr;
};

/// Prepared once, run many times: bind in order, then step.
class Statement {
public:
  Statement(Database& database, const char* sql);
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement();

  Statement& reset();
  Statement& text(std::string_view value);
  Statement& blob(std::string_view value);
  Statement& number(std::int64_t value);
  /// true: there is a row.
  bool step();
  /// Of the row, from 0; valid until the next step.
  std::string_view bytes(int column) const;
  std::int64_t integer(int column) const;

private:
  Database& database_;
  sqlite3_stmt* handle_ = nullptr;
  int bound_ = 0;
};

/// What is not committed is undone.
class Transaction {
public:
  explicit Transaction(Database& database) : database_(database) { database_.run("BEGIN IMMEDIATE"); }
  ~Transaction();
  void commit();

private:
  Database& database_;
  bool open_ = true;
};

} // namespace onecode::archive
