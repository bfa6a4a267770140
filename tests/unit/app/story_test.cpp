// Would catch: a story that hides a hold, a deadline or a member that is new, one that shows the engine's own bookkeeping, a
// crash on state of a shape that nobody thought of.
#include "app/story.hpp"
#include "tests/catch.hpp"

using namespace onecode;
using namespace onecode::app;

namespace {

const Time kNow = *parse_time("2026-03-02T12:00:00+08:00");

bool has(const std::string& text, const char* part) {
  INFO(text);
  CHECK(text.find(part) != std::string::npos);
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("story: a frozen account with a case, a debt and a handset") {
  const auto text = story(
      R"({"kind":"account","id":"a-1",
      "profile":{"opened":true,"category":"student","valid_from":"2026-01-01T00:00:00.000+08:00","approver":"","test":false,
                 "cancelled":false,"handsets":[{"handset":"h-1","secondary":false,"since":"2026-01-02T08:00:00.000+08:00"}]},
      "hot":{"scans":12,"buckets":[0,3],"spend_mean_q8":77},
      "file":{"evidence":{"entries":[{"rule":"A1","version":1,"weight":850,"at":"2026-03-02T07:58:12.345+08:00",
                                      "half_life":3600000,"facts":{"zh":"相距两公里","en":"two kilometres apart"}}]},
              "holds":{"holds":[{"id":"hold-1","article":"8","reason":"lent","functions":["payment"],
                                 "since":"2026-03-02T07:58:00.000+08:00","expires":"2026-03-05T07:58:00.000+08:00","case":"c-1",
                                 "actor":"officer-7","role":"security-officer","policy":"p-1","evidence":[],"remedy":"object"}]},
              "revision":3},
      "ledger":{"started":true,"balance":-1250,"overdraft":{"state":"open","cause":"outage","since":"2026-03-01T10:00:00.000+08:00"}},
      "procedures":{"cases":[{"id":"c-1","state":"decided","decided":"2026-03-02T08:00:00.000+08:00","upheld":false,
                              "cancel_points":0,"answer_due":"2026-03-01T12:00:00.000+08:00"}],"checks":[]},
      "brand_new":{"something":"seen"},"sightings":[
        {"time":"2026-03-02T07:57:00.000+08:00","zone":"z-1","device":"d-1"},
        {"time":"2026-03-02T07:58:00.000+08:00","zone":"z-2","device":"d-2"},7]})",
      kNow);
  has(text, "account a-1 (账户): frozen\n");
  has(text, "  balance                -12.50 yuan\n");
  has(text, "Holds (冻结事项)\n  hold-1\n    article              8\n    reason               lent\n");
  has(text, "    until                2026-03-05 07:58 (in 2 days)\n");
  has(text, "    decided by           officer-7 (security-officer), policy p-1\n");
  has(text, "Cases (案件)\n  c-1: decided\n");
  has(text, "    outcome              not upheld\n");
  has(text, "    answer due           2026-03-01 12:00 (1 day ago)\n");
  has(text, "Overdraft (透支)\n  state                  open\n");
  has(text, "Evidence (证据)\n  A1\n");
  has(text, "相距两公里 / two kilometres apart");
  has(text, "Last seen (最近使用)\n");
  has(text, "brand new\n  something              seen\n");
  for (const char* inner : {"buckets", "spend", "revision", "half life", "points", "1970", "approver", "Joint"})
    CHECK(text.find(inner) == std::string::npos);
}

TEST_CASE("story: an account's state follows from its record and the time") {
  const auto state = [](const std::string& profile, const char* holds = "[]") {
    const auto text = story(
        R"({"kind":"account","id":"a","profile":)" + profile + R"(,"file":{"holds":{"holds":)" + holds + "}}}", kNow);
    return text.substr(0, text.find('\n'));
  };
  const std::string from = R"("valid_from":"2026-03-01T00:00:00+08:00")";
  CHECK(state("{" + from + R"(,"opened":true})") == "account a (账户): active");
  CHECK(state(R"({"opened":false})") == "account a (账户): not opened");
  CHECK(state(R"({"opened":true,"valid_from":"2026-03-03T00:00:00+08:00"})") == "account a (账户): pending");
  CHECK(state("{" + from + R"(,"opened":true,"valid_to":"2026-03-02T00:00:00+08:00"})") ==
        "account a (账户): expired");
  CHECK(state("{" + from + R"(,"opened":true})", R"([{"id":"h","article":"8"}])") == "account a (账户): frozen");
  CHECK(state("{" + from + R"(,"opened":true,"cancelled":true})", R"([{"id":"h"}])") ==
        "account a (账户): cancelled");
}

