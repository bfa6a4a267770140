// D14 canary subject (R11.4, Article 11(4); family data). An integration read an account of the policy's `canary_subjects`: people
// who exist only on paper, whom nobody has a reason to read.
//   Test       one of the access's subjects is planted, by the policy of that time. Once is enough; no parameters beside the list.
//   Innocent   a synchronisation of everybody, if the planted account is among those that it may read: plant it where no declared
//              purpose reaches it, and tell nobody. A canary that became known, or that a test reads: take it off the list,
//              which ends what is found from then on. An access that only counts its subjects names none: silent.
//   Alone      no other evidence is asked for and nothing is suppressed: an access while the integration is not live, or beyond its
//              fields, is found beside this one (R6.4, D10).
#pragma once

#include <optional>

#include "domain/events.hpp"
#include "domain/evidence.hpp"
#include "domain/policy.hpp"

namespace onecode::rules {

/// The finding does not say which account it was: whoever reads it would know the canary.
std::optional<Hit> canary(const DataAccess& access, const RuleSettings& settings, const Policy& policy);

} // namespace onecode::rules
