// Would catch: a table that one person can open, a hold that is shaken off by a new name, a handset that is bound to two accounts.
#include "app/privacy/linkage.hpp"

#include <nlohmann/json.hpp>
#include <sstream>

#include "app/errors.hpp"
#include "tests/catch.hpp"

using namespace onecode;
using namespace onecode::app;
using nlohmann::json;

namespace {

const Time kNow = *parse_time("2026-09-01T00:00:00.000+08:00");

EpochPlan plan(const Linkage& previous, const std::vector<Person>& people, const std::set<std::string>& keep = {}) {
  return plan_epoch("2026-autumn", previous, people, keep, "reg-1", new_signing_key("reg"), kNow);
}

std::string commands_of(const EpochPlan& plan, const std::string& target) {
  std::string out;
  for (const auto& record : plan.commands)
    if (record.key == target) out += json::parse(*record.value)["data"]["command"].get<std::string>() + " ";
  return out;
}

} // namespace

TEST_CASE("A linkage table opens with both shares, in their order, and not otherwise", "[app][privacy]") {
  const Linkage table{"2026-spring", {{"20230118042", "a-1"}, {"20230118043", "a-2"}}};
  const auto shares = new_shares(), others = new_shares();
  const auto text = seal(table, shares);
  CHECK(text.find("20230118042") == std::string::npos);
  CHECK(text.find("a-1") == std::string::npos);
  const auto read = open_linkage(text, "t", shares);
  CHECK(read.epoch == table.epoch);
  CHECK(read.pseudonyms == table.pseudonyms);
  for (const auto& wrong : {Shares{shares.first, others.second}, Shares{others.first, shares.second},
                            Shares{shares.second, shares.first}, Shares{shares.first, shares.first}})
    CHECK_THROWS_WITH(open_linkage(text, "t", wrong),
                      "t: these two shares do not open it, in this order, or it was changed");
  auto other_epoch = json::parse(text);
  other_epoch["epoch"] = "2026-autumn";
  CHECK_THROWS_AS(open_linkage(other_epoch.dump(), "t", shares), InputError);
  CHECK_THROWS_AS(open_linkage("{}", "t", shares), InputError);
}

TEST_CASE("A new epoch gives everybody another pseudonym, whose account is opened after the old one is closed",
          "[app][privacy]") {
  const Linkage previous{"2026-spring", {{"p-1", "a-old"}, {"p-gone", "a-gone"}}};
  const auto made =
      plan(previous, {{"p-1", "student", "2027-07-31T00:00:00.000+08:00", "h-1"}, {"p-2", "staff", "", ""}});
  CHECK(made.moved == 1);
  CHECK(made.opened == 1);
  CHECK(made.left == std::vector<std::string>{"a-gone"});
  const auto& next = made.table.pseudonyms;
  REQUIRE(next.size() == 2);
  CHECK(next.at("p-1") != "a-old");
  CHECK(next.at("p-1") != next.at("p-2"));
  CHECK(commands_of(made, "a-old") == "handset.unbind account.close ");
  CHECK(commands_of(made, next.at("p-1")) == "account.open handset.bind ");
  CHECK(commands_of(made, next.at("p-2")) == "account.open ");
  CHECK(made.commands.front().key == "a-old");
  for (const auto& record : made.commands) {
    CHECK_FALSE(check_event(Topic::commands, record.key, *record.value).has_value());
    CHECK(record.value->find("p-1") == std::string::npos); // nobody's name is in a topic
  }
  // Another run gives others: nothing follows from the person.
  CHECK(plan(previous, {{"p-1", "student", "", ""}}).table.pseudonyms.at("p-1") != next.at("p-1"));
}

TEST_CASE("Who is held keeps the account, and its hold", "[app][privacy]") {
  const auto made = plan({"2026-spring", {{"p-1", "a-held"}}}, {{"p-1", "student", "", "h-1"}}, {"a-held"});
  CHECK(made.kept == 1);
  CHECK(made.commands.empty());
  CHECK(made.table.pseudonyms.at("p-1") == "a-held");
}

TEST_CASE("A list of people that cannot be used is refused, and the line named", "[app][privacy]") {
  const auto read = [](const std::string& text) {
    std::istringstream csv(text);
    return read_people(csv, "people.csv");
  };
  const auto people = read("person,category,handset\np-1,student,h-1\np-2,staff,\n");
  REQUIRE(people.size() == 2);
  CHECK(people[0].handset == "h-1");
  CHECK_THROWS_WITH(read(""), "people.csv: is empty");
  CHECK_THROWS_WITH(read("person\np-1\n"), "people.csv:1: the column category is missing");
  CHECK_THROWS_WITH(read("person,category\np-1,\n"), "people.csv:2: person or category is empty");
  CHECK_THROWS_WITH(read("person,category\np-1,staff\np-1,staff\n"), "people.csv:3: this person stands there twice");
}
