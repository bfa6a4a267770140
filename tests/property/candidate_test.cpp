// Catches: a policy in shadow that reaches what is in force, by whatever it says; a book of the candidate that does not follow
// the evidence when that is taken back, settled or closed; learning that is fed twice (R13.1, decision 0025).
#include <rapidcheck.h>

#include <algorithm>
#include <map>

#include "domain/account_size.hpp"
#include "domain/archive.hpp"
#include "streams/broker.hpp"
#include "streams/encode.hpp"
#include "tests/catch.hpp"
#include "tests/unit/domain/account_world.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

constexpr Time kLongAgo = kNoon - days(900);

int any(int low, int high) { return *rc::gen::inRange(low, high); }

/// A version that may differ in anything that judges.
Policy any_candidate() {
  Policy p = campus_policy();
  for (const auto& info : rule_catalogue()) {
    if (any(0, 2) == 0) continue;
    RuleSettings& r = p.rule(info.id);
    r.mode = *rc::gen::element(Mode::off, Mode::shadow, Mode::enforce, Mode::enforce, Mode::enforce);
    r.weight = any(0, 1001);
    r.half_life_h = any(0, 2000);
    for (std::size_t i = 0; i < info.param_count(); ++i)
      r.params[i] = std::clamp<std::int64_t>(r.params[i] * any(0, 9) / 4, 1, 1000);
  }
  auto& a9 = p.rule(RuleId::A9).params;
  if (a9[1] < a9[0]) std::swap(a9[0], a9[1]);
  std::vector<int> limits{any(0, 1001), any(0, 1001), any(0, 1001), any(0, 1001)};
  std::ranges::sort(limits);
  p.thresholds = {limits[0], limits[1], limits[2], limits[3], any(1, 4)};
  if (any(0, 3) == 0) p.zones.erase("dorm");
  if (any(0, 3) == 0) p.zones["hall"] = place(3000, 0);
  if (any(0, 3) == 0) p.categories["student"] = {"identity"};
  if (any(0, 3) == 0) p.never_block.insert("payment");
  return p;
}

Policy published(Policy p, std::string version, Time from) {
  p.version = std::move(version);
  p.effective_from = from;
  p.shadow = true;
  REQUIRE(check(p).empty());
  return p;
}

struct Action {
  int kind = 0, pick = 0, other = 0;
  std::int64_t seconds = 0; // later than the one before
};

std::vector<Action> some_weeks() {
  std::vector<Action> all(static_cast<std::size_t>(any(1, 70)));
  for (auto& a : all)
    a = {any(0, 26), any(0, 64), any(0, 8),
         *rc::gen::element<std::int64_t>(1, 1, 20, 20, 600, 7200, 86'400, 864'000)};
  return all;
}

void play(World& w, const Action& a) {
  const char* zones[] = {"gate", "gate", "hall", "canteen", "dorm", "lab-a", "city", "hill"};
  const char* handsets[] = {"", "h-1", "h-1", "h-2", "h-3", "h-4"};
  w.now = w.now + seconds(a.seconds);
  w.out.clear();
  const Time past = w.now - seconds(a.pick % 4 == 0 ? a.pick * 100 : 0); // some are late
  const std::string nonce = "n-" + std::to_string(a.pick % 5), h = handsets[a.other % 6];
  switch (a.kind) {
    case 0:
      return w.issue({.zone = zones[a.other], .time = past, .nonce = nonce});
    case 1:
      if (w.scans.empty()) return;
      return w.withdraw(RuleId::A1, ref(w.scans[static_cast<std::size_t>(a.pick) % w.scans.size()].origin));
    case 2:
      return w.command(TipoffFile{"rent", a.pick * 15, {}}, "security-officer", "so-1");
    case 3:
      return w.command(StepUpResult{"face", a.pick % 3 == 0 ? "passed" : "failed"}, "security-officer", "so-1");
    case 4:
      return w.command(HolderAbsence{"leave", w.now - days(a.other - 4), w.now + days(a.other)});
    case 5:
      return w.command(HandsetBind{"h-" + std::to_string(a.other), a.pick % 2 == 0, {}});
    case 6:
      return w.command(CaseOpen{"c-" + std::to_string(a.pick), "lend", {}}, "security-officer", "so-1");
    case 7:
      for (const auto& c : std::vector(w.a.procedures->cases))
        w.command(CaseDecide{c.id, "not_upheld", "lend", "seen", {}}, "security-officer", "so-1");
      return;
    case 8:
      return w.fire("quiet", w.now);
    case 9: {
      const auto n = static_cast<std::uint32_t>(a.other);
      w.out.clear();
      step(w.a, msg::HandsetCrowded{"h-2", n, w.now, {{{Topic::scans, 0}, ++w.offset, "x"}}, n}, w.context(), w.out);
      return;
    }
    case 10:
      return w.permit(true);
    default:
      Shown s;
      s.zone = zones[a.pick % 8];
      s.time = past;
      s.handset = h;
      s.device = a.other == 7 ? "d-other" : "";
      s.direction = a.pick % 3 == 0 ? Direction::out : Direction::in;
      s.accuracy_ms = a.pick == 9 ? 60'000 : 0;
      s.companion = static_cast<std::uint64_t>(a.pick);
      if (a.kind < 16) {
        s.function = "payment";
        s.direction = Direction::none;
        s.fen = 500 * (1 + a.pick);
      }
      if (a.kind % 3 == 0) s.code = Code{nonce, seconds(a.pick)};
      w.show(s);
  }
}

