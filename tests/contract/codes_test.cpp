// Would catch: a reader whose MAC is missing or forged being believed, a dynamic code that is forged, stale or used
// twice opening a door, an honest retry being punished, the algorithm being taken from the token.
#include "tests/contract/contract.hpp"

using namespace contract;

namespace {

const std::string kDeviceKey = "device key, 32 bytes long, secret";
const std::string kIssuerKey = "issuer key, also of a fair length";

Campus with_secrets() {
  Campus campus;
  campus.policy["trust"]["issuers"]["app-1"] = {{"alg", "hmac-sha256"}, {"secret", "issuer-1"}};
  campus.policy["trust"]["issuers"]["app-sm"] = {{"alg", "hmac-sm3"}, {"secret", "issuer-1"}};
  campus.secrets = {{"mac-1", base64url(kDeviceKey)}, {"issuer-1", base64url(kIssuerKey)}};
  campus.adopt("gates");
  campus.device("d-1");
  campus.device("d-2");
  campus.device("d-3", "gates", "z-1", {{"secret", "mac-1"}});
  campus.open("a-1");
  campus.bind("a-1", "h-1");
  return campus;
}

json& last_data(Campus& campus) { return campus.lines.back()["value"]["data"]; }

// Puts the right MAC onto the last scan.
void seal(Campus& campus) {
  const std::string time = campus.lines.back()["value"]["time"];
  last_data(campus)["mac"] = scan_mac(last_data(campus), time, kDeviceKey);
}

json claims(std::int64_t time, const std::string& nonce, const json& changes = json::object()) {
  json out = {{"kid", "app-1"},  {"account", "a-1"}, {"handset", "h-1"}, {"nonce", nonce},
              {"iat", at(time)}, {"ttl_s", 60},      {"purpose", "door"}};
  out.update(changes);
  return out;
}

void scan_code(Campus& campus, const std::string& id, const std::string& device, int seq, const std::string& code,
               std::int64_t time, json more = json::object()) {
  more["code"] = code;
  campus.scan(id, device, seq, "", time, more);
}

void only_reason(const Outcome& outcome, const std::string& scan, const std::string& reason) {
  INFO(scan);
  CHECK(outcome.verdict(scan) == "deny");
  CHECK(contains(outcome.decision(scan).at("reasons"), reason));
}

} // namespace

TEST_CASE("the MAC of a device certified with a secret decides whether it is believed", "[contract]") {
  Campus campus = with_secrets();
  campus.scan("right", "d-3", 1, "a-1", 0);
  seal(campus);
  campus.scan("missing", "d-3", 2, "a-1", kHour);
  campus.scan("wrong", "d-3", 3, "a-1", 2 * kHour);
  last_data(campus)["mac"] = base64url(std::string(32, 'x'));
  campus.scan("changed", "d-3", 4, "a-1", 3 * kHour);
  seal(campus);
  last_data(campus)["function"] = "library";
  campus.scan("junk", "d-3", 5, "a-1", 4 * kHour, {{"mac", "!!!"}});
  campus.scan("again right", "d-3", 6, "a-1", 5 * kHour);
  seal(campus);
  const Outcome outcome = campus.replay();
  CHECK(outcome.verdict("right") == "allow");
  CHECK(outcome.reasons("missing") == std::vector<std::string>{"DEVICE_BAD_MAC"});
  only_reason(outcome, "missing", "DEVICE_BAD_MAC");
  only_reason(outcome, "wrong", "DEVICE_BAD_MAC");
  only_reason(outcome, "changed", "DEVICE_BAD_MAC");
  CHECK(outcome.verdict("again right") == "allow");
  // A MAC that is not even base64url is either a bad field or a bad MAC, never believed.
  if (outcome.dead_codes().empty())
    only_reason(outcome, "junk", "DEVICE_BAD_MAC");
  else
    CHECK(outcome.dead_codes() == std::vector<std::string>{"BAD_FIELD"});
  CHECK_FALSE(outcome.findings("compliance", "D1", "d-3").empty());
}

