// D13 enumeration (R11.4, Article 11(4); family data). Somebody tries out ids: `ids` single look-ups in a row whose numbers count up
// or down by one to three, within `window_ms`; or, of at least `ids` look-ups in that time, more than `not_found_permille`
// found nobody.
//   Innocent   a synchronisation that pages through many subjects per request (only requests for one subject count as steps); a
//              form in which people mistype their number now and then.
#pragma once

#include <optional>

#include "domain/integration.hpp"

namespace onecode::rules {

/// Remembers the access, then judges.
std::optional<Hit> enumeration(IntegrationState::DataUse& use, const DataAccess& access,
                               const RuleSettings& settings);

} // namespace onecode::rules
