#include "domain/rules/d12_reads_without_scans.hpp"

#include <algorithm>

#include "domain/device_findings.hpp"
#include "domain/rules/params.hpp"

namespace onecode::rules {

namespace p = param::d12;

std::vector<std::string> whom_to_ask(IntegrationState::DataUse& use, const DataAccess& access, Time now,
                                     const RuleSettings& s) {
  const Time t = std::min(access.origin.time, now);
  if (t < use.window) return {}; // late: its window is over
  if (t >= use.window + days(s[p::window_days])) {
    use.window = t;
    use.asked.clear();
    use.strangers.clear();
  }
  std::vector<std::string> whom = access.subjects;
  const auto by_hash = [](const std::string& a, const std::string& b) {
    const auto x = hash64(a), y = hash64(b);
    return x != y ? x < y : a < b;
  };
  std::ranges::sort(whom, by_hash);
  whom.erase(std::unique(whom.begin(), whom.end()), whom.end());
  if (whom.size() > kAskedPerAccess) whom.resize(kAskedPerAccess);
  for (const auto& w : whom) use.asked.add(hash64(w));
  return whom;
}

std::optional<Hit> reads_without_scans(IntegrationState::DataUse& use, const msg::StrangerRead& read,
                                       const RuleSettings& s) {
  if (read.at < use.window || !use.strangers.add(read.account)) return std::nullopt;
  const std::int64_t strangers = use.strangers.count(), all = std::max(use.asked.count(), strangers);
  if (all < s[p::subjects] || strangers * 1000 <= s[p::share_permille] * all) return std::nullopt;
  const std::string n = std::to_string(strangers), of = std::to_string(all), d = std::to_string(s[p::unseen_days]);
  return make_hit(
      RuleId::D12, s, read.at,
      {"读取的约 " + of + " 人中约 " + n + " 人 " + d + " 天内从未在该系统刷码",
       "of about " + of + " people whose data it read, about " + n + " had not scanned there for " + d + " days"},
      read.event);
}

} // namespace onecode::rules
