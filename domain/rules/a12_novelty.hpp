// A12 unusual time or place (R8.1, Article 8; family spatial, with A1 and A2: DETECTION §5). The code was used when and where this
// person hardly ever is. Very weak: everybody does so now and then.
//   Test       the visit's -log2 p(time) - log2 p(place), Laplace-smoothed, is rarer than 5 in 1,000 of this person's own visits,
//              once 60 are known.
//   Innocent   an exam week, another timetable: what was rare becomes usual while it lasts, and the half-life is short. Late uploads
//              are judged by their own time.
#pragma once

#include <optional>

#include "domain/account.hpp"

namespace onecode::rules {

std::optional<Hit> novelty(const Surprise& surprise, const Sighting& now, const RuleSettings& settings);

} // namespace onecode::rules
