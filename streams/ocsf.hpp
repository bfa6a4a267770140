// Findings as OCSF 1.3.0 objects (CONTRACT §5.4). Internal to streams/.
#pragma once

#include <string_view>

#include "domain/byte_buffer.hpp"
#include "domain/finding.hpp"

namespace onecode::streams {

/// A rules speak about people and go to `alerts`; D and R rules are compliance.
constexpr bool is_alert(RuleId rule) { return rule <= RuleId::A18; }

/// The clause that a rule stands for, as in `compliance.control`.
std::string_view control_of(RuleId rule);

/// Detection Finding (2004) or Compliance Finding (2003), appended.
void append_ocsf(ByteBuffer& out, const FindingRecord& finding);

} // namespace onecode::streams
