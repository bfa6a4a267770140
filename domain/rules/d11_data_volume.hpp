// D11 data volume (R11.4, Article 11(4); family data). An integration reads many more people in one day than it usually does and than
// its manifest allows for.
//   Test       different subjects of the campus day > max(`factor` x EWMA of earlier days, manifest volumes.subjects_per_day).
//              Where neither a manifest nor `warmup_days` of history say anything, nothing is found.
//   Innocent   enrolment, an export that was announced: raise the manifest's volume. Records of an earlier day that come late
//              are not counted any more.
//   What exceeds the manifest alone is drift from the plan (D15), not this rule.
#pragma once

#include <optional>

#include "domain/integration.hpp"

namespace onecode::rules {

/// Counts the access into its day, which is never one that has not begun by the engine's time. False: late, its day is over.
bool count_subjects(IntegrationState::DataUse& use, const DataAccess& access, Time now);
/// People of the day: those that were named, and those that were only counted, who may be the same ones again and again.
std::int64_t subjects_today(const IntegrationState::DataUse& use);
/// At least so many different ones.
std::int64_t surely_today(const IntegrationState::DataUse& use);
std::optional<Hit> data_volume(const IntegrationState::DataUse& use, const Manifest& scope, const DataAccess& access,
                               const RuleSettings& settings);

} // namespace onecode::rules
