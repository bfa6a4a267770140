// A18 rental by slots (R8.1, Article 8; family handset). Several handsets show the code, each at hours of its own, for weeks: the code is
// let by the hour.
//   Test       at least three handsets, each on three days or more, over two weeks in all, whose recurring hours of the day (seen
//              on two days or more) hardly overlap: at most a quarter of the smaller set.
//   Innocent   an owner of two phones (three are needed, and two bound ones count as one); a friend who helped once (no recurring
//              hours).
#pragma once

#include <optional>

#include "domain/account.hpp"

namespace onecode::rules {

std::optional<Hit> rental(const AccountState& a, const Sighting& now, const RuleSettings& settings);

} // namespace onecode::rules
