// D10 out-of-scope data (R11.4, R5.1, Article 11(4); family data). An integration reads a field or asks an endpoint that its approved
// manifest does not name. An endpoint of the manifest covers what lies below it (`/accounts` covers `/accounts/a-1`).
//   Weight     conclusive about the access; what follows is for people.
//   Innocent   a manifest that was written too narrow: amend the plan. A list that the manifest leaves empty restricts nothing.
#pragma once

#include <string>
#include <vector>

#include "domain/commands/integrations.hpp"
#include "domain/events.hpp"

namespace onecode::rules {

/// `field phone`, `endpoint /exports`; in the order of the request, each once. Texts that may name a person (an id in a path)
/// are cut to what stands before it.
std::vector<std::string> out_of_scope_data(const Manifest& scope, const DataAccess& access);

} // namespace onecode::rules
