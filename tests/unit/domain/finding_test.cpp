// Catches: a band that comes too early or too late, and a freeze on one kind of evidence (R8.4).
#include "domain/finding.hpp"

#include "tests/catch.hpp"
#include "tests/unit/domain/account_world.hpp"

using namespace onecode;

TEST_CASE("finding: the band of an account", "[finding][R8.4]") {
  struct Entry {
    RuleId rule;
    int weight;
    int days_ago = 0;
  };
  const struct {
    const char* what;
    std::vector<Entry> entries;
    bool may_freeze;
    Band band;
  } rows[] = {
      {"nothing", {}, true, Band::observe},
      {"below watch", {{RuleId::A11, 399}}, true, Band::observe},
      {"watch", {{RuleId::A11, 400}}, true, Band::watch},
      {"just below challenge", {{RuleId::A8, 699}}, true, Band::watch},
      {"challenge", {{RuleId::A8, 700}}, true, Band::challenge},
      {"propose by score", {{RuleId::A8, 650}, {RuleId::A11, 720}}, true, Band::propose},
      {"propose by one grave hit", {{RuleId::A1, 850}}, true, Band::propose},
      {"one not so grave hit", {{RuleId::A1, 849}}, true, Band::challenge},
      {"a grave hit that half faded", {{RuleId::A1, 850, 14}}, true, Band::watch},
      {"freeze: two families", {{RuleId::A2, 900}, {RuleId::A8, 650}}, true, Band::automatic},
      {"freeze not allowed", {{RuleId::A2, 900}, {RuleId::A8, 650}}, false, Band::propose},
      {"one family, however certain", {{RuleId::A5, 970}, {RuleId::A6, 950}}, true, Band::propose},
      {"a second family below 100 points is no witness", {{RuleId::A5, 970}, {RuleId::A11, 99}}, true, Band::propose},
      {"a second family of 100 points is one", {{RuleId::A5, 970}, {RuleId::A11, 100}}, true, Band::automatic},
      {"two families just below freeze", {{RuleId::A8, 700}, {RuleId::A11, 830}}, true, Band::propose},
  };
  for (const auto& row : rows) {
    EvidenceBook book;
    for (const auto& e : row.entries)
      book.add(Hit{e.rule, e.weight, 1000, test::kNoon - days(e.days_ago), {}, {}}, 1, days(14));
    INFO(row.what);
    CHECK(static_cast<int>(account_band(book, test::kNoon, Thresholds{}, row.may_freeze)) ==
          static_cast<int>(row.band));
  }
}

TEST_CASE("finding: an id follows from what it is about and the event that opened it", "[finding]") {
  const EntityId subject{Kind::account, "a-1"};
  const EventRef event{{Topic::scans, 3}, 17, "e-17"};
  const std::string uid = finding_uid(subject, RuleId::A2, event);
  CHECK(uid == "a607e68b9c4db158d792da10eb24781d");
  CHECK(uid == finding_uid(subject, RuleId::A2, event));
  CHECK(uid != finding_uid({Kind::device, "a-1"}, RuleId::A2, event));
  CHECK(uid != finding_uid({Kind::account, "a-2"}, RuleId::A2, event));
  CHECK(uid != finding_uid(subject, RuleId::A1, event));
  CHECK(uid != finding_uid(subject, RuleId::A2, {{Topic::scans, 3}, 18, "e-17"}));
  CHECK(uid != finding_uid(subject, RuleId::A2, {{Topic::scans, 3}, 17, "e-18"}));
}
