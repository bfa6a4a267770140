// R2.4 similar credential (Article 2; family certification). Codes of an issuer that the campus does not know are in use: somebody
// runs a scheme of their own. Each such code is denied anyway (CODE_UNKNOWN_ISSUER, CODE_INVALID).
//   Test       `subjects` different people within `window_h` hours by the scans' own times, at readers that can be trusted.
//              Of a code in another form nobody can read whom it names: each different code counts as one.
//   Innocent   a scheme that the leading group approved (scheme.approve), until its end; visitors with one stray code.
#pragma once

#include <optional>

#include "domain/campus.hpp"

namespace onecode::rules {

/// Remembers the code, then judges.
std::optional<Hit> similar_credential(CampusState::ForeignCodes& seen, const msg::ForeignCode& code,
                                      const RuleSettings& settings);

} // namespace onecode::rules
