// A4 issue and scan apart (R8.1, Article 8; family relay). A dynamic code was made on a phone in one place and shown at a reader in
// another, sooner than anybody gets there: its picture was sent on.
//   Test       zone of the making and zone of the scan are too far apart for the time between (as in A1); or the phone was in a
//              network outside the campus at somebody else's access point, while the code was shown on campus within its life.
//   Late       a picture that is sent on takes its time. Late is a code older than twice the mean age at which this person's
//              codes are shown, and than that mean and three mean deviations, once twenty ages are known.
//   Weight     whole where it is late or that is not known; two thirds where it is shown as soon as always, for then the phone
//              rather held on to the network of the last place. Little for a way that can be made, but faster than by bicycle
//              from door to door (20 km/h), and nothing if that is not late.
//   Heavier    where it recurs within four weeks: a second late one, and one of them over a way that is faster than by bicycle
//              or not made by anybody. The other may be from next door or from outside without an access point.
//   Innocent   whoever opens the code on the way: the way can be made, and often enough it is not late. A phone that holds on to
//              an access point: not late. A phone on mobile data: its address alone, external without an access point, says
//              nothing, and if less than half of those codes are late, not even that. Neighbouring access points (below A1's
//              smallest distance). Scans by clocks that are not sound.
//   Order      code and scan arrive in either order: a scan is compared with the last 4 codes, a code with its first use among the
//              last 16 scans. A person's usual age of codes is learnt in the order of arrival.
//   Not used   the ways that readers learn: they are from reader to reader, and a code can be made while walking.
#pragma once

#include <optional>

#include "domain/account.hpp"

namespace onecode::rules {

/// `a`: learns how old its codes are when shown, and which were late.
std::optional<Hit> issue_scan_apart(AccountState& a, const AccountState::MadeCode& code, const Sighting& shown,
                                    const Policy& policy);

/// What stands for several codes, once they are too few: the hit of its own, of weight 0 where that says nothing alone. nullopt: it
/// still recurs, or never did.
std::optional<Hit> without_recurrence(const AccountState& a, const Evidence& e, const Policy& policy);
/// The time or place of a scan at that time was wrong: what was late then counts no more. False: nothing was.
bool forget_apart(AccountState::MadeCodes& codes, Time t);

/// Keeps a code that says where it was made. False: it does not, or it ended before the others.
bool remember_made(AccountState::MadeCodes& codes, const CodeIssued& issued, Time now);
const AccountState::MadeCode* made_code(const AccountState::MadeCodes& codes, std::uint64_t nonce_hash);

} // namespace onecode::rules