/// What the last step left, in bytes, and the state, without what belongs to the candidate.
std::string in_force(const World& w) {
  std::string all;
  std::uint32_t n = 0;
  for (Output output : w.out.outputs) {
    if (auto* d = std::get_if<Decision>(&output)) d->candidate.reset();
    streams::OutRecord record;
    streams::encode(output, {w.now, {1, 2}, n++}, record);
    all += record.key + '\n' + record.value + '\n';
  }
  for (const auto& s : w.out.sends) all += s.to.id + ' ' + std::to_string(s.message.index()) + '\n';
  for (const auto& t : w.out.timers) all += t.name + (t.due ? std::to_string(t.due->ms) : "") + '\n';
  if (w.out.refusal) all += w.out.refusal->code;
  for (const RuleId r : w.out.tally.hits) all += to_string(r);
  for (const RuleId r : w.out.tally.shadow_hits) all += to_string(r);
  AccountState a = w.a;
  a.file.candidate.reset();
  encode(all, a.profile);
  encode(all, a.hot);
  encode(all, a.ring.sightings());
  encode(all, a.usage);
  encode(all, a.codes);
  encode(all, a.habits);
  encode(all, a.hands);
  encode(all, a.company);
  encode(all, a.file);
  encode(all, a.procedures);
  return all;
}

} // namespace

TEST_CASE("property: a policy in shadow changes nothing that is in force", "[property][account][R13.1]") {
  std::map<std::string, int> seen;
  const bool ok = rc::check("the same outputs, messages, timers and state with any candidate", [&] {
    World without, with;
    const Time from = *rc::gen::element(kLongAgo, kNoon + hours(2), kNoon + days(9));
    with.policies.add(published(any_candidate(), "any-1", from));
    if (any(0, 2) == 0) with.policies.add(published(any_candidate(), "any-2", from + days(3)));
    for (const auto& a : some_weeks()) {
      play(without, a);
      play(with, a);
      RC_ASSERT(in_force(with) == in_force(without));
      for (const auto& d : with.all<Decision>()) {
        RC_ASSERT(d.candidate.has_value() ==
                  (with.context().candidate() != nullptr && with.context().candidate()->covers(d.scan->origin.time)));
        if (!d.candidate) continue;
        ++seen["decisions"];
        seen["other verdict"] += d.candidate->verdict != d.verdict;
        seen["other rules"] += !d.candidate->rules.empty();
      }
      seen["books"] += with.a.file.candidate.has_value();
    }
  });
  CHECK(ok);
  for (const char* what : {"decisions", "other verdict", "other rules", "books"}) {
    INFO(what);
    CHECK(seen[what] > 100); // it was not idle
  }
}

TEST_CASE("property: a candidate that judges alike says what is in force", "[property][account][R13.1]") {
  int own = 0, challenged = 0;
  const bool ok = rc::check("the same score and verdict, though it judges every rule by itself", [&] {
    World w;
    Policy p = campus_policy();
    for (const auto& info : rule_catalogue()) ++p.rule(info.id).version;
    w.policies.add(published(std::move(p), "alike-1", kLongAgo));
    for (const auto& a : some_weeks()) {
      play(w, a);
      for (const auto& d : w.all<Decision>()) {
        RC_ASSERT(d.candidate.has_value());
        RC_ASSERT(d.candidate->score == d.score);
        RC_ASSERT(d.candidate->verdict == d.verdict);
        RC_ASSERT(d.candidate->reasons == d.reasons);
        RC_ASSERT(d.candidate->rules.empty());
        challenged += d.verdict == Verdict::challenge;
      }
      RC_ASSERT(w.out.tally.candidate_hits == w.out.tally.hits);
      own += w.a.file.candidate.has_value();
      // A version in shadow has the room that is left (domain/account_size.hpp): what a full account gives up for it is no matter here.
      const std::size_t shadow = w.a.file.candidate ? stored_bytes(*w.a.file.candidate) : 0;
      if (counted_bytes(w.a) + shadow > kMaxAccountBytes - 300) break;
    }
  });
  CHECK(ok);
  CHECK(own > 100);
  CHECK(challenged > 100);
}

TEST_CASE("property: the order of arrival changes nothing that a candidate holds", "[property][account][R13.1]") {
  const bool ok = rc::check("the same book for every order of arrival", [] {
    Policy p = campus_policy();
    for (const RuleId rule : {RuleId::A1, RuleId::A2, RuleId::A3, RuleId::A8}) {
      p.rule(rule).weight = any(1, 851); // below the weights of the graver forms
      p.rule(rule).half_life_h = any(0, 900);
    }
    const Policy candidate = published(std::move(p), "any-1", kLongAgo);
    std::vector<Shown> day(static_cast<std::size_t>(any(2, 17)));
    const char* zones[] = {"gate", "hall", "canteen", "dorm", "city"};
    const char* handsets[] = {"", "h-1", "h-2", "h-3"};
    for (std::size_t i = 0; i < day.size(); ++i) {
      day[i].zone = zones[any(0, 5)];
      day[i].handset = handsets[any(0, 4)];
      day[i].time = kNoon + seconds(any(0, 7200));
      day[i].offset = static_cast<std::int64_t>(i) + 1;
    }
    std::string first;
    for (int round = 0; round < 4; ++round) {
      World w;
      w.policies.add(candidate);
      w.now = kNoon + hours(3);
      for (const auto& s : day) w.show(s);
      std::string now;
      if (w.a.file.candidate) encode(now, (*w.a.file.candidate)->evidence);
      if (round == 0) first = now;
      RC_ASSERT(now == first);
      for (std::size_t i = day.size() - 1; i > 0; --i)
        std::swap(day[i], day[static_cast<std::size_t>(any(0, int(i) + 1))]);
    }
  });
  CHECK(ok);
}
