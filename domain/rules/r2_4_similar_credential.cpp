#include "domain/rules/r2_4_similar_credential.hpp"

#include <algorithm>

#include "domain/device_findings.hpp"
#include "domain/rules/params.hpp"

namespace onecode::rules {

namespace p = param::r2_4;

std::optional<Hit> similar_credential(CampusState::ForeignCodes& seen, const msg::ForeignCode& code,
                                      const RuleSettings& s) {
  using Subject = CampusState::ForeignCodes::Subject;
  auto& list = seen.subjects;
  const Duration window = hours(s[p::window_h]);
  // Once per person: the newest use, so that a few people who come daily do not push the others out.
  if (const auto it = std::ranges::find(list, code.subject, &Subject::subject); it != list.end()) {
    if (code.at <= it->at) return std::nullopt;
    list.erase(it);
  }
  const auto place = std::ranges::upper_bound(list, code.at, {}, &Subject::at);
  list.insert(place, {code.subject, code.at, code.event});
  if (list.size() > CampusState::ForeignCodes::kMost) list.erase(list.begin());

  const auto need = static_cast<std::size_t>(
      std::clamp<std::int64_t>(s[p::subjects], 1, static_cast<std::int64_t>(CampusState::ForeignCodes::kMost)));
  for (std::size_t last = need; last <= list.size(); ++last) {
    const Subject &from = list[last - need], &to = list[last - 1];
    if (to.at - from.at >= window || code.at < from.at || to.at < code.at) continue;
    const std::string n = std::to_string(need), h = std::to_string(s[p::window_h]);
    Hit hit = make_hit(RuleId::R2_4, s, to.at,
                       {h + " 小时内有 " + n + " 人出示未经批准的凭证",
                        n + " people showed a credential that nobody approved within " + h + " hours"},
                       to.event);
    for (std::size_t i = last - need; i + 1 < last; ++i) hit.events.push_back(list[i].event);
    return hit;
  }
  return std::nullopt;
}

} // namespace onecode::rules
