// A6 stale code (R8.1, Article 8; family replay). A dynamic code is shown after its end, or before it was made. The
// code is refused whatever mode this rule has; as evidence it is weak, and gone in a few days.
//   Test       age > lifetime + skew, or made later than now + skew; what the reader's clock does not know is
//              granted.
//   Innocent   the phone's clock, a screen left open: the reason for its small weight. A reader whose clock runs
//              free gives no evidence.
#pragma once

#include <cstdint>
#include <optional>

#include "domain/account.hpp"

namespace onecode::rules {

enum class CodeAge : std::uint8_t { good, stale, future };

/// `good` for a scan without a dynamic code.
CodeAge code_age(const Scan& scan, const RuleSettings& settings);
std::optional<Hit> stale_code(const Scan& scan, const RuleSettings& settings);

} // namespace onecode::rules
