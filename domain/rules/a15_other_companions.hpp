// A15 other companions (R8.1, Article 8; family social). The people who used to pass the same readers together with this person are
// gone, and others have taken their place: somebody else may be carrying the code.
//   Test       of the people scanned just before at the same reader, those of several days a week are a circle. The circles of two
//              weeks agreed (Jaccard above .4); those of the two weeks after them have less than .1 in common with them, and are
//              at least three people themselves.
//   Innocent   new class groups, a new dormitory: four weeks pass before it is said, and alone it is below watch. Somebody who
//              walks alone has no circle.
#pragma once

#include <optional>

#include "domain/account.hpp"

namespace onecode::rules {

/// When a week is over.
std::optional<Hit> other_companions(const Company& company, const Sighting& now, const RuleSettings& settings);

} // namespace onecode::rules
