// A3 anti-passback (R8.1, Article 8; family sequence). The code went in, and in again, and never came out between: it may have been
// handed back over the gate. Weak: a real door log is full of it, for people follow each other through open doors.
//   Test       two entries into one zone, neighbours in event time among all sightings, between two resets at 04:00; either
//              at the same reader within ten minutes, or, where this person has been seen leaving the zone, at any.
//   Innocent   a gate that did not open (refused entries are none) or is tried again (within a minute: silent), an exit behind somebody else, doors
//              without exit readers (nobody is ever seen leaving: only the first form counts), clocks that are not sound.
//   Late       an exit, or a sighting elsewhere, that arrives later and falls between: the accusation is taken back.
#pragma once

#include <optional>

#include "domain/account.hpp"

namespace onecode::rules {

/// Looks at every two entries of the ring, so that what a late sighting leaves standing is found again.
std::optional<Hit> anti_passback(const AccountState& a, const RuleSettings& settings);

/// Did something arrive that takes away what this evidence of A3 rests on?
bool passback_refuted(const AccountState& a, const Evidence& evidence);

} // namespace onecode::rules
