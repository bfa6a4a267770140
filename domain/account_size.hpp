// How much an account may keep of what is shown in its name: anybody can show anything, and memory is for all. An account
// of which so much is seen that it would grow beyond the limit gives up what matters least; by then it has been found long
// ago.
//   Counted   what scans, codes and handsets fill: hot, ring, usage, codes, visits, habits, hands, company, evidence,
//             finding, the readers of the evidence, and the holds that the engine set. Not counted: what departments said (profile, procedures,
//             ledger), which has limits of its own.
//   Given up  in this order: the ids of codes and sightings (their places stay); company (A15); codes made and handset
//             names; the ids in evidence; evidence beyond the strongest three; all but eight used codes; the oldest
//             sightings; where readers have names of 64 characters, evidence beyond the strongest. What a version in shadow counts has the room that is left.
#pragma once

#include <cstddef>

#include "domain/account.hpp"

namespace onecode {

inline constexpr std::size_t kMaxAccountBytes = 2048;

/// As stored.
std::size_t counted_bytes(const AccountState& a);
/// The same, where every change is marked in `a.dirty`: counts what was changed, and remembers the rest in `a.sizes`.
std::size_t known_bytes(AccountState& a);
/// The changed parts are stored: takes their marks away, and with them the sizes that were known before the change.
void saved(AccountState& a);

void keep_small(AccountState& a);

} // namespace onecode
