// Catches: a second decision for a retransmission, a clone that is missed, a clone seen where there is none (R11.1a, D2):
// in any order of arrival, over restarts, at the edges of the window.
#include "domain/device_sequence.hpp"

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "domain/archive.hpp"
#include "tests/catch.hpp"
#include "tests/unit/domain/device_world.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

/// What one scan did: `.` decided, `=` retransmission, `!` decided and a D2 hit, `x` DUPLICATE_ID.
char answer(DeviceWorld& w, const Reading& r) {
  const bool decided = w.opinion(r) != nullptr;
  const bool hit = std::ranges::find(w.out.tally.hits, RuleId::D2) != w.out.tally.hits.end();
  if (w.out.refusal) return w.refused() == "DUPLICATE_ID" && !decided ? 'x' : '?';
  if (w.out.tally.retransmissions == 1) return decided ? '?' : '=';
  return hit ? '!' : decided ? '.' : '?';
}

Policy without_quarantine() {
  Policy p = campus_policy();
  p.response.auto_quarantine = false;
  return p;
}

} // namespace

TEST_CASE("sequence: stories of one reader", "[device][D2][R11.1a]") {
  const struct {
    const char* what;
    std::vector<Reading> scans;
    std::string answers;
    std::uint64_t lost;
  } rows[] = {
      {"counting", {{.seq = 1}, {.seq = 2}, {.seq = 3}}, "...", 0},
      {"a gap is a loss, no suspicion", {{.seq = 1}, {.seq = 5}}, "..", 3},
      {"late ones fill the gap", {{.seq = 1}, {.seq = 4}, {.seq = 2}, {.seq = 3}}, "....", 0},
      {"older than the first one seen", {{.seq = 9}, {.seq = 7}, {.seq = 8}}, "...", 0},
      {"a retransmission", {{.seq = 1}, {.seq = 2}, {.seq = 1}, {.seq = 2}}, "..==", 0},
      {"a retransmission under another id", {{.seq = 1}, {.seq = 1, .id = "again"}}, ".=", 0},
      {"other content: a clone", {{.seq = 1}, {.seq = 1, .content = 7}}, ".!", 0},
      {"the clone's own retransmission",
       {{.seq = 1}, {.seq = 1, .content = 7}, {.seq = 1, .content = 7}, {.seq = 1}},
       ".!==",
       0},
      {"the same id for another number", {{.seq = 1, .id = "x"}, {.seq = 2, .id = "x"}}, ".x", 0},
      {"the same id for the same number, other content: D2",
       {{.seq = 1, .id = "x"}, {.seq = 1, .content = 7, .id = "x"}},
       ".!",
       0},
      {"the id of a clone for another number",
       {{.seq = 1}, {.seq = 1, .content = 7, .id = "x"}, {.seq = 2, .id = "x"}},
       ".!x",
       0},
      {"the same id in another boot", {{.seq = 1, .boot = 1, .id = "x"}, {.seq = 1, .boot = 2, .id = "x"}}, ".x", 0},
      {"a number of an id that was refused is still to come",
       {{.seq = 1, .id = "x"}, {.seq = 2, .id = "x"}, {.seq = 2}},
       ".x.",
       0},
      {"the last number inside the window", {{.seq = 300}, {.seq = 45}}, "..", 254},
      {"the first below it", {{.seq = 300}, {.seq = 44}}, ".!", 0},
      {"below it and twice", {{.seq = 300}, {.seq = 44}, {.seq = 44}}, ".!=", 0},
      {"a restart", {{.seq = 500, .boot = 1}, {.seq = 1, .boot = 2}, {.seq = 2, .boot = 2}}, "...", 0},
      {"a restart that skipped boots", {{.seq = 500, .boot = 1}, {.seq = 1, .boot = 7}}, "..", 0},
      {"late from the boot before",
       {{.seq = 500, .boot = 1}, {.seq = 1, .boot = 2}, {.seq = 499, .boot = 1}},
       "...",
       0},
      {"a retransmission from the boot before",
       {{.seq = 5, .boot = 1}, {.seq = 1, .boot = 2}, {.seq = 5, .boot = 1}},
       "..=",
       0},
      {"a clone of the boot before",
       {{.seq = 5, .boot = 1}, {.seq = 1, .boot = 2}, {.seq = 5, .boot = 1, .content = 9}},
       "..!",
       0},
      {"the boot before comes first seen after the restart",
       {{.seq = 1, .boot = 5}, {.seq = 90, .boot = 4}},
       "..",
       0},
      {"a boot between the two", {{.seq = 1, .boot = 1}, {.seq = 1, .boot = 5}, {.seq = 1, .boot = 3}}, "...", 0},
      {"a boot long over",
       {{.seq = 1, .boot = 1}, {.seq = 1, .boot = 2}, {.seq = 1, .boot = 3}, {.seq = 2, .boot = 1}},
       "...!",
       0},
      {"a boot long over, uploaded offline",
       {{.seq = 1, .boot = 1}, {.seq = 1, .boot = 2}, {.seq = 1, .boot = 3}, {.seq = 2, .boot = 1, .offline = true}},
       "....",
       0},
      {"far ahead", {{.seq = 1}, {.seq = 1'000'001}, {.seq = 1'000'000}}, "...", 999'998},
      {"the highest number there is",
       {{.seq = 1}, {.seq = ~0ULL}, {.seq = ~0ULL}, {.seq = ~0ULL - 1}},
       "..=.",
       ~0ULL - 3},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    DeviceWorld w = DeviceWorld::at_work(without_quarantine());
    std::string answers;
    for (const auto& r : row.scans) answers += answer(w, r);
    CHECK(answers == row.answers);
    CHECK(w.d.hot.lost == row.lost);
  }
}

TEST_CASE("sequence: a device that always sends 0 cannot count", "[device][D2]") {
  DeviceWorld w = DeviceWorld::at_work();
  for (std::uint64_t content = 1; content <= 50; ++content)
    CHECK(answer(w, {.seq = 0, .boot = 0, .content = content}) == '.');
  CHECK(w.d.hot.lost == 0);
  CHECK(w.d.windows[0].slots.empty());

  SECTION("one that starts to count from 0 loses nothing") {
    CHECK(answer(w, {.seq = 1, .boot = 0}) == '.');
    CHECK(answer(w, {.seq = 2, .boot = 0}) == '.');
    CHECK(w.d.hot.lost == 0);
  }
  SECTION("one that has counted far does not go back to 0") {
    CHECK(answer(w, {.seq = 400, .boot = 0}) == '.');
    CHECK(answer(w, {.seq = 0, .boot = 0, .content = 77}) == '!');
    CHECK(w.d.reg.life == DeviceLife::active); // a regression is for people
  }
}

TEST_CASE("sequence: content 0 is a content like any other", "[device]") {
  DeviceWorld w = DeviceWorld::at_work();
  Scan s;
  s.origin = {{Topic::scans, 0}, 1, "gw", "e1", kNoon};
  s.seq = 3;
  s.account = "a-1";
  Effects out;
  step(w.d, s, MacCheck::ok, w.context(), out);
  CHECK(out.sends.size() == 1);
  out.clear();
  step(w.d, s, MacCheck::ok, w.context(), out);
  CHECK(out.tally.retransmissions == 1);
  CHECK(out.sends.empty());
}

TEST_CASE("sequence: any order inside the window gives the same decisions and accuses nobody", "[device][D2]") {
  std::mt19937 random(seed());
  INFO("seed " << seed());
  for (int round = 0; round < 60; ++round) {
    // Two boots, each with numbers from one stretch of 256; some get lost, some come twice or three times.
    std::vector<Reading> scans;
    std::map<std::uint32_t, std::set<std::uint64_t>> sent;
    for (const std::uint32_t boot : {4U, 5U}) {
      const std::uint64_t start = 1 + random() % 100'000;
      for (std::uint64_t i = 0; i < SequenceWindow::kNumbers; ++i) {
        if (random() % 10 == 0) continue;
        sent[boot].insert(start + i);
        for (auto copies = 1 + random() % 3 / 2; copies > 0; --copies)
          scans.push_back({.seq = start + i, .boot = boot, .offline = random() % 4 == 0});
      }
    }
    std::uint64_t lost = 0;
    for (const auto& [boot, numbers] : sent) lost += *numbers.rbegin() - *numbers.begin() + 1 - numbers.size();

    std::shuffle(scans.begin(), scans.end(), random);
    DeviceWorld w = DeviceWorld::at_work();
    std::set<std::pair<std::uint32_t, std::uint64_t>> decided;
    std::size_t retransmissions = 0;
    for (const auto& r : scans) {
      const char c = answer(w, r);
      if (c == '.') CHECK(decided.emplace(r.boot, r.seq).second);
      if (c == '=') ++retransmissions;
      CHECK((c == '.' || c == '='));
      CHECK(w.out.outputs.empty());
    }
    CHECK(decided.size() == sent[4].size() + sent[5].size());
    CHECK(retransmissions == scans.size() - decided.size());
    CHECK(w.d.hot.lost == lost);
    CHECK(w.d.hot.scans == decided.size());
    CHECK(w.d.file.findings.empty());
  }
}

TEST_CASE("sequence: of two contents of one number each is decided once, in any order", "[device][D2]") {
  std::mt19937 random(seed());
  INFO("seed " << seed());
  for (int round = 0; round < 60; ++round) {
    std::vector<Reading> scans;
    for (std::uint64_t seq = 1; seq <= 40; ++seq)
      for (int copies = 0; copies < 2; ++copies) scans.push_back({.seq = seq});
    for (const std::uint64_t seq : {3U, 17U, 31U})
      for (int copies = 0; copies < 2; ++copies) scans.push_back({.seq = seq, .content = 1000 + seq});
    std::shuffle(scans.begin(), scans.end(), random);
    DeviceWorld w = DeviceWorld::at_work(without_quarantine());
    std::map<char, int> answers;
    for (const auto& r : scans) ++answers[answer(w, r)];
    CHECK(answers['.'] == 40);
    CHECK(answers['!'] == 3);
    CHECK(answers['='] == 43);
  }
}

TEST_CASE("sequence: a reader that wakes from the store remembers", "[device][D2]") {
  DeviceWorld w = DeviceWorld::at_work(without_quarantine());
  for (std::uint64_t seq = 1; seq <= 700; ++seq) w.scan({.seq = seq, .boot = seq <= 350 ? 1U : 2U});
  w.scan({.seq = 700, .boot = 2, .content = 5});

  DeviceWorld woken(without_quarantine());
  const auto copy = [](const auto& from, auto& to) {
    std::string bytes;
    encode(bytes, from);
    decode(bytes, to);
  };
  copy(w.d.reg, woken.d.reg);
  copy(w.d.hot, woken.d.hot);
  copy(w.d.file, woken.d.file);
  for (std::size_t i = 0; i < 2; ++i)
    for (std::size_t k = 0; k < SequenceWindow::kGroups; ++k) {
      SequenceGroup to{&woken.d.windows[i], k};
      copy(SequenceGroup{&w.d.windows[i], k}, to);
    }

  CHECK(answer(woken, {.seq = 500, .boot = 2}) == '=');
  CHECK(answer(woken, {.seq = 100, .boot = 1}) == '=');
  CHECK(answer(woken, {.seq = 700, .boot = 2, .content = 5}) == '=');
  CHECK(answer(woken, {.seq = 500, .boot = 2, .content = 5}) == '!');
  const std::string id = "2/600/" + std::to_string(mix64(2, 600));
  CHECK(answer(woken, {.seq = 701, .boot = 2, .id = id}) == 'x');
  CHECK(answer(woken, {.seq = 701, .boot = 2}) == '.');
}

TEST_CASE("sequence: which groups of the window are written", "[device]") {
  const auto dirty = [](const DeviceWorld& w, std::size_t window) {
    std::size_t n = 0;
    for (const bool g : w.d.dirty.groups[window]) n += g;
    return n;
  };
  DeviceWorld w = DeviceWorld::at_work();
  w.scan({.seq = 255});
  CHECK(dirty(w, 0) == 1);
  CHECK(w.d.dirty.groups[0].back());
  saved(w.d);
  w.scan({.seq = 256});
  CHECK(dirty(w, 0) == 1);
  CHECK(w.d.dirty.groups[0][0]);
  saved(w.d);
  w.scan({.seq = 1, .boot = 2}); // both windows move
  CHECK(dirty(w, 0) == SequenceWindow::kGroups);
  CHECK(dirty(w, 1) == SequenceWindow::kGroups);
  saved(w.d);
  w.scan({.seq = 250, .boot = 1});
  CHECK(dirty(w, 0) == 0);
  CHECK(dirty(w, 1) == 1);
  CHECK(w.d.dirty.groups[1][250 / SequenceWindow::kGroup]);
}

TEST_CASE("sequence: the print of an event depends on where source ends and id begins", "[device]") {
  Origin a, b;
  a.source = "gw", a.id = "1x";
  b.source = "gw1", b.id = "x";
  CHECK(event_print(a) != event_print(b));
  a.source = std::string(300, 's');
  constexpr int bits = SequenceWindow::kEventBits;
  CHECK(event_print(a) == print_of<bits>(hash64(a.source + '\0' + a.id)));
  CHECK(event_print(b) == print_of<bits>(hash64(std::string("gw1\0x", 5))));
}

TEST_CASE("sequence: a number that was skipped does not inherit what its slot held", "[device][D2]") {
  DeviceWorld w = DeviceWorld::at_work(without_quarantine());
  for (std::uint64_t seq = 1; seq <= 256; ++seq) w.scan({.seq = seq});
  const std::uint64_t next = GENERATE(258, 300, 511, 512, 513, 5000);
  const std::string used = "1/10/" + std::to_string(mix64(1, 10));
  CHECK(answer(w, {.seq = next, .id = used}) == 'x');
  CHECK(answer(w, {.seq = next}) == '.');
  CHECK(w.d.hot.lost == next - 257);
  CHECK(answer(w, {.seq = next - 1}) == '.'); // late, and no clone of the number 256 below it
  CHECK(answer(w, {.seq = next - 1}) == '=');
  if (next == 300) {
    CHECK(answer(w, {.seq = 45}) == '=');
    CHECK(answer(w, {.seq = 45, .content = 5}) == '!');
    CHECK(answer(w, {.seq = 44, .content = 5}) == '!');
    CHECK(answer(w, {.seq = 301, .id = used}) == '.'); // its number has left the window
  }
}

TEST_CASE("device sequence: what the MAC of a keyed device does not cover makes no clone", "[device][D2]") {
  DeviceWorld w = DeviceWorld::at_work();
  REQUIRE_FALSE(w.d.reg.secret.empty());
  Scan scan;
  scan.origin = {{Topic::scans, 3}, 1, "gw", "one", kNoon};
  scan.device = "d-1";
  scan.seq = 7;
  scan.account = "a-1";
  scan.function = "access";
  scan.content = 1;
  scan.mac = "mac of 1";
  const auto show = [&](const Scan& s) {
    w.out.clear();
    step(w.d, s, MacCheck::ok, w.context(), w.out);
    return w.out.sends.size();
  };
  CHECK(show(scan) == 1);
  Scan uploaded_again = scan;
  uploaded_again.content = 2;
  uploaded_again.offline = true;
  CHECK(show(uploaded_again) == 0);
  CHECK(w.out.tally.retransmissions == 1);
  CHECK(w.d.reg.life == DeviceLife::active);
  Scan other = scan;
  other.content = 3;
  other.mac = "mac of 3";
  CHECK(show(other) == 1);
  CHECK(w.d.reg.life == DeviceLife::quarantined);
}
