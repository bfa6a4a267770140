// Catches: two devices under one name that are not seen, a restart, a move or a late report taken for two (R11.1a, D3).
#include "domain/rules/d03_interleaved_streams.hpp"

#include "tests/catch.hpp"
#include "tests/unit/domain/device_world.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

struct Heard {
  int second; // event time
  const char* address;
  std::uint32_t boot = 1;
  const char* tls = "t";
};

} // namespace

TEST_CASE("D3: what alternates and what does not", "[D3][R11.1a]") {
  const char* const a = "10.0.0.1";
  const char* const b = "10.9.9.9";
  const struct {
    const char* what;
    std::vector<Heard> reports; // in order of arrival
    bool hit;
  } rows[] = {
      {"one stream", {{0, a}, {30, a}, {60, a}}, false},
      {"A B A by address", {{0, a}, {30, b}, {60, a}}, true},
      {"A B A by TLS fingerprint", {{0, a, 1, "t1"}, {30, a, 1, "t2"}, {60, a, 1, "t1"}}, true},
      {"A B A by boot", {{0, a, 5}, {30, a, 2}, {60, a, 5}}, true},
      {"A A B B A", {{0, a}, {10, a}, {20, b}, {30, b}, {40, a}}, true},
      {"A B C A", {{0, a}, {10, b}, {20, "10.7.7.7"}, {30, a}}, true},
      {"at the edge of the window", {{0, a}, {30, b}, {600, a}}, true},
      {"beyond it", {{0, a}, {30, b}, {601, a}}, false},
      {"a move to another address", {{0, a}, {30, a}, {60, b}, {90, b}}, false},
      {"a restart", {{0, a, 1}, {30, a, 1}, {60, a, 2}, {90, a, 2}}, false},
      {"a restart on another address", {{0, a, 1}, {60, b, 2}, {90, b, 2}}, false},
      {"a report that does not say its address fits both", {{0, a}, {30, ""}, {60, a}}, false},
      {"one that does not say its boot fits both", {{0, a, 3}, {30, a, 0}, {60, a, 3}}, false},
      {"one without a fingerprint fits both", {{0, a}, {30, a, 1, ""}, {60, a}}, false},
      {"two that are told apart by something else anyway", {{0, a}, {30, b, 1, ""}, {60, a}}, true},
      {"a late report from before the move", {{0, a}, {60, b}, {30, a}}, false},
      {"a clock set back by the restart", {{100, a, 1}, {50, a, 2}, {130, a, 2}, {160, a, 2}}, false},
      {"at one moment nothing comes before anything", {{0, a}, {0, b}, {0, a}}, false},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    std::vector<DeviceState::ReportSeen> seen;
    bool hit = false;
    std::int64_t offset = 0;
    for (const auto& h : row.reports) {
      DeviceReport r;
      r.origin = {
          {Topic::device_reports, 0}, ++offset, "gw", "r" + std::to_string(offset), kNoon + seconds(h.second)};
      r.boot = h.boot;
      r.tls_fingerprint = h.tls;
      if (*h.address != '\0') r.network = NetworkFacts{h.address, {}, {}, {}, {}, {}, 0};
      const auto stream = rules::stream_of(r);
      if (!stream || !rules::remember_stream(seen, *stream)) continue;
      const auto found = rules::interleaved_streams(seen, *stream, campus_policy().rule(RuleId::D3));
      if (!found) continue;
      hit = true;
      CHECK(found->weight == 950);
      CHECK(found->events.size() == 3);
    }
    CHECK(hit == row.hit);
  }
}

TEST_CASE("D3: a report that says nothing of where it comes from is no stream", "[D3]") {
  DeviceReport r;
  r.boot = 4;
  CHECK_FALSE(rules::stream_of(r));
}

TEST_CASE("D3: the last eight by event time are kept", "[D3]") {
  std::vector<DeviceState::ReportSeen> seen;
  const auto at = [](int s) { return DeviceState::ReportSeen{kNoon + seconds(s), 1, 1, 1, {{}, s, ""}}; };
  for (int s = 10; s < 30; ++s) CHECK(rules::remember_stream(seen, at(s)));
  CHECK(seen.size() == 8);
  CHECK(seen.front().at == kNoon + seconds(22));
  CHECK_FALSE(rules::remember_stream(seen, at(5)));
  CHECK(rules::remember_stream(seen, at(25)));
  CHECK(seen.size() == 8);
  CHECK(std::ranges::is_sorted(seen, {}, &DeviceState::ReportSeen::at));
}