TEST_CASE("the MAC covers every field it names, with absent fields empty", "[contract]") {
  Campus campus = with_secrets();
  campus.scan("boot", "d-3", 1, "a-1", 0, {{"boot", 4}});
  seal(campus);
  campus.scan("amount", "d-3", 2, "a-1", kHour,
              {{"boot", 4}, {"function", "payment"}, {"amount", 1250}, {"direction", "none"}});
  seal(campus);
  campus.scan("bare", "d-3", 3, "a-1", 2 * kHour, {{"boot", 4}, {"direction", nullptr}, {"outcome", nullptr}});
  seal(campus);
  scan_code(campus, "code", "d-3", 4, code_token(claims(3 * kHour, "n-1"), kIssuerKey), 3 * kHour + kSecond,
            {{"boot", 4}});
  seal(campus);
  const Outcome outcome = campus.replay();
  for (const char* scan : {"boot", "amount", "bare", "code"}) {
    INFO(scan << ": " << json(outcome.reasons(scan)).dump());
    CHECK(outcome.verdict(scan) == "allow");
  }
}

TEST_CASE("leaving through a gate with a bad MAC is allowed, the reason is listed", "[contract]") {
  Campus campus = with_secrets();
  campus.scan("s1", "d-3", 1, "a-1", 0, {{"direction", "out"}});
  const Outcome outcome = campus.replay();
  CHECK(outcome.verdict("s1") == "allow");
  CHECK(outcome.reasons("s1") == std::vector<std::string>{"DEVICE_BAD_MAC"});
}

TEST_CASE("a valid code names its account", "[contract]") {
  Campus campus = with_secrets();
  scan_code(campus, "s1", "d-1", 1, code_token(claims(0, "n-1"), kIssuerKey), 10 * kSecond);
  scan_code(campus, "sm3", "d-1", 2, code_token(claims(kHour, "n-2", {{"kid", "app-sm"}}), kIssuerKey, "hmac-sm3"),
            kHour + kSecond);
  const Outcome outcome = campus.replay();
  CHECK(outcome.verdict("s1") == "allow");
  CHECK(outcome.decision("s1").at("account") == "a-1");
  CHECK(outcome.verdict("sm3") == "allow");
}

TEST_CASE("a code lives for its ttl and five seconds of clock skew", "[contract]") {
  Campus campus = with_secrets();
  scan_code(campus, "at the end", "d-1", 1, code_token(claims(0, "n-1"), kIssuerKey), 64 * kSecond);
  scan_code(campus, "too late", "d-1", 2, code_token(claims(kHour, "n-2"), kIssuerKey), kHour + 66 * kSecond);
  scan_code(campus, "a little early", "d-1", 3, code_token(claims(2 * kHour, "n-3"), kIssuerKey),
            2 * kHour - 4 * kSecond);
  scan_code(campus, "from the future", "d-1", 4, code_token(claims(3 * kHour, "n-4"), kIssuerKey),
            3 * kHour - 7 * kSecond);
  const Outcome outcome = campus.replay();
  CHECK(outcome.verdict("at the end") == "allow");
  only_reason(outcome, "too late", "CODE_EXPIRED");
  CHECK(outcome.verdict("a little early") == "allow");
  CHECK(outcome.verdict("from the future") == "deny");
}

TEST_CASE("a forged or broken code is CODE_INVALID", "[contract]") {
  Campus campus = with_secrets();
  std::string flipped = code_token(claims(0, "n-1"), kIssuerKey);
  flipped[20] = flipped[20] == 'A' ? 'B' : 'A';
  scan_code(campus, "flipped", "d-1", 1, flipped, kSecond);
  scan_code(campus, "other key", "d-1", 2, code_token(claims(0, "n-2"), "not the issuer's key"), kMinute);
  scan_code(campus, "no dots", "d-1", 3, "OC1", kHour);
  scan_code(campus, "words", "d-1", 4, "OC1.hello.world", 2 * kHour);
  scan_code(campus, "sm3 by a sha256 issuer", "d-1", 5,
            code_token(claims(3 * kHour, "n-3", {{"alg", "hmac-sm3"}}), kIssuerKey, "hmac-sm3"), 3 * kHour + kSecond);
  scan_code(campus, "alg none", "d-1", 6,
            "OC1." + base64url(claims(4 * kHour, "n-4", {{"alg", "none"}}).dump()) + ".", 4 * kHour);
  const Outcome outcome = campus.replay();
  for (const char* scan : {"flipped", "other key", "no dots", "words", "sm3 by a sha256 issuer", "alg none"})
    only_reason(outcome, scan, "CODE_INVALID");
}

