// A4 issue and scan apart (R8.1, Article 8; family relay). A dynamic code was made on a phone in one place and shown at a reader in
// another, sooner than anybody gets there: its picture was sent on.
//   Test       zone of the making and zone of the scan are too far apart for the time between (as in A1); or the phone was in a
//              network outside the campus at somebody else's access point, while the code was shown on campus within its life.
//   Heavier    where it is found on another day again: once may be a mistake of the network.
//   Innocent   a phone on mobile data: its address alone, external without an access point, says nothing. Neighbouring
//              access points (below A1's smallest distance: silent). Scans by clocks that are not sound.
//   Order      code and scan arrive in either order: a scan is compared with the last 4 codes, a code with its first use among the
//              last 16 scans (by the coordinates only: learned ways come with a scan).
#pragma once

#include <optional>

#include "domain/account.hpp"
#include "domain/ways.hpp"

namespace onecode::rules {

/// `learned`: ways to the scan's zone, where known. `a`: what stands against it already.
std::optional<Hit> issue_scan_apart(const AccountState& a, const AccountState::MadeCode& code, const Sighting& shown,
                                    const LearnedWays& learned, const Policy& policy);

/// Keeps a code that says where it was made. False: it does not, or it ended before the others.
bool remember_made(AccountState::MadeCodes& codes, const CodeIssued& issued, Time now);
const AccountState::MadeCode* made_code(const AccountState::MadeCodes& codes, std::uint64_t nonce_hash);

} // namespace onecode::rules
