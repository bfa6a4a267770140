// Would catch: a policy in shadow that does something to a device or an integration, one whose hits nobody counts, and a rule that
// remembers as it judges and is fed twice.
#include <random>

#include "domain/archive.hpp"
#include "domain/device_findings.hpp"
#include "domain/integration.hpp"
#include "tests/catch.hpp"
#include "tests/unit/domain/device_world.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

template <class F>
Policy candidate(F&& change) {
  Policy p = campus_policy();
  p.version = "cand-1";
  p.effective_from = kNoon - days(400);
  p.shadow = true;
  change(p);
  return p;
}

using Rules = std::vector<RuleId>;

std::string bytes(const DeviceState& d) {
  std::string out;
  encode(out, d.reg);
  encode(out, d.hot);
  encode(out, d.reports);
  encode(out, d.environment);
  encode(out, d.habits);
  encode(out, d.neighbours);
  encode(out, d.trust);
  encode(out, d.ways);
  encode(out, d.file);
  return out;
}

} // namespace

TEST_CASE("candidate: what it would find at a device is counted and nothing else", "[device][candidate][R13.1]") {
  Policy live = campus_policy();
  live.rule(RuleId::D2).mode = Mode::off;
  DeviceWorld w = DeviceWorld::at_work(live);
  w.policies.add(candidate([](Policy&) {}));
  w.scan({.seq = 1, .content = 1});
  w.scan({.seq = 1, .content = 2});
  CHECK(w.out.tally.candidate_hits == Rules{RuleId::D2});
  CHECK(w.out.tally.hits.empty());
  CHECK(w.outputs<FindingRecord>().empty());
  CHECK(w.d.reg.life == DeviceLife::active);
  w.scan({.seq = 2, .content = 3});
  CHECK(w.out.tally.candidate_hits.empty());
}

TEST_CASE("candidate: a rule that both judge alike is not counted for it", "[device][candidate]") {
  DeviceWorld w = DeviceWorld::at_work();
  w.policies.add(candidate([](Policy& p) { p.rule(RuleId::D3).weight = 1; }));
  w.scan({.seq = 1, .content = 1});
  w.scan({.seq = 1, .content = 2});
  CHECK(w.out.tally.hits == Rules{RuleId::D2});
  CHECK(w.out.tally.candidate_hits.empty());
}

TEST_CASE("candidate: its own limits count, and what rules remember is remembered once", "[device][candidate]") {
  const unsigned with = seed();
  INFO("ONECODE_SEED=" << with);
  std::mt19937 random(with);
  const auto any = [&](int below) { return static_cast<int>(random() % static_cast<unsigned>(below)); };
  DeviceWorld one = DeviceWorld::at_work(), other = DeviceWorld::at_work();
  for (DeviceWorld* w : {&one, &other}) {
    w->d.reg.position = {293'700'000, 1'131'000'000, 5};
    w->d.reg.aps = {"a", "b", "c", "d"};
    w->d.reg.network = {"10.0.0.7", "aa", "7", "sw-1/1", "10.0.0.1", "p", 0};
  }
  other.policies.add(candidate([](Policy& p) {
    for (auto& r : p.rules) {
      r.weight = 77;
      for (auto& x : r.params) x = std::min<std::int64_t>(x, 2);
    }
    p.rule(RuleId::D4).params[param::d4::aps_share_permille] = 900;
  }));
  std::map<RuleId, int> in_force, by_candidate;
  for (int i = 0; i < 400; ++i) {
    DeviceReport r;
    r.origin = {{Topic::device_reports, 3}, i, "gw", "r" + std::to_string(i), kNoon + minutes(10 * i)};
    r.device = "d-1";
    r.boot = static_cast<std::uint32_t>(1 + i / 50 + any(3));
    if (any(2) == 0) r.position = Position{293'700'000 + any(3) * 20'000, 1'131'000'000, 5};
    if (any(2) == 0) r.aps = {any(2) == 0 ? "a" : "x", any(2) == 0 ? "b" : "y", "z"};
    r.network = NetworkFacts{"10.0.0." + std::to_string(any(9)),
                             "aa",
                             any(30) == 0 ? "8" : "7",
                             "sw-1/1",
                             "10.0.0.1",
                             any(20) == 0 ? "q" : "p",
                             5 + any(6) + (i > 200 ? 8 : 0)};
    r.firmware = any(60) == 0 ? "f-2" : "f-1";
    r.tls_fingerprint = any(9) == 0 ? "u" : "t";
    r.content = static_cast<std::uint64_t>(i + 1);
    const msg::NeighbourSeen seen{
        static_cast<std::uint64_t>(any(500)), i < 280 ? "gate" : "dorm", r.origin.time, {}, 0};
    for (DeviceWorld* w : {&one, &other}) {
      w->now = r.origin.time;
      w->out.clear();
      step(w->d, r, w->context(), w->out);
      step(w->d, seen, w->context(), w->out);
    }
    for (const RuleId rule : one.out.tally.hits) ++in_force[rule];
    for (const RuleId rule : other.out.tally.candidate_hits) ++by_candidate[rule];
    REQUIRE(other.out.tally.hits == one.out.tally.hits);
    REQUIRE(other.out.outputs.size() == one.out.outputs.size());
    REQUIRE(bytes(other.d) == bytes(one.d));
  }
  CHECK(by_candidate[RuleId::D4] > in_force[RuleId::D4]);
  CHECK(by_candidate[RuleId::D7] > in_force[RuleId::D7]); // two milliseconds of round trip, and not ten
  CHECK(by_candidate[RuleId::D6] > 0);
  CHECK(by_candidate[RuleId::D5] > in_force[RuleId::D5]); // two people, and not thirty
}

TEST_CASE("candidate: what it would find at an integration is counted", "[integration][candidate]") {
  PolicyHistory policies{campus_policy()};
  policies.add(candidate([](Policy& p) {
    p.canary_subjects = {"a-canary"};
    p.rule(RuleId::D13).params[param::d13::ids] = 2;
    p.rule(RuleId::R5_2).params[param::r5_2::rejected] = 1;
  }));
  IntegrationState i;
  i.id = "gates";
  i.record.scope.volumes = Volumes{};
  Effects out;
  const auto read = [&](const std::string& subject, std::int64_t n) {
    DataAccess a;
    a.origin = {{Topic::data_access, 0}, n, "gw", "r" + std::to_string(n), kNoon + seconds(n)};
    a.subjects = {subject};
    a.subject_count = a.result_count = 1;
    out.clear();
    step(i, a, Context{policies, kNoon + hours(1)}, out);
    return out.tally.candidate_hits;
  };
  CHECK(read("a-canary", 1) == Rules{RuleId::D14});
  CHECK(read("a-101", 2).empty());
  CHECK(read("a-102", 3) == Rules{RuleId::D13});
  CHECK(std::ranges::find(out.tally.hits, RuleId::D13) == out.tally.hits.end());
  out.clear();
  step(i, msg::ExchangeSeen{0, 3, kNoon, {}}, Context{policies, kNoon + hours(1)}, out);
  CHECK(out.tally.candidate_hits == Rules{RuleId::R5_2});
  CHECK(out.tally.hits.empty());
}
