// Catches: an order of racing commands, postings and timers that leads to a state nobody may be in (Articles 8 and
// 10), a procedure that does not repeat to the same bytes, a refusal that leaves something behind, an account that is forgotten
// while something is open, or comes back afterwards.
#include <rapidcheck.h>

#include <algorithm>
#include <map>

#include "domain/account_procedures.hpp"
#include "domain/archive.hpp"
#include "tests/catch.hpp"
#include "tests/unit/domain/account_world.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

std::string bytes_of(const AccountState& a) {
  std::string s;
  encode(s, a.profile);
  encode(s, a.file);
  encode(s, a.ledger);
  encode(s, a.postings);
  encode(s, a.procedures);
  return s;
}

struct Event {
  int kind = 0;
  int pick = 0;
  std::int64_t fen = 0;
  std::int64_t minutes = 0; // later than the one before
};

std::vector<Event> some_weeks() {
  std::vector<Event> events(static_cast<std::size_t>(*rc::gen::inRange(1, 60)));
  for (auto& e : events)
    e = {*rc::gen::inRange(0, 20), *rc::gen::inRange(0, 4), *rc::gen::inRange<std::int64_t>(1, 400),
         *rc::gen::element<std::int64_t>(0, 1, 60, 1440, 4 * 1440, 11 * 1440)};
  return events;
}

const char* kCases[] = {"c-1", "c-2", "c-1", "c-1"};
const char* kPeople[] = {"so-1", "so-2", "r-1", "p-1"};

/// The timers that are set, so that they fire as the shard would have them fire.
using Timers = std::map<std::string, Time>;

void note_timers(const World& w, Timers& timers) {
  for (const auto& t : w.out.timers)
    if (t.due)
      timers[t.name] = *t.due;
    else
      timers.erase(t.name);
}

void play(World& w, Timers& timers, const Event& e, int number) {
  w.now = w.now + minutes(e.minutes);
  for (bool fired = true; fired;) {
    fired = false;
    for (const auto& [name, due] : timers)
      if (due <= w.now) {
        const auto timer = std::pair(name, due);
        timers.erase(timer.first);
        const Time now = w.now;
        w.fire(timer.first, timer.second);
        w.now = now;
        note_timers(w, timers);
        fired = true;
        break;
      }
  }
  const std::string c = kCases[e.pick], who = kPeople[e.pick];
  const auto post = [&](const char* kind, const char* cause) {
    Posting p;
    p.origin = {{Topic::ledger, 0}, ++w.offset, "bank", "p" + std::to_string(number), w.now};
    p.posting = "p" + std::to_string(number);
    p.kind = kind;
    p.amount = Fen{e.fen};
    p.cause = cause;
    w.out.clear();
    step(w.a, p, w.context(), w.out);
  };
  switch (e.kind) {
    case 0:
      return post("charge", "outage");
    case 1:
      return post("charge", "normal");
    case 2:
    case 3:
      return post("repayment", "normal");
    case 4:
      return w.command(UnfreezeApply{"10"}, "registrar", who);
    case 5:
      return w.command(UnfreezeReview{"10", e.pick % 2 == 0 ? "approved" : "refused", {}}, "reviewer", who);
    case 6:
      return w.command(CaseOpen{c, "lend", {}}, "security-officer", who);
    case 7:
      return w.command(CaseStatement{c, {}, true}, "registrar", who);
    case 8:
      return w.command(CaseDecide{c, e.pick % 2 == 0 ? "upheld" : "not_upheld", "lend", "seen", {}},
                       "security-officer", who);
    case 9:
      return w.command(AppealFile{c, "doc"}, "registrar", who);
    case 10:
      return w.command(AppealDecide{c, e.pick % 2 == 0 ? "upheld" : "overturned", "seen"}, "reviewer", who);
    case 11:
      return w.command(AccountFreeze{e.pick % 2 == 0 ? "8" : "protective", {}, c, {}}, "security-officer", who);
    case 12:
      return w.command(AccountLift{e.pick % 2 == 0 ? "8" : "protective", {}}, "security-officer", who);
    case 13:
      return w.command(UnfreezeApply{"8"}, "registrar", who);
    case 14:
      return w.command(UnfreezeReview{"8", e.pick % 2 == 0 ? "approved" : "refused", {}}, "reviewer", who);
    case 16:
      if (e.pick == 0) return w.command(AccountClose{}, "registrar", who);
      return w.command(AccountRenew{w.now + days(e.pick)}, "registrar", who);
    case 17:
      return w.command(AccountForgetPropose{}, "registrar", who);
    case 18:
      return w.command(AccountForgetConfirm{}, "information-centre", who);
    default:
      w.misuse(w.now);
      note_timers(w, timers);
      return w.permit(true);
  }
}

} // namespace

