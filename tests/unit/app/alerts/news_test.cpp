// Would catch: a hostile id that moves the cursor or hides a word, a finding read wrongly or passed on changed, a filter
// that lets through or holds back the wrong ones, an update that looks like a new finding, a closing without its reason.
#include "app/alerts/news.hpp"

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "app/alerts/filter.hpp"
#include "app/alerts/page.hpp"
#include "app/alerts/visible.hpp"
#include "tests/catch.hpp"

using namespace onecode;
using namespace onecode::app;
using Json = nlohmann::ordered_json;

namespace {

/// A published example.
Json example(const std::string& name) {
  const char* source = std::getenv("ONECODE_SOURCE_DIR");
  REQUIRE(source != nullptr);
  std::ifstream in(std::string(source) + "/docs/schemas/examples/" + name + ".json");
  REQUIRE(in);
  return Json::parse(in);
}

News read(const Json& value, Topic topic = Topic::alerts) {
  NewsReader reader;
  std::string why;
  auto news = reader.read(topic, value.dump(), why);
  INFO(why);
  REQUIRE(news);
  return *news;
}

std::string refusal(const std::string& value) {
  NewsReader reader;
  std::string why;
  CHECK_FALSE(reader.read(Topic::alerts, value, why));
  return why;
}

} // namespace

