#include "domain/rules/a17_tipoff.hpp"

#include <algorithm>

#include "domain/rules/params.hpp"

namespace onecode::rules {

std::optional<Hit> tipoff(std::int64_t reliability, const EventRef& event, Time at, const RuleSettings& s) {
  if (reliability == 0) return std::nullopt;
  const std::int64_t least = std::min<std::int64_t>(s[param::a17::least_weight], s.weight);
  const std::int64_t weight = least + (s.weight - least) * reliability / 1000;
  return Hit{RuleId::A17, static_cast<int>(weight), 1000, at, {Form::tip, {std::to_string(reliability)}}, {event}};
}

} // namespace onecode::rules