TEST_CASE("any order of racing procedures leads to a legal state, and to the same one again",
          "[property][R8.2][R10.3]") {
  CHECK(rc::check([] {
    const auto events = some_weeks();
    World first, second;
    Timers timers, again;
    int number = 0;
    for (const auto& e : events) {
      std::vector<Hold> confirmed_before;
      for (const auto& h : first.a.file.holds.all())
        if (confirmed(first.a, h)) confirmed_before.push_back(h);
      const auto overdraft = first.a.ledger.overdraft->state;
      play(first, timers, e, ++number);
      play(second, again, e, number);
      note_timers(first, timers);
      note_timers(second, again);

      RC_ASSERT(bytes_of(first.a) == bytes_of(second.a));
      RC_ASSERT(first.out.outputs.size() == second.out.outputs.size());
      if (first.out.refusal) RC_ASSERT(first.out.outputs.empty() && first.out.timers.empty());

      const auto& a = first.a;
      // Article 10: the hold stands exactly while the overdraft is not settled; nothing is applied for while money is owed.
      const bool held = std::ranges::any_of(a.file.holds.all(), [](const Hold& h) { return h.article == "10"; });
      RC_ASSERT(held == (a.ledger.overdraft->state != OverdraftState::none));
      if (a.ledger.overdraft->state == OverdraftState::open) RC_ASSERT(a.ledger.balance.value < 0);
      if (a.ledger.overdraft->state == OverdraftState::cleared ||
          a.ledger.overdraft->state == OverdraftState::applied)
        RC_ASSERT(a.ledger.balance.value >= 0);
      if (overdraft != OverdraftState::none && a.ledger.overdraft->state == OverdraftState::none)
        RC_ASSERT(e.kind == 5 && overdraft == OverdraftState::applied);
      // Article 8: what a decision confirmed ends by review or by an appeal that is granted, by nothing else.
      for (const auto& h : confirmed_before)
        if (a.file.holds.find(h.id) == nullptr) RC_ASSERT(e.kind == 14 || e.kind == 10);
      for (const auto& h : a.file.holds.all()) {
        if (confirmed(a, h)) RC_ASSERT(!h.expires && !h.provisional);
        if (h.expires) RC_ASSERT(timers.contains("hold:" + h.id));
      }
      // The record on `freezes` is the set of holds.
      if (const auto records = first.all<FreezeRecord>(); !records.empty()) {
        RC_ASSERT(records.back().holds.size() == a.file.holds.all().size());
        if (records.back().state != "expired") RC_ASSERT((records.back().state == "frozen") == !a.file.holds.empty());
        RC_ASSERT(records.back().revision == a.file.revision);
      }
    }
  }));
}

