#include "domain/rules/d11_data_volume.hpp"

#include <algorithm>

#include "domain/device_findings.hpp"
#include "domain/rules/params.hpp"

namespace onecode::rules {

namespace p = param::d11;

bool count_subjects(IntegrationState::DataUse& use, const DataAccess& access, Time now) {
  constexpr std::int64_t kMost = std::int64_t{1} << 40;
  const Time day = campus_day(std::min(access.origin.time, now));
  if (day < use.day) return false;
  if (day > use.day) {
    if (const std::int64_t n = subjects_today(use); n > 0) {
      const std::int64_t x = std::min(n, kMost) * 256;
      use.mean_q8 = use.days == 0 ? x : use.mean_q8 + (x - use.mean_q8) / 10;
      ++use.days;
    }
    use.day = day;
    use.subjects.clear();
    use.counted = use.counted_most = 0;
  }
  for (const auto& s : access.subjects) use.subjects.add(hash64(s));
  if (access.subjects.empty()) {
    const std::int64_t n = std::min(access.subject_count, kMost);
    use.counted = std::min(use.counted + n, kMost);
    use.counted_most = std::max(use.counted_most, n);
  }
  return true;
}

std::int64_t surely_today(const IntegrationState::DataUse& use) {
  return std::max(use.subjects.count(), use.counted_most);
}

std::int64_t subjects_today(const IntegrationState::DataUse& use) { return use.subjects.count() + use.counted; }

std::optional<Hit> data_volume(const IntegrationState::DataUse& use, const Manifest& scope, const DataAccess& access,
                               const RuleSettings& s) {
  const std::int64_t usual = use.days >= s[p::warmup_days] ? use.mean_q8 / 256 * s[p::factor] : 0;
  const std::int64_t declared = scope.volumes ? scope.volumes->subjects_per_day.value_or(0) : 0;
  const std::int64_t limit = std::max(usual, declared), today = subjects_today(use);
  if (limit == 0 || today <= limit) return std::nullopt;
  const std::string n = std::to_string(today), most = std::to_string(limit);
  return make_hit(RuleId::D11, s, access.origin.time,
                  {"一日内读取约 " + n + " 人的数据,上限 " + most,
                   "it read the data of about " + n + " people in one day; the limit is " + most},
                  ref(access.origin));
}

} // namespace onecode::rules
