// The arguments of commands for accounts (COMMANDS.md, "Accounts"). Optional arguments are std::optional, bool or sequences;
// everything else is required.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain/time.hpp"

namespace onecode {

struct AccountOpen {
  std::string category;
  Time valid_from;
  std::optional<Time> valid_to;
  std::optional<std::string> approver;
  std::optional<std::string> holder;
  bool test = false;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("category", s.category);
    v("valid_from", s.valid_from);
    v("valid_to", s.valid_to);
    v("approver", s.approver);
    v("holder", s.holder);
    v("test", s.test);
  }
};

struct AccountRenew {
  Time valid_to;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("valid_to", s.valid_to);
  }
};

/// An ordinary end: the person left the school.
struct AccountClose {
  template <class Self, class V>
  static void fields(Self&, V&) {}
};

struct HandsetBind {
  std::string handset;
  bool secondary = false;
  std::optional<std::string> replaces;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("handset", s.handset);
    v("secondary", s.secondary);
    v("replaces", s.replaces);
  }
};

struct HandsetUnbind {
  std::string handset;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("handset", s.handset);
  }
};

/// Help with consent: carers, group meals (REGULATION §4).
struct DelegationRegister {
  std::string delegate;
  std::string handset;
  Time from;
  Time to;
  std::vector<std::string> functions;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("delegate", s.delegate);
    v("handset", s.handset);
    v("from", s.from);
    v("to", s.to);
    v("functions", s.functions);
  }
};

struct HolderAbsence {
  std::string kind;
  Time from;
  Time to;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("kind", s.kind);
    v("from", s.from);
    v("to", s.to);
  }
};

struct StepUpResult {
  std::string kind;
  std::string outcome;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("kind", s.kind);
    v("outcome", s.outcome);
  }
};

struct TipoffFile {
  std::string kind;
  std::int64_t reliability = 0;
  std::optional<std::string> text_ref;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("kind", s.kind);
    v("reliability", s.reliability);
    v("text_ref", s.text_ref);
  }
};

struct AccountFreeze {
  std::string article;
  std::vector<std::string> functions;
  std::optional<std::string> case_id;
  std::optional<Time> expires;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("article", s.article);
    v("functions", s.functions);
    v("case", s.case_id);
    v("expires", s.expires);
  }
};

struct AccountLift {
  std::string article;
  std::optional<std::string> case_id;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("article", s.article);
    v("case", s.case_id);
  }
};

struct UnfreezeApply {
  std::string article;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("article", s.article);
  }
};

struct UnfreezeReview {
  std::string article;
  std::string outcome;
  std::optional<std::string> reasons;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("article", s.article);
    v("outcome", s.outcome);
    v("reasons", s.reasons);
  }
};

struct CaseOpen {
  std::string case_id;
  std::string act;
  std::vector<std::string> findings;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("case", s.case_id);
    v("act", s.act);
    v("findings", s.findings);
  }
};

/// The holder has spoken, or declined to (`waived`).
struct CaseStatement {
  std::string case_id;
  std::optional<std::string> text_ref;
  bool waived = false;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("case", s.case_id);
    v("text_ref", s.text_ref);
    v("waived", s.waived);
  }
};

struct CaseDecide {
  std::string case_id;
  std::string outcome;
  std::string act;
  std::string reasons;
  std::optional<std::int64_t> term_days;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("case", s.case_id);
    v("outcome", s.outcome);
    v("act", s.act);
    v("reasons", s.reasons);
    v("term_days", s.term_days);
  }
};

struct AppealFile {
  std::string case_id;
  std::string text_ref;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("case", s.case_id);
    v("text_ref", s.text_ref);
  }
};

struct AppealDecide {
  std::string case_id;
  std::string outcome;
  std::string reasons;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("case", s.case_id);
    v("outcome", s.outcome);
    v("reasons", s.reasons);
  }
};

/// R8.3. `points`: the sum of the rubric by which the case is severe.
struct CancelPropose {
  std::string case_id;
  std::string reasons;
  std::int64_t points = 0;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("case", s.case_id);
    v("reasons", s.reasons);
    v("points", s.points);
  }
};

struct CancelConfirm {
  std::string case_id;
  std::string reasons;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("case", s.case_id);
    v("reasons", s.reasons);
  }
};

/// What the engine keeps of an account is destroyed (domain/account_forget.cpp). Why stands in the command's `reason`.
struct AccountForgetPropose {
  template <class Self, class V>
  static void fields(Self&, V&) {}
};

struct AccountForgetConfirm {
  template <class Self, class V>
  static void fields(Self&, V&) {}
};

} // namespace onecode
