// A9 shared handset (R8.1, Article 8; family handset). One handset shows the codes of several accounts. The
// handset's own actor counts them (domain/handset.hpp) and tells each account; here the count is weighed.
//   Test       two accounts: watch weight; three and more within the window: full weight.
//   Innocent   a couple, a parent: two accounts alone stay below every threshold. A shop's or lab's shared phone
//              reaches the full weight; it is evidence of one family only, so no automatic freeze follows from it.
#pragma once

#include <optional>

#include "domain/account.hpp"

namespace onecode::rules {

std::optional<Hit> shared_handset(const msg::HandsetCrowded& crowded, const RuleSettings& settings);

} // namespace onecode::rules
