// Event files: what is written comes back byte for byte, and a line that is none is named with file and line.
#include "streams/event_file.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "streams/json_text.hpp"
#include "tests/catch.hpp"
#include "tests/unit/streams/samples.hpp"

using namespace onecode;
using namespace onecode::streams;
using namespace onecode_test;

namespace {

struct TempFile {
  std::string path =
      (std::filesystem::temp_directory_path() / ("onecode-events-" + std::to_string(::getpid()) + ".ndjson"))
          .string();
  ~TempFile() { std::filesystem::remove(path); }
  void write(const std::string& text) const { std::ofstream(path, std::ios::binary) << text; }
};

FileRecord only(const std::string& line) {
  TempFile file;
  file.write(line);
  EventFileReader reader(file.path);
  const auto read = reader.next();
  REQUIRE(read);
  CHECK_FALSE(reader.next());
  return std::get<FileRecord>(*read);
}

} // namespace

TEST_CASE("a value keeps its exact bytes") {
  for (const std::string value :
       {R"({"b":1.0,"a":1e2 , "c" : "\u00e9\/"})", "[ ]", "1.50", "\"text\"", "true", "{\"a\":{\"a\":[1,{}]}}"}) {
    CAPTURE(value);
    CHECK(only(R"({"topic":"scans","key":"k","value": )" + value + " }").value == value);
    FileRecord r;
    r.topic = Topic::scans;
    r.value = value;
    CHECK(only(to_line(r)).value == value);
  }
}

TEST_CASE("whatever the bytes are, they come back") {
  std::mt19937 random(7);
  FileRecord r;
  r.topic = Topic::dead_letters;
  std::vector<std::string> values = {"",
                                     "null",
                                     " null ",
                                     "nul",
                                     "\n",
                                     "{}x",
                                     "\xff",
                                     std::string("{\"a\":\"\0\"}", 9),
                                     "{\"a\":\"\n\"}",
                                     "\xef\xbb\xbf{}"};
  for (int i = 0; i < 300; ++i) {
    std::string v(random() % 50, '\0');
    for (char& c : v) c = static_cast<char>(random());
    values.push_back(v);
  }
  for (const auto& v : values) {
    r.value = v;
    r.key = v;
    const std::string line = to_line(r);
    CHECK(line.find('\n') == std::string::npos);
    const auto back = only(line);
    CHECK(back.value == v);
    CHECK(back.key == v);
    CHECK(back.topic == Topic::dead_letters);
  }
  r.value.reset();
  CHECK_FALSE(only(to_line(r)).value);
  r.value = "{\"a\":\r\n 1,\n\"b\":\"x y\"}\n";
  CHECK(only(to_line(r)).value == "{\"a\": 1,\"b\":\"x y\"}");
}

TEST_CASE("every member comes back") {
  FileRecord r;
  r.topic = Topic::device_reports;
  r.partition = 3;
  r.offset = 99;
  r.timestamp_ms = 1'772'409'492'345;
  r.key = "d-\"1\"";
  r.value = "{}";
  r.headers = {{"ce_id", "1"}, {"中", "é"}};
  r.turn = "n-1";
  CHECK(to_line(r) ==
        "{\"topic\":\"device-reports\",\"partition\":3,\"offset\":99,\"timestamp\":1772409492345,\"turn\":\"n-1\","
        "\"key\":\"d-\\\"1\\\"\",\"headers\":{\"ce_id\":\"1\",\"中\":\"é\"},\"value\":{}}");
  const auto back = only(to_line(r));
  CHECK(back.topic == r.topic);
  CHECK(back.partition == r.partition);
  CHECK(back.offset == r.offset);
  CHECK(back.timestamp_ms == r.timestamp_ms);
  CHECK(back.key == r.key);
  CHECK(back.value == r.value);
  CHECK(back.headers == r.headers);
  CHECK(back.turn == r.turn);
  CHECK(to_line(back) == to_line(r));
  const auto least = only(R"({"value":{},"topic":"scans","extra":[1],"partition":null})");
  CHECK_FALSE(least.partition);
  CHECK(least.key.empty());
  CHECK(only(R"({"topic":"scans","value_base64":"-_8"})").value == "\xfb\xff");
  CHECK(only(R"({"topic":"scans","value_base64":"+/8="})").value == "\xfb\xff");
}

TEST_CASE("turns, blank lines, line ends, a long line, progress") {
  TempFile file;
  const std::string big = "\"" + std::string(17 * 1024 * 1024, 'x') + "\"";
  {
    EventFileWriter writer(file.path);
    FileTurn turn;
    turn.turn = "node-7";
    turn.partitions = 8;
    turn.shards = {0, 3};
    turn.now = Time{1'772'409'492'345};
    turn.policy_offset = 12;
    turn.build = "v1";
    turn.sm3 = true;
    writer.write(turn);
    turn.sm3 = false;
    writer.write(turn);
    FileRecord r;
    r.topic = Topic::scans;
    r.value = big;
    writer.write(r);
    writer.close();
  }
  {
    std::ofstream more(file.path, std::ios::binary | std::ios::app);
    more << "\r\n  \n{\"topic\":\"ledger\",\"value\":null}\r\n{\"topic\":\"ledger\",\"value\":2}";
  }
  EventFileReader reader(file.path);
  const auto turn = std::get<FileTurn>(*reader.next());
  CHECK(turn.turn == "node-7");
  CHECK(turn.partitions == 8);
  CHECK(turn.shards == std::vector<std::int32_t>{0, 3});
  CHECK(turn.now.ms == 1'772'409'492'345);
  CHECK(turn.policy_offset == 12);
  CHECK(turn.build == "v1");
  CHECK(turn.sm3);
  CHECK_FALSE(std::get<FileTurn>(*reader.next()).sm3);
  CHECK(std::get<FileRecord>(*reader.next()).value == big);
  CHECK(reader.line() == 3);
  CHECK_FALSE(std::get<FileRecord>(*reader.next()).value);
  CHECK(reader.line() == 6);
  CHECK(std::get<FileRecord>(*reader.next()).value == "2");
  CHECK_FALSE(reader.next());
  CHECK(reader.bytes_read() == reader.bytes_total());
  CHECK(reader.bytes_total() == std::filesystem::file_size(file.path));
}

