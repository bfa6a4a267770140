// A13 holder absent (R8.1, Article 8; family context). The code was shown on campus while its holder is on record as away: leave,
// internship, abroad (holder.absence).
//   Test       the scan's own time lies inside an absence: from <= t < to.
//   Innocent   a record that is out of date: somebody came back early. The rule is one family, so that it freezes nobody
//              alone, and the registrar corrects an absence by recording one of the same kind that overlaps it. Scans of delegates,
//              of test accounts and by clocks that are not synchronised are no evidence.
#pragma once

#include <optional>

#include "domain/account.hpp"

namespace onecode::rules {

std::optional<Hit> holder_absent(const AccountState& a, const Sighting& now, const RuleSettings& settings);

} // namespace onecode::rules
