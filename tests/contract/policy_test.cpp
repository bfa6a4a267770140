// Would catch: an event judged by a policy that was not in force at its time, a bad policy that replaces a good one or
// is dropped without a word, a policy accepted from somebody who may not sign it, a check that says yes to nonsense.
#include "tests/contract/contract.hpp"

using namespace contract;

namespace {

json policy_line(const json& document, std::int64_t time, const std::string& id) {
  return line("policy", document.value("version", "none"), event("onecode.policy.v1", id, time, document));
}

json second_version(std::int64_t from) {
  json document = policy_document();
  document["version"] = "t-2";
  document["effective_from"] = at(from);
  document["categories"] = {{"student", {"identity", "access"}}}; // no library any more
  return document;
}

// §7 does not say what exactly is signed; `policy sign` signs the document, that is without `signature` and `key`.
json signed_document(json document, const KeyPair& key, const std::string& key_id) {
  document["signature"] = key.sign(canonical(document));
  document["key"] = key_id;
  return document;
}

int check(const json& document, const std::vector<std::string>& more = {}) {
  const Folder folder;
  std::vector<std::string> arguments{"policy", "check", folder.write("policy.json", document.dump()).string()};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return onecode(arguments).code;
}

const json kLibrary = {{"function", "library"}};

} // namespace

TEST_CASE("an event is judged by the version in force at its time, and the decision names it", "[contract]") {
  Campus campus = ordinary();
  campus.add(policy_line(second_version(2 * kHour), 0, "p-2")); // published before it takes effect
  campus.scan("before", "d-1", 1, "a-1", 2 * kHour - 1, kLibrary);
  campus.scan("at", "d-1", 2, "a-1", 2 * kHour, kLibrary);
  campus.scan("after", "d-1", 3, "a-1", 3 * kHour, kLibrary);
  json offline = kLibrary;
  offline["offline"] = true;
  campus.scan("late", "d-1", 4, "a-1", kHour, offline);
  const Outcome outcome = campus.replay();
  CHECK(outcome.dead_codes().empty());
  CHECK(outcome.decision("before").at("policy") == "t-1");
  CHECK(outcome.verdict("before") == "allow");
  CHECK(outcome.decision("at").at("policy") == "t-2");
  CHECK(outcome.reasons("at") == std::vector<std::string>{"NO_ENTITLEMENT"});
  CHECK(outcome.decision("after").at("policy") == "t-2");
  CHECK(outcome.decision("late").at("policy") == "t-1");
  CHECK(outcome.verdict("late") == "allow");
}

TEST_CASE("what a policy leaves out keeps the built-in default, member by member", "[contract]") {
  Campus campus = ordinary();
  json document = {{"version", "t-3"},
                   {"effective_from", at(0)},
                   {"thresholds", {{"watch", 300}}},
                   {"rules", {{"A2", {{"weight", 500}}}}},
                   {"zones", campus.policy["zones"]}};
  campus.add(policy_line(document, -kHour, "p-3"));
  campus.scan("s1", "d-1", 1, "a-1", kHour, {{"handset", "h-1"}});
  campus.scan("s2", "d-2", 1, "a-1", kHour + kSecond, {{"handset", "h-1"}});
  const Outcome outcome = campus.replay();
  CHECK(outcome.dead_codes().empty());
  CHECK(outcome.decision("s1").at("policy") == "t-3");
  CHECK(outcome.decision("s2").at("score") == 850); // A1 with its strong weight; both rules are one family
}

TEST_CASE("before any policy the built-in one decides, and is named", "[contract]") {
  Campus campus = ordinary();
  campus.scan("s1", "d-1", 1, "a-1", 0);
  campus.policy = nullptr;
  const Outcome outcome = campus.replay();
  CHECK(outcome.verdict("s1") == "allow");
  CHECK_FALSE(outcome.decision("s1").at("policy").get<std::string>().empty());
}