TEST_CASE("a code of an issuer that the policy does not list is CODE_UNKNOWN_ISSUER", "[contract]") {
  Campus campus = with_secrets();
  scan_code(campus, "s1", "d-1", 1, code_token(claims(0, "n-1", {{"kid", "app-9"}}), kIssuerKey), kSecond);
  only_reason(campus.replay(), "s1", "CODE_UNKNOWN_ISSUER");
}

TEST_CASE("a code shown to a second reader is CODE_REPLAYED, whatever the mode of A5", "[contract]") {
  const std::string mode = GENERATE("enforce", "shadow", "off");
  CAPTURE(mode);
  Campus campus = with_secrets();
  campus.policy["rules"]["A5"] = {{"mode", mode}};
  const std::string code = code_token(claims(0, "n-1"), kIssuerKey);
  scan_code(campus, "first", "d-1", 1, code, kSecond);
  scan_code(campus, "second", "d-2", 1, code, 20 * kSecond);
  const Outcome outcome = campus.replay();
  CHECK(outcome.verdict("first") == "allow");
  only_reason(outcome, "second", "CODE_REPLAYED");
}

TEST_CASE("the same code at the same reader is a retry for five seconds, then a replay", "[contract]") {
  Campus campus = with_secrets();
  const std::string code = code_token(claims(0, "n-1"), kIssuerKey);
  scan_code(campus, "first", "d-1", 1, code, kSecond);
  scan_code(campus, "retry", "d-1", 2, code, 4 * kSecond);
  const Outcome soon = campus.replay();
  CHECK(soon.verdict("first") == "allow");
  CHECK(soon.verdict("retry") == "allow");
  CHECK(soon.records("alerts").empty());
  scan_code(campus, "much later", "d-1", 3, code, 30 * kSecond);
  only_reason(campus.replay(), "much later", "CODE_REPLAYED");
}

TEST_CASE("a code after a failed first attempt is no replay", "[contract]") {
  Campus campus = with_secrets();
  campus.device("d-4", "gates", "z-1", json::object(), 2); // not active: the engine denies the first attempt
  const std::string code = code_token(claims(0, "n-1"), kIssuerKey);
  scan_code(campus, "first", "d-4", 1, code, kSecond);
  scan_code(campus, "second", "d-1", 1, code, 10 * kSecond);
  const Outcome outcome = campus.replay();
  CHECK(outcome.verdict("first") == "deny");
  CHECK(outcome.verdict("second") == "allow");
  CHECK(outcome.records("alerts").empty());
}

TEST_CASE("a nonce counts per account", "[contract]") {
  Campus campus = with_secrets();
  campus.open("a-2");
  campus.bind("a-2", "h-2");
  scan_code(campus, "s1", "d-1", 1, code_token(claims(0, "n-1"), kIssuerKey), kSecond);
  scan_code(campus, "s2", "d-2", 1,
            code_token(claims(0, "n-1", {{"account", "a-2"}, {"handset", "h-2"}}), kIssuerKey), 20 * kSecond);
  const Outcome outcome = campus.replay();
  CHECK(outcome.verdict("s1") == "allow");
  CHECK(outcome.verdict("s2") == "allow");
}

TEST_CASE("a copied code is an A5 finding on the account for copying, not lending", "[contract]") {
  Campus campus = with_secrets();
  const std::string code = code_token(claims(0, "n-1"), kIssuerKey);
  scan_code(campus, "first", "d-1", 1, code, kSecond);
  scan_code(campus, "second", "d-2", 1, code, 20 * kSecond);
  const Outcome outcome = campus.replay();
  const auto alerts = outcome.findings("alerts", "A5", "a-1");
  REQUIRE_FALSE(alerts.empty());
  CHECK(alerts.back().at("unmapped").at("onecode").at("act") == "copy");
  CHECK(outcome.last_freeze("a-1").is_null()); // one family alone freezes nobody
}

TEST_CASE("a replayed code still lets people out", "[contract]") {
  Campus campus = with_secrets();
  const std::string code = code_token(claims(0, "n-1"), kIssuerKey);
  scan_code(campus, "first", "d-1", 1, code, kSecond);
  scan_code(campus, "out", "d-2", 1, code, 20 * kSecond, {{"direction", "out"}});
  const Outcome outcome = campus.replay();
  CHECK(outcome.verdict("out") == "allow");
  CHECK(contains(outcome.decision("out").at("reasons"), "CODE_REPLAYED"));
}
