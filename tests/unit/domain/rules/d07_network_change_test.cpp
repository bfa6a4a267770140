// Catches: a reader on a network that nobody approved; DHCP, an approved change, late reports or a baseline that says
// nothing taken for one; addresses compared wrongly (R11.2, D7).
#include "domain/rules/d07_network_change.hpp"

#include "tests/catch.hpp"
#include "tests/unit/domain/rules/device_story.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

const NetworkFacts kApproved{"10.0.0.0/24", "aa:bb", "7", "port-1", "10.0.0.53", "route-1", 0};

const RuleSettings& settings() {
  static const Policy policy = campus_policy();
  return policy.rule(RuleId::D7);
}

DeviceReport from(const NetworkFacts& network, Time t = kNoon) {
  DeviceReport r = report_at(t);
  r.network = network;
  return r;
}

std::vector<std::string> english(const std::vector<Text>& texts) {
  std::vector<std::string> all;
  for (const auto& t : texts) all.push_back(t.en);
  return all;
}

/// Is the last of these round trips a hit?
bool far_off(const std::vector<std::int64_t>& trips) {
  DeviceState d;
  bool hit = false;
  for (const auto ms : trips) {
    const auto h = rules::network_change(d, from({"", "", "", "", "", "", ms}), {}, settings());
    hit = h.has_value();
    if (h) CHECK(h->weight == 400);
  }
  return hit;
}

std::vector<std::int64_t> trips(std::vector<std::int64_t> first, int count, std::int64_t then) {
  first.insert(first.end(), static_cast<std::size_t>(count), then);
  return first;
}

DeviceWorld reader() { return installed({"gates", "gate", {}, kApproved, {}, "fixed"}); }

const NetworkFacts kOther{"172.16.0.9", "", "9", "", "", "", 0};

} // namespace

TEST_CASE("D7: is an address in a segment", "[D7][R11.2]") {
  const struct {
    const char* range;
    const char* address;
    bool same;
  } rows[] = {
      // An address stands for its /24.
      {"10.0.0.1", "10.0.0.1", true},
      {"10.0.0.1", "10.0.0.254", true},
      {"10.0.0.255", "10.0.1.0", false},
      {"10.0.0.1", "11.0.0.1", false},
      {"0.0.0.0", "255.255.255.255", false},
      // Ranges.
      {"10.0.0.0/8", "10.255.255.255", true},
      {"10.0.0.0/8", "11.0.0.0", false},
      {"10.0.0.0/23", "10.0.1.255", true},
      {"10.0.0.0/23", "10.0.2.0", false},
      {"10.0.0.99/23", "10.0.1.1", true}, // bits of the host do not matter
      {"10.0.0.128/25", "10.0.0.127", false},
      {"10.0.0.128/25", "10.0.0.128", true},
      {"10.0.0.4/31", "10.0.0.5", true},
      {"10.0.0.4/31", "10.0.0.6", false},
      {"10.0.0.5/32", "10.0.0.5", true},
      {"10.0.0.5/32", "10.0.0.4", false},
      {"10.0.0.0/0", "203.0.113.9", true},
      {"128.0.0.0/1", "127.255.255.255", false},
      {"128.0.0.0/1", "255.0.0.0", true},
      // IPv6: an address stands for its /64.
      {"2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff", true},
      {"2001:db8::1", "2001:db8:0:1::1", false},
      {"2001:db8:0:0:0:0:0:1", "2001:DB8::2", true},
      {"2001:0db8::", "2001:db8::1", true},
      {"::", "::1", true},
      {"::1", "1::", false},
      {"fe80::1", "fe80:0:0:0:1:2:3:4", true},
      {"2001:db8::/32", "2001:db8:ffff::1", true},
      {"2001:db8::/32", "2001:db9::1", false},
      {"2001:db8::/65", "2001:db8::7fff:0:0:1", true},
      {"2001:db8::/65", "2001:db8::8000:0:0:1", false},
      {"2001:db8::1/128", "2001:db8::1", true},
      {"2001:db8::1/128", "2001:db8::2", false},
      {"::/0", "ffff::", true},
      {"1:2:3:4:5:6:7::", "1:2:3:4::9", true},
      // Never across families.
      {"10.0.0.0/0", "::1", false},
      {"::/0", "10.0.0.1", false},
      // What is no address is compared as a text.
      {"vpn", "vpn", true},
      {"vpn", "vpn-2", false},
      {"10.0.0", "10.0.0", true},
      {"10.0.0", "10.0.0.1", false},
      {"10.0.0.256", "10.0.0.1", false},
      {"10.0.0.256", "10.0.0.256", true},
      {"10.0.0.1", "10.0.0.1000", false},
      {"10.0.0.1", "10.0.0.1 ", false},
      {"10.0.0.1", "10.0.0.-1", false},
      {"10.0.0.1", "10.0.0.1.1", false},
      {"10.0.0.a", "10.0.0.1", false},
      {"10.0.0.0/33", "10.0.0.1", false},
      {"10.0.0.0/33", "10.0.0.0/33", true}, // equal as texts
      {"10.0.0.0/", "10.0.0.1", false},
      {"10.0.0.0/x", "10.0.0.1", false},
      {"10.0.0.0/-1", "10.0.0.1", false},
      {"2001:db8::/129", "2001:db8::1", false},
      {"1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8", false},
      {"1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8", false},
      {"1::2::3", "1::2", false},
      {":::", "::1", false},
      {"1:2:3:4:5:6:7:12345", "1:2:3:4::1", false},
      {"g::1", "::1", false},
      {"", "", true},
      {"", "10.0.0.1", false},
      {"10.0.0.1", "", false},
  };
  for (const auto& row : rows) {
    INFO(row.range << " <- " << row.address);
    CHECK(rules::same_segment(row.range, row.address) == row.same);
  }
}

