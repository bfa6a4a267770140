// A4 issue and scan apart (R8.1, Article 8; family relay). A dynamic code was made on a phone in one place and shown at a reader in
// another, sooner than anybody gets there: its picture was sent on.
//   Test       zone of the making and zone of the scan are too far apart for the time between (as in A1); or the phone was in a
//              network outside the campus at somebody else's access point, while the code was shown on campus within its life.
//   Weak       a way that can be made, but faster than by bicycle from door to door (20 km/h; the neighbouring building is
//              silent). Or, weightless, a code made outside without an access point and shown late: older than twice the mean
//              age of this person's codes, and than that mean and four mean deviations, once twenty ages are known.
//   Heavier    where it recurs within four weeks: a day of a way that nobody makes counts two, a day of a weak sign one; from
//              three on, though not by lateness alone. Once may be a mistake of the network.
//   Innocent   a phone on mobile data: its address alone, external without an access point, says nothing, and where one in five
//              of those codes or more is shown as soon as others, none of them does. Neighbouring access points (below A1's
//              smallest distance: silent). Scans by clocks that are not sound.
//   Order      code and scan arrive in either order: a scan is compared with the last 4 codes, a code with its first use among the
//              last 16 scans (by the coordinates only: learned ways come with a scan). A person's usual age of codes is learnt in
//              the order of arrival.
#pragma once

#include <optional>

#include "domain/account.hpp"
#include "domain/ways.hpp"

namespace onecode::rules {

/// `learned`: ways to the scan's zone, where known. `a`: learns how old its codes are when shown, and on which days apart.
std::optional<Hit> issue_scan_apart(AccountState& a, const AccountState::MadeCode& code, const Sighting& shown,
                                    const LearnedWays& learned, const Policy& policy);

/// What stands for several days, once they are too few: the hit of its own day, of weight 0 where that says nothing alone. nullopt: it
/// still recurs, or never did.
std::optional<Hit> without_recurrence(const AccountState& a, const Evidence& e, const Policy& policy);
/// The time or place of a scan of that day was wrong: the day counts no more. False: it did not.
bool forget_apart(AccountState::MadeCodes& codes, Time t);

/// Keeps a code that says where it was made. False: it does not, or it ended before the others.
bool remember_made(AccountState::MadeCodes& codes, const CodeIssued& issued, Time now);
const AccountState::MadeCode* made_code(const AccountState::MadeCodes& codes, std::uint64_t nonce_hash);

} // namespace onecode::rules
