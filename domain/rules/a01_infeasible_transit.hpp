// A1 infeasible transit (R8.1, Article 8; family spatial). The code was shown at two places so far apart, within so
// short a time, that nobody could have come from one to the other: at least two people hold it.
//   Test       v = (distance - 2 * place error) / (time between + skew + what both clocks do not know) above the
//              limit: 12 m/s inside a campus, 33 m/s between campuses. Where the policy knows the seconds on foot,
//              the way is that long at 1.4 m/s; else it is the straight line. Heavier from three times the limit.
//   Compared   with every sighting of an hour either way: at the limit 43 km inside a campus, 119 km between
//              campuses; nothing further is asked. All pairs and not only neighbours in time: two short hops may
//              each stay below the smallest distance where the whole does not, so that neighbours would depend on
//              the order of arrival.
//   Learned    how long people take at least is asked of the reader of the later scan, whichever of the two arrives last: it is
//              told with its scan, and where that was here before, it is asked for (msg::WayAsked).
//   Innocent   clock skew and minute resolution (added to the time), clocks that run free (never recorded), doors
//              next to each other (150 m at least), the shuttle between campuses (a limit of its own), a zone
//              entered wrongly or a device that was moved (one device twice is silent; the device's own rules find
//              it).
//   Silent     where either zone is without coordinates and the way between them unknown.
#pragma once

#include <optional>

#include "domain/account.hpp"
#include "domain/ways.hpp"

namespace onecode::rules {

/// Two scans between which there may be a way to judge.
bool a_way(const Sighting& one, const Sighting& other);

/// `now` is in the ring already. `learned`: of its reader, for the ways that lead there.
std::optional<Hit> infeasible_transit(const AccountState& a, const Sighting& now, const LearnedWays& learned,
                                      const RuleSettings& settings, const Policy& policy);

} // namespace onecode::rules
