// What an integration reads of people, against its plan and its habits (R5.1, R6.4, R11.4; rules D10-D15).
#include <algorithm>

#include "domain/integer.hpp"
#include "domain/integration_procedures.hpp"
#include "domain/rules/d10_out_of_scope_data.hpp"
#include "domain/rules/d11_data_volume.hpp"
#include "domain/rules/d12_reads_without_scans.hpp"
#include "domain/rules/d13_enumeration.hpp"
#include "domain/rules/d14_canary.hpp"
#include "domain/rules/d15_plan_drift.hpp"
#include "domain/rules/params.hpp"

namespace onecode {
namespace {

/// May it read at all? While it is tried out it reads the data of test accounts, and who they are is not known here.
bool may_read(const IntegrationState& i) {
  const auto& r = i.record;
  return r.access == "open" && (r.life == IntegrationLife::live || r.life == IntegrationLife::joint_debug ||
                                r.life == IntegrationLife::acceptance);
}

std::string standing(const IntegrationState& i) {
  const auto& r = i.record;
  return r.access != "open" && r.life == IntegrationLife::live ? r.access : std::string(to_string(r.life));
}

/// The numbers of a day; nullptr: it is too long ago.
IntegrationState::Volume* day_of(IntegrationState& i, Time day) {
  using Volume = IntegrationState::Volume;
  auto& list = i.volumes.days;
  auto it = std::ranges::lower_bound(list, day, {}, &Volume::day);
  if (it == list.end() || it->day != day) {
    if (it == list.begin() && list.size() == IntegrationState::Volumes::kDays) return nullptr;
    it = list.insert(it, {day});
    if (list.size() > IntegrationState::Volumes::kDays) {
      list.erase(list.begin());
      it = std::ranges::lower_bound(list, day, {}, &Volume::day);
    }
  }
  i.dirty.volumes = true;
  return &*it;
}

} // namespace

void step(IntegrationState& i, const DataAccess& access, const Context& context, Effects& out) {
  const Time t = access.origin.time;
  const Policy& policy = context.policy_at(t);
  const EventRef event = ref(access.origin);
  const Manifest& scope = i.record.scope;
  const auto judge = [&](RuleId rule, auto&& what) {
    count_as_candidate(rule, context, out, [&](const RuleSettings& s, const Policy& by) {
      IntegrationState::DataUse as_it_was = i.data; // some rules remember as they judge
      return what(as_it_was, s, by);
    });
    const RuleSettings& settings = policy.rule(rule);
    if (settings.mode == Mode::off) return;
    if (const std::optional<Hit> hit = what(i.data, settings, policy))
      find_against(subject(i), *hit, false, context, out);
  };

  if (!may_read(i)) see_drift(i, {RuleId::R6_4, "data access while " + standing(i), t, event, {}}, context, out);
  for (auto& detail : rules::out_of_scope_data(scope, access))
    see_drift(i, {RuleId::D10, std::move(detail), t, event, {}}, context, out);
  if (!scope.operators.empty() && !access.operator_id.empty() &&
      std::ranges::find(scope.operators, access.operator_id) == scope.operators.end())
    see_drift(i, {RuleId::D15, rules::operator_detail(access.operator_id), t, event, {}}, context, out);

  i.dirty.data = true;
  if (rules::count_subjects(i.data, access, context.now)) {
    const std::int64_t declared = scope.volumes ? scope.volumes->subjects_per_day.value_or(0) : 0;
    if (declared > 0 && rules::surely_today(i.data) > declared)
      see_drift(i, {RuleId::D15, "volume above " + std::to_string(declared) + " subjects per day", t, event, {}},
                context, out);
    judge(RuleId::D11,
          [&](auto& use, const auto& s, const auto&) { return rules::data_volume(use, scope, access, s); });
  }
  judge(RuleId::D13, [&](auto& use, const auto& s, const auto&) { return rules::enumeration(use, access, s); });
  judge(RuleId::D14, [&](auto&, const auto& s, const auto& by) { return rules::canary(access, s, by); });

  const RuleSettings& strangers = policy.rule(RuleId::D12);
  if (strangers.mode == Mode::off) return;
  for (auto& account : rules::whom_to_ask(i.data, access, context.now, strangers))
    out.sends.push_back(
        {{Kind::account, std::move(account)}, msg::DataRead{i.id, t, event, strangers[param::d12::unseen_days]}});
}

void step(IntegrationState& i, const msg::StrangerRead& read, const Context& context, Effects& out) {
  i.dirty.data = true;
  const RuleSettings& settings = context.policy_at(read.at).rule(RuleId::D12);
  count_as_candidate(RuleId::D12, context, out, [&](const RuleSettings& s, const Policy&) {
    IntegrationState::DataUse as_it_was = i.data;
    return rules::reads_without_scans(as_it_was, read, s);
  });
  if (const auto hit = rules::reads_without_scans(i.data, read, settings))
    find_against(subject(i), *hit, false, context, out);
}

void step(IntegrationState& i, const msg::DayCounted& counted, const Context& context, Effects& out) {
  IntegrationState::Volume* day = day_of(i, counted.day);
  if (day != nullptr) day->scans += counted.scans;
  const auto& volumes = i.record.scope.volumes;
  const bool above = day != nullptr && volumes && volumes->scans_per_day && day->scans > *volumes->scans_per_day;
  if (!above && counted.scans < 0)
    take_back(
        i, [&](const auto& t) { return t.device == 0 && t.at == counted.day; },
        {"设备 " + counted.device + " 的时钟有误,当日次数不再计入。",
         "The clock of the device " + counted.device + " was wrong; its scans of that day are not counted."},
        context, out);
  if (above && counted.scans > 0)
    see_drift(i,
              {RuleId::D15,
               "volume above " + std::to_string(*volumes->scans_per_day) + " scans per day",
               counted.day,
               counted.event,
               {},
               true},
              context, out);
}

// R5.2: the reject rate of the day so far. Accepted ones are known from a sample of one in sixteen: two standard errors are
// taken in favour of the sender.
void step(IntegrationState& i, const msg::ExchangeSeen& seen, const Context& context, Effects& out) {
  IntegrationState::Volume* day = day_of(i, campus_day(seen.at));
  if (day == nullptr) return;
  day->accepted += seen.accepted;
  day->rejected += seen.rejected;
  const auto samples = static_cast<u128>(day->accepted / 16);
  const std::int64_t all = day->rejected + day->accepted + 32 * static_cast<std::int64_t>(square_root(samples));
  const auto judge = [&](const RuleSettings& s) -> std::optional<msg::DriftSeen> {
    if (seen.rejected == 0 || day->rejected < s[param::r5_2::rejected] ||
        day->rejected * 1000 <= s[param::r5_2::rejected_permille] * all)
      return std::nullopt;
    // The limit and not the number: one detail per finding, however many follow.
    const std::string percent = std::to_string(s[param::r5_2::rejected_permille] / 10);
    return msg::DriftSeen{
        RuleId::R5_2, "more than " + percent + " % of the day's postings rejected", seen.at, seen.event, {}};
  };
  count_as_candidate(RuleId::R5_2, context, out, [&](const RuleSettings& s, const Policy&) -> std::optional<Hit> {
    const auto drift = judge(s);
    return drift ? std::optional(rules::plan_drift(*drift, s)) : std::nullopt;
  });
  if (const auto drift = judge(context.policy_at(seen.at).rule(RuleId::R5_2))) see_drift(i, *drift, context, out);
}

} // namespace onecode
