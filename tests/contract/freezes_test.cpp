// Would catch: a hold that is not written down whole, a revision that jumps, one hold's end taking others with it, a
// person held without being told why and what to do, a person never held who appears in the list of holds.
#include "tests/contract/contract.hpp"

#include <algorithm>

using namespace contract;

namespace {

bool has_chinese(const std::string& text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0xe4; });
}

// Articles of the holds, sorted.
std::vector<std::string> articles(const json& freeze) {
  std::vector<std::string> out;
  for (const auto& hold : freeze.at("holds")) out.push_back(hold.at("article"));
  std::sort(out.begin(), out.end());
  return out;
}

} // namespace

TEST_CASE("a hold by hand is written whole", "[contract]") {
  Campus campus = ordinary();
  campus.command("account.freeze", "a-1", {{"article", "8"}, {"case", "case-1"}, {"expires", at(10 * kDay)}}, 0,
                 "security-officer", "officer-7");
  const Outcome outcome = campus.replay();
  REQUIRE(outcome.records("freezes").size() == 1);
  const json record = outcome.records("freezes")[0];
  CHECK(record.at("key") == "a-1");
  CHECK(record.at("value").at("type") == "onecode.freeze.v1");
  const json freeze = record.at("value").at("data");
  CHECK(freeze.at("account") == "a-1");
  CHECK(freeze.at("state") == "frozen");
  CHECK(freeze.at("revision") == 1);
  REQUIRE(freeze.at("holds").size() == 1);
  const json hold = freeze.at("holds")[0];
  CHECK_FALSE(hold.at("id").get<std::string>().empty());
  CHECK(hold.at("article") == "8");
  CHECK_FALSE(hold.at("reason").get<std::string>().empty());
  CHECK(hold.at("functions").is_array());
  CHECK(contains(hold.at("functions"), "payment"));
  CHECK(contains(hold.at("functions"), "library"));
  CHECK(hold.at("functions").size() == 3);
  CHECK(since(hold.at("since")) == 0);
  CHECK(since(hold.at("expires")) == 10 * kDay);
  CHECK(hold.at("case") == "case-1");
  CHECK(hold.at("decided_by").at("actor") == "officer-7");
  CHECK(hold.at("decided_by").at("role") == "security-officer");
  CHECK(hold.at("decided_by").at("policy") == "t-1");
  CHECK(hold.at("evidence").is_array());
  CHECK_FALSE(hold.at("remedy").get<std::string>().empty());
}

TEST_CASE("a hold without an end has expires null", "[contract]") {
  Campus campus = ordinary();
  campus.command("account.freeze", "a-1", {{"article", "protective"}}, 0, "security-officer");
  CHECK(campus.replay().last_freeze("a-1").at("holds").at(0).at("expires").is_null());
}

TEST_CASE("holds are a set: lifting one leaves the other, lifting the last writes active without holds",
          "[contract]") {
  Campus campus = ordinary();
  campus.command("account.freeze", "a-1", {{"article", "8"}}, 0, "security-officer");
  campus.command("account.freeze", "a-1", {{"article", "protective"}}, kHour, "security-officer");
  campus.command("account.lift", "a-1", {{"article", "8"}}, 2 * kHour, "security-officer");
  campus.scan("held", "d-1", 1, "a-1", 3 * kHour);
  campus.command("account.lift", "a-1", {{"article", "protective"}}, 4 * kHour, "security-officer");
  campus.scan("free", "d-1", 2, "a-1", 5 * kHour);
  const Outcome outcome = campus.replay();
  const auto freezes = outcome.data("freezes");
  REQUIRE(freezes.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) CHECK(freezes[i].at("revision") == i + 1);
  using Articles = std::vector<std::string>;
  CHECK(articles(freezes[0]) == Articles{"8"});
  CHECK(articles(freezes[1]) == Articles{"8", "protective"});
  CHECK(articles(freezes[2]) == Articles{"protective"});
  CHECK(articles(freezes[3]) == Articles{});
  CHECK(freezes[0].at("state") == "frozen");
  CHECK(freezes[2].at("state") == "frozen");
  CHECK(freezes[3].at("state") == "active");
  CHECK(outcome.verdict("held") == "deny");
  CHECK(outcome.verdict("free") == "allow");
}

TEST_CASE("a new handset in place of the old one lifts a protective hold, and only that", "[contract]") {
  Campus campus = ordinary();
  campus.command("account.freeze", "a-1", {{"article", "8"}}, 0, "security-officer");
  campus.command("account.freeze", "a-1", {{"article", "protective"}}, kHour, "security-officer");
  campus.bind("a-1", "h-2", 2 * kHour, {{"replaces", "h-1"}});
  const Outcome outcome = campus.replay();
  CHECK(outcome.dead_codes().empty());
  CHECK(articles(outcome.last_freeze("a-1")) == std::vector<std::string>{"8"});
  CHECK(outcome.last_freeze("a-1").at("revision") == 3);
}

TEST_CASE("binding a further handset lifts nothing", "[contract]") {
  Campus campus = ordinary();
  campus.command("account.freeze", "a-1", {{"article", "protective"}}, kHour, "security-officer");
  campus.bind("a-1", "h-2", 2 * kHour, {{"secondary", true}});
  const Outcome outcome = campus.replay();
  CHECK(outcome.last_freeze("a-1").at("state") == "frozen");
  CHECK(outcome.records("freezes").size() == 1);
}