TEST_CASE("after any life an account is forgotten just when nothing is open, and stays so whatever comes",
          "[property][retention]") {
  std::map<bool, int> ended;
  CHECK(rc::check([&] {
    Policy policy = campus_policy();
    policy.retention = {60, 0};
    World w(policy);
    Timers timers;
    int number = 0;
    const auto all = [&](const std::vector<Event>& events) {
      for (const auto& e : events) {
        play(w, timers, e, ++number);
        note_timers(w, timers);
      }
    };
    const auto office = [&](auto command, const char* role, const char* who) {
      w.command(std::move(command), role, who);
      note_timers(w, timers);
    };
    all(some_weeks());
    if (life_at(w.a, w.now) != AccountLife::expired) office(AccountClose{}, "registrar", "p-9");
    all({{4, 0, 0, 61 * 1440}}); // whatever was proposed before has lapsed
    const auto& a = w.a;
    const bool open =
        !a.file.holds.empty() || a.ledger.overdraft->state != OverdraftState::none ||
        std::ranges::any_of(a.procedures->cases, [](const auto& c) { return c.state != CaseState::closed; }) ||
        (a.file.finding && a.file.finding->band >= Band::propose);
    const bool early = !a.profile.forgotten && w.now < *a.profile.valid_to + days(60);
    const bool already = a.profile.forgotten.has_value();
    if (!already) {
      office(AccountForgetPropose{}, "registrar", "so-1");
      RC_ASSERT(w.refusal() == (open || early ? "ILLEGAL_TRANSITION" : ""));
      office(AccountForgetConfirm{}, "information-centre", "so-2");
      RC_ASSERT(w.refusal() == (open || early ? "ILLEGAL_TRANSITION" : ""));
    }
    ++ended[a.profile.forgotten.has_value()];
    if (!a.profile.forgotten) return;
    RC_ASSERT(timers.empty());
    const std::string left = bytes_of(a);
    for (const auto& e : some_weeks()) {
      play(w, timers, e, ++number);
      RC_ASSERT(bytes_of(a) == left);
      RC_ASSERT(timers.empty() && w.out.timers.empty() && w.out.sends.empty());
    }
  }));
  CHECK(ended[true] > 10);
  CHECK(ended[false] > 10);
}

TEST_CASE("the sum of postings is the balance, however they are split, and each counts once",
          "[property][R9.3][R5.2]") {
  CHECK(rc::check([] {
    World w;
    std::int64_t sum = 0;
    std::vector<Posting> sent;
    // Each may be reversed, and all must be remembered still.
    const int n = *rc::gen::inRange(1, static_cast<int>(AccountState::PostingSeen::kSlots) / 2);
    for (int i = 0; i < n; ++i) {
      Posting p;
      p.posting = "p" + std::to_string(i);
      p.kind = *rc::gen::element<std::string>("charge", "fee", "topup", "refund", "repayment");
      p.amount = Fen{*rc::gen::inRange<std::int64_t>(1, 1000)};
      p.cause = *rc::gen::element<std::string>("normal", "outage");
      const std::int64_t effect = p.kind == "charge" || p.kind == "fee" ? -p.amount.value : p.amount.value;
      if (!sent.empty() && *rc::gen::inRange(0, 4) == 0) {
        w.out.clear();
        auto again = sent[static_cast<std::size_t>(*rc::gen::inRange<std::size_t>(0, sent.size()))];
        const std::int64_t before = w.a.ledger.balance.value;
        if (*rc::gen::arbitrary<bool>()) {
          step(w.a, again, w.context(), w.out);
          RC_ASSERT(!w.out.refusal);
        } else {
          again.amount.value += 1;
          step(w.a, again, w.context(), w.out);
          RC_ASSERT(w.refusal() == "DUPLICATE_ID");
        }
        RC_ASSERT(w.out.outputs.empty());
        RC_ASSERT(w.a.ledger.balance.value == before);
      }
      w.out.clear();
      step(w.a, p, w.context(), w.out);
      sum += effect;
      sent.push_back(p);
      if (*rc::gen::inRange(0, 6) == 0) {
        Posting back;
        back.posting = "r" + std::to_string(i);
        back.kind = "reversal";
        back.reverses = p.posting;
        back.amount = p.amount;
        back.cause = "normal";
        w.out.clear();
        step(w.a, back, w.context(), w.out);
        sum -= effect;
        back.posting += "-again";
        step(w.a, back, w.context(), w.out);
        RC_ASSERT(w.refusal() == "ILLEGAL_TRANSITION");
      }
      RC_ASSERT(w.a.ledger.balance.value == sum);
    }
  }));
}
