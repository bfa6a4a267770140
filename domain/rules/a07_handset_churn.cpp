#include "domain/rules/a07_handset_churn.hpp"

#include <algorithm>

#include "domain/rules/params.hpp"

namespace onecode::rules {
namespace {

namespace p = param::a7;

/// The bindings of an account's first day equip it; what comes later is a change.
bool is_change(const std::vector<BoundHandset>& handsets, const BoundHandset& b, const std::optional<Time>& settled) {
  if (settled && b.since <= *settled) return false;
  const Time first = std::ranges::min_element(handsets, {}, &BoundHandset::since)->since;
  return campus_day(b.since) != campus_day(first);
}

} // namespace

std::optional<Hit> handset_churn(const std::vector<BoundHandset>& handsets, Time now, const EventRef& event,
                                 const RuleSettings& s, const std::optional<Time>& settled) {
  const auto changes = [&](std::int64_t in_days) {
    return std::ranges::count_if(handsets, [&](const auto& b) {
      return b.since <= now && b.since > now - days(in_days) && is_change(handsets, b, settled);
    });
  };
  const auto hit = [&](std::int64_t n, std::int64_t in_days) {
    return Hit{RuleId::A7, s.weight, 1000, now, {Form::handset_changes, {std::to_string(in_days), std::to_string(n)}},
               {event}};
  };
  if (const auto week = changes(7); week > s[p::week_binds]) return hit(week, 7);
  if (const auto quarter = changes(90); quarter > s[p::quarter_binds]) return hit(quarter, 90);
  return std::nullopt;
}

std::optional<Hit> payment_after_binding(const std::vector<BoundHandset>& handsets, const Scan& scan,
                                         const RuleSettings& s, const std::optional<Time>& settled) {
  if (scan.function != "payment" || !scan.amount || scan.amount->value < s[p::high_value_fen]) return std::nullopt;
  const Time t = scan.origin.time;
  for (const auto& b : handsets) {
    if (t < b.since || (t - b.since).ms > s[p::after_bind_ms] || !is_change(handsets, b, settled)) continue;
    const std::string yuan = std::to_string(scan.amount->value / 100), m = std::to_string((t - b.since).ms / 60'000);
    return Hit{RuleId::A7, s.weight, 1000, t, {Form::payment_after_change, {m, yuan}}, {ref(scan.origin)}};
  }
  return std::nullopt;
}

} // namespace onecode::rules
