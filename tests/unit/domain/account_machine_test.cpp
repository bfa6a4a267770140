// Catches: a command that works in a life of the account, or a state of a case or overdraft, where the regulation forbids it;
// one that is refused without a sentence for the clerk, or leaves something behind; a new command that nobody put here.
#include "domain/account_machine.hpp"

#include <map>
#include <set>

#include "domain/archive.hpp"
#include "tests/catch.hpp"
#include "tests/unit/domain/account_world.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

std::string bytes_of(const AccountState& a) {
  std::string bytes;
  encode(bytes, a.profile);
  encode(bytes, a.hot);
  encode(bytes, a.usage);
  encode(bytes, a.file);
  encode(bytes, a.ledger);
  encode(bytes, a.postings);
  encode(bytes, a.procedures);
  return bytes;
}

void refused_whole(const World& w, const std::string& before, const std::string& code) {
  CHECK(w.refusal() == code);
  REQUIRE(w.out.refusal);
  CHECK(w.out.refusal->text.zh.size() > 10);
  CHECK(w.out.refusal->text.en.size() > 10);
  CHECK(w.out.outputs.empty());
  CHECK(w.out.sends.empty());
  CHECK(w.out.timers.empty());
  CHECK(bytes_of(w.a) == before);
}

Posting posting(std::string id, std::string kind, std::int64_t fen, std::string cause = "normal") {
  Posting p;
  p.posting = std::move(id);
  p.kind = std::move(kind);
  p.amount = Fen{fen};
  p.cause = std::move(cause);
  return p;
}

void post(World& w, Posting p) {
  p.origin = {{Topic::ledger, 0}, ++w.offset, "bank", "p" + std::to_string(w.offset), w.now};
  w.out.clear();
  step(w.a, p, w.context(), w.out);
}

/// An account with everything that some command needs: a hold by hand, one of a closed upheld case with its cancellation
/// proposed, one of Article 10 that may be applied for.
World everything() {
  World w;
  w.command(HandsetBind{"h-0", false, {}});
  w.command(CaseOpen{"c-1", "lend", {}}, "security-officer");
  w.command(CaseStatement{"c-1", {}, true}, "holder", "p-1");
  w.command(CaseDecide{"c-1", "upheld", "lend", "seen", 1}, "security-officer");
  w.fire("case-close:c-1", w.now + days(10));
  w.command(AccountFreeze{"8", {}, {}, {}}, "security-officer");
  post(w, posting("p-1", "charge", 500, "outage"));
  post(w, posting("p-2", "repayment", 500));
  return w;
}

/// Good arguments of every command for accounts, for `everything()`.
std::map<std::string, CommandArgs> all_arguments() {
  const Time later = kNoon + days(300);
  return {{"account.open", AccountOpen{"student", kNoon - days(1), {}, {}, {}, false}},
          {"account.renew", AccountRenew{later}},
          {"account.close", AccountClose{}},
          {"handset.bind", HandsetBind{"h-1", true, {}}},
          {"handset.unbind", HandsetUnbind{"h-0"}},
          {"delegation.register", DelegationRegister{"p-2", "h-2", kNoon, later, {}}},
          {"holder.absence", HolderAbsence{"leave", kNoon, later}},
          {"step-up.result", StepUpResult{"face", "passed"}},
          {"tipoff.file", TipoffFile{"guard", 800, {}}},
          {"account.freeze", AccountFreeze{"protective", {}, {}, {}}},
          {"account.lift", AccountLift{"8", {}}},
          {"unfreeze.apply", UnfreezeApply{"10"}},
          {"unfreeze.review", UnfreezeReview{"10", "approved", {}}},
          {"case.open", CaseOpen{"c-2", "lend", {}}},
          {"case.statement", CaseStatement{"c-1", "doc-1", false}},
          {"case.decide", CaseDecide{"c-1", "upheld", "lend", "seen", {}}},
          {"appeal.file", AppealFile{"c-1", "doc-2"}},
          {"appeal.decide", AppealDecide{"c-1", "upheld", "seen"}},
          {"account.cancel.propose", CancelPropose{"c-1", "severe", 12}},
          {"account.cancel.confirm", CancelConfirm{"c-1", "severe"}},
          {"liability.record", LiabilityRecord{"c-1", {}, "p-1", 500, "doc-3"}},
          {"account.forget.propose", AccountForgetPropose{}},
          {"account.forget.confirm", AccountForgetConfirm{}}};
}

} // namespace

