// D5 inferred location (R11.1c, Article 11(1); family place). The people who use a fixed reader say where it stands: within ten
// minutes of it they were elsewhere than they used to be.
//   Vote       of each account that scanned at another reader within `window_ms`, that reader's zone: once a day, a quarter of
//              the accounts (chosen by hash and day, so that nobody can choose), by the scans' own times.
//   Test       today and yesterday together at least `accounts` votes, `agreement_permille` of them for one zone that is not
//              the registered one, at least `min_distance_m` away; and in the four weeks before less than half as large a
//              share for it.
//   Innocent   a lonely reader whose people always come from next door: so they did before. An event: one busy day at a
//              place that the reader's people rarely visit otherwise can look like a move; people inspect. A reader that was
//              never where the register says is D4's. Relocation orders (domain/maintenance.hpp).
#pragma once

#include <optional>

#include "domain/device.hpp"

namespace onecode::rules {

/// Counts the vote, then judges.
std::optional<Hit> inferred_location(DeviceState& d, const msg::NeighbourSeen& seen, const Policy& policy, Time now,
                                     const RuleSettings& settings);

/// Does this account vote on this day?
inline bool votes(std::uint64_t account, Time day) {
  constexpr std::uint64_t kOneIn = 4;
  return (account + static_cast<std::uint64_t>(day.ms / days(1).ms)) % kOneIn == 0;
}

} // namespace onecode::rules
