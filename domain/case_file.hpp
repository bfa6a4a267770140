// Cases (REGULATION §3 "Case", Article 8; R8.1, R8.3): a finding becomes a reproach that a person can answer, a decision with
// reasons, and an appeal before somebody else. The machine stands here as one table; domain/account_cases.cpp carries it out.
//   NOTIFIED   opened; the holder was told in the same step (OPEN has no length)
//   STATEMENT  the holder has spoken, or declined to
//   DECIDED    upheld or not; an appeal may be filed for some days (policy: cases)
//   APPEALED   somebody other than the decider looks at it: FINAL, which closes it in the same step
//   CLOSED     final, or the time to appeal has passed
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/machine.hpp"
#include "domain/rules/catalogue.hpp"

namespace onecode {

enum class CaseState : std::uint8_t { notified, statement, decided, appealed, closed };

constexpr std::string_view to_string(CaseState s) {
  constexpr std::string_view n[] = {"notified", "statement", "decided", "appealed", "closed"};
  return n[static_cast<std::size_t>(s)];
}
constexpr std::string_view in_chinese(CaseState s) {
  constexpr std::string_view n[] = {"已告知", "已陈述", "已决定", "申诉中", "已结案"};
  return n[static_cast<std::size_t>(s)];
}

inline constexpr Move<CaseState> kCaseMoves[] = {
    {"case.statement", CaseState::notified, CaseState::statement},
    {"case.decide", CaseState::statement, CaseState::decided},
    {"case.decide", CaseState::notified, CaseState::decided}, // not before the time for a statement has passed
    {"appeal.file", CaseState::decided, CaseState::appealed}, // of an upheld case, in time
    {"appeal.decide", CaseState::appealed, CaseState::closed},
    {"account.cancel.propose", CaseState::decided, CaseState::decided}, // R8.3: of an upheld case
    {"account.cancel.propose", CaseState::closed, CaseState::closed},
    {"account.cancel.confirm", CaseState::decided, CaseState::decided},
    {"account.cancel.confirm", CaseState::closed, CaseState::closed},
};

struct CaseRecord {
  std::string id;
  CaseState state = CaseState::notified;
  std::string act; // lend | rent | transfer | pledge | relay | copy | collusion | unknown
  std::vector<std::string> findings;
  std::vector<RuleId> rules;    // whose evidence stood when it was opened: its outcome is theirs (R13.1)
  Time notified, statement_due; // what was told stays, whatever a later policy says
  std::string opened_by;
  std::optional<Time> stated;
  std::string statement; // where it is kept, never the text
  bool waived = false;
  std::optional<Time> decided;
  Time appeal_due;
  std::string decided_by, reasons, policy;
  bool upheld = false;
  std::optional<Time> term_until; // the sanction's term: afterwards an application is due, nothing ends by itself
  std::optional<Time> appealed;
  std::string appellant, appeal;
  std::optional<Time> answer_due;
  bool answer_extended = false;
  std::string appeal_decided_by, appeal_reasons;
  bool overturned = false;
  std::optional<Time> closed;
  /// R8.3.
  std::string cancel_proposed_by, cancel_reasons;
  std::int64_t cancel_points = 0;

  /// Somebody decided it against the holder and nobody took that back.
  bool stands() const { return upheld && !overturned; }

  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("id", s.id);
    v("state", s.state);
    v("act", s.act);
    v("findings", s.findings);
    v("rules", s.rules);
    v("notified", s.notified);
    v("statement_due", s.statement_due);
    v("opened_by", s.opened_by);
    v("stated", s.stated);
    v("statement", s.statement);
    v("waived", s.waived);
    v("decided", s.decided);
    v("appeal_due", s.appeal_due);
    v("decided_by", s.decided_by);
    v("reasons", s.reasons);
    v("policy", s.policy);
    v("upheld", s.upheld);
    v("term_until", s.term_until);
    v("appealed", s.appealed);
    v("appellant", s.appellant);
    v("appeal", s.appeal);
    v("answer_due", s.answer_due);
    v("answer_extended", s.answer_extended);
    v("appeal_decided_by", s.appeal_decided_by);
    v("appeal_reasons", s.appeal_reasons);
    v("overturned", s.overturned);
    v("closed", s.closed);
    v("cancel_proposed_by", s.cancel_proposed_by);
    v("cancel_reasons", s.cancel_reasons);
    v("cancel_points", s.cancel_points);
  }
};

} // namespace onecode