TEST_CASE("D7: an IPv4 address in IPv6 notation is an address", "[D7]") {
  CHECK(rules::same_segment("::ffff:10.0.0.1", "::ffff:10.0.0.2"));
  CHECK(rules::same_segment("10.0.0.1", "::ffff:10.0.0.2"));
}

TEST_CASE("D7: what differs", "[D7][R11.2]") {
  using Names = std::vector<std::string>;
  const struct {
    const char* what;
    NetworkFacts approved, seen;
    Names differ;
  } rows[] = {
      {"nothing", kApproved, {"10.0.0.9", "aa:bb", "7", "port-1", "10.0.0.53", "route-1", 90}, {}},
      {"everything",
       kApproved,
       {"10.0.1.9", "aa:cc", "8", "port-2", "8.8.8.8", "route-2", 90},
       {"network segment", "gateway", "VLAN", "switch port", "DNS", "route"}},
      {"the report says nothing", kApproved, {}, {}},
      {"the baseline says nothing", {}, {"10.0.1.9", "aa:cc", "8", "port-2", "8.8.8.8", "route-2", 0}, {}},
      {"another address in the range", kApproved, {"10.0.0.200", "", "", "", "", "", 0}, {}},
      {"another segment", kApproved, {"10.0.1.9", "", "", "", "", "", 0}, {"network segment"}},
      {"DHCP", {"10.0.0.7", "", "", "", "", "", 0}, {"10.0.0.8", "", "", "", "", "", 0}, {}},
      {"gateway", kApproved, {"", "aa:cc", "", "", "", "", 0}, {"gateway"}},
      {"VLAN", kApproved, {"", "", "8", "", "", "", 0}, {"VLAN"}},
      {"switch port", kApproved, {"", "", "", "port-2", "", "", 0}, {"switch port"}},
      {"DNS, in the same segment", kApproved, {"", "", "", "", "10.0.0.54", "", 0}, {"DNS"}},
      {"route", kApproved, {"", "", "", "", "", "route-2", 0}, {"route"}},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    CHECK(english(rules::network_differences(row.approved, row.seen)) == row.differ);
  }
}

TEST_CASE("D7: one difference, two, more", "[D7][R11.2]") {
  const struct {
    std::vector<Text> differences;
    int weight;
    const char* text;
  } rows[] = {
      {{}, 0, ""},
      {{{"甲", "a"}}, 400, "it differs from its approved network in a"},
      {{{"甲", "a"}, {"乙", "b"}}, 800, "it differs from its approved network in a and b"},
      {{{"甲", "a"}, {"乙", "b"}, {"丙", "c"}}, 950, "it differs from its approved network in a, b and c"},
  };
  for (const auto& row : rows) {
    DeviceState d;
    const auto hit = rules::network_change(d, from({}), row.differences, settings());
    REQUIRE(hit.has_value() == (row.weight != 0));
    if (!hit) continue;
    CHECK(hit->weight == row.weight);
    CHECK(hit->facts.text().en == row.text);
    CHECK(hit->at == kNoon);
  }
}

TEST_CASE("D7: round trips", "[D7][R11.2]") {
  const std::vector<std::int64_t> steady(16, 20);
  std::vector<std::int64_t> wide; // 20..35: its median is 28, the MAD 4: a shift of more than 20
  for (std::int64_t i = 0; i < 16; ++i) wide.push_back(20 + i);
  const struct {
    const char* what;
    std::vector<std::int64_t> all;
    bool hit;
  } rows[] = {
      {"the same", trips(steady, 40, 20), false},
      {"10 ms more", trips(steady, 16, 30), false},
      {"11 ms more", trips(steady, 16, 31), true},
      {"11 ms less", trips(steady, 16, 9), true},
      {"10 ms less", trips(steady, 16, 10), false},
      {"15 are not enough to say", trips(steady, 15, 500), false},
      {"five MADs", trips(wide, 16, 48), false},
      {"more than five MADs", trips(wide, 16, 49), true},
      {"seven of the last sixteen", trips(trips(steady, 9, 20), 7, 500), false},
      {"nine of the last sixteen", trips(trips(steady, 7, 20), 9, 500), true},
      {"only the last sixteen count", trips(trips(steady, 200, 20), 9, 500), true},
      {"it came back", trips(trips(steady, 16, 500), 9, 20), false},
      {"the first sixteen stay the usual ones", trips(trips(steady, 200, 500), 1, 500), true},
      {"none said", trips(steady, 40, 0), false},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    CHECK(far_off(row.all) == row.hit);
  }
}

