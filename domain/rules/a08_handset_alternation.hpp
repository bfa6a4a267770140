// A8 handset alternation (R8.1, Article 8; family handset). The code is shown from handset A, then B, then A again
// within a day: two people take turns. A new phone changes once and never back.
//   Test       three of the last 16 sightings, in event time, handset A - B - A, all within the window.
//   Heavier    where three people's handsets show it within the window, or both handsets have shown it on four days or more:
//              that is no friend who helps once.
//   Innocent   an owner of two phones: A and B both bound to the account, of them at most one secondary; a scan
//              without a handset (card, password) is no step of the sequence.
#pragma once

#include <optional>

#include "domain/account.hpp"

namespace onecode::rules {

/// `now` is in the ring already.
std::optional<Hit> handset_alternation(const AccountState& a, const Sighting& now, const RuleSettings& settings);

} // namespace onecode::rules