TEST_CASE("what could control a terminal stands as text", "[alerts]") {
  CHECK(visible("a-1\x1b[2J\x1b]0;owned\x07") == "a-1\\x1b[2J\\x1b]0;owned\\x07");
  CHECK(visible("one\ntwo\r\tthree\x7f") == "one\\x0atwo\\x0d\\x09three\\x7f");
  CHECK(visible(std::string("\0", 1)) == "\\x00");
  CHECK(visible("\xC2\x9B"
                "31m") == "\\x9b31m"); // CSI as one character (C1)
  CHECK(visible("\xE2\x80\xAE"
                "cod.exe") == "\\u202ecod.exe");
  CHECK(visible("a\xE2\x80\x8B"
                "b\xEF\xBB\xBF") == "a\\u200bb\\ufeff");
  CHECK(visible("\xE2\x80\xA8") == "\\u2028");
  CHECK(visible("\xF3\xA0\x81\x81") == "\\ue0041");
  CHECK(visible("一码通 café 😀") == "一码通 café 😀");
  // No UTF-8: a byte alone, one too many, an overlong slash, a surrogate, the beginning of a character
  CHECK(visible("\x9b"
                "31m") ==
        "\xEF\xBF\xBD"
        "31m");
  CHECK(visible("\xC0\xAF") == "\xEF\xBF\xBD\xEF\xBF\xBD");
  CHECK(visible("\xED\xA0\x80").find('\xED') == std::string::npos);
  CHECK(visible("\xE4\xB8") == "\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST_CASE("text is cut between characters", "[alerts]") {
  CHECK(shortened("short", 5) == "short");
  CHECK(shortened("longer", 5) == "lo…");
  CHECK(shortened("码码码", 8) == "码…");
  CHECK(shortened("码", 2).empty() == false);
}

TEST_CASE("a published alert is read, and passed on byte for byte", "[alerts]") {
  const Json value = example("alert/created");
  const News n = read(value);
  CHECK(n.ocsf == value["data"].dump());
  CHECK(n.activity == News::Activity::create);
  CHECK(n.uid == "6125df55e4987825c0953d0536fd7649");
  CHECK(n.time.ms == 1'772'424'000'500);
  CHECK(n.severity == 4);
  CHECK(n.status == 1);
  CHECK(n.band == 3);
  CHECK(n.score == 900);
  CHECK(n.kind == "account");
  CHECK(n.subject == "a-2");
  CHECK(n.rule == "A2");
  CHECK(n.article == "8");
  CHECK(n.act == "lend");
  CHECK(n.action == "open-case");
  CHECK(n.order.empty());
  CHECK(n.explanation.zh.find("综合评分 900") == 0);
  // in binary mode, and with line ends between its members
  CHECK(read(value["data"]).ocsf == n.ocsf);
  NewsReader reader;
  std::string why;
  const auto spread = reader.read(Topic::alerts, value.dump(2), why);
  REQUIRE(spread);
  CHECK(spread->ocsf == n.ocsf);
}

TEST_CASE("what is no finding is refused with what it lacks", "[alerts]") {
  CHECK(refusal("").find("no JSON") != std::string::npos);
  CHECK(refusal("[1]") == "it is no JSON object");
  CHECK(refusal("{}") == "it lacks activity_id");
  Json value = example("alert/created");
  value["data"]["finding_info"].erase("uid");
  CHECK(refusal(value.dump()) == "it lacks finding_info.uid");
  value = example("alert/created");
  value["data"]["activity_id"] = 4;
  CHECK(refusal(value.dump()) == "activity_id is 4");
  value["data"]["activity_id"] = 1;
  value["data"]["time"] = -5;
  CHECK(refusal(value.dump()).find("time") != std::string::npos);
}

TEST_CASE("filters let through what was asked for", "[alerts]") {
  const News alert = read(example("alert/created"));
  const News device = read(example("compliance/unregistered-reader"), Topic::compliance);
  NewsFilter f;
  const auto both = [&] { return std::pair(f.passes(alert), f.passes(device)); };
  CHECK(both() == std::pair(true, true));
  f.least_severity = 5;
  CHECK(both() == std::pair(false, false));
  f.least_severity = 4;
  CHECK(both() == std::pair(true, true));
  f.articles = {"11"};
  CHECK(both() == std::pair(false, true));
  f.articles = {"11(1)", "8"};
  CHECK(both() == std::pair(true, true));
  f.articles = {"1"};
  CHECK(both() == std::pair(false, false));
  f.articles = {};
  f.rules = {"A2"};
  CHECK(both() == std::pair(true, false));
  f.rules = {};
  f.accounts = {"a-2"};
  CHECK(both() == std::pair(true, false));
  f.devices = {device.subject};
  CHECK(both() == std::pair(true, true));
  f.accounts = {device.subject}; // a device's id is no account's
  f.devices = {};
  CHECK(both() == std::pair(false, false));
  f = {};
  f.bands = {4};
  CHECK(both() == std::pair(false, false));
  f = {};
  f.statuses = {1};
  f.since = alert.time;
  CHECK(both() == std::pair(true, device.time >= alert.time));
  f.until = alert.time;
  CHECK_FALSE(f.passes(alert));
  f = {};
  f.open = true;
  News closed = alert;
  closed.activity = News::Activity::close;
  CHECK(f.passes(alert));
  CHECK_FALSE(f.passes(closed));
}

TEST_CASE("words of the command line", "[alerts]") {
  CHECK(severity_of("High") == 4);
  CHECK(severity_of("5") == 5);
  CHECK_FALSE(severity_of("6"));
  CHECK_FALSE(severity_of("severe"));
  CHECK(status_of("in-progress") == 2);
  CHECK_FALSE(status_of("open"));
  const Time now{1'772'424'000'000};
  CHECK(moment_of("12h", now) == now - hours(12));
  CHECK(moment_of("2026-03-02", now) == parse_time("2026-03-02T00:00:00+08:00"));
  CHECK(moment_of("2026-03-02T08:30", now) == parse_time("2026-03-02T08:30:00+08:00"));
  CHECK(moment_of("2026-03-02T08:30:00Z", now) == parse_time("2026-03-02T08:30:00Z"));
  for (const char* wrong : {"", "h", "-1h", "12", "12w", "yesterday", "2026-13-02", "99999999999999999999d"})
    CHECK_FALSE(moment_of(wrong, now));
}

TEST_CASE("a block says when, how grave, who, what and why; an update what changed; a closing its reason",
          "[alerts]") {
  NewsPage page(Language::en, false);
  const std::string made = page.block(read(example("alert/created")));
  CHECK(made.find("2026-03-02 12:00:00  high new  account a-2  A2 simultaneous presence  article 8  score 900/1000  "
                  "proposed: open-case\n") == 0);
  CHECK(made.find("\n    the score is 900 of 1000 (spatial 900)") != std::string::npos);
  CHECK(made.find("6125df55e4987825c0953d0536fd7649") != std::string::npos);
  CHECK(made.find('\x1b') == std::string::npos);

  Json value = example("alert/done-automatically");
  const std::string updated = page.block(read(value));
  CHECK(updated.find("critical update") != std::string::npos);
  CHECK(updated.find(" new ") == std::string::npos);
  CHECK(updated.find("done: freeze") != std::string::npos);
  CHECK(updated.find("changed: severity high → critical, score 900 → 965, proposed open-case → freeze\n") !=
        std::string::npos);

  value["data"]["activity_id"] = 3;
  value["data"]["unmapped"]["onecode"]["proposed_action"] = "none";
  value["data"]["unmapped"]["onecode"]["explanation"]["en"] = "no new evidence for 30 days, the finding is closed.";
  const std::string closed = page.block(read(value));
  CHECK(closed.find("  closed  account a-2") != std::string::npos);
  CHECK(closed.find("\n    why: no new evidence for 30 days") != std::string::npos);
  CHECK(closed.find("proposed") == std::string::npos);
}

TEST_CASE("a block in Chinese, and with colours", "[alerts]") {
  const News n = read(example("alert/created"));
  const std::string zh = NewsPage(Language::zh, false).block(n);
  CHECK(zh.find("高 新发现  账户 a-2") != std::string::npos);
  CHECK(zh.find("第八条") != std::string::npos);
  CHECK(zh.find("综合评分 900") != std::string::npos);
  CHECK(zh.find("the score") == std::string::npos);
  CHECK(NewsPage(Language::en, true).block(n).find("\x1b[31mhigh new\x1b[0m") != std::string::npos);
}

TEST_CASE("nothing in a finding controls the terminal that shows it", "[alerts]") {
  Json value = example("compliance/unregistered-reader");
  Json& ours = value["data"]["unmapped"]["onecode"];
  const std::string evil =
      "\x1b[2J\n\xC2\x9B"
      "1A\r\xE2\x80\xAE";
  for (const char* member : {"subject", "article", "act", "proposed_action", "policy"}) ours[member] = evil;
  ours["explanation"] = {{"zh", evil}, {"en", evil}};
  ours["order"] = {{"id", evil}, {"due", evil}};
  value["data"]["finding_info"]["uid"] = evil;
  value["data"]["finding_info"]["title"] = evil;
  value["data"]["finding_info"]["analytic"]["uid"] = evil;
  value["data"]["resources"][0]["type"] = evil;
  for (const Language language : {Language::en, Language::zh}) {
    NewsPage page(language, false);
    for (const int activity : {1, 2, 3}) {
      value["data"]["activity_id"] = activity;
      ours["proposed_action"] = evil + std::to_string(activity);
      const std::string block = page.block(read(value, Topic::compliance));
      CHECK(block.find('\x1b') == std::string::npos);
      CHECK(block.find('\r') == std::string::npos);
      CHECK(block.find("\xC2\x9B") == std::string::npos);
      CHECK(block.find("\xE2\x80\xAE") == std::string::npos);
      std::istringstream lines(block);
      for (std::string line; std::getline(lines, line);) {
        // A line of ours begins with the time or four spaces; one of theirs would not.
        CHECK((line.rfind("2026-", 0) == 0 || line.rfind("    ", 0) == 0));
      }
    }
  }
}
