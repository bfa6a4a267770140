// The policy document: every error is named, what is left out keeps the built-in default, what is written reads back, and
// only those who may publish one.
#include "streams/policy_document.hpp"

#include "tests/catch.hpp"
#include "tests/unit/streams/samples.hpp"

using namespace onecode;
using namespace onecode::streams;
using namespace onecode_test;

namespace {

Json full() {
  return Json::parse(R"json({"version":"2026-1","effective_from":"2026-03-01T00:00:00.000+08:00",
    "regulation":{"title":"t","date":"2025-10-14","hash":"ff"},
    "trust":{"roles":{"registrar":[{"key":"k-1","alg":"ed25519","public":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","actor":"r-1",
      "from":"2026-01-01T00:00:00Z","to":"2027-01-01T00:00:00Z"}]},"issuers":{"app":{"alg":"hmac-sm3","secret":"app-key"}}},
    "zones":{"z-1":{"lat":29.3571,"lon":113.129,"building":"b","campus":"c"},"z-2":{"lat":-0.0000001,"lon":0}},
    "walking_seconds":[["z-2","z-1",90]],"categories":{"student":["access","other:clinic"]},
    "rules":{"A1":{"version":2,"mode":"shadow","weight":500,"half_life_h":24,"params":{"min_distance_m":200}},"D2":{"mode":"off"},
      "A3":{"mode":"shadow"}},
    "thresholds":{"watch":300,"challenge":600,"propose":800,"freeze":990,"families":3},
    "response":{"auto_freeze":false,"auto_quarantine":false,"provisional_hours":24,"learning_days":7,
      "breaker":{"freezes":5,"minutes":2,"daily_ppm":100}},
    "never_block":["egress"],"rectification":{"days":10,"by_violation":{"data":5},
      "extensions":1,"escalate_days":3,"reminder_days":[5,2]},
    "cases":{"statement_days":4,"appeal_days":11,"answer_days":16,"cancel_points":6},
    "departments":{"library":{"duties":["library","other:reading"],"names":[
      {"zh":"图书馆","en":"Library","to":"2027-01-01T00:00:00+08:00"},
      {"zh":"文献中心","en":"Documents","from":"2027-01-01T00:00:00+08:00"}]}},
    "interpretations":{"A1":{"version":2,"note":"two gates are one place","hash":"ab"},"11(1)":{"note":"n","hash":"cd"}},
    "canary_subjects":["a-canary"],
    "gate_timeout_ms":900,"retention":{"evidence_days":400,"account_days":730,"case_days":90}})json");
}

std::vector<std::string> errors(const Json& document) { return read_policy(document.dump()).errors; }

/// Exactly one error, about `path`.
void refused(const Json& document, const std::string& path) {
  const auto all = errors(document);
  CAPTURE(path, document.dump());
  REQUIRE(all.size() == 1);
  CAPTURE(all[0]);
  CHECK(all[0].starts_with(path + ": "));
}

TrustedKey trusted(const std::string& id, const KeyPair& pair) {
  return {id, KeyAlgorithm::ed25519, pair.public_key, "", {}, {}};
}

} // namespace

