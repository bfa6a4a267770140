#include "domain/rules/catalogue.hpp"

#include <algorithm>

#include "domain/rules/params.hpp"

namespace onecode {
namespace {

constexpr int kDay = 24;

// Weights, half-lives and limits: DETECTION §2 and §4.
constexpr RuleInfo kRules[] = {
    {RuleId::A1,
     "infeasible transit",
     "不可能的移动",
     "8",
     Family::spatial,
     600,
     14 * kDay,
     {{{"campus_speed_mm_s", 12'000},
       {"intercampus_speed_mm_s", 33'000},
       {"min_distance_m", 150},
       {"place_error_m", 15},
       {"clock_skew_ms", 3'000},
       {"strong_weight", 850},
       {"strong_factor", 3}}}},
    {RuleId::A2, "simultaneous presence", "同时出现", "8", Family::spatial, 900, 30 * kDay, {{{"window_ms", 2'000}}}},
    {RuleId::A5, "nonce reuse", "动态码重复使用", "8", Family::replay, 970, 30 * kDay, {{{"retry_ms", 5'000}}}},
    {RuleId::A6, "stale code", "过期动态码", "8", Family::replay, 150, 1 * kDay, {{{"clock_skew_ms", 5'000}}}},
    {RuleId::A8,
     "handset alternation",
     "手机交替使用",
     "8",
     Family::handset,
     650,
     30 * kDay,
     {{{"window_h", 24}, {"registered_secondaries", 1}}}},
    {RuleId::A9,
     "shared handset",
     "多人共用手机",
     "8",
     Family::handset,
     500,
     30 * kDay,
     {{{"watch_accounts", 2}, {"flag_accounts", 3}, {"window_days", 7}, {"watch_weight", 200}}}},
    {RuleId::A11,
     "velocity",
     "频繁使用",
     "8",
     Family::behaviour,
     200,
     2 * kDay,
     {{{"per_minute", 6}, {"per_hour", 40}, {"spend_factor", 3}, {"spend_sigmas", 4}, {"spend_warmup", 30}}}},
    {RuleId::A16, "failed check", "核验未通过", "8", Family::challenge, 700, 30 * kDay, {{{"failures", 2}}}},
    {RuleId::A17, "tip-off", "举报与现场查验", "8", Family::human, 950, 90 * kDay, {{{"least_weight", 500}}}},
    {RuleId::D1, "uncertified device", "未认证设备", "11(1)", Family::certification, 1000, 30 * kDay},
    {RuleId::D2,
     "cloned sequence",
     "设备序号重复",
     "11(1)",
     Family::clone,
     1000,
     30 * kDay,
     {{{"reorder_window", 256}, {"regression_weight", 700}}}},
    {RuleId::D3,
     "interleaved streams",
     "设备双流",
     "11(1)",
     Family::clone,
     950,
     30 * kDay,
     {{{"window_ms", 600'000}}}},
    {RuleId::D8, "one device, several users", "一机多户", "11(3)", Family::lease, 1000, 30 * kDay},
    {RuleId::D15, "plan drift", "偏离对接方案", "5", Family::plan, 1000, 30 * kDay},
    {RuleId::R5_2, "data exchange differs", "数据交换不一致", "5", Family::data, 500, 30 * kDay},
    {RuleId::R6_4, "traffic while not live", "未启用即使用", "6", Family::plan, 1000, 30 * kDay},
    {RuleId::R7_1, "document overdue", "文件逾期未复核", "7", Family::plan, 500, 0},
    {RuleId::R2_3, "project not integrated", "项目应接未接", "2", Family::plan, 500, 0},
};

} // namespace

std::span<const RuleInfo> rule_catalogue() { return kRules; }

const RuleInfo* rule_info(RuleId id) {
  const auto* it = std::ranges::find(kRules, id, &RuleInfo::id);
  return it == std::end(kRules) ? nullptr : it;
}

std::optional<RuleId> rule_by_name(std::string_view name) {
  for (std::size_t i = 0; i < kRuleIds; ++i)
    if (to_string(static_cast<RuleId>(i)) == name) return static_cast<RuleId>(i);
  return std::nullopt;
}

} // namespace onecode
