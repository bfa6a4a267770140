// Plans and scopes: what must be said, and what is wider than what was approved. R4.1, R7.2.
#include <algorithm>

#include "domain/functions.hpp"
#include "domain/integration_procedures.hpp"
#include "domain/rules/d15_plan_drift.hpp"

namespace onecode {
namespace {

/// One fault per clause.
class Faults {
public:
  void missing(std::string_view field, std::string_view zh) {
    add("缺少 " + std::string(field) + "(" + std::string(zh) + ")", std::string(field) + " is missing");
  }
  void bad(const std::string& field, const std::string& value) {
    add(field + " 的值不合法:" + value, field + " has a value that cannot be: " + value);
  }
  void wider(const std::string& field, const std::string& value) {
    add(field + " 超出已批准的范围:" + value, field + " is wider than what was approved: " + value);
  }
  void ids(const std::string& field, const std::vector<std::string>& values) {
    for (const auto& v : values)
      if (!valid_id(v)) return bad(field, v);
  }
  std::optional<Text> take() { return text_.en.empty() ? std::nullopt : std::optional(std::move(text_)); }

private:
  void add(const std::string& zh, const std::string& en) {
    if (!text_.en.empty()) text_.zh += ";", text_.en += "; ";
    text_.zh += zh;
    text_.en += en;
  }
  Text text_;
};

void check_manifest(const Manifest& m, Faults& faults) {
  faults.ids("manifest.devices", m.devices);
  faults.ids("manifest.zones", m.zones);
  for (const auto& f : m.functions)
    if (!is_function(f)) faults.bad("manifest.functions", f);
  if (m.hours)
    for (const auto& [field, value] :
         {std::pair{"manifest.hours.from", m.hours->from}, std::pair{"manifest.hours.to", m.hours->to}})
      if (!rules::minutes_of_day(value)) faults.bad(field, value + " (HH:MM)");
}

template <class T>
bool holds(const std::vector<T>& list, const T& x) {
  return std::ranges::find(list, x) != list.end();
}

/// An empty list of the manifest restricts nothing, so anything is narrower.
void narrower(std::string_view field, const std::vector<std::string>& scope, const std::vector<std::string>& manifest,
              Faults& faults) {
  if (manifest.empty()) return;
  for (const auto& x : scope)
    if (!holds(manifest, x)) faults.wider(std::string(field), x);
}

void narrower(std::string_view field, const std::optional<std::int64_t>& scope,
              const std::optional<std::int64_t>& manifest, Faults& faults) {
  if (scope && manifest && *scope > *manifest) faults.wider(std::string(field), std::to_string(*scope));
}

/// Minutes of a day that a span covers, also over midnight.
bool covers(const Hours& outer, const Hours& inner) {
  constexpr int day = 24 * 60;
  const auto of = rules::minutes_of_day(outer.from), ot = rules::minutes_of_day(outer.to);
  const auto nf = rules::minutes_of_day(inner.from), nt = rules::minutes_of_day(inner.to);
  if (!of || !ot || !nf || !nt) return false;
  // Equal ends are the whole day, as the scans are judged (rules::within_hours).
  const auto length = [](int from, int to) { return (to - from + 2 * day - 1) % day + 1; };
  const int outside = length(*of, *ot), inside = length(*nf, *nt);
  return outside == day || (*nf - *of + 2 * day) % day + inside <= outside;
}

} // namespace

std::optional<Text> faults_of(const std::string& unit, const std::vector<std::string>& owners, const Plan& plan,
                              const Manifest& m, bool complete) {
  Faults faults;
  if (unit.empty()) faults.missing("unit", "责任单位");
  if (plan.purpose.empty()) faults.missing("plan.purpose", "对接目的");
  if (plan.architecture.empty()) faults.missing("plan.architecture", "技术架构");
  if (plan.data_security.empty()) faults.missing("plan.data_security", "数据安全保障措施");
  if (plan.expected_effect.empty()) faults.missing("plan.expected_effect", "预期效果");
  if (complete) {
    if (m.devices.empty()) faults.missing("manifest.devices", "设备");
    if (m.zones.empty()) faults.missing("manifest.zones", "安装区域");
    if (m.functions.empty()) faults.missing("manifest.functions", "功能");
    if (m.data_fields.empty()) faults.missing("manifest.fields", "数据字段");
    if (m.endpoints.empty()) faults.missing("manifest.endpoints", "接口");
    if (!m.volumes) faults.missing("manifest.volumes", "业务量");
    if (!m.network) faults.missing("manifest.network", "网段");
  }
  if (!unit.empty() && !valid_id(unit)) faults.bad("unit", unit);
  faults.ids("owners", owners);
  check_manifest(m, faults);
  return faults.take();
}

std::optional<Text> wider_than(const Manifest& s, const Manifest& m) {
  Faults faults;
  check_manifest(s, faults);
  if (auto text = faults.take()) return text;
  if (s.devices.empty() && s.zones.empty() && s.functions.empty() && s.data_fields.empty() && s.endpoints.empty() &&
      !s.volumes && !s.network && !s.hours && s.categories.empty() && s.operators.empty())
    return Text{"scope 没有写明任何范围", "scope names no member of the manifest"};
  narrower("scope.devices", s.devices, m.devices, faults);
  narrower("scope.zones", s.zones, m.zones, faults);
  if (!m.functions.empty())
    for (const auto& f : s.functions)
      if (!lists_function(m.functions, f)) faults.wider("scope.functions", f);
  narrower("scope.endpoints", s.endpoints, m.endpoints, faults);
  narrower("scope.categories", s.categories, m.categories, faults);
  narrower("scope.operators", s.operators, m.operators, faults);
  for (const auto& f : s.data_fields) {
    const auto it = std::ranges::find(m.data_fields, f.name, &DataField::name);
    if (m.data_fields.empty()) break;
    if (it == m.data_fields.end() || f.retention_days > it->retention_days) faults.wider("scope.fields", f.name);
  }
  if (s.volumes && m.volumes) {
    narrower("scope.volumes.subjects_per_day", s.volumes->subjects_per_day, m.volumes->subjects_per_day, faults);
    narrower("scope.volumes.scans_per_day", s.volumes->scans_per_day, m.volumes->scans_per_day, faults);
  }
  if (s.network && m.network && *s.network != *m.network) faults.wider("scope.network", *s.network);
  if (s.hours && m.hours && !covers(*m.hours, *s.hours))
    faults.wider("scope.hours", s.hours->from + "-" + s.hours->to);
  return faults.take();
}

Manifest narrowed(Manifest m, const Manifest& s) {
  const auto take = [](auto& mine, const auto& other) {
    if (!other.empty()) mine = other;
  };
  take(m.devices, s.devices);
  take(m.zones, s.zones);
  take(m.functions, s.functions);
  take(m.data_fields, s.data_fields);
  take(m.endpoints, s.endpoints);
  take(m.categories, s.categories);
  take(m.operators, s.operators);
  if (s.volumes) { // member by member: what the scope leaves out stays as it was
    if (!m.volumes) m.volumes.emplace();
    if (s.volumes->subjects_per_day) m.volumes->subjects_per_day = s.volumes->subjects_per_day;
    if (s.volumes->scans_per_day) m.volumes->scans_per_day = s.volumes->scans_per_day;
  }
  if (s.network) m.network = s.network;
  if (s.hours) m.hours = s.hours;
  return m;
}

} // namespace onecode