TEST_CASE("D7: a longer round trip is one difference more", "[D7]") {
  DeviceState d;
  for (int i = 0; i < 31; ++i)
    CHECK_FALSE(rules::network_change(d, from({"", "", "", "", "", "", i < 16 ? 20 : 90}), {}, settings()));
  const auto hit = rules::network_change(d, from({"", "", "", "", "", "", 90}), {{"甲", "a"}}, settings());
  REQUIRE(hit);
  CHECK(hit->weight == 800);
  CHECK(hit->facts.text().en == "it differs from its approved network in a and round trip");
  CHECK(d.environment.usual_rtt.size() == 16);
  CHECK(d.environment.recent_rtt.size() == 16);
}

TEST_CASE("D7: a finding, for people to decide", "[D7][R11.2]") {
  const struct {
    NetworkFacts seen;
    int score;
    Band band;
  } rows[] = {{{"10.0.0.8", "", "7", "", "", "", 0}, 0, Band::observe},
              {{"", "", "9", "", "", "", 0}, 400, Band::watch},
              {{"172.16.0.9", "", "9", "", "", "", 0}, 800, Band::challenge},
              {{"172.16.0.9", "x", "9", "", "", "", 0}, 950, Band::propose}};
  for (const auto& row : rows) {
    INFO(row.score);
    DeviceWorld w = reader();
    send(w, from(row.seen, kNoon + minutes(1)));
    CHECK(w.outputs<FindingRecord>().empty()); // its switch is asked first
    w.timer(std::string(kHeldTimer), kNoon + minutes(6));
    const auto records = w.outputs<FindingRecord>();
    REQUIRE(records.size() == (row.score == 0 ? 0 : 1));
    if (records.empty()) continue;
    CHECK(records[0].rule == RuleId::D7);
    CHECK(records[0].score == row.score);
    CHECK(records[0].band == row.band);
    CHECK(records[0].action == ProposedAction::inspect);
    CHECK(w.d.reg.life == DeviceLife::active);
  }
}

TEST_CASE("D7: which work explains it, and when", "[D7][R11.2]") {
  const Time begin = kNoon + hours(1), end = kNoon + hours(3);
  const struct {
    const char* kind;
    bool approved;
    Time at;
    bool hit;
  } rows[] = {
      {"network", true, begin, false},
      {"network", true, end, false},
      {"relocate", true, begin, false},
      {"repair", true, begin, false},
      {"firmware", true, begin, true},
      {"network", false, begin, true},
      {"network", true, begin - milliseconds(1), true},
      {"network", true, end + milliseconds(1), true},
  };
  for (const auto& row : rows) {
    INFO(row.kind << " " << row.approved << " +" << (row.at - kNoon).ms << " ms");
    DeviceWorld w = reader();
    ask(w, row.kind, begin, end);
    if (row.approved) grant(w);
    send(w, from(kOther, row.at));
    CHECK((w.finding(RuleId::D7) != nullptr) == row.hit);
  }
}

TEST_CASE("D7: an approved change leaves a new baseline", "[D7][R11.2]") {
  DeviceWorld w = reader();
  for (int i = 0; i < 20; ++i) send(w, from({"", "", "", "", "", "", 20}, kNoon + minutes(i)));
  send(w, from(kOther, kNoon + minutes(30))); // before it was allowed
  REQUIRE(w.finding(RuleId::D7) != nullptr);
  ask(w, "network", kNoon + hours(1), kNoon + hours(3));
  grant(w);
  finish(w, {"", {}, {}, kOther, {}}, kNoon + hours(2));
  CHECK(w.finding(RuleId::D7) == nullptr);

  SECTION("late reports, of the old network and of one that was tried") {
    send(w, from({"10.0.0.8", "aa:bb", "7", "", "", "", 0}, kNoon + minutes(45)));
    send(w, from({"192.168.3.3", "xx", "1", "", "", "", 0}, kNoon + minutes(90)));
    CHECK(w.finding(RuleId::D7) == nullptr);
  }
  SECTION("the new one is approved, with its round trips") {
    NetworkFacts slow = kOther;
    slow.rtt_ms = 200;
    for (int i = 0; i < 40; ++i) send(w, from(slow, kNoon + hours(3) + minutes(i)));
    CHECK(w.finding(RuleId::D7) == nullptr);
  }
  SECTION("the old one is not") {
    send(w, from({"10.0.0.8", "", "7", "", "", "", 0}, kNoon + hours(3)));
    CHECK(w.finding(RuleId::D7) != nullptr);
  }
}
