// Comma-separated values as RFC 4180 has them: quotes, commas and line breaks inside quotes, "" for a quote. A UTF-8
// byte order mark is skipped, lines may end in LF or CRLF, blank lines are passed over.
#pragma once

#include <cstddef>
#include <istream>
#include <stdexcept>
#include <string>
#include <vector>

namespace onecode::app {

/// A record that breaks the rules. Reading may go on after it: the reader stands at the next line.
struct CsvError : std::runtime_error {
  CsvError(std::size_t at, const std::string& text) : std::runtime_error(text), line(at) {}
  std::size_t line;
};

class CsvReader {
public:
  explicit CsvReader(std::istream& in, char separator = ',');
  /// false at the end. `fields` keep their capacity from record to record.
  bool next(std::vector<std::string>& fields);
  /// The line on which the last record began; the first is 1.
  std::size_t line() const { return record_line_; }

private:
  int take();
  void fail(const std::string& text);

  std::istream& in_;
  char separator_;
  std::size_t line_ = 1, record_line_ = 0;
};

} // namespace onecode::app
