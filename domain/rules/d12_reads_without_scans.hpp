// D12 reads without scans (R11.4, Article 11(4); family data). An integration reads people who never use it: of at least `subjects`
// different people it read within `window_days`, more than `share_permille` did not scan there in the `unseen_days` before.
//   How        the integration asks the accounts it read (at most kAskedPerAccess of one access, chosen by hash); those who
//              were not there answer. Windows follow each other, by event time.
//   Innocent   a service without readers of its own (its plan says so: set the rule to shadow for that time, or give it readers); the first
//              weeks of an integration, when nobody could have scanned yet, are short of `subjects` or end with it being used.
#pragma once

#include <optional>
#include <vector>

#include "domain/integration.hpp"

namespace onecode::rules {

inline constexpr std::size_t kAskedPerAccess = 256;

/// Whom to ask; remembers them as read.
std::vector<std::string> whom_to_ask(IntegrationState::DataUse& use, const DataAccess& access, Time now,
                                     const RuleSettings& settings);
/// Counts the stranger, then judges. Answers about an earlier window are nothing.
std::optional<Hit> reads_without_scans(IntegrationState::DataUse& use, const msg::StrangerRead& read,
                                       const RuleSettings& settings);

} // namespace onecode::rules