// Written out by hand. Columns: unknown pending active frozen expired cancelled forgotten; `+` done, `-` ILLEGAL_TRANSITION, `?`
// UNKNOWN_TARGET, `c`: the life permits it and the machine of case or overdraft, or what keeps the account, refuses here (enumerated below).
TEST_CASE("account machine: every life with every command", "[account][R2.1][R8.2][R8.3]") {
  const std::map<std::string, std::string> matrix = {{"account.open", "+------"},
                                                     {"account.renew", "?-+++--"},
                                                     {"account.close", "?+++---"},
                                                     {"handset.bind", "?+++---"},
                                                     {"handset.unbind", "?++++--"},
                                                     {"delegation.register", "?+++---"},
                                                     {"holder.absence", "?++++--"},
                                                     {"step-up.result", "?-++---"},
                                                     {"tipoff.file", "?++++--"},
                                                     {"account.freeze", "?++++--"},
                                                     {"account.lift", "?+c++--"},
                                                     {"unfreeze.apply", "?++++--"},
                                                     {"unfreeze.review", "?cccc--"},
                                                     {"case.open", "?++++--"},
                                                     {"case.statement", "?cccc--"},
                                                     {"case.decide", "?cccc--"},
                                                     {"appeal.file", "?ccccc-"},
                                                     {"appeal.decide", "?ccccc-"},
                                                     {"account.cancel.propose", "?++++--"},
                                                     {"account.cancel.confirm", "?cccc--"},
                                                     {"liability.record", "?+++++-"},
                                                     {"account.forget.propose", "?---cc-"},
                                                     {"account.forget.confirm", "?---cc-"}};
  const auto arguments = all_arguments();
  for (const auto& info : kCommands) {
    if (info.target != Kind::account) continue;
    INFO("a command for accounts that is not in this table: " << info.name);
    REQUIRE(matrix.contains(std::string(info.name)));
    REQUIRE(arguments.contains(std::string(info.name)));
  }

  const AccountLife lives[] = {AccountLife::unknown,  AccountLife::pending, AccountLife::active,
                               AccountLife::frozen,   AccountLife::expired, AccountLife::cancelled,
                               AccountLife::forgotten};
  for (const auto& [name, row] : matrix) {
    REQUIRE(row.size() == std::size(lives));
    for (std::size_t i = 0; i < std::size(lives); ++i) {
      World w = everything();
      auto& p = w.a.profile;
      if (lives[i] == AccountLife::unknown) w.a = {}, w.a.id = "a-1";
      if (lives[i] == AccountLife::pending) p.valid_from = w.now + days(1);
      if (lives[i] == AccountLife::active) w.a.file.holds = {};
      if (lives[i] == AccountLife::expired) p.valid_to = w.now - days(1);
      if (lives[i] == AccountLife::cancelled) p.cancelled = true;
      if (lives[i] == AccountLife::forgotten) w.a = {}, w.a.id = "a-1", p.forgotten = w.now - days(1);
      REQUIRE(life_at(w.a, w.now) == lives[i]);
      const std::string before = bytes_of(w.a);
      w.command(arguments.at(name));
      INFO(name << " while " << to_string(lives[i]) << ": " << row[i] << ", "
                << (w.out.refusal ? w.out.refusal->text.en : "done"));
      if (row[i] == '+')
        CHECK(w.refusal().empty());
      else
        refused_whole(w, before, row[i] == '?' ? "UNKNOWN_TARGET" : "ILLEGAL_TRANSITION");
    }
  }
}