TEST_CASE("a line that is none is named") {
  const std::pair<const char*, const char*> bad[] = {
      {"hello", "must be a JSON object"},
      {"[]", "must be a JSON object"},
      {"{", "is not JSON"},
      {"{}", "topic: is missing"},
      {R"({"topic":"scans"})", "value: is missing"},
      {R"({"topic":"onecode.scans","value":{}})", "topic: there is no topic `onecode.scans`"},
      {R"({"topic":5,"value":{}})", "topic: must be a string"},
      {R"({"topic":"scans","key":5,"value":{}})", "key: must be a string"},
      {R"({"topic":"scans","value":{})", "is not JSON"},
      {R"({"topic":"scans","value":{"a":01}})", "is not JSON"},
      {R"({"topic":"scans","value":NaN})", "is not JSON"},
      {R"({"topic":"scans","value":{}} x)", "is not JSON"},
      {"{\"topic\":\"scans\",\"value\":\"\xff\"}", "is not valid UTF-8"},
      {R"({"topic":"scans","value":{},"value_base64":""})", "value: stands beside value_base64"},
      {R"({"topic":"scans","value_base64":"*"})", "value_base64: is not base64"},
      {R"({"topic":"scans","value":{},"partition":-1})", "partition: must be an integer"},
      {R"({"topic":"scans","value":{},"partition":"1"})", "partition: must be an integer"},
      {R"({"topic":"scans","value":{},"offset":1.5})", "offset: must be an integer"},
      {R"({"topic":"scans","value":{},"timestamp":99999999999999999999})", "timestamp: must be an integer"},
      {R"({"topic":"scans","value":{},"headers":{"a":1}})", "headers.a: must be a string"},
      {R"({"topic":"scans","value":{},"headers":[]})", "headers: must be an object"},
      {R"({"turn":"a","partitions":8})", "now: is missing"},
      {R"({"turn":"a","partitions":2147483647,"now":"2026-03-02T00:00:00Z"})", "partitions: must be"},
      {R"({"turn":"a","partitions":8,"now":"soon"})", "now: must be"},
      {R"({"turn":"a","partitions":8,"now":"2026-03-02T00:00:00Z","sm3":1})", "sm3: must be true or false"},
      {R"({"partitions":8,"now":"2026-03-02T00:00:00Z"})", "turn: is missing"},
      {R"({"turn":"a","partitions":8,"now":"2026-03-02T00:00:00Z","shards":["x"]})", "shards: must be an integer"}};
  TempFile file;
  for (const auto& [line, why] : bad) {
    CAPTURE(line);
    file.write(std::string("{\"topic\":\"scans\",\"value\":{}}\n\n") + line + "\n");
    EventFileReader reader(file.path);
    REQUIRE(reader.next());
    try {
      reader.next();
      FAIL("no error");
    } catch (const EventFileError& e) {
      CAPTURE(e.what());
      CHECK(std::string(e.what()).starts_with(file.path + ":3: " + why));
    }
  }
  CHECK_THROWS_AS(EventFileReader("/nonexistent/file"), EventFileError);
  CHECK_THROWS_AS(EventFileReader("/tmp"), EventFileError);
  CHECK_THROWS_AS(EventFileWriter("/nonexistent/file"), EventFileError);
}

TEST_CASE("a broken record inside a sound line is not the file's fault") {
  CHECK(only(R"({"topic":"scans","value":{"seq":1e999}})").value == R"({"seq":1e999})");
  const std::string deep = std::string(5000, '[') + std::string(5000, ']');
  CHECK(only(R"({"topic":"scans","value":)" + deep + "}").value == deep);
}

TEST_CASE("the JSON reader is as strict as RFC 8259") {
  for (const std::string good : {"0", "-0", "-1.5e+10", "\"\\ud800\"", "\"\\u0000\"", "[]", "{}", "[1 , 2]",
                                 "{\"a\":{}}", " true ", "[[],{},\"\"]"}) {
    CAPTURE(good);
    CHECK(is_json(good));
  }
  for (const std::string bad :
       {"",          " ",           "+1",         "-",     "01",    "1.", ".1",    "1e",  "1e+",  "[1,]", "[,1]",
        "{\"a\"}",   "{\"a\":}",    "{\"a\":1,}", "{a:1}", "{1:1}", "[1", "]",     "tru", "True", "\"",   "\"\\x\"",
        "\"\\u12\"", "\"\\u12g4\"", "'a'",        "1 2",   "[}",    "{]", "[1 2]", "nan", "//"}) {
    CAPTURE(bad);
    CHECK_FALSE(is_json(bad));
  }
}
