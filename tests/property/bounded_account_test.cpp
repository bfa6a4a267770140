// Catches: a sender who fills our memory through one account: handsets, nonces, places and ids without end (bounded state).
#include <map>
#include <random>

#include "domain/account_size.hpp"
#include "domain/archive.hpp"
#include "tests/catch.hpp"
#include "tests/unit/domain/account_world.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

std::map<std::string, std::size_t> sizes(const AccountState& a) {
  std::map<std::string, std::size_t> all;
  const auto take = [&](const char* name, const auto& part) {
    std::string bytes;
    encode(bytes, part);
    all[name] += bytes.size();
  };
  take("hot", a.hot);
  take("usage", a.usage);
  take("codes", a.codes);
  take("visits", a.visits);
  take("habits", a.habits);
  take("hands", a.hands);
  take("company", a.company);
  take("evidence", a.file.evidence);
  take("finding", a.file.finding);
  take("readers", a.file.readers);
  take("holds", a.file.holds);
  for (const auto& s : a.ring.sightings()) take("ring", s);
  return all;
}

} // namespace

TEST_CASE("bounded: a hostile stream cannot make an account grow", "[bounded]") {
  const unsigned with = seed();
  INFO("ONECODE_SEED=" << with);
  const bool candidate = GENERATE(false, true);
  INFO("candidate " << candidate);
  std::mt19937_64 random(with);
  World w;
  if (candidate) { // that judges every rule by itself
    Policy p = campus_policy();
    p.version = "cand-1";
    p.effective_from = kNoon - days(900);
    p.shadow = true;
    for (auto& r : p.rules) ++r.version;
    w.policies.add(std::move(p));
  }
  const auto text = [&](std::size_t n) {
    std::string s;
    while (s.size() < n) s += static_cast<char>('a' + random() % 26);
    return s;
  };
  const auto id = [&]() -> std::string { // ids as gateways send them, and as nobody should
    switch (random() % 4) {
      case 0:
        return text(300);
      case 1:
        return text(20);
      default:
        return uuid_text(hex({random(), random()}).substr(0, 16));
    }
  };
  const auto offset = [&] { return static_cast<std::int64_t>(5'000'000'000 + random() % 1'000'000); };
  const std::vector<std::string> zones = {"gate", "hall", "canteen", "dorm", "lab-a", "lab-b", std::string(64, 'z'),
                                          "hill"};
  std::map<std::string, std::size_t> most;
  std::size_t most_in_all = 0;
  int frozen = 0;
  Time t = kNoon;
  for (int i = 0; i < 20'000; ++i) {
    t = t + milliseconds(static_cast<std::int64_t>(random() % 60'000));
    Scan scan;
    scan.origin = {{Topic::scans, 199}, offset(), "gw", id(), t - minutes(static_cast<std::int64_t>(random() % 90))};
    scan.device = "gate-" + std::to_string(random() % 9999);
    scan.account = w.a.id;
    scan.handset = text(64);
    scan.function = "access";
    scan.direction = static_cast<Direction>(random() % 3);
    if (random() % 3 == 0) scan.function = "payment", scan.amount = Fen{static_cast<std::int64_t>(random() % 50'000)};
    if (random() % 2 == 0)
      scan.token = {TokenState::genuine,
                    "k1",
                    scan.handset,
                    text(64),
                    scan.origin.time - seconds(static_cast<std::int64_t>(random() % 100)),
                    60,
                    ""};
    msg::ScanSeen seen{&scan, {}};
    seen.opinion.trusted = true;
    seen.opinion.zone = zones[random() % zones.size()];
    seen.opinion.integration = "i-" + std::to_string(random() % 99);
    seen.opinion.companion = random();
    w.now = t;
    w.out.clear();
    step(w.a, seen, w.context(), w.out);
    CodeIssued made;
    made.origin = {{Topic::codes_issued, 199}, offset(), "app", id(), t};
    made.account = w.a.id;
    made.handset = text(64);
    made.nonce = text(64);
    made.ttl_s = 60;
    made.zone = zones[random() % zones.size()];
    step(w.a, made, w.context(), w.out);
    msg::HandsetCrowded crowded;
    crowded.handset = text(64);
    crowded.accounts = 3 + static_cast<std::uint32_t>(random() % 60);
    crowded.at = t;
    for (int k = 0; k < 4; ++k) // as a handset names them
      crowded.events.push_back(ref(Origin{{Topic::scans, 199}, offset(), "gw", id(), t}));
    step(w.a, crowded, w.context(), w.out);
    const auto sends = w.out.sends;
    for (const auto& s : sends)
      if (const auto* wanted = std::get_if<msg::FreezeWanted>(&s.message)) {
        step(w.a, msg::FreezePermit{wanted->finding, true}, w.context(), w.out);
        ++frozen;
      }
    std::size_t all = 0;
    for (const auto& [part, size] : sizes(w.a)) {
      most[part] = std::max(most[part], size);
      all += size;
    }
    most_in_all = std::max(most_in_all, all);
    REQUIRE(known_bytes(w.a) == counted_bytes(w.a));
    if (random() % 3 == 0) { // the turn ends
      saved(w.a);
      REQUIRE(known_bytes(w.a) == counted_bytes(w.a));
    }
  }
  CHECK(frozen > 0);
  for (const auto& [part, size] : most) UNSCOPED_INFO(part << " " << size);
  UNSCOPED_INFO("all " << most_in_all);
  CHECK(most_in_all <= kMaxAccountBytes);
}