// Columns: notified statement decided appealed closed.
TEST_CASE("case machine: every state with every command", "[account][R8.1][R8.3]") {
  const std::map<std::string, const char*> matrix = {
      {"case.statement", "+----"},        {"case.decide", "++---"}, // notified: after three days
      {"appeal.file", "--+--"},           {"appeal.decide", "---+-"}, {"account.cancel.propose", "--+-+"},
      {"account.cancel.confirm", "--+-+"}};
  const auto arguments = all_arguments();
  std::set<std::string> in_table;
  for (const auto& move : kCaseMoves) in_table.emplace(move.command);
  for (const auto& name : in_table) CHECK(matrix.contains(name));

  constexpr CaseState states[] = {CaseState::notified, CaseState::statement, CaseState::decided, CaseState::appealed,
                                  CaseState::closed};
  for (const auto& [name, row] : matrix)
    for (std::size_t i = 0; i < std::size(states); ++i) {
      World w;
      w.command(CaseOpen{"c-1", "lend", {}}, "security-officer");
      w.now = w.now + days(4);
      auto& c = w.a.procedures.edit().cases[0];
      c.state = states[i];
      if (i >= 1) c.stated = w.now;
      if (i >= 2) {
        c.decided = w.now;
        c.appeal_due = w.now + days(10);
        c.decided_by = "so-1";
        c.upheld = true;
      }
      if (name == "account.cancel.confirm") c.cancel_proposed_by = "so-1";
      const std::string before = bytes_of(w.a);
      w.command(arguments.at(name));
      INFO(name << " while " << to_string(states[i]));
      if (row[i] == '+') {
        CHECK(w.refusal().empty());
        CHECK(bytes_of(w.a) != before);
      } else {
        refused_whole(w, before, "ILLEGAL_TRANSITION");
      }
    }
}

// Columns: none open cleared applied.
TEST_CASE("overdraft machine: every state with every command and posting", "[account][R10.3]") {
  const struct {
    const char* what;
    const char* after[4];
  } rows[] = {{"apply", {"-", "-", "applied", "-"}},
              {"approve", {"-", "-", "-", "none"}},
              {"refuse", {"-", "-", "-", "cleared"}},
              {"below zero by an outage", {"open", "open", "open", "open"}},
              {"below zero by the user", {"none", "open", "open", "open"}},
              {"to zero", {"none", "cleared", "cleared", "applied"}}};
  constexpr OverdraftState states[] = {OverdraftState::none, OverdraftState::open, OverdraftState::cleared,
                                       OverdraftState::applied};
  for (const auto& row : rows)
    for (std::size_t i = 0; i < std::size(states); ++i) {
      World w;
      if (i > 0) post(w, posting("p-1", "charge", 500, "outage"));
      if (i > 1) post(w, posting("p-2", "repayment", 500));
      if (i > 2) w.command(UnfreezeApply{"10"}, "holder", "p-1");
      REQUIRE(w.a.ledger.overdraft->state == states[i]);
      const std::string before = bytes_of(w.a), what = row.what, expected = row.after[i];
      if (what == "apply") w.command(UnfreezeApply{"10"}, "holder", "p-1");
      if (what == "approve") w.command(UnfreezeReview{"10", "approved", {}}, "reviewer", "r-1");
      if (what == "refuse") w.command(UnfreezeReview{"10", "refused", "not yet"}, "reviewer", "r-1");
      if (what == "below zero by an outage") post(w, posting("p-3", "charge", 1, "outage"));
      if (what == "below zero by the user") post(w, posting("p-3", "charge", 1));
      if (what == "to zero") post(w, posting("p-3", "repayment", 500));
      INFO(what << " while " << to_string(states[i]) << " -> " << expected);
      if (expected == "-") {
        refused_whole(w, before, "ILLEGAL_TRANSITION");
        continue;
      }
      CHECK(w.refusal().empty());
      CHECK(to_string(w.a.ledger.overdraft->state) == expected);
      CHECK(w.a.file.holds.empty() == (expected == "none"));
    }
}