TEST_CASE("an invalid policy is BAD_POLICY and the old one stays", "[contract]") {
  json document = second_version(0);
  SECTION("no version") { document.erase("version"); }
  SECTION("no effective_from") { document.erase("effective_from"); }
  SECTION("a mode that is none") { document["rules"] = {{"A2", {{"mode", "sometimes"}}}}; }
  SECTION("a threshold beyond the scale") { document["thresholds"] = {{"freeze", 1001}}; }
  SECTION("a number that is text") { document["response"] = {{"learning_days", "none"}}; }
  SECTION("a negative weight") { document["rules"] = {{"A2", {{"weight", -1}}}}; }
  SECTION("a category that is no list") { document["categories"] = {{"student", "all"}}; }
  SECTION("a public key that is none") {
    document["trust"]["roles"]["registrar"] =
        json::array({{{"key", "k"}, {"alg", "ed25519"}, {"public", "AAAA"}, {"actor", "x"}}});
  }
  SECTION("a time that is none") { document["effective_from"] = "soon"; }
  Campus campus = ordinary();
  campus.add(policy_line(document, 0, "p-bad"));
  campus.scan("s1", "d-1", 1, "a-1", kHour, kLibrary);
  const Outcome outcome = campus.replay();
  CHECK(outcome.exit.code == 0);
  CHECK(outcome.dead_codes() == std::vector<std::string>{"BAD_POLICY"});
  CHECK(outcome.verdict("s1") == "allow");
  CHECK(outcome.decision("s1").at("policy") == "t-1");
  CHECK(check(document) == 1);
}

TEST_CASE("policy check says yes to what replay accepts and explains every error otherwise", "[contract]") {
  CHECK(check(policy_document()) == 0);
  CHECK(check({{"version", "x"}, {"effective_from", at(0)}}) == 0);
  const Folder folder;
  const json bad = {{"version", "x"}, {"thresholds", {{"watch", "a"}}}, {"rules", {{"A2", {{"mode", "nope"}}}}}};
  const Exit exit = onecode({"policy", "check", folder.write("bad.json", bad.dump()).string()});
  CHECK(exit.code == 1);
  for (const char* named : {"effective_from", "thresholds.watch", "rules.A2.mode"})
    CHECK((exit.out + exit.err).find(named) != std::string::npos);
  const Exit machine = onecode({"policy", "check", (folder / "bad.json").string(), "--json"});
  CHECK(machine.code == 1);
  CHECK(json::parse(machine.out).is_object());
  CHECK(onecode({"policy", "check", folder.write("junk.json", "{\"version\":").string()}).code == 3);
  CHECK(onecode({"policy", "check", (folder / "nowhere.json").string()}).code == 3);
  CHECK(onecode({"policy", "check"}).code == 2);
  // It is in force before every other one, and nobody could tell that it was published.
  const Exit builtin = onecode({"policy", "publish", "builtin", "--unsigned", "--brokers", "127.0.0.1:1"});
  CHECK(builtin.code == 3);
  CHECK((builtin.out + builtin.err).find("builtin: effective_from: is before 2015-01-01") != std::string::npos);
}

