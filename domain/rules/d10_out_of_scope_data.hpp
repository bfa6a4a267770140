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

/// `field phone`, `endpoint /accounts#1a2b3c4d`: the first eight, each once. What may name a person is eight digits of its hash:
/// of an endpoint what comes after its first segment and after those that a declared one has; of a field what is no plain
/// word.
std::vector<std::string> out_of_scope_data(const Manifest& scope, const DataAccess& access);

} // namespace onecode::rules
