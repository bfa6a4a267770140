// Would catch: a command accepted from the wrong person, role, key or state, a refusal that changes something or that
// nobody is told of, a command that works twice, a signature that only our own tools can make or check.
#include "tests/contract/contract.hpp"

using namespace contract;

namespace {

// One refused command: its code, a notice to the author, and the neighbours decided.
void refused(Campus& campus, const std::string& code, const std::string& author,
             const std::vector<std::string>& more = {"--unsigned-commands"}) {
  campus.scan("after", "d-1", 900, "a-1", 20 * kDay);
  const Outcome outcome = campus.replay(more);
  INFO("dead letters: " << json(outcome.records("dead-letters")).dump());
  CHECK(outcome.dead_codes() == std::vector<std::string>{code});
  CHECK(outcome.verdict("after") == "allow");
  const auto notices = outcome.notices(author);
  REQUIRE(notices.size() == 1);
  CHECK_FALSE(notices[0].at("text").at("zh").get<std::string>().empty());
  CHECK_FALSE(notices[0].at("text").at("en").get<std::string>().empty());
}

// The ordinary campus with every command signed by a key per role.
struct Signed {
  KeyPair key;
  Campus campus = ordinary();

  Signed() {
    for (const char* role : {"registrar", "security-officer", "information-centre", "integration-owner"})
      campus.policy["trust"]["roles"][role] = json::array({{{"key", std::string("k-") + role},
                                                            {"alg", "ed25519"},
                                                            {"public", key.public_key},
                                                            {"actor", std::string("the-") + role}}});
    campus.policy["trust"]["roles"]["integration-owner"][0]["actor"] = "owner-1";
    for (auto& record : campus.lines) sign(record);
  }
  void sign(json& record) const {
    json& data = record["value"]["data"];
    data = signed_data(data, key, "k-" + data.at("actor").at("role").get<std::string>());
  }
};

} // namespace

TEST_CASE("a command in a role that may not give it is FORBIDDEN_ROLE", "[contract]") {
  Campus campus = ordinary();
  SECTION("a registrar freezes") { campus.command("account.freeze", "a-1", {{"article", "8"}}, 0, "registrar"); }
  SECTION("an owner certifies") {
    campus.command("device.certify", "d-1", {{"certificate", "c"}, {"valid_to", at(kDay)}}, 0, "integration-owner",
                   "the-registrar");
  }
  SECTION("a reviewer opens") {
    campus.command("account.open", "a-9", {{"category", "student"}, {"valid_from", at(0)}}, 0, "reviewer",
                   "the-registrar");
  }
  refused(campus, "FORBIDDEN_ROLE", "the-registrar");
}

TEST_CASE("a command about nobody is UNKNOWN_TARGET", "[contract]") {
  Campus campus = ordinary();
  SECTION("account") { campus.command("account.freeze", "a-9", {{"article", "8"}}, 0, "security-officer", "me"); }
  SECTION("device") { campus.command("device.quarantine", "d-9", json::object(), 0, "information-centre", "me"); }
  SECTION("handset of nobody") { campus.command("handset.bind", "a-9", {{"handset", "h-9"}}, 0, "registrar", "me"); }
  refused(campus, "UNKNOWN_TARGET", "me");
}

TEST_CASE("a command that the state forbids is ILLEGAL_TRANSITION", "[contract]") {
  Campus campus = ordinary();
  const json place = {{"integration", "gates"},
                      {"zone", "z-1"},
                      {"position", {{"lat", 29.36}, {"lon", 113.1}, {"accuracy_m", 5}}},
                      {"network", {{"vlan", "7"}}},
                      {"kind", "fixed"}};
  SECTION("open twice") {
    campus.command("account.open", "a-1", {{"category", "student"}, {"valid_from", at(0)}}, 0, "registrar",
                   "owner-1");
  }
  SECTION("register twice") {
    campus.command("device.register", "d-1", {{"serial", "other"}, {"model", "m"}, {"integration", "gates"}}, 0,
                   "information-centre", "owner-1");
  }
  SECTION("install before certification") {
    campus.device("d-3", "gates", "z-1", json::object(), 1);
    campus.command("device.install", "d-3", place, 0, "integration-owner", "owner-1");
  }
  SECTION("activate before installation") {
    campus.device("d-3", "gates", "z-1", json::object(), 2);
    campus.command("device.activate", "d-3", json::object(), 0, "integration-owner", "owner-1");
  }
  SECTION("release what is free") {
    campus.command("device.release", "d-1", json::object(), 0, "information-centre", "owner-1");
  }
  SECTION("lift what is not held") {
    campus.command("account.lift", "a-1", {{"article", "8"}}, 0, "security-officer", "owner-1");
  }
  refused(campus, "ILLEGAL_TRANSITION", "owner-1");
}

