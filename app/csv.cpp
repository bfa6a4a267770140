#include "app/csv.hpp"

namespace onecode::app {
namespace {

constexpr int kEnd = std::char_traits<char>::eof();

/// Strict: no overlong forms, no surrogates, nothing beyond U+10FFFF.
bool valid_utf8(const std::string& s) {
  for (std::size_t i = 0; i < s.size();) {
    const auto at = [&](std::size_t k) { return static_cast<unsigned char>(s[k]); };
    const unsigned c = at(i);
    if (c < 0x80) {
      ++i;
      continue;
    }
    const std::size_t n = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : 1;
    if (c < 0xC2 || c > 0xF4 || i + n >= s.size()) return false;
    for (std::size_t k = 1; k <= n; ++k)
      if ((at(i + k) & 0xC0) != 0x80) return false;
    const unsigned second = at(i + 1);
    if ((c == 0xE0 && second < 0xA0) || (c == 0xED && second > 0x9F) || (c == 0xF0 && second < 0x90) ||
        (c == 0xF4 && second > 0x8F))
      return false;
    i += n + 1;
  }
  return true;
}

} // namespace

CsvReader::CsvReader(std::istream& in, char separator) : in_(in), separator_(separator) {
  if (in_.peek() == 0xEF) {
    char mark[3];
    in_.read(mark, 3);
    if (in_.gcount() != 3 || mark[1] != '\xBB' || mark[2] != '\xBF') {
      in_.clear();
      in_.seekg(0);
    }
  }
}

/// The next character; CRLF counts as LF.
int CsvReader::take() {
  int c = in_.get();
  if (c == '\r' && in_.peek() == '\n') c = in_.get();
  if (c == '\n') ++line_;
  return c;
}

/// Leaves the reader at the start of the next line.
void CsvReader::fail(const std::string& text) {
  const std::size_t at = line_;
  for (int c = take(); c != kEnd && c != '\n'; c = take()) {
  }
  throw CsvError(at, text);
}

bool CsvReader::next(std::vector<std::string>& fields) {
  std::size_t count = 0;
  const auto field = [&]() -> std::string& {
    if (count == fields.size()) fields.emplace_back();
    fields[count].clear();
    return fields[count++];
  };
  for (;;) { // until a line that is not blank
    if (in_.peek() == kEnd) return false;
    record_line_ = line_;
    count = 0;
    bool blank = true;
    for (bool more = true; more;) {
      std::string& value = field();
      int c = take();
      if (c == '"') {
        blank = false;
        const std::size_t opened = line_;
        for (;;) {
          c = take();
          if (c == kEnd) throw CsvError(opened, "a quote is opened and never closed");
          if (c == '"') {
            c = in_.peek() == '"' ? take() : 0;
            if (c == 0) break;
          }
          value += static_cast<char>(c);
        }
        c = take();
        if (c != kEnd && c != '\n' && c != static_cast<unsigned char>(separator_))
          fail("text follows a closing quote; a quote inside quotes is written twice");
      } else {
        for (; c != kEnd && c != '\n' && c != static_cast<unsigned char>(separator_); c = take()) {
          if (c == '"') fail("a quote stands inside an unquoted field");
          value += static_cast<char>(c);
        }
        blank = blank && value.empty();
      }
      more = c == static_cast<unsigned char>(separator_);
      blank = blank && !more;
    }
    if (!blank) break;
  }
  fields.resize(count);
  for (const auto& f : fields)
    if (!valid_utf8(f))
      throw CsvError(record_line_, "is not UTF-8 (convert the file first, for example: iconv -f GB18030 -t UTF-8)");
  return true;
}

} // namespace onecode::app