TEST_CASE("a policy document is read whole") {
  const auto result = read_policy(full().dump());
  CAPTURE(result.errors);
  REQUIRE(result.policy);
  const Policy& p = *result.policy;
  CHECK(p.version == "2026-1");
  CHECK(format_time(p.effective_from) == "2026-03-01T00:00:00.000+08:00");
  CHECK(p.regulation_hash == "ff");
  REQUIRE(p.roles.at("registrar").size() == 1);
  CHECK(p.roles.at("registrar")[0].public_key == std::string(32, '\0'));
  CHECK(p.roles.at("registrar")[0].actor == "r-1");
  CHECK(p.roles.at("registrar")[0].to);
  CHECK(p.issuers.at("app") == Issuer{MacAlgorithm::hmac_sm3, "app-key"});
  CHECK(p.zones.at("z-1").lat_e7 == 293571000);
  CHECK(p.zones.at("z-2").lat_e7 == -1);
  CHECK(p.walking_time_s("z-1", "z-2") == 90);
  CHECK(p.retention == Retention{730, 90, 400});
  CHECK(p.categories.at("student").size() == 2);
  CHECK(p.categories.contains("staff"));
  CHECK(p.rule(RuleId::A1).mode == Mode::shadow);
  CHECK(p.rule(RuleId::A1).weight == 500);
  CHECK(p.rule(RuleId::A1)[2] == 200);
  CHECK(p.rule(RuleId::A1)[0] == builtin_policy().rule(RuleId::A1)[0]);
  CHECK(p.rule(RuleId::D2).mode == Mode::off);
  CHECK(p.rule(RuleId::D2).weight == builtin_policy().rule(RuleId::D2).weight);
  CHECK(p.thresholds.freeze == 990);
  CHECK_FALSE(p.response.auto_freeze);
  CHECK(p.response.breaker.daily_ppm == 100);
  CHECK(p.never_block == std::set<std::string, std::less<>>{"egress"});
  CHECK(p.rectification.by_violation.at("data") == 5);
  CHECK(p.rectification.extensions == 1);
  CHECK(p.rectification.escalate_days == 3);
  CHECK(p.rectification.reminder_days == std::set<int, std::greater<>>{5, 2});
  CHECK(p.cases == CaseTimes{4, 11, 16, 6});
  CHECK(p.department_for("other:reading") == "library");
  CHECK(p.department_for("payment") == "finance"); // department by department, like rules
  CHECK(p.department_for("other:sports").empty());
  const Time new_year = *parse_time("2027-01-01T00:00:00+08:00");
  CHECK(p.name_of("library", new_year - milliseconds(1)).en == "Library");
  CHECK(p.name_of("library", new_year).en == "Documents");
  CHECK(p.name_of("nobody", new_year).en == "nobody");
  CHECK(p.interpretations.at("A1") == Interpretation{2, "two gates are one place", "ab"});
  CHECK(p.interpretations.at("11(1)").version == 1);
  CHECK(p.canary_subjects.contains("a-canary"));
  CHECK(p.gate_timeout_ms == 900);
}

TEST_CASE("what is left out keeps the built-in default") {
  const auto result =
      read_policy(R"({"version":"v","effective_from":"2026-03-01T00:00:00Z","thresholds":{"watch":350}})");
  REQUIRE(result.policy);
  Policy expected = builtin_policy();
  expected.version = "v";
  expected.effective_from = result.policy->effective_from;
  expected.thresholds.watch = 350;
  CHECK(*result.policy == expected);
}

TEST_CASE("what is written reads back the same") {
  for (const Policy& p : {builtin_policy(), *read_policy(full().dump()).policy}) {
    const std::string text = write_policy(p);
    const auto again = read_policy(text);
    CAPTURE(text, again.errors);
    REQUIRE(again.policy);
    CHECK(*again.policy == p);
    CHECK(write_policy(*again.policy) == text);
    CHECK(Json::parse(text)["rules"].contains("A1"));
  }
}

TEST_CASE("a policy in shadow says so, and no other does") {
  Json document = full();
  CHECK_FALSE(read_policy(document.dump()).policy->shadow);
  CHECK(write_policy(*read_policy(document.dump()).policy).find("\"shadow\": true") == std::string::npos);
  for (const bool shadow : {true, false}) {
    document["shadow"] = shadow;
    const auto policy = read_policy(document.dump()).policy;
    REQUIRE(policy);
    CHECK(policy->shadow == shadow);
    CHECK(read_policy(write_policy(*policy)).policy == policy);
  }
  document["shadow"] = "yes";
  refused(document, "shadow");
}