TEST_CASE("an owner of another integration and a holder of another account are NOT_OWNER", "[contract]") {
  Campus campus = ordinary();
  SECTION("owner") {
    campus.device("d-3", "gates", "z-1", json::object(), 3);
    campus.command("device.activate", "d-3", json::object(), 0, "integration-owner", "stranger");
  }
  SECTION("holder") {
    campus.open("a-2", -kDay, {{"holder", "holder-2"}});
    campus.command("handset.bind", "a-2", {{"handset", "h-9"}}, 0, "holder", "stranger");
  }
  refused(campus, "NOT_OWNER", "stranger");
}

TEST_CASE("a holder acts for their own account", "[contract]") {
  Campus campus = ordinary();
  campus.open("a-2", -kDay, {{"holder", "holder-2"}});
  campus.command("handset.bind", "a-2", {{"handset", "h-9"}}, 0, "holder", "holder-2");
  CHECK(campus.replay().dead_codes().empty());
}

TEST_CASE("wrong or missing arguments are refused, and change nothing", "[contract]") {
  const json args = GENERATE(values<json>({json::object(),
                                           {{"article", "9"}},
                                           {{"article", "10"}},
                                           {{"article", "8"}, {"functions", {"swimming"}}},
                                           {{"article", "8"}, {"expires", "tomorrow"}}}));
  CAPTURE(args.dump());
  Campus campus = ordinary();
  campus.command("account.freeze", "a-1", args, 0, "security-officer", "me");
  campus.scan("after", "d-1", 1, "a-1", kHour);
  const Outcome outcome = campus.replay();
  CHECK(outcome.dead_codes() == std::vector<std::string>{args.empty() ? "MISSING_FIELD" : "BAD_FIELD"});
  CHECK(outcome.verdict("after") == "allow");
}

TEST_CASE("whoever sent wrong arguments is told", "[contract]") {
  Campus campus = ordinary();
  campus.command("account.freeze", "a-1", {{"article", "9"}}, 0, "security-officer", "me");
  refused(campus, "BAD_FIELD", "me");
}

TEST_CASE("a command nobody knows is a dead letter", "[contract]") {
  Campus campus = ordinary();
  campus.command("account.praise", "a-1", json::object(), 0, "registrar", "me");
  campus.scan("after", "d-1", 1, "a-1", kHour);
  const Outcome outcome = campus.replay();
  CHECK(outcome.records("dead-letters").size() == 1);
  CHECK(outcome.verdict("after") == "allow");
}

TEST_CASE("a nonce used again is REPLAYED_COMMAND, per actor without keys", "[contract]") {
  Campus campus = ordinary();
  campus.command("account.freeze", "a-1", {{"article", "8"}}, 0, "security-officer", "me");
  const std::string nonce = campus.lines.back()["value"]["data"]["nonce"];
  campus.command("account.lift", "a-1", {{"article", "8"}}, kHour, "security-officer", "someone-else");
  campus.lines.back()["value"]["data"]["nonce"] = nonce; // another actor's: fine
  campus.command("account.freeze", "a-1", {{"article", "8"}}, 2 * kHour, "security-officer", "me");
  campus.lines.back()["value"]["data"]["nonce"] = nonce;
  campus.scan("s1", "d-1", 1, "a-1", 3 * kHour);
  const Outcome outcome = campus.replay();
  CHECK(outcome.dead_codes() == std::vector<std::string>{"REPLAYED_COMMAND"});
  CHECK(outcome.verdict("s1") == "allow");
  CHECK(outcome.last_freeze("a-1").at("revision") == 2);
}

TEST_CASE("the same command record again is a silent duplicate", "[contract]") {
  Campus campus = ordinary();
  campus.command("account.freeze", "a-1", {{"article", "8"}}, 0, "security-officer");
  campus.add(campus.lines.back());
  const Outcome outcome = campus.replay();
  CHECK(outcome.dead_codes().empty());
  CHECK(outcome.records("freezes").size() == 1);
}

TEST_CASE("a command older than seven days is EXPIRED_COMMAND", "[contract]") {
  Campus campus = ordinary();
  campus.scan("s1", "d-1", 1, "a-1", 8 * kDay);
  SECTION("eight days") {
    campus.command("account.freeze", "a-1", {{"article", "8"}}, -kHour, "security-officer", "me");
    refused(campus, "EXPIRED_COMMAND", "me");
  }
  SECTION("six days are fine") {
    campus.command("account.freeze", "a-1", {{"article", "8"}}, 2 * kDay, "security-officer", "me");
    CHECK(campus.replay().dead_codes().empty());
  }
}

