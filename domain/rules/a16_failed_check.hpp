// A16 failed check (R8.1, Article 8; family challenge). The holder was asked to show that it is they (step-up.result), and
// could not, or did not answer.
//   Test       as many failures as the parameter says within a week and since the last check that was passed, or one that was
//              ignored.
//   Order      checks are placed by their own time. One that was passed starts anew, whether it is told before or after those
//              that went before it: what they said is taken back. The one who has the code then has shown that it is they;
//              that somebody else tried before stands in the finding's records, and what led to the check is not touched.
//   Innocent   no camera, a broken phone: one failure alone is nothing, a passed check starts anew, and staff can check. What a
//              case has settled counts no more.
#pragma once

#include <optional>
#include <vector>

#include "domain/account.hpp"

namespace onecode::rules {

/// Keeps the check among the last ones, which are in the order of their time.
void remember_check(std::vector<AccountState::Check>& checks, AccountState::Check check);
/// `checks`: with the one at hand, which was at `at` and whose event is `event`. The hit is that of the newest failure.
std::optional<Hit> failed_check(const std::vector<AccountState::Check>& checks, Time at, const EventRef& event,
                                const RuleSettings& settings, const std::optional<Time>& settled);

} // namespace onecode::rules
