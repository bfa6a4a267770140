// Would catch: a change of policy that is not told, one that is told in the wrong place or only as raw JSON, a difference
// between documents that mean the same.
#include "app/policy_diff.hpp"
#include "streams/policy_document.hpp"
#include "tests/catch.hpp"

using namespace onecode;
using namespace onecode::app;

namespace {

Policy policy(const std::string& more) {
  const auto result =
      streams::read_policy(R"({"version":"p-1","effective_from":"2026-03-01T00:00:00+08:00")" + more + "}");
  INFO((result.errors.empty() ? "" : result.errors[0]));
  REQUIRE(result.policy);
  return *result.policy;
}

std::vector<std::string> lines(const std::string& a, const std::string& b) {
  std::vector<std::string> out;
  for (const auto& c : policy_changes(policy(a), policy(b))) {
    out.push_back(c.text.en);
    CHECK_FALSE(c.text.zh.empty());
    CHECK_FALSE(c.member.empty());
  }
  return out;
}

using Lines = std::vector<std::string>;

} // namespace

TEST_CASE("policy diff: what a document leaves out counts as its default") {
  CHECK(lines("", "").empty());
  CHECK(lines("", R"(,"thresholds":{"freeze":950},"rules":{"A1":{"mode":"enforce"}})").empty());
}

TEST_CASE("policy diff: one line per difference") {
  CHECK(lines("", R"(,"shadow":true)") == Lines{"runs in shadow and is never in force"});
  CHECK(lines(R"(,"shadow":true)", "") == Lines{"takes effect, and no longer runs in shadow only"});
  CHECK(lines("", R"(,"rules":{"A1":{"weight":700,"mode":"shadow"}})") ==
        Lines{"rule A1: mode enforce -> shadow", "rule A1: weight 600 -> 700"});
  CHECK(lines("", R"(,"thresholds":{"freeze":970},"response":{"breaker":{"minutes":15}})") ==
        Lines{"thresholds.freeze 950 -> 970", "response.breaker.minutes 10 -> 15"});
  CHECK(lines(R"(,"categories":{"student":["access","library"]})",
              R"(,"categories":{"student":["access","payment"]})") ==
        Lines{"category student: library removed", "category student: payment added"});
  CHECK(lines(R"(,"zones":{"z-1":{"lat":29.3,"lon":113.1}})",
              R"(,"zones":{"z-1":{"lat":29.4,"lon":113.1},"z-2":{"lat":29.5,"lon":113.2}})") ==
        Lines{"zone z-1: latitude 29.3 -> 29.4", "zone z-2 added, latitude 29.5, longitude 113.2"});
  CHECK(lines(R"(,"never_block":["egress"])", R"(,"never_block":["egress","other:exam"])") ==
        Lines{"never_block: other:exam added"});
  CHECK(lines("", R"(,"cases":{"appeal_days":14},"rectification":{"reminder_days":[7,3]})") ==
        Lines{"cases.appeal_days 10 -> 14", "rectification.reminder_days: 1 removed"});
  CHECK(lines("", R"(,"departments":{"library":{"duties":["library"],"names":[{"zh":"图书馆","en":"Library"},
                {"zh":"文献中心","en":"Documents","from":"2027-01-01T00:00:00+08:00"}]}})") ==
        Lines{"department library names: 文献中心 / Documents from 2027-01-01 added"});
  CHECK(lines(R"(,"interpretations":{"A1":{"version":1,"note":"n","hash":"a"}})",
              R"(,"interpretations":{"A1":{"version":2,"note":"n","hash":"b"}})") ==
        Lines{"interpretation A1: version 1 -> 2", "interpretation A1: hash of the text a -> b"});
  const std::string zones = R"(,"zones":{"z-1":{"lat":29.3,"lon":113.1},"z-2":{"lat":29.5,"lon":113.2}})";
  CHECK(lines(zones + R"(,"walking_seconds":[["z-1","z-2",300]])",
              zones + R"(,"walking_seconds":[["z-1","z-2",360]])") ==
        Lines{"walking time z-1 - z-2: 300 s -> 360 s"});
}

TEST_CASE("policy diff: keys by their id, with their days") {
  const auto key = [](const char* id, const char* more) {
    return std::string(R"({"key":")") + id +
           R"(","public":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","actor":"reg-1")" + more + "}";
  };
  const auto roles = [](const std::string& keys) { return R"(,"trust":{"roles":{"registrar":[)" + keys + "]}}"; };
  const auto k1 = key("k-1", "");
  CHECK(lines(roles(k1), roles(k1 + "," + key("k-2", R"(,"from":"2026-09-01T00:00:00+08:00")"))) ==
        Lines{"role registrar: key k-2 added, algorithm ed25519, actor reg-1, valid from 2026-09-01 00:00"});
  CHECK(lines(roles(k1), roles(key("k-1", R"(,"to":"2026-09-01T00:00:00+08:00")"))) ==
        Lines{"role registrar: key k-1: valid to (none) -> 2026-09-01 00:00"});
  CHECK(lines(roles(k1 + "," + key("k-2", "")), roles(k1)) == Lines{"role registrar: key k-2 removed"});
  CHECK(lines(R"(,"trust":{"issuers":{"i":{"alg":"hmac-sha256","secret":"s"}}})",
              R"(,"trust":{"issuers":{"i":{"alg":"hmac-sm3","secret":"s"}}})") ==
        Lines{"issuer i: algorithm hmac-sha256 -> hmac-sm3"});
}