TEST_CASE("a policy is accepted when an information-centre key in force signed it, and from nobody else",
          "[contract]") {
  const KeyPair centre;
  const KeyPair stranger;
  Campus campus;
  campus.policy["trust"]["roles"]["information-centre"] = json::array(
      {{{"key", "k-centre"}, {"alg", "ed25519"}, {"public", centre.public_key}, {"actor", "the-centre"}}});
  campus.policy["trust"]["roles"]["registrar"] = json::array(
      {{{"key", "k-clerk"}, {"alg", "ed25519"}, {"public", stranger.public_key}, {"actor", "the-clerk"}}});
  json document = second_version(0);
  document["trust"] = campus.policy["trust"];
  std::string version = "t-1";
  SECTION("signed by the centre") {
    document = signed_document(document, centre, "k-centre");
    version = "t-2";
  }
  SECTION("unsigned") {}
  SECTION("changed afterwards") {
    document = signed_document(document, centre, "k-centre");
    document["thresholds"] = {{"freeze", 999}};
  }
  SECTION("signed by a clerk") { document = signed_document(document, stranger, "k-clerk"); }
  SECTION("a stranger under the centre's name") { document = signed_document(document, stranger, "k-centre"); }
  campus.add(policy_line(document, 0, "p-2"));
  campus.scan("s1", "x-9", 1, "a-1", kHour);
  const Outcome outcome = campus.replay({});
  CHECK(outcome.decision("s1").at("policy") == version);
  if (version == "t-2")
    CHECK(outcome.dead_codes().empty());
  else
    CHECK((outcome.dead_codes() == std::vector<std::string>{"BAD_SIGNATURE"} ||
           outcome.dead_codes() == std::vector<std::string>{"BAD_POLICY"}));
}

TEST_CASE("policy sign makes a signature that replay accepts and that fits the canonical document", "[contract]") {
  const Folder folder;
  const std::string file = (folder / "centre.json").string();
  const Exit made = onecode({"keys", "new", "--out", file, "--json"});
  REQUIRE(made.code == 0);
  const json key = json::parse(made.out);
  Campus campus;
  campus.policy["trust"]["roles"]["information-centre"] = json::array(
      {{{"key", key.at("key")}, {"alg", "ed25519"}, {"public", key.at("public")}, {"actor", "the-centre"}}});
  const std::string plain = folder.write("policy.json", second_version(0).dump()).string();
  const std::string out = (folder / "signed.json").string();
  REQUIRE(onecode({"policy", "sign", plain, "--key", file, "--out", out}).code == 0);
  const json document = json::parse(read_file(out));
  CHECK(document.at("key") == key.at("key"));
  CHECK(document.at("signature").get<std::string>().size() == 86);
  CHECK(check(document) == 0);
  campus.add(policy_line(document, 0, "p-2"));
  campus.scan("s1", "x-9", 1, "a-1", kHour);
  const Outcome outcome = campus.replay({});
  CHECK(outcome.dead_codes().empty());
  CHECK(outcome.decision("s1").at("policy") == "t-2");
  CHECK(onecode({"policy", "sign", plain, "--key", (folder / "none.json").string()}).code == 3);
}

TEST_CASE("never_block is the policy's", "[contract]") {
  Campus campus = ordinary();
  campus.policy["never_block"] = {"egress", "other:sauna"};
  campus.scan("sauna", "d-1", 1, "a-nobody", 0, {{"function", "other:sauna"}});
  campus.scan("clinic", "d-1", 2, "a-nobody", kHour, {{"function", "other:clinic"}});
  const Outcome outcome = campus.replay();
  CHECK(outcome.verdict("sauna") == "allow");
  CHECK(outcome.verdict("clinic") == "deny");
}

TEST_CASE("policy diff says no when something changes, policy show fills in the defaults", "[contract]") {
  const Folder folder;
  const std::string one = folder.write("1.json", policy_document().dump()).string();
  const std::string two = folder.write("2.json", second_version(0).dump()).string();
  CHECK(onecode({"policy", "diff", one, one}).code == 0);
  const Exit differs = onecode({"policy", "diff", one, two});
  CHECK(differs.code == 1);
  CHECK(differs.out.find("t-2") != std::string::npos);
  const Exit shown = onecode({"policy", "show", one});
  REQUIRE(shown.code == 0);
  const json whole = json::parse(shown.out);
  CHECK(whole.at("version") == "t-1");
  CHECK(whole.at("thresholds") ==
        json({{"watch", 400}, {"challenge", 700}, {"propose", 900}, {"freeze", 950}, {"families", 2}}));
  CHECK(whole.at("response").at("provisional_hours") == 72);
  CHECK(whole.at("response").at("breaker") == json({{"freezes", 20}, {"minutes", 10}, {"daily_ppm", 2000}}));
  CHECK(whole.at("never_block") == json({"egress", "other:clinic", "other:exam"}));
}

