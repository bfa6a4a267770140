// Strict reading of a TOML table: every key that nobody asked for and every value of another type is an error that
// names file, line and key. Errors are collected, so that a person mends a file in one go.
#pragma once

#include <fmt/format.h>
#include <toml++/toml.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "domain/time.hpp"

namespace onecode::app {

/// The candidate that `word` most likely meant; empty when none is near.
std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates);

class TomlErrors {
public:
  explicit TomlErrors(std::string file) : file_(std::move(file)) {}
  void add(const toml::source_region& at, std::string_view key, std::string_view text) {
    texts.push_back(where(at) + ": " + std::string(key) + (key.empty() ? "" : ": ") + std::string(text));
  }
  std::string where(const toml::source_region& at) const {
    return at.begin.line > 0 ? fmt::format("{}:{}", file_, at.begin.line) : file_;
  }
  const std::string& file() const { return file_; }
  std::vector<std::string> texts;

private:
  std::string file_;
};

/// Parses; a syntax error becomes the only error and nullopt comes back.
std::optional<toml::table> parse_toml(const std::string& text, TomlErrors& errors);

class TomlReader {
public:
  TomlReader(const toml::table& table, std::string path, TomlErrors& errors)
      : table_(table), path_(std::move(path)), errors_(errors) {}

  /// The node of a key, which counts as known from now on; nullptr: not there.
  const toml::node* find(std::string_view key) {
    known_.insert(std::string(key));
    return table_.get(key);
  }
  std::string path(std::string_view key) const {
    return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
  }

  bool read(std::string_view key, std::string& into);
  bool read(std::string_view key, std::int64_t& into);
  bool read(std::string_view key, double& into);
  bool read(std::string_view key, bool& into);
  bool read(std::string_view key, std::vector<std::string>& into);
  /// A TOML date-time with offset, or the same as text (RFC 3339).
  bool read(std::string_view key, Time& into);
  template <class T>
  bool read(std::string_view key, std::optional<T>& into) {
    T value{};
    if (!read(key, value)) return false;
    into = std::move(value);
    return true;
  }
  template <class T>
  bool require(std::string_view key, T& into) {
    if (find(key) == nullptr) {
      errors_.add(table_.source(), path(key), "is missing");
      return false;
    }
    return read(key, into);
  }
  /// The table below a key; nullptr when it is not there (or no table, which is an error).
  const toml::table* table(std::string_view key);

  void error(std::string_view key, std::string_view text) {
    const auto* node = table_.get(key);
    errors_.add(node != nullptr ? node->source() : table_.source(), path(key), text);
  }
  /// Complains about every key that was never asked for.
  void finish();
  const toml::table& raw() const { return table_; }
  TomlErrors& errors() { return errors_; }

private:
  void wrong_type(std::string_view key, const toml::node& node, std::string_view wanted);
  const toml::table& table_;
  std::string path_;
  TomlErrors& errors_;
  std::set<std::string, std::less<>> known_;
};

} // namespace onecode::app
