// A10 double meal (R8.1, Article 8; family behaviour). Two full meals in two canteens, or three anywhere, at one mealtime: somebody
// else eats on this account. Weak, for a friend may have been treated (which the article does not allow either, but nobody is
// locked out for it).
//   Test       among the last 16 sightings: payments of 8 to 60 yuan to one integration within one mealtime (06:30-09:30,
//              11:00-13:30, 17:00-19:30), two of them in different zones or three.
//   Innocent   a drink or a second helping (below a full meal), a purchase of another kind (above, or to somebody else: the
//              shop is not the canteen), two payments at one place.
#pragma once

#include <optional>

#include "domain/account.hpp"

namespace onecode::rules {

/// For Sighting::meal; 0: this is no payment as for a meal, at a mealtime.
std::uint32_t meal_of(const Scan& scan, const std::string& integration, const RuleSettings& settings);
/// `now` is in the ring already.
std::optional<Hit> double_meal(const AccountState& a, const Sighting& now, const RuleSettings& settings);

} // namespace onecode::rules
