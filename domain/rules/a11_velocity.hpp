// A11 velocity (R8.1, Article 8; family behaviour). More uses in a minute or an hour than one person makes, or a
// payment far above what this person is used to. Weak evidence, short-lived: it supports others, alone it stays
// below watch.
//   Test       more than 6 sightings in 60 s, or more than 40 in an hour, or a payment above 3 * mean + 4 sigma of
//              the earlier payments (EWMA, lambda 0.1), once 30 payments are known.
//   Innocent   a festival, batch laundry or printing, the first payment of a new term: the reason for its small
//              weight.
#pragma once

#include <optional>

#include "domain/account.hpp"

namespace onecode::rules {

/// `now` is in the ring and in the hourly count already, its payment not yet in the mean.
std::optional<Hit> velocity(const AccountState& a, const Scan& scan, const Sighting& now,
                            const RuleSettings& settings);

/// Counts a use in the hour it belongs to; one older than the hour kept is not counted.
void count_use(AccountState::Hot& hot, Time t);
/// Takes a payment into the running mean and variance.
void learn_payment(AccountState::Hot& hot, Fen amount);

} // namespace onecode::rules
