// A5 nonce reuse (R8.1, Article 8; family replay). A dynamic code that already served somebody is shown again. Each
// code works once (CONTRACT §4.3), so the second showing is refused whatever mode this rule has; it is evidence
// only on another device: the code was copied. Conclusive for copying, not for intent: the holder may be the
// victim, so the response protects instead of punishing (account_response.cpp).
//   Innocent   a retry after a network failure (same device within 5 s), a first attempt that served nobody
//              (denied, or refused by the reader itself), a first use that a case has settled.
//   Memory     16 codes, each until an hour after its end: enough for readers that upload late.
#pragma once

#include <cstdint>
#include <optional>

#include "domain/account.hpp"

namespace onecode::rules {

enum class CodeUse : std::uint8_t {
  first,    // or none, or again after a failed attempt
  retry,    // the same device asks again at once
  repeated, // the same device, later: refused, no evidence
  replayed, // another device
};

CodeUse code_use(const AccountState& a, const Scan& scan, const RuleSettings& settings);
std::optional<Hit> nonce_reuse(const AccountState& a, const Scan& scan, const RuleSettings& settings);
/// Keeps the scan's code; `served`: somebody got something for it. `now`: engine time, by which old ones are forgotten, so that
/// no scan's own clock can make the account forget. False: nothing changed.
bool remember_code(AccountState& a, const Scan& scan, bool served, Time now);

} // namespace onecode::rules
