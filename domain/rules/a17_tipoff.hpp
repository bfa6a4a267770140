// A17 tip-off and guard check (R8.1, Article 8; family human). A signed report of misuse, weighed by how reliable its author
// has been.
//   Test       weight between the least and the full one, in proportion to the reliability (thousandths).
//   Innocent   malicious reports: an unreliable author's alone stays below every threshold that does something, and no report
//              freezes by itself, because it is one family only (R8.4).
#pragma once

#include <cstdint>
#include <optional>

#include "domain/evidence.hpp"
#include "domain/policy.hpp"

namespace onecode::rules {

/// Not the kind of report: that is free text, which may name somebody.
std::optional<Hit> tipoff(std::int64_t reliability, const EventRef& event, Time at, const RuleSettings& settings);

} // namespace onecode::rules
