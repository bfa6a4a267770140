// What reaches an integration besides commands: its devices, drift from its plan, its timers. R5.1, R6.4, R7.2.
#include "domain/integration.hpp"

#include <algorithm>

#include "domain/integration_procedures.hpp"
#include "domain/rules/d15_plan_drift.hpp"

namespace onecode {
namespace {

constexpr std::size_t kMaxDrift = 10;

msg::IntegrationView view_of(const IntegrationState& i) {
  const auto& r = i.record;
  const std::string state(r.life == IntegrationLife::unknown ? "" : to_string(r.life));
  return {i.id, state, r.access, r.scope, r.owners, r.unit};
}

} // namespace

void publish_status(IntegrationState& i, Effects& out) {
  auto& r = i.record;
  ++r.revision;
  i.dirty.record = true;
  IntegrationStatusRecord record{
      i.id, std::string(to_string(r.life)), r.access, r.unit, r.owners, r.revision, {}, {}, r.drift};
  for (const auto& o : i.procedures.orders)
    record.orders.push_back(
        {o.id, std::string(to_string(o.state)), o.violation, o.control, o.due, o.extensions, o.round});
  for (const auto& d : i.procedures.documents) record.documents.push_back({d.document, d.review_due});
  out.outputs.emplace_back(std::move(record));
}

void push_view(const IntegrationState& i, Effects& out) {
  for (const auto& device : i.devices.ids) out.sends.push_back({{Kind::device, device}, view_of(i)});
}

void tell(const IntegrationState& i, TellUnit what, Effects& out) {
  Notice notice;
  notice.to = i.record.unit.empty() ? i.id : i.record.unit;
  notice.about = i.id;
  notice.kind = what.kind;
  notice.article = what.article;
  notice.text = std::move(what.text);
  notice.deadline = what.deadline;
  notice.remedy = std::move(what.remedy);
  out.outputs.emplace_back(std::move(notice));
}

void step(IntegrationState& i, const msg::DeviceJoined& joined, const Context&, Effects& out) {
  auto& d = i.devices;
  const auto put = [&](std::set<std::string>& set, bool in) {
    return in ? set.insert(joined.device).second : set.erase(joined.device) > 0;
  };
  const bool changed = put(d.ids, !joined.leaves) | put(d.installed, joined.installed && !joined.leaves);
  i.dirty.devices = i.dirty.devices || changed;
  if (!joined.leaves) out.sends.push_back({{Kind::device, joined.device}, view_of(i)});
}

void see_drift(IntegrationState& i, const msg::DriftSeen& drift, const Context& context, Effects& out) {
  if (drift.rule != RuleId::R5_2) // its limits are settings, so that it is judged where they are compared
    count_as_candidate(drift.rule, context, out, [&](const RuleSettings& s, const Policy&) {
      return std::optional(rules::plan_drift(drift, s));
    });
  const Hit hit = rules::plan_drift(drift, context.policy_at(drift.at).rule(drift.rule));
  const Weighed weighed = weigh(subject(i), hit, true, context, out);
  if (weighed.open == nullptr) return;
  if (drift.by_clock)
    rests_on(*weighed.open, hit, {drift.device.empty() ? 0 : hash64(drift.device), drift.at, drift.event});
  publish(subject(i), weighed, hit, context, out);

  // The status record tells the unit where it left its plan; traffic while not live is no drift from a plan.
  auto& texts = i.record.drift;
  if ((drift.rule != RuleId::D15 && drift.rule != RuleId::D10) ||
      std::ranges::find(texts, drift.detail) != texts.end())
    return;
  if (texts.size() == kMaxDrift) return; // enough is said until it is settled
  texts.push_back(drift.detail);
  publish_status(i, out);
}

void step(IntegrationState& i, const msg::DriftSeen& drift, const Context& context, Effects& out) {
  see_drift(i, drift, context, out);
}

void take_back(IntegrationState& i, const std::function<bool(const DeviceState::OpenFinding::Stated&)>& wrong,
               const Text& why, const Context& context, Effects& out) {
  std::vector<std::string> gone;
  take_back(subject(i), RuleId::D15, wrong, why, context, gone, out);
  const auto untold =
      std::erase_if(i.record.drift, [&](const auto& text) { return std::ranges::find(gone, text) != gone.end(); });
  if (untold > 0) publish_status(i, out);
}

void step(IntegrationState& i, const msg::TimesWithdrawn& gone, const Context& context, Effects& out) {
  const std::uint64_t device = hash64(gone.device);
  take_back(
      i, [&](const auto& t) { return t.device == device && gone.from <= t.at && t.at < gone.to; },
      {"设备 " + gone.device + " 的时钟有误,其时间不作为依据。",
       "The clock of the device " + gone.device + " was wrong; its times are no evidence."},
      context, out);
}

namespace {

/// The unit keeps its plan again: the texts go with their findings.
void forget_drift(IntegrationState& i, Effects& out) {
  if (i.record.drift.empty() || open_finding(i.file, RuleId::D10) != nullptr ||
      open_finding(i.file, RuleId::D15) != nullptr)
    return;
  i.record.drift.clear();
  publish_status(i, out);
}

} // namespace

void step(IntegrationState& i, const msg::TimerFired& timer, const Context& context, Effects& out) {
  if (documents_still_overdue(i, timer, out)) return;
  if (quiet_timer(subject(i), timer, context, out)) return forget_drift(i, out);
  if (order_timer(i, timer, context, out)) return;
  document_timer(i, timer, context, out);
}

} // namespace onecode