TEST_CASE("signed commands of the trusted keys are accepted, whoever made the signature", "[contract]") {
  Signed all;
  all.campus.scan("s1", "d-1", 1, "a-1", 0);
  all.campus.command("account.freeze", "a-1", {{"article", "8"}}, kHour, "security-officer");
  all.campus.lines.back()["value"]["data"]["reason"] = "核实 \"a\\b\" 1/2 €";
  all.sign(all.campus.lines.back());
  all.campus.scan("s2", "d-1", 2, "a-1", 2 * kHour);
  const Outcome outcome = all.campus.replay({});
  CHECK(outcome.dead_codes().empty());
  CHECK(outcome.verdict("s1") == "allow");
  CHECK(outcome.verdict("s2") == "deny");
}

TEST_CASE("a signature that does not fit is BAD_SIGNATURE and changes nothing", "[contract]") {
  Signed all;
  json& record = all.campus.command("account.freeze", "a-1", {{"article", "8"}}, 0, "security-officer");
  all.sign(record);
  json& data = record["value"]["data"];
  SECTION("changed afterwards") { data["args"]["article"] = "protective"; }
  SECTION("another key") { data = signed_data(data, KeyPair(), "k-security-officer"); }
  SECTION("an unknown key id") { data["key"] = "k-9"; }
  SECTION("none") {
    data.erase("signature");
    data.erase("key");
  }
  SECTION("junk") { data["signature"] = "AAAA"; }
  refused(all.campus, "BAD_SIGNATURE", "the-security-officer", {});
}

TEST_CASE("a key speaks only for its role and actor, in its time", "[contract]") {
  Signed all;
  json& trust = all.campus.policy["trust"]["roles"];
  SECTION("another role") {
    json& record = all.campus.command("account.freeze", "a-1", {{"article", "8"}}, 0, "security-officer");
    record["value"]["data"] = signed_data(record["value"]["data"], all.key, "k-registrar");
  }
  SECTION("another actor") {
    all.sign(all.campus.command("account.freeze", "a-1", {{"article", "8"}}, 0, "security-officer", "an-impostor"));
  }
  SECTION("after its end") {
    trust["security-officer"][0]["to"] = at(-kDay);
    all.sign(all.campus.command("account.freeze", "a-1", {{"article", "8"}}, 0, "security-officer"));
  }
  all.campus.scan("after", "d-1", 1, "a-1", kHour);
  const Outcome outcome = all.campus.replay({});
  CHECK(outcome.verdict("after") == "allow");
  REQUIRE(outcome.records("dead-letters").size() == 1);
  CHECK(one_of(outcome.dead_codes()[0], {"BAD_SIGNATURE", "FORBIDDEN_ROLE"}));
}

TEST_CASE("a nonce counts per key", "[contract]") {
  Signed all;
  json& first = all.campus.command("account.freeze", "a-1", {{"article", "8"}}, 0, "security-officer");
  all.sign(first);
  const std::string nonce = first["value"]["data"]["nonce"];
  json& second = all.campus.command("account.lift", "a-1", {{"article", "8"}}, kHour, "security-officer");
  second["value"]["data"]["nonce"] = nonce;
  all.sign(second);
  const Outcome outcome = all.campus.replay({});
  CHECK(outcome.dead_codes() == std::vector<std::string>{"REPLAYED_COMMAND"});
  CHECK(outcome.last_freeze("a-1").at("state") == "frozen");
}

TEST_CASE("keys new and command --dry-run make a line that replay accepts", "[contract]") {
  Folder folder;
  const std::string file = (folder / "officer.json").string();
  const Exit made = onecode({"keys", "new", "--out", file, "--json"});
  REQUIRE(made.code == 0);
  const json key = json::parse(made.out);
  CHECK(key.at("alg") == "ed25519");
  CHECK((fs::status(file).permissions() & (fs::perms::group_all | fs::perms::others_all)) == fs::perms::none);
  Signed all;
  all.campus.policy["trust"]["roles"]["security-officer"].push_back(
      {{"key", key.at("key")}, {"alg", "ed25519"}, {"public", key.at("public")}, {"actor", "officer-7"}});
  const Exit built = onecode({"command", "account.freeze", "--target", "a-1", "--key", file, "--actor", "officer-7",
                              "--role", "security-officer", "--arg", "article=8", "--arg", "functions=payment,access",
                              "--reason", "case 2026-17 it's", "--time", at(0), "--dry-run"});
  REQUIRE(built.code == 0);
  all.campus.add(json::parse(built.out));
  all.campus.scan("s1", "d-1", 1, "a-1", kHour);
  const Outcome outcome = all.campus.replay({});
  CHECK(outcome.dead_codes().empty());
  CHECK(outcome.verdict("s1") == "deny");
  CHECK(outcome.last_freeze("a-1").at("holds").at(0).at("decided_by").at("actor") == "officer-7");
}
