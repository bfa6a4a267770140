// A7 handset churn (R8.1, Article 8; family handset). The account is bound to one handset after another, or a large payment follows
// a new binding at once.
//   Test       more than one new binding within 7 days, or more than three within 90; or, within ten minutes after one, a payment
//              of 200 yuan or more.
//   Innocent   the first handset of an account, and a second one bound with it on the same day; a new phone: one change is
//              normal, and so is an ordinary payment after it.
#pragma once

#include <optional>
#include <vector>

#include "domain/account.hpp"

namespace onecode::rules {

/// After a binding: `handsets` as bound, the new one last. `settled`: changes up to then were answered by a case.
std::optional<Hit> handset_churn(const std::vector<BoundHandset>& handsets, Time now, const EventRef& event,
                                 const RuleSettings& settings, const std::optional<Time>& settled = {});
/// At a payment.
std::optional<Hit> payment_after_binding(const std::vector<BoundHandset>& handsets, const Scan& scan,
                                         const RuleSettings& settings, const std::optional<Time>& settled = {});

} // namespace onecode::rules