TEST_CASE("story: a forgotten account is its id, that it was forgotten, and when") {
  const auto text = story(R"({"kind":"account","id":"a-1","profile":{"opened":false,"category":"","valid_from":
      "1970-01-01T08:00:00.000+08:00","valid_to":null,"holder":"","cancelled":false,"handsets":[],"cancelled_at":null,
      "forgotten":"2026-02-01T09:30:00.000+08:00"},"hot":{"scans":0},"file":{"holds":{"holds":[]},"revision":0}})",
                          kNow);
  CHECK(text == "account a-1 (账户): forgotten (已清除)\n  forgotten              2026-02-01 09:30\n");
}

TEST_CASE("story: orders and documents of an integration, findings of a device") {
  const auto text = story(
      R"json({"kind":"integration","id":"gates","record":{"state":"live","access":"open","unit":"u","owners":["o-1","o-2"],
      "manifest":{"zones":["z-1"]},"scope":{"zones":["z-1"]},
      "orders":[{"id":"o-1","state":"overdue","control":"11(1)","due":"2026-03-01T00:00:00+08:00"}],
      "documents":[{"document":"emergency-plan","review_due":"2026-03-09T12:00:00+08:00",
        "filed":{"topic":"commands","partition":1,"offset":2,"id":"x"}}]}})json",
      kNow);
  has(text, "integration gates (集成系统): live\n");
  has(text, "  owners                 o-1, o-2\n");
  has(text, "Rectification orders (整改)\n  o-1: overdue\n");
  has(text, "    deadline             2026-03-01 00:00 (1 day ago)\n");
  has(text, "  emergency-plan\n    review due           2026-03-09 12:00 (in 7 days)\n");
  CHECK(text.find("Scope") == std::string::npos);
  CHECK(text.find("filed") == std::string::npos);
  const auto device = story(
      R"({"kind":"device","id":"d-1","register":{"life":"active","serial":"s"},"file":{"findings":[
      {"evidence":{"entries":[{"rule":"D1","weight":1000,"facts":{"zh":"未认证","en":"not certified"}}]},
       "finding":{"uid":"u","rule":"D1","band":3,"opened":"2026-03-02T08:00:00+08:00"},"score":800}]}})",
      kNow);
  has(device, "device d-1 (设备): active\n");
  has(device, "Open findings (发现)\n  D1\n");
  has(device, "    what was seen\n      未认证 / not certified\n    band                 propose\n");
  CHECK(device.find("uid") == std::string::npos);
}

TEST_CASE("story: whatever the state looks like, it is told without a fault") {
  for (const char* odd :
       {"{}", "[]", "not JSON", R"({"kind":"account","id":"a"})", R"({"kind":1,"file":[[{}],[1,[2]]]})",
        R"({"kind":"account","profile":[],"file":{"holds":7}})", R"({"kind":"x","a":{"b":{"c":[{"d":[[1]]}]}}})"})
    CHECK_FALSE(story(odd, kNow).empty());
}

TEST_CASE("story: what happened often is told in a line each, the newest first") {
  const auto text = story(
      R"({"kind":"account","id":"a","sightings":[{"time":"2026-03-02T07:57:00.000+08:00","zone":"z-1","device":"d-1"},
      {"time":"2026-03-02T07:58:00.000+08:00","zone":"z-2","device":"d-2","used":true}]})",
      kNow);
  has(text, "Last seen (最近使用)\n  2026-03-02 07:58  z-2  d-2\n  2026-03-02 07:57  z-1  d-1\n");
}

TEST_CASE("state line: a status record in one line") {
  CHECK(state_line(R"({"account":"a","state":"frozen","holds":[{"article":"8","expires":"2026-03-05T07:58:00+08:00"},
      {"article":"10","expires":null}]})") == "frozen (Article 8 until 2026-03-05 07:58, Article 10)");
  CHECK(state_line(R"({"state":"active","usable":true,"reasons":[]})") == "active, usable");
  CHECK(state_line(R"({"state":"quarantined","usable":false,"reasons":["DEVICE_QUARANTINED"]})") ==
        "quarantined, not usable (DEVICE_QUARANTINED)");
  CHECK(state_line(R"({"state":"terminated","access":"terminated","orders":[{"id":"o-1","state":"ordered",
      "due":"2026-03-17T00:00:00+08:00"},{"id":"o-0","state":"closed"}]})") ==
        "terminated, access terminated, order o-1 ordered, due 2026-03-17 00:00");
  CHECK(state_line("junk") == "junk");
}
