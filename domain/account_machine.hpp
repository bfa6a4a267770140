// The account machine (REGULATION §3, Articles 2, 8 and 10) as one table: which command a life permits. What becomes of the
// account follows from its validity and its holds, so no row names an outcome:
//   PENDING until valid_from; ACTIVE, or FROZEN while a hold stands; EXPIRED from valid_to on; CANCELLED for good;
//   FORGOTTEN: nothing is left but the id, and no command is for it.
#pragma once

#include <string_view>

#include "domain/account.hpp"

namespace onecode {

/// Several lives.
class Lives {
public:
  template <class... L>
  constexpr explicit Lives(L... lives) : bits_((0U | ... | (1U << static_cast<unsigned>(lives)))) {}
  constexpr bool has(AccountLife l) const { return (bits_ >> static_cast<unsigned>(l) & 1U) != 0; }

private:
  unsigned bits_;
};

struct AccountPermit {
  std::string_view command;
  Lives lives;
};

namespace permit {
using enum AccountLife;
inline constexpr Lives kNobody{unknown};
inline constexpr Lives kValid{active, frozen};
inline constexpr Lives kBeforeAndValid{pending, active, frozen};
inline constexpr Lives kOnceValid{active, frozen, expired};
inline constexpr Lives kNotCancelled{pending, active, frozen, expired};
inline constexpr Lives kOver{expired, cancelled};
inline constexpr Lives kKnown{pending, active, frozen, expired, cancelled};
} // namespace permit

inline constexpr AccountPermit kAccountPermits[] = {
    {"account.open", permit::kNobody},          // -> pending, or active (R2.1)
    {"account.renew", permit::kOnceValid},      // -> active, or frozen where holds remain (R2.1)
    {"account.close", permit::kBeforeAndValid}, // -> expired (R2.1)
    {"handset.bind", permit::kBeforeAndValid},  //
    {"handset.unbind", permit::kNotCancelled},  //
    {"delegation.register", permit::kBeforeAndValid},
    {"holder.absence", permit::kNotCancelled},
    {"step-up.result", permit::kValid},
    {"tipoff.file", permit::kNotCancelled},
    {"account.freeze", permit::kNotCancelled},  // -> frozen (R8.2)
    {"account.lift", permit::kNotCancelled},    // -> active with the last hold (R8.2)
    {"unfreeze.apply", permit::kNotCancelled},  // (R10.3)
    {"unfreeze.review", permit::kNotCancelled}, // -> active with the last hold (R10.3)
    {"case.open", permit::kNotCancelled},       // the case's own machine: domain/case_file.hpp
    {"case.statement", permit::kNotCancelled},
    {"case.decide", permit::kNotCancelled},
    {"appeal.file", permit::kKnown}, // a cancellation takes nobody's appeal away
    {"appeal.decide", permit::kKnown},
    {"account.cancel.propose", permit::kNotCancelled},
    {"account.cancel.confirm", permit::kNotCancelled}, // -> cancelled (R8.3)
    {"liability.record", permit::kKnown},
    {"account.forget.propose", permit::kOver}, // of what nothing keeps: domain/account_forget.cpp
    {"account.forget.confirm", permit::kOver}, // -> forgotten
};

/// nullptr: not a command for accounts.
const AccountPermit* account_permit(std::string_view command);
std::string_view in_chinese(AccountLife life);

} // namespace onecode
