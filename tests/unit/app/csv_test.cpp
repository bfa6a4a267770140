// Would catch: a quoted comma or line break splitting a record, a byte order mark in the first column's name, a
// broken record swallowing its neighbours.
#include "app/csv.hpp"

#include <sstream>

#include "tests/catch.hpp"

using onecode::app::CsvError;
using onecode::app::CsvReader;

namespace {

using Records = std::vector<std::vector<std::string>>;

Records read(const std::string& text) {
  std::istringstream in(text);
  CsvReader reader(in);
  Records all;
  std::vector<std::string> fields;
  while (reader.next(fields)) all.push_back(fields);
  return all;
}

} // namespace

TEST_CASE("csv: RFC 4180") {
  CHECK(read("a,b\n1,2\n") == Records{{"a", "b"}, {"1", "2"}});
  CHECK(read("a,b\r\n1,2") == Records{{"a", "b"}, {"1", "2"}});
  CHECK(read("\"x,y\",\"say \"\"hi\"\"\"\n") == Records{{"x,y", "say \"hi\""}});
  CHECK(read("\"two\nlines\",z\n") == Records{{"two\nlines", "z"}});
  CHECK(read("a,,\n") == Records{{"a", "", ""}});
  CHECK(read("\"\"\n") == Records{{""}});
  CHECK(read("") == Records{});
  CHECK(read("\n\r\na\n\n") == Records{{"a"}});
  CHECK(read("\xEF\xBB\xBFindex,卡\n") == Records{{"index", "卡"}});
}

TEST_CASE("csv: a broken record is named by its line and the next one is read") {
  std::istringstream in("a,b\nx\"y,1\n\"q\"z,2\nok,3\n\xFF\xFE,4\n\"open,5\n");
  CsvReader reader(in);
  std::vector<std::string> fields;
  const auto bad_line = [&]() -> std::size_t {
    try {
      reader.next(fields);
    } catch (const CsvError& e) {
      return e.line;
    }
    return 0;
  };
  REQUIRE(reader.next(fields));
  CHECK(reader.line() == 1);
  CHECK(bad_line() == 2);
  CHECK(bad_line() == 3);
  REQUIRE(reader.next(fields));
  CHECK(fields == std::vector<std::string>{"ok", "3"});
  CHECK(reader.line() == 4);
  CHECK(bad_line() == 5);
  CHECK(bad_line() == 6);
  CHECK_FALSE(reader.next(fields));
}

TEST_CASE("csv: lines are counted through line breaks inside quotes") {
  std::istringstream in("\"1\n2\"\n\nx\n");
  CsvReader reader(in);
  std::vector<std::string> fields;
  REQUIRE(reader.next(fields));
  CHECK(reader.line() == 1);
  REQUIRE(reader.next(fields));
  CHECK(reader.line() == 4);
}

TEST_CASE("csv: another separator") {
  std::istringstream in("a;b,c\n");
  CsvReader reader(in, ';');
  std::vector<std::string> fields;
  REQUIRE(reader.next(fields));
  CHECK(fields == std::vector<std::string>{"a", "b,c"});
}