TEST_CASE("a hold with an end goes by itself", "[contract]") {
  Campus campus = ordinary();
  campus.command("account.freeze", "a-1", {{"article", "8"}, {"expires", at(2 * kHour)}}, 0, "security-officer");
  campus.scan("held", "d-1", 1, "a-1", kHour);
  campus.scan("free", "d-1", 2, "a-1", 3 * kHour);
  const Outcome outcome = campus.replay();
  CHECK(outcome.verdict("held") == "deny");
  CHECK(outcome.verdict("free") == "allow");
  REQUIRE(outcome.values("freezes").size() == 2);
  const json last = outcome.values("freezes")[1];
  CHECK(last.at("data").at("state") == "active");
  CHECK(last.at("data").at("holds") == json::array());
}

TEST_CASE("another account's record makes the engine's clock pass the end of a hold", "[contract]") {
  Campus campus = ordinary();
  campus.open("a-2");
  campus.command("account.freeze", "a-1", {{"article", "8"}, {"expires", at(2 * kHour)}}, 0, "security-officer");
  campus.scan("other", "d-2", 1, "a-2", 3 * kHour);
  const Outcome outcome = campus.replay();
  CHECK(outcome.last_freeze("a-1").at("state") == "active");
}

TEST_CASE("an expired account keeps its holds, its state is expired", "[contract]") {
  Campus campus = ordinary();
  campus.open("a-2", -kDay, {{"valid_to", at(5 * kHour)}});
  campus.command("account.freeze", "a-2", {{"article", "8"}}, 0, "security-officer");
  campus.scan("s1", "d-1", 1, "a-2", 6 * kHour);
  const Outcome outcome = campus.replay();
  const json freeze = outcome.last_freeze("a-2");
  CHECK(freeze.at("state") == "expired");
  CHECK(articles(freeze) == std::vector<std::string>{"8"});
  CHECK(freeze.at("revision") == 2);
}

TEST_CASE("accounts never held do not appear", "[contract]") {
  Campus campus = ordinary();
  campus.open("a-2");
  campus.open("a-3", -kDay, {{"valid_to", at(kHour)}});
  campus.command("account.freeze", "a-1", {{"article", "8"}}, 0, "security-officer");
  campus.scan("s1", "d-1", 1, "a-2", kHour);
  campus.scan("s2", "d-1", 2, "a-3", 2 * kHour);
  for (const auto& freeze : campus.replay().data("freezes")) CHECK(freeze.at("account") == "a-1");
}

TEST_CASE("whoever is held is told: what, by which article, why, and how to object", "[contract]") {
  const std::string article = GENERATE("8", "protective");
  CAPTURE(article);
  Campus campus = ordinary();
  campus.command("account.freeze", "a-1", {{"article", article}, {"expires", at(10 * kDay)}}, 0, "security-officer");
  const Outcome outcome = campus.replay();
  const auto notices = outcome.notices("a-1");
  REQUIRE(notices.size() == 1);
  const json& notice = notices[0];
  CHECK(outcome.records("notices")[0].at("key") == "a-1");
  CHECK(outcome.values("notices")[0].at("type") == "onecode.notice.v1");
  CHECK_FALSE(notice.at("kind").get<std::string>().empty());
  CHECK_FALSE(notice.at("about").get<std::string>().empty());
  CHECK(notice.at("article") == article);
  CHECK(has_chinese(notice.at("text").at("zh")));
  CHECK_FALSE(has_chinese(notice.at("text").at("en")));
  CHECK(notice.at("text").at("en").get<std::string>().size() > 20);
  CHECK_FALSE(notice.at("remedy").get<std::string>().empty());
  CHECK(notice.contains("deadline"));
  CHECK(notice.contains("case"));
}

TEST_CASE("the end of a hold is told too", "[contract]") {
  Campus campus = ordinary();
  campus.command("account.freeze", "a-1", {{"article", "8"}}, 0, "security-officer");
  campus.command("account.lift", "a-1", {{"article", "8"}}, kHour, "security-officer");
  CHECK(campus.replay().notices("a-1").size() == 2);
}

TEST_CASE("what a timer causes carries its due time, not that of the record that moved the clock", "[contract]") {
  Campus campus = ordinary();
  campus.open("a-2");
  const auto last_time = [&](const std::string& topic) {
    campus.scan("clock", "d-2", 9, "a-2", 40 * kDay);
    return since(campus.replay().values(topic).back().at("time"));
  };
  SECTION("end of a hold") {
    campus.command("account.freeze", "a-1", {{"article", "8"}, {"expires", at(2 * kHour)}}, 0, "security-officer");
    CHECK(last_time("freezes") == 2 * kHour);
  }
  SECTION("end of a held account") {
    campus.open("a-3", -kDay, {{"valid_to", at(5 * kHour)}});
    campus.command("account.freeze", "a-3", {{"article", "8"}}, 0, "security-officer");
    CHECK(last_time("freezes") == 5 * kHour);
  }
  SECTION("a finding that went quiet") {
    campus.scan("s1", "d-1", 1, "a-1", 0);
    campus.scan("s2", "d-2", 1, "a-1", kSecond);
    CHECK(last_time("alerts") == 30 * kDay + kSecond);
  }
}
