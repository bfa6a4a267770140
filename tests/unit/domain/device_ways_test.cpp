// Catches: a way that nobody takes found or not by the order in which its two scans arrive (A1 with learned ways).
#include "domain/device_ways.hpp"

#include "domain/hash.hpp"
#include "domain/rules/d05_inferred_location.hpp"
#include "tests/catch.hpp"
#include "tests/unit/domain/account_world.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

constexpr std::int64_t kUsual = 1'000'000; // gate to dorm, ms: the fastest of a thousand

DeviceState reader_that_knows(const char* zone, std::int64_t ms) {
  DeviceState d;
  d.id = "d-1";
  d.ways.list.push_back({hash64(zone), 1000, {ms, ms, ms, ms}});
  return d;
}

/// The account asks, the reader in `dorm` answers. How many questions there were.
std::size_t answer(World& w, const DeviceState& dorm) {
  std::size_t asked = 0;
  for (const auto& question : w.messages<msg::WayAsked>()) {
    ++asked;
    DeviceState reader = dorm;
    Effects said;
    step(reader, question, w.context(), said);
    w.out.clear();
    for (const auto& s : said.sends) {
      CHECK(s.to == EntityId{Kind::account, w.a.id});
      step(w.a, std::get<msg::WayTold>(s.message), w.context(), w.out);
    }
  }
  return asked;
}

struct Found {
  int weight = 0;
  std::string finding;
};
/// Gate, and dorm so much later; which of the readers knows the way from the other.
Found found(Duration later, bool late, bool dorm_knows, bool gate_knows) {
  World w;
  Shown gate{.zone = "gate", .direction = Direction::none, .offset = 1},
      dorm{.zone = "dorm", .time = kNoon + later, .direction = Direction::none, .offset = 2};
  if (gate_knows) gate.ways = {{hash64("dorm"), kUsual}};
  if (dorm_knows) dorm.ways = {{hash64("gate"), kUsual}};
  const DeviceState reader = dorm_knows ? reader_that_knows("gate", kUsual) : DeviceState{};
  for (const auto& s : late ? std::vector{dorm, gate} : std::vector{gate, dorm}) {
    w.show(s);
    const std::size_t asked = answer(w, reader);
    CHECK(asked == (late && s.zone == std::string("gate") ? 1 : 0));
  }
  return {w.weight(RuleId::A1), w.a.file.finding ? w.a.file.finding->uid : ""};
}

} // namespace

TEST_CASE("A1: learned ways say the same in either order of arrival", "[rules][A1][ways][R8.1]") {
  const struct {
    const char* what;
    Duration later;
    bool dorm_knows, gate_knows;
    bool hit;
  } rows[] = {
      {"both know", seconds(600), true, true, true},
      {"where it ended", seconds(600), true, false, true},
      {"where it began", seconds(600), false, true, false}, // knows the other way round
      {"neither", seconds(600), false, false, false},
      {"not too fast", seconds(697), true, true, false}, // 3 s are for the clocks
      {"too fast for anybody", seconds(60), false, false, true},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    const Found in_order = found(row.later, false, row.dorm_knows, row.gate_knows);
    const Found late = found(row.later, true, row.dorm_knows, row.gate_knows);
    CHECK((in_order.weight > 0) == row.hit);
    CHECK(late.weight == in_order.weight);
    if (row.later > seconds(60)) CHECK(late.finding == in_order.finding);
  }
}

TEST_CASE("A1: a reader that does not know the way does not answer, and an answer that comes too late says nothing",
          "[rules][A1][ways]") {
  World w;
  DeviceState d = reader_that_knows("hall", kUsual);
  step(d, msg::WayAsked{"a-1", hash64("gate"), {}, {}}, w.context(), w.out);
  CHECK(w.out.sends.empty());
  d.ways.list[0].count = 199; // too few people
  step(d, msg::WayAsked{"a-1", hash64("hall"), {}, {}}, w.context(), w.out);
  CHECK(w.out.sends.empty());
  step(w.a, msg::WayTold{{{Topic::scans, 0}, 1, {}}, {{Topic::scans, 0}, 2, {}}, {hash64("gate"), kUsual}},
       w.context(), w.out);
  CHECK(w.a.file.evidence.empty());
  CHECK(w.out.outputs.empty());
}

TEST_CASE("A1: ways are learnt where D5 is off", "[account][ways][A1][D5]") {
  Policy p = campus_policy();
  p.rules[static_cast<std::size_t>(RuleId::D5)].mode = Mode::off;
  World w(p);
  for (int i = 0; !rules::votes(hash64(w.a.id), campus_day(kNoon)); ++i) w.a.id = "a-" + std::to_string(i);
  w.show({});
  w.show({.zone = "dorm", .time = kNoon + minutes(9)});
  REQUIRE(w.messages<msg::NeighbourSeen>().size() == 2);
  CHECK(w.messages<msg::NeighbourSeen>()[0].apart_ms == minutes(9).ms);
  w.show({.zone = "gate", .time = kNoon + minutes(18), .accuracy_ms = 5000}); // nothing to learn: nothing to say
  CHECK(w.messages<msg::NeighbourSeen>().empty());
}
