// A14 regime change (R8.1, Article 8; family behaviour). Within two days the code moved to another handset for good and is used at
// other times and places than before: it may have been handed over.
//   Test       a CUSUM (Page, 1954) of how surprising the visits are goes off: k = 0.5 sigma, h = 5 sigma; and within 48 h of it
//              one handset took the place of the others.
//   Heavier    where one handset took the place of the others and, of twelve to 48 visits since then, less than a quarter of the
//              usual share were at the place where its holder was most, the own door, and the visits of before and since have
//              less than 45 % in common (intersection of the histograms): nobody changes dormitory, classes and canteen in a day.
//   Innocent   a dormitory or a course of study that changes, without a new phone; a new phone with old habits; a new phone and
//              another dormitory, where classes and canteen stay. The finding alone freezes nobody.
//   Order      judged when either of the two comes.
#pragma once

#include <optional>

#include "domain/account.hpp"

namespace onecode::rules {

/// Feeds the CUSUM of the account's habits. `surprise`: of a visit that was just counted, if one was.
std::optional<Hit> regime_change(Habits& habits, const Hands& hands, const std::optional<Surprise>& surprise,
                                 const Sighting& now, const RuleSettings& settings);

} // namespace onecode::rules
