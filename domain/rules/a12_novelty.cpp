#include "domain/rules/a12_novelty.hpp"

#include "domain/rules/params.hpp"

namespace onecode::rules {

std::optional<Hit> novelty(const Surprise& x, const Sighting& now, const RuleSettings& s) {
  namespace p = param::a12;
  if (x.visits < s[p::visits] || x.past == 0 || x.as_rare * 1000 >= x.past * s[p::tail_permille]) return std::nullopt;
  return Hit{RuleId::A12, s.weight, 1000, now.time, {Form::rare_visit, {now.zone, std::to_string(x.visits)}},
             {now.event}};
}

} // namespace onecode::rules
