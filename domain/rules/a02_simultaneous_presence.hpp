// A2 simultaneous presence (R8.1, Article 8; family spatial). The code was shown at two readers in different zones
// within two seconds. Needs no coordinates.
//   Test       |time between| + what both clocks do not know <= window. Times of minute resolution never qualify.
//   Innocent   a faulty device clock (only clocks that are synchronised are recorded), two doors of one building
//              next to each other (one non-empty building in the policy: silent), a retry (same device: silent),
//              devices whose zone nobody entered (empty: silent).
#pragma once

#include <optional>

#include "domain/account.hpp"

namespace onecode::rules {

/// `now` is in the ring already.
std::optional<Hit> simultaneous_presence(const AccountState& a, const Sighting& now, const RuleSettings& settings,
                                         const Policy& policy);

} // namespace onecode::rules