TEST_CASE("each error is named by its path") {
  const std::tuple<std::string, Json, std::string> bad[] = {
      {"/version", 5, "version"},
      {"/version", "a b", "version"},
      {"/effective_from", "soon", "effective_from"},
      {"/effective_from", "2999-01-01T00:00:00Z", "effective_from"},
      {"/colour", 1, "colour"},
      {"/regulation", "x", "regulation"},
      {"/regulation/author", "x", "regulation.author"},
      {"/trust/keys", 1, "trust.keys"},
      {"/trust/roles/king", Json::array(), "trust.roles.king"},
      {"/trust/roles/registrar", Json::object(), "trust.roles.registrar"},
      {"/trust/roles/registrar/0/public", "***", "trust.roles.registrar[0].public"},
      {"/trust/roles/registrar/0/public", "AAAA", "trust.roles.registrar[0].public"},
      {"/trust/roles/registrar/0/alg", "rsa", "trust.roles.registrar[0].alg"},
      {"/trust/roles/registrar/0/from", 5, "trust.roles.registrar[0].from"},
      {"/trust/roles/registrar/0/private", "x", "trust.roles.registrar[0].private"},
      {"/trust/issuers/app/alg", "none", "trust.issuers.app.alg"},
      {"/trust/issuers/app/key", "x", "trust.issuers.app.key"},
      {"/trust/issuers/app/secret", nullptr, "trust.issuers.app.secret"},
      {"/zones/z-1/lat", 91, "zones.z-1.lat"},
      {"/zones/z-1/lat", nullptr, "zones.z-1.lat"},
      {"/zones/z-1/height", 5, "zones.z-1.height"},
      {"/walking_seconds/0", {"z-1", "z-2"}, "walking_seconds[0]"},
      {"/walking_seconds/0/2", -1, "walking_seconds[0][2]"},
      {"/walking_seconds/1", {"z-1", "z-2", 91}, "walking_seconds[1]"},
      {"/categories/student", "access", "categories.student"},
      {"/categories/student/0", 5, "categories.student[0]"},
      {"/rules/A99", Json::object(), "rules.A99"},
      {"/rules/A1", 5, "rules.A1"},
      {"/rules/A1/mode", "on", "rules.A1.mode"},
      {"/rules/A1/weight", 1001, "rules.A1.weight"},
      {"/rules/A1/weight", 0.5, "rules.A1.weight"},
      {"/rules/A1/speed", 1, "rules.A1.speed"},
      {"/rules/A1/params/speed", 1, "rules.A1.params.speed"},
      {"/rules/A1/params/min_distance_m", "far", "rules.A1.params.min_distance_m"},
      {"/rules/A3/params", {{"x", 1}}, "rules.A3.params.x"},
      {"/thresholds/watch", "low", "thresholds.watch"},
      {"/thresholds/low", 1, "thresholds.low"},
      {"/response/auto_freeze", 1, "response.auto_freeze"},
      {"/response/provisional_hours", 0, "response.provisional_hours"},
      {"/response/breaker/fuse", 1, "response.breaker.fuse"},
      {"/never_block/1", "egress", "never_block[1]"},
      {"/rectification/days", 1e10, "rectification.days"},
      {"/rectification/by_violation/data", "x", "rectification.by_violation.data"},
      {"/gate_timeout_ms", 1.5, "gate_timeout_ms"},
      {"/retention", 5, "retention"}};
  for (const auto& [pointer, value, path] : bad) {
    Json document = full();
    document[Json::json_pointer(pointer)] = value;
    refused(document, path);
  }
  for (const std::string member : {"version", "effective_from"}) {
    Json document = full();
    document.erase(member);
    refused(document, member);
  }
  for (const std::string text : {"", "{", "[]", "5", "{\"version\":1e999}", "{\"version\":\"\xff\"}"}) {
    const auto result = read_policy(text);
    CHECK_FALSE(result.policy);
    CHECK_FALSE(result.errors.empty());
  }
  std::string twice = full().dump();
  twice.replace(twice.find("\"version\":\"2026-1\""), 18, "\"version\":\"a\",\"version\":\"b\"");
  CHECK(read_policy(twice).errors == std::vector<std::string>{"version: stands twice"});
  INFO("one run names them all");
  Json many = full();
  many["colour"] = 1;
  many["rules"]["A99"] = 1;
  many["thresholds"]["watch"] = "low";
  many["response"]["provisional_hours"] = 0;
  CHECK(errors(many).size() == 4);
}

