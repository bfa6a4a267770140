// Catches: a command by someone who may not send it, or so old that its nonce is forgotten.
#include "domain/authority.hpp"

#include "tests/catch.hpp"
#include "tests/unit/domain/account_world.hpp"

using namespace onecode;

TEST_CASE("authority: who may, and until when", "[authority]") {
  const Time now = test::kNoon;
  const struct {
    CommandArgs args;
    const char* role;
    Duration age;
    const char* code; // empty: accepted
  } rows[] = {
      {AccountOpen{}, "registrar", {}, ""},
      {AccountOpen{}, "holder", {}, "FORBIDDEN_ROLE"},
      {AccountOpen{}, "", {}, "FORBIDDEN_ROLE"},
      {AccountOpen{}, "regis", {}, "FORBIDDEN_ROLE"},
      {AccountOpen{}, "registrar,", {}, "FORBIDDEN_ROLE"},
      {HandsetBind{}, "holder", {}, ""},
      {HandsetBind{}, "registrar", {}, ""}, // may send a holder's command
      {HandsetBind{}, "holder,registrar", {}, "FORBIDDEN_ROLE"},
      {AccountFreeze{}, "security-officer", {}, ""},
      {AccountFreeze{}, "reviewer", {}, "FORBIDDEN_ROLE"},
      {AccountLift{}, "security-officer", days(7), ""},
      {AccountLift{}, "security-officer", milliseconds(7 * 86'400'000 + 1), "EXPIRED_COMMAND"},
      {AccountLift{}, "reviewer", days(8), "FORBIDDEN_ROLE"},
      {AccountLift{}, "security-officer", hours(-24), ""},
      {AccountLift{}, "security-officer", days(-40), "BAD_TIME"}, // would outlive the memory of its nonce
      {IntegrationAdopt{}, "information-centre", {}, ""},
      {DeviceInstall{}, "integration-owner", {}, ""},
      {DeviceInstall{}, "information-centre", {}, "FORBIDDEN_ROLE"},
  };
  for (const auto& row : rows) {
    Command c;
    c.args = row.args;
    c.name = c.info().name;
    c.role = row.role;
    c.issued_at = now - row.age;
    CAPTURE(c.name, c.role, row.age.ms);
    const auto refusal = check_authority(c, now);
    CHECK((refusal ? std::string(refusal->code) : "") == row.code);
    if (refusal) {
      CHECK_FALSE(refusal->text.zh.empty());
      CHECK_FALSE(refusal->text.en.empty());
      CHECK(refusal->stage == "authenticate");
    }
  }
}
