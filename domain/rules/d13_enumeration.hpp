// D13 enumeration (R11.4, Article 11(4); family data). Somebody tries out ids: `ids` single look-ups in a row whose numbers count up
// or down by one to three, within `window_ms`; or, of the last 128 different ids that were looked up one to five at a time in
// that time, `ids` have the number before or after another of them, in whatever order and with whomever in between; or, of at
// least `ids` look-ups, more than `not_found_permille` found nobody.
//   Innocent   a synchronisation that pages through many subjects per request (more than five: not counted as look-ups; how many
//              people it reads is for D11 and D12); a desk that looks up one person after the other (of 128 people of a thousand,
//              a quarter are neighbours by chance; of 20,000, two); a form in which people mistype their number now and then.
//   Not told   a new class with numbers in a row that is entered, or checked in, one person at a time: it looks the same. Ask
//              for the class in one request, or set the rule to shadow for that time; what the manifest declares (volumes,
//              fields) says how much is read and not whom, and excuses nothing here.
//   Evaded     by fewer than `ids` in every window, by pages, and by more than three strangers for every two that are tried out.
#pragma once

#include <optional>

#include "domain/integration.hpp"

namespace onecode::rules {

/// Remembers the access, then judges.
std::optional<Hit> enumeration(IntegrationState::DataUse& use, const DataAccess& access,
                               const RuleSettings& settings);

} // namespace onecode::rules
