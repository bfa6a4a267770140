// Catches: a shared handset that is not told to all whom it concerns, or told without end (A9, R8.1).
#include "domain/handset.hpp"

#include <algorithm>
#include <random>

#include "domain/archive.hpp"
#include "tests/catch.hpp"
#include "tests/unit/domain/account_world.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

struct Phone {
  PolicyHistory policies{campus_policy()};
  HandsetState h;
  Effects out;
  std::int64_t offset = 0;
  Phone() { h.id = "h-1"; }
  /// Who is told, and how many accounts they hear of: "a-1 a-2:2".
  std::string used(const std::string& account, Time at) {
    out.clear();
    step(h, msg::HandsetUsed{account, at, {{Topic::scans, 0}, ++offset, "e" + std::to_string(offset)}},
         Context{policies, kNoon}, out);
    std::string text;
    for (const auto& s : out.sends) text += (text.empty() ? "" : " ") + s.to.id;
    if (!out.sends.empty())
      text += ":" + std::to_string(std::get<msg::HandsetCrowded>(out.sends[0].message).accounts);
    return text;
  }
};

} // namespace

TEST_CASE("handset: who is told", "[handset][A9]") {
  Phone p;
  CHECK(p.used("a-1", kNoon).empty());
  CHECK(p.used("a-1", kNoon + hours(1)).empty());
  CHECK(p.used("a-2", kNoon + hours(2)) == "a-1 a-2:2");
  const auto& crowded = std::get<msg::HandsetCrowded>(p.out.sends[0].message);
  CHECK(crowded.handset == "h-1");
  CHECK(crowded.at == kNoon + hours(2));
  CHECK(crowded.events.size() == 2);
  CHECK(p.used("a-1", kNoon + hours(3)).empty());            // the same two
  CHECK(p.used("a-0", kNoon + hours(4)) == "a-0 a-1 a-2:3"); // more of them
  CHECK(p.used("a-2", kNoon + hours(27)).empty());
  CHECK(p.used("a-2", kNoon + hours(28)) == "a-0 a-1 a-2:3"); // a day has passed
  CHECK(p.used("a-2", kNoon + hours(28)).empty());            // the same again
  CHECK(p.used("a-1", kNoon + days(9)).empty());              // alone by now
  CHECK(p.used("a-3", kNoon + days(9)) == "a-1 a-3:2");       // two again is news
}

TEST_CASE("handset: a rule that is off is silent, the use is remembered", "[handset][A9]") {
  Phone p;
  Policy off = campus_policy();
  off.rule(RuleId::A9).mode = Mode::off;
  p.policies = PolicyHistory(off);
  CHECK(p.used("a-1", kNoon).empty());
  CHECK(p.used("a-2", kNoon).empty());
  CHECK(p.h.record.users.size() == 2);
  CHECK(p.h.dirty);
}

TEST_CASE("handset: at most 64 accounts, the least recent leaves", "[handset]") {
  Phone p;
  for (int i = 0; i < 100; ++i) p.used("a-" + std::to_string(i), kNoon + minutes(i));
  REQUIRE(p.h.record.users.size() == 64);
  for (const auto& u : p.h.record.users) CHECK(u.last >= kNoon + minutes(36));
  CHECK(p.used("late", kNoon - days(1)).empty());
  CHECK(p.h.record.users.size() == 64);
}

TEST_CASE("handset: what is remembered does not depend on the order of arrival", "[handset]") {
  std::mt19937 random(seed());
  INFO("seed " << seed());
  std::vector<std::pair<std::string, Time>> uses;
  for (int i = 0; i < 200; ++i) uses.emplace_back("a-" + std::to_string(random() % 40), kNoon + minutes(i));
  std::string first;
  for (int round = 0; round < 10; ++round) {
    Phone p;
    for (const auto& [account, at] : uses) p.used(account, at);
    std::string bytes;
    for (const auto& u : p.h.record.users) bytes += u.account + "@" + std::to_string(u.last.ms) + " ";
    if (first.empty()) first = bytes;
    CHECK(bytes == first);
    std::shuffle(uses.begin(), uses.end(), random);
  }
}