TEST_CASE("a policy in shadow is never in force, and decisions say what it would have decided", "[contract]") {
  Campus campus = ordinary();
  json candidate = second_version(kHour);
  candidate["version"] = "c-1";
  candidate["shadow"] = true;
  candidate["rules"] = {{"A2", {{"mode", "off"}}}, {"A1", {{"mode", "off"}}}};
  campus.add(policy_line(candidate, 0, "p-c"));
  campus.scan("before", "d-1", 1, "a-1", kHour - 1, kLibrary);
  campus.scan("at", "d-1", 2, "a-1", kHour, kLibrary);
  campus.scan("m-1", "d-1", 3, "a-1", 2 * kHour, {{"handset", "h-1"}});
  campus.scan("m-2", "d-2", 1, "a-1", 2 * kHour + kSecond, {{"handset", "h-1"}});
  campus.scan("next", "d-1", 4, "a-1", 3 * kHour, {{"handset", "h-1"}});
  json live = second_version(4 * kHour);
  campus.add(policy_line(live, 0, "p-2")); // ends the candidate
  campus.scan("after", "d-1", 5, "a-1", 4 * kHour, {{"handset", "h-1"}});
  const Outcome outcome = campus.replay();
  CHECK(outcome.dead_codes().empty());
  CHECK_FALSE(outcome.decision("before").contains("candidate"));
  CHECK(outcome.decision("at").at("policy") == "t-1");
  CHECK(outcome.verdict("at") == "allow");
  CHECK(outcome.decision("at").at("candidate") == json({{"policy", "c-1"},
                                                        {"verdict", "deny"},
                                                        {"reasons", {"NO_ENTITLEMENT"}},
                                                        {"score", 0},
                                                        {"band", 0},
                                                        {"rules", json::array()}}));
  CHECK(outcome.verdict("next") == "challenge");
  CHECK(outcome.decision("next").at("candidate").at("verdict") == "allow");
  CHECK(outcome.decision("next").at("candidate").at("rules") == json({"A1", "A2"}));
  CHECK(outcome.decision("after").at("policy") == "t-2");
  CHECK_FALSE(outcome.decision("after").contains("candidate"));
  CHECK(outcome.summary.at("candidate").at("verdicts") ==
        json({{"allow->allow", 2}, {"allow->deny", 1}, {"challenge->allow", 1}}));
}

TEST_CASE("policy check and diff say that a document is for the shadow", "[contract]") {
  const Folder folder;
  json document = second_version(0);
  const std::string live = folder.write("live.json", document.dump()).string();
  document["shadow"] = true;
  const std::string file = folder.write("shadow.json", document.dump()).string();
  const Exit checked = onecode({"policy", "check", file});
  CHECK(checked.code == 0);
  CHECK(checked.out.find("in shadow from") != std::string::npos);
  CHECK(onecode({"policy", "check", live}).out.find("in shadow") == std::string::npos);
  const Exit differs = onecode({"policy", "diff", live, file});
  CHECK(differs.code == 1);
  CHECK(differs.out == "runs in shadow and is never in force\n");
  CHECK(onecode({"policy", "diff", file, live}).out == "takes effect, and no longer runs in shadow only\n");
  CHECK(json::parse(onecode({"policy", "show", file}).out).at("shadow") == true);
  CHECK_FALSE(json::parse(onecode({"policy", "show", live}).out).contains("shadow"));
  document["shadow"] = "yes";
  const Exit wrong = onecode({"policy", "check", folder.write("wrong.json", document.dump()).string()});
  CHECK(wrong.code == 1);
  CHECK((wrong.out + wrong.err).find("shadow: ") != std::string::npos);
}
