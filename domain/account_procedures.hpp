// What the command files of an account share: notices, and the steps of cases, ledger and unfreezing
// that timers and other commands meet. Not for other folders: domain/account.hpp is the door.
#pragma once

#include <string>
#include <string_view>

#include "domain/account.hpp"
#include "domain/account_response.hpp"
#include "domain/refusals.hpp"

namespace onecode {

// ---- notices

/// A notice about the account: to the holder, where nobody else is named.
struct Tell {
  std::string_view kind;
  std::string_view article;
  Text text;
  std::optional<Time> deadline = {};
  std::string remedy = {};
  std::string case_id = {};
  std::string to = {};
};
void tell(const AccountState& a, Tell what, Effects& out);

/// A notice to a department whose duties it touches (R3.1): the same facts, without what is the holder's own affair.
struct TellDepartment {
  std::string_view kind;
  std::string_view article;
  Text what; // completes "the case X of the account Y …", or "the account Y …"
  std::string case_id = {};
};
void tell_department(const AccountState& a, const Policy& policy, std::string_view department, TellDepartment what,
                     const Context& context, Effects& out);

/// Acts of Article 8: use by others with the holder's doing. A copied code is a harm to the holder.
bool is_act(std::string_view act);
bool of_article_8(std::string_view act);
Text act_text(std::string_view act);

// ---- cases (domain/account_cases.cpp)

CaseRecord* find_case(AccountState& a, std::string_view id);
/// An upheld case stands behind this hold: it ends only by application and review.
bool confirmed(const AccountState& a, const Hold& hold);
/// A timer of a case; false: another timer.
bool case_timer(AccountState& a, const msg::TimerFired& timer, const Context& context, Effects& out);
/// Takes back the timers of all its cases.
void stop_case_timers(const AccountState& a, Effects& out);

void apply(AccountState& a, const Command& command, const CaseOpen& args, const Context& context, Effects& out);
void apply(AccountState& a, const Command& command, const CaseStatement& args, const Context& context, Effects& out);
void apply(AccountState& a, const Command& command, const CaseDecide& args, const Context& context, Effects& out);
void apply(AccountState& a, const Command& command, const AppealFile& args, const Context& context, Effects& out);
void apply(AccountState& a, const Command& command, const AppealDecide& args, const Context& context, Effects& out);
void apply(AccountState& a, const Command& command, const CancelPropose& args, const Context& context, Effects& out);
void apply(AccountState& a, const Command& command, const CancelConfirm& args, const Context& context, Effects& out);
void apply(AccountState& a, const Command& command, const LiabilityRecord& args, const Context& context,
           Effects& out);

// ---- the way out of a hold (domain/account_unfreeze.cpp)

/// The application that waits for its review, while there is still something that it asks for; nullptr: none.
const AccountState::Application* waiting_application(const AccountState& a);
void apply(AccountState& a, const Command& command, const UnfreezeApply& args, const Context& context, Effects& out);
void apply(AccountState& a, const Command& command, const UnfreezeReview& args, const Context& context, Effects& out);

// ---- forgetting (domain/account_forget.cpp)

void apply(AccountState& a, const Command& command, const AccountForgetPropose& args, const Context& context,
           Effects& out);
void apply(AccountState& a, const Command& command, const AccountForgetConfirm& args, const Context& context,
           Effects& out);
/// The account is used again: a proposal to forget it is over.
void keep_account(AccountState& a, Effects& out);
/// The proposal's timer; false: another timer.
bool forget_timer(AccountState& a, const msg::TimerFired& timer, Effects& out);

} // namespace onecode
