// The overdraft of Article 10 (R10.1-R10.3): a balance below zero that is not the user's own doing is a debt, holds the account,
// and ends by repayment, application and review, in this order. The machine stands here as one table;
// domain/account_ledger.cpp carries out the postings, domain/account_unfreeze.cpp the rest.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "domain/machine.hpp"
#include "domain/money.hpp"

namespace onecode {

enum class OverdraftState : std::uint8_t { none, open, cleared, applied };

constexpr std::string_view to_string(OverdraftState s) {
  constexpr std::string_view n[] = {"none", "open", "cleared", "applied"};
  return n[static_cast<std::size_t>(s)];
}
constexpr std::string_view in_chinese(OverdraftState s) {
  constexpr std::string_view n[] = {"无透支", "欠款未清", "已清偿", "已申请解冻"};
  return n[static_cast<std::size_t>(s)];
}

// Postings move it as commands do.
inline constexpr std::string_view kPostedBelowZero = "posting below zero";
inline constexpr std::string_view kPostedToZero = "posting to zero or above";

inline constexpr Move<OverdraftState> kOverdraftMoves[] = {
    {kPostedBelowZero, OverdraftState::none, OverdraftState::open}, // of a cause that is not the user's
    {kPostedBelowZero, OverdraftState::open, OverdraftState::open}, // a partial repayment, or more debt
    {kPostedBelowZero, OverdraftState::cleared, OverdraftState::open},
    {kPostedBelowZero, OverdraftState::applied, OverdraftState::open},
    {kPostedToZero, OverdraftState::open, OverdraftState::cleared},
    {kPostedToZero, OverdraftState::cleared, OverdraftState::cleared},
    {kPostedToZero, OverdraftState::applied, OverdraftState::applied},
    {"unfreeze.apply", OverdraftState::cleared, OverdraftState::applied},
    {"unfreeze.review", OverdraftState::applied, OverdraftState::none}, // approved: lifted; refused: back to cleared
};

struct Overdraft {
  OverdraftState state = OverdraftState::none;
  std::string cause; // of the posting that opened it; offline_lag where it was merely late
  Time since;
  Fen claimed; // as the holder was last told
  std::string applicant;
  std::optional<Time> applied;

  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("state", s.state);
    v("cause", s.cause);
    v("since", s.since);
    v("claimed", s.claimed);
    v("applicant", s.applicant);
    v("applied", s.applied);
  }
};

} // namespace onecode
