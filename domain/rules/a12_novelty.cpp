#include "domain/rules/a12_novelty.hpp"

#include "domain/rules/params.hpp"

namespace onecode::rules {

std::optional<Hit> novelty(const Surprise& x, const Sighting& now, const RuleSettings& s) {
  namespace p = param::a12;
  if (x.visits < s[p::visits] || x.past == 0 || x.as_rare * 1000 >= x.past * s[p::tail_permille]) return std::nullopt;
  const std::string n = std::to_string(x.visits);
  return Hit{RuleId::A12,
             s.weight,
             1000,
             now.time,
             {"出现的时间和地点(" + now.zone + ")在此前 " + n + " 次到访中极少见",
              "the time and place (" + now.zone + ") are rare among the " + n + " visits before"},
             {now.event}};
}

} // namespace onecode::rules
