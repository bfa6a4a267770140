// A log line that does not parse is lost exactly when something strange happened: strange texts are what is tested here.
#include "monitoring/log.hpp"

#include <limits>
#include <mutex>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>
#include <thread>
#include <vector>

#include "tests/catch.hpp"

using namespace onecode::monitoring;

namespace {

/// Collects what is logged while it lives.
struct Capture {
  std::vector<std::string> lines;
  explicit Capture(LogFormat format = LogFormat::automatic, Level level = Level::trace) {
    set_up_log({level, format, [this](std::string_view line) { lines.emplace_back(line); }});
  }
  ~Capture() { set_up_log({}); }
};

} // namespace

TEST_CASE("log: a JSON line has its fields, typed") {
  Capture c;
  log_info("shard", "restored",
           {{"partition", 3},
            {"offset", std::int64_t{-1}},
            {"bytes", std::size_t{18'000'000'000'000'000'000U}},
            {"seconds", 0.25},
            {"whole", 2.0},
            {"done", true},
            {"text", "a \"b\""},
            {"owned", std::string("s")}});
  REQUIRE(c.lines.size() == 1);
  const auto j = nlohmann::json::parse(c.lines[0]);
  CHECK(std::regex_match(j.at("ts").get<std::string>(), std::regex(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)")));
  CHECK(j.at("level") == "info");
  CHECK(j.at("component") == "shard");
  CHECK(j.at("msg") == "restored");
  CHECK(j.at("partition") == 3);
  CHECK(j.at("offset") == -1);
  CHECK(j.at("bytes") == 18'000'000'000'000'000'000U);
  CHECK(j.at("seconds") == 0.25);
  CHECK(j.at("whole") == 2.0);
  CHECK(j.at("done") == true);
  CHECK(j.at("text") == "a \"b\"");
  CHECK(j.at("owned") == "s");
  CHECK(c.lines[0].starts_with(R"({"ts":")"));
}

TEST_CASE("log: strange texts stay one valid JSON line") {
  Capture c;
  const std::string texts[] = {"line\nbreak\r\t", "quote\" back\\slash",        std::string("nul\0byte", 8),
                               "\x1b[31mred\x07", "not utf-8 \xff\xfe\xc3\x28", "cut \xe5\xbc",
                               "张三 is fine",    "{\"msg\":\"forged\"}"};
  for (const auto& text : texts) log_warn(text, text, {{text, text}});
  log_error("x", "numbers",
            {{"inf", std::numeric_limits<double>::infinity()}, {"nan", std::numeric_limits<double>::quiet_NaN()}});
  log_info("x", "own names", {{"msg", "second"}, {"ts", 1}, {"level", "l"}, {"component", "c"}});
  for (const auto& line : c.lines) {
    CAPTURE(line);
    CHECK(line.find('\n') == std::string::npos);
    CHECK(nlohmann::json::accept(line));
  }
  CHECK(nlohmann::json::parse(c.lines[0]).at("msg") == texts[0]);
  CHECK(nlohmann::json::parse(c.lines[2]).at("msg") == texts[2]);
  CHECK(nlohmann::json::parse(c.lines[7]).at("msg") == texts[7]);
  CHECK(nlohmann::json::parse(c.lines[8]).at("inf").is_null());
  const auto own = nlohmann::json::parse(c.lines[9]);
  CHECK(own.at("msg") == "own names");
  CHECK(own.at("msg_") == "second");
  CHECK(own.at("component") == "x");
}

TEST_CASE("log: text for people, one line, harmless to a terminal") {
  Capture c(LogFormat::text);
  log_info("shard", "restored", {{"partition", 3}, {"from", "journal"}, {"why", "two words"}, {"none", ""}});
  log_error("x",
            "\x1b[2J\n\x7f\xc2\x9b"
            "forged \"line\"",
            {{"k", "a\nb"}});
  REQUIRE(c.lines.size() == 2);
  CHECK(std::regex_match(
      c.lines[0],
      std::regex(
          R"(\d\d:\d\d:\d\d\.\d{3} info  shard     restored  partition=3 from=journal why="two words" none="")")));
  for (const char bad : {'\x1b', '\n', '\x7f', '\x9b'}) CHECK(c.lines[1].find(bad) == std::string::npos);
  CHECK(c.lines[1].find("forged \"line\"") != std::string::npos);
}

TEST_CASE("log: levels") {
  Capture c(LogFormat::json, Level::warn);
  log_debug("x", "1");
  log_info("x", "2");
  log_warn("x", "3");
  log_error("x", "4");
  REQUIRE(c.lines.size() == 2);
  CHECK_FALSE(log_enabled(Level::info));
  CHECK(log_enabled(Level::warn));
  for (const Level l : {Level::trace, Level::debug, Level::info, Level::warn, Level::error})
    CHECK(level_by_name(to_string(l)) == l);
  CHECK_FALSE(level_by_name("loud").has_value());
}

TEST_CASE("log: a repeated message is said now and then, with what was left out") {
  using namespace std::chrono_literals;
  LogLimit limit(10s);
  const auto t = LogLimit::Clock::time_point{} + 1h;
  CHECK(limit.ask(t) == 0U);
  CHECK_FALSE(limit.ask(t + 1s).has_value());
  CHECK_FALSE(limit.ask(t + 9s).has_value());
  CHECK(limit.ask(t + 10s) == 2U);
  CHECK_FALSE(limit.ask(t + 11s).has_value());
  CHECK(limit.ask(t + 100s) == 1U);

  Capture c;
  LogLimit often(0s), once(1h);
  for (int i = 0; i < 3; ++i) {
    log_limited(often, Level::info, "x", "often");
    log_limited(once, Level::info, "x", "once");
  }
  CHECK(c.lines.size() == 4);
  for (const auto& line : c.lines) CHECK_FALSE(nlohmann::json::parse(line).contains("left_out"));
}

TEST_CASE("log: lines of many threads do not mix") {
  Capture c;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([t] {
      for (int i = 0; i < 200; ++i) log_info("thread", std::string(100, static_cast<char>('a' + t)), {{"i", i}});
    });
  for (auto& t : threads) t.join();
  REQUIRE(c.lines.size() == 800);
  for (const auto& line : c.lines) CHECK(nlohmann::json::parse(line).at("msg").get<std::string>().size() == 100);
}