TEST_CASE("who may publish a policy") {
  const auto root = new_ed25519();
  const auto centre = new_ed25519();
  const auto registrar = new_ed25519();
  const std::vector<TrustedKey> roots = {trusted("root", root)};
  Policy in_force = builtin_policy();
  in_force.roles["information-centre"] = {trusted("ic", centre)};
  in_force.roles["registrar"] = {trusted("reg", registrar)};
  const std::string document = full().dump(2);
  const Time at{1'772'409'492'345};
  const auto published = [&](const std::string& signed_document) {
    return read_policy_event(policy_event(signed_document, at), roots, in_force, false);
  };

  CHECK(published(sign_policy(document, root.private_key, "root")).policy);
  CHECK(published(sign_policy(document, centre.private_key, "ic")).policy);
  CHECK(*published(sign_policy(document, root.private_key, "root")).policy == *read_policy(document).policy);
  INFO("signing again replaces the signature");
  CHECK(published(sign_policy(sign_policy(document, root.private_key, "root"), centre.private_key, "ic")).policy);

  const auto bad = [&](const std::string& signed_document) {
    const auto result = published(signed_document);
    CHECK_FALSE(result.policy);
    REQUIRE(result.errors.size() == 1);
    CHECK(result.errors[0].starts_with("signature: "));
  };
  bad(document);
  bad(sign_policy(document, registrar.private_key, "reg"));
  bad(sign_policy(document, registrar.private_key, "root"));
  bad(sign_policy(document, root.private_key, "ic"));
  std::string changed = sign_policy(document, root.private_key, "root");
  changed.replace(changed.find("990"), 3, "991");
  bad(changed);
  in_force.roles["information-centre"][0].to = at - days(1);
  bad(sign_policy(document, centre.private_key, "ic"));

  CHECK(read_policy_event(policy_event(document, at), {}, builtin_policy(), true).policy);
  const auto envelope = [&](const char* member, Json value) {
    Json e = Json::parse(policy_event(sign_policy(document, root.private_key, "root"), at));
    e[member] = std::move(value);
    return read_policy_event(e.dump(), roots, in_force, false);
  };
  CHECK(envelope("subject", "x").policy);
  CHECK(envelope("type", "onecode.scan.v1").errors[0].starts_with("UNKNOWN_TYPE: "));
  CHECK(envelope("specversion", "2").errors[0].starts_with("BAD_ENVELOPE: "));
  CHECK(envelope("time", "x").errors[0].starts_with("BAD_TIME: "));
  CHECK_FALSE(read_policy_event("", roots, in_force, false).policy);
  CHECK_FALSE(read_policy_event("{", roots, in_force, false).policy);
  CHECK(policy_event(document, at) == policy_event(Json::parse(document).dump(), at));
  CHECK_THROWS_AS(sign_policy("[]", root.private_key, "root"), std::runtime_error);
}

TEST_CASE("the envelope of a policy, in structured and in binary mode") {
  const Time at{1'772'409'492'000};
  const std::optional<std::string> document = R"({ "version":"v" })", whole = policy_event(*document, at);
  const std::vector<Header> headers = {{"ce_specversion", "1.0"},
                                       {"ce_id", "p"},
                                       {"ce_source", "/centre"},
                                       {"ce_type", "onecode.policy.v1"},
                                       {"ce_time", "2026-03-01T23:58:12Z"}};
  PolicyEvent event;
  CHECK_FALSE(open_policy_event(record_of(whole), event));
  CHECK(event.time == at);
  CHECK(event.data == R"({"version":"v"})");
  CHECK_FALSE(open_policy_event(record_of(document, headers), event));
  CHECK(event.time == at);
  CHECK(event.data == *document);            // as it was sent
  const std::string prefix("\0\0\0\0\7", 5); // of a Schema Registry
  const std::optional<std::string> framed_document = prefix + *document, framed = prefix + *whole;
  CHECK_FALSE(open_policy_event(record_of(framed), event));
  CHECK(event.data == R"({"version":"v"})");
  CHECK_FALSE(open_policy_event(record_of(framed_document, headers), event));
  CHECK(event.data == *document);
  CHECK(open_policy_event(record_of(document), event)->starts_with("BAD_ENVELOPE: "));
  CHECK(open_policy_event(record_of(std::nullopt), event)->starts_with("BAD_ENVELOPE: "));
}

TEST_CASE("which secrets a policy needs and a node lacks") {
  using Names = std::vector<std::string>;
  Policy policy = builtin_policy();
  CHECK(missing_secrets(policy, Secrets()).empty());
  policy.issuers["app"] = {MacAlgorithm::hmac_sha256, "app-key"};
  policy.issuers["web"] = {MacAlgorithm::hmac_sm3, "app-key"};
  policy.issuers["kiosk"] = {MacAlgorithm::hmac_sha256, "derive:kiosks/k-1"};
  CHECK(missing_secrets(policy, Secrets()) == Names{"app-key", "derive:kiosks/k-1"});
  const std::map<std::string, std::string> one = {{"kiosks", "x"}}, both = {{"kiosks", "x"}, {"app-key", "y"}};
  CHECK(missing_secrets(policy, Secrets(one)) == Names{"app-key"});
  CHECK(missing_secrets(policy, Secrets(both)).empty());
}
