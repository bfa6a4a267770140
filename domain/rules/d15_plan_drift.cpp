#include "domain/rules/d15_plan_drift.hpp"

#include <algorithm>
#include <utility>

#include "domain/device_findings.hpp"
#include "domain/functions.hpp"

namespace onecode::rules {

std::optional<int> minutes_of_day(std::string_view t) {
  if (t.size() != 5 || t[2] != ':') return std::nullopt;
  for (const std::size_t i : {0, 1, 3, 4})
    if (t[i] < '0' || t[i] > '9') return std::nullopt;
  const int h = (t[0] - '0') * 10 + (t[1] - '0'), m = (t[3] - '0') * 10 + (t[4] - '0');
  if (m > 59 || h > 24 || (h == 24 && m > 0)) return std::nullopt;
  return h * 60 + m;
}

bool within_hours(const Hours& declared, Time t) {
  constexpr std::int64_t day = days(1).ms;
  const auto from = minutes_of_day(declared.from), to = minutes_of_day(declared.to);
  if (!from || !to || *from % 1440 == *to % 1440) return true;
  const std::int64_t begin = *from * 60'000LL % day;
  const std::int64_t length = (*to * 60'000LL - begin + day) % day; // 0 cannot be: see above
  const auto in_day = [](std::int64_t ms) { return ((ms % day) + day) % day; };
  return in_day(t.ms + kCampusOffset.ms - begin) < length;
}

ScopeGaps scope_gaps(const DeviceState::Register& reg, const Scan& scan) {
  const Manifest& scope = reg.view.scope;
  ScopeGaps gaps;
  gaps.function = !scope.functions.empty() && !lists_function(scope.functions, scan.function);
  gaps.zone = !reg.zone_planned;
  gaps.hours = scope.hours && !within_hours(*scope.hours, scan.origin.time);
  gaps.operator_id = !scope.operators.empty() && !scan.operator_id.empty() &&
                     std::ranges::find(scope.operators, scan.operator_id) == scope.operators.end();
  gaps.device = !reg.device_planned;
  return gaps;
}

std::string operator_detail(const std::string& operator_id) {
  return "operator " + hex(hash128(operator_id)).substr(0, 8);
}

std::string drift_in_chinese(std::string_view detail) {
  // What was seen, in the words of whoever told it, around what varies.
  constexpr struct {
    std::string_view before, after, zh_before, zh_after;
  } words[] = {{"function ", "", "功能 ", ""},
               {"zone ", "", "区域 ", ""},
               {"hours outside ", "", "时段不在 ", ""},
               {"operator ", "", "操作员 ", ""},
               {"device ", "", "设备 ", ""},
               {"traffic while ", "", "使用时接入状态为 ", ""},
               {"data access while ", "", "读取数据时接入状态为 ", ""},
               {"field ", "", "字段 ", ""},
               {"endpoint ", "", "接口 ", ""},
               {"volume above ", " subjects per day", "每日读取超过 ", " 人"},
               {"volume above ", " scans per day", "每日刷码超过 ", " 次"},
               {"balance differs from the engine's own sum", "", "余额与系统累计不符", ""},
               {"more than ", " % of the day's postings rejected", "当日被拒的记账超过 ", "%"},
               {"maintenance ", " past its end", "维护单 ", " 已过批准时段"}};
  for (const auto& w : words)
    if (detail.size() >= w.before.size() + w.after.size() && detail.starts_with(w.before) &&
        detail.ends_with(w.after))
      return std::string(w.zh_before)
          .append(detail.substr(w.before.size(), detail.size() - w.before.size() - w.after.size()))
          .append(w.zh_after);
  return std::string(detail);
}

Hit plan_drift(const msg::DriftSeen& drift, const RuleSettings& settings) {
  return make_hit(drift.rule, settings, drift.at, {drift_in_chinese(drift.detail), drift.detail}, drift.event);
}

} // namespace onecode::rules
