// A1 infeasible transit (R8.1, Article 8; family spatial). The code was shown at two places so far apart, within so
// short a time, that nobody could have come from one to the other: at least two people hold it.
//   Test       v = (distance - 2 * place error) / (time between + skew + what both clocks do not know) above the
//   limit,
//              12 m/s inside a campus, 33 m/s between campuses. Where the policy knows the seconds on foot, the way
//              is that long at 1.4 m/s; else the straight line. Heavier from three times the limit.
//   Compared   with every sighting of the last two hours either way. At the limit that is 80 km inside a campus and
//              240 km between campuses; nothing further is asked. All pairs and not only neighbours: two short hops
//              may each stay under the smallest distance where the whole does not, so neighbours would depend on
//              arrival.
//   Innocent   clock skew and minute resolution (added to the time), clocks that run free (never recorded),
//   neighbouring
//              doors (150 m at least), shuttle between campuses (limit by campus), a zone entered wrongly or a device
//              that was moved (the same device twice is silent; the device's own rules find it).
//   Silent     where either zone is without coordinates and the way between them unknown.
#pragma once

#include <optional>

#include "domain/account.hpp"

namespace onecode::rules {

/// `now` is in the ring already.
std::optional<Hit> infeasible_transit(const AccountState& a, const Sighting& now, const RuleSettings& settings,
                                      const Policy& policy);

} // namespace onecode::rules
