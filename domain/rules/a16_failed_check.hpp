// A16 failed check (R8.1, Article 8; family challenge). The holder was asked to show that it is they (step-up.result), and
// could not, or did not answer.
//   Test       as many failures as the parameter says within a week and since the last check that was passed, or one that was
//              ignored.
//   Innocent   no camera, a broken phone: one failure alone is nothing, a passed check starts anew, and staff can check.
#pragma once

#include <optional>
#include <vector>

#include "domain/account.hpp"

namespace onecode::rules {

/// `checks`: the last ones, the newest is the one at hand, whose event is `event`.
std::optional<Hit> failed_check(const std::vector<AccountState::Check>& checks, const EventRef& event,
                                const RuleSettings& settings);

} // namespace onecode::rules
