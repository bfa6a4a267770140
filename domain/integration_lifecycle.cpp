// The way of an integration (domain/integration_machine.hpp), one function per command: arguments checked first, then written;
// the move is known to be allowed. R4.1-R4.3, R6.1-R6.3, R11.5.
#include <algorithm>

#include "domain/explain.hpp"
#include "domain/integration_machine.hpp"
#include "domain/integration_procedures.hpp"

namespace onecode {
namespace {

using Integration = IntegrationState;

constexpr std::string_view kObjection =
    "如有异议,请向信息中心书面提出。 / Objections go to the information centre in writing.";

void move_to(Integration& i, IntegrationLife life, Effects& out) {
  i.record.life = life;
  if (life == IntegrationLife::live) i.record.access = "open";
  if (life == IntegrationLife::suspended) i.record.access = "suspended";
  if (life == IntegrationLife::terminated) i.record.access = "terminated";
  publish_status(i, out);
  push_view(i, out);
}

/// The state in which a plan stands: that of the amendment where there is one.
IntegrationLife& authoring(Integration& i) {
  return i.procedures.amendment ? i.procedures.amendment->life : i.record.life;
}

void author(Integration& i, IntegrationLife life, Effects& out) {
  if (i.procedures.amendment) {
    i.procedures.amendment->life = life;
    i.dirty.procedures = true;
    return publish_status(i, out);
  }
  move_to(i, life, out);
}

bool other_person(const Command& command, const std::string& first, Effects& out) {
  if (command.actor != first) return true;
  same_person(out, command.name + " 须由申请人以外的人执行",
              command.name + " needs somebody else than the applicant");
  return false;
}

bool is_outcome(const std::string& outcome, std::string_view yes, std::string_view no, Effects& out) {
  if (outcome == yes || outcome == no) return true;
  const std::string words = std::string(yes) + " / " + std::string(no);
  bad_field(out, "结论 outcome 须为 " + words, "args.outcome is one of " + words);
  return false;
}

template <class Args>
bool sound(const Args& a, bool complete, Effects& out) {
  const auto faults = faults_of(a.unit, a.owners, a.plan, a.manifest, complete);
  if (!faults) return true;
  out.refuse("BAD_FIELD", {"参数不完整或不合法:" + faults->zh, "args: " + faults->en});
  return false;
}

// ---- the plan ------------------------------------------------------------------------------------------------------

void carry_out(Integration& i, const IntegrationPlanSubmit& a, const Command& command, IntegrationLife,
               const Context&, Effects& out) {
  if (!sound(a, true, out)) return;
  auto& r = i.record;
  i.dirty.procedures = true;
  i.procedures.applicant.clear();
  if (r.life == IntegrationLife::live) {
    i.procedures.amendment = Integration::Amendment{IntegrationLife::draft, a.unit, a.plan, a.manifest};
    return publish_status(i, out);
  }
  r.unit = a.unit;
  r.owners = a.owners.empty() ? std::vector<std::string>{command.actor} : a.owners;
  r.plan = a.plan;
  r.manifest = r.scope = a.manifest;
  move_to(i, IntegrationLife::draft, out);
}

/// Takes over an integration that existed before onecode: live at once, with its manifest (R4.3, R6.4).
void carry_out(Integration& i, const IntegrationAdopt& a, const Command& command, IntegrationLife to, const Context&,
               Effects& out) {
  if (!sound(a, false, out)) return;
  auto& r = i.record;
  r.unit = a.unit;
  r.owners = a.owners.empty() ? std::vector<std::string>{command.actor} : a.owners;
  r.plan = a.plan;
  r.manifest = r.scope = a.manifest;
  move_to(i, to, out);
}

void carry_out(Integration& i, const IntegrationPlanAccept&, const Command&, IntegrationLife to, const Context&,
               Effects& out) {
  author(i, to, out);
}

void carry_out(Integration& i, const IntegrationPlanReturn& a, const Command&, IntegrationLife to, const Context&,
               Effects& out) {
  author(i, to, out);
  const std::string reasons = a.reasons.value_or("");
  tell(i,
       {"plan-returned",
        "4",
        {"接入系统 " + i.id + " 的对接方案退回修改" + (reasons.empty() ? "" : ":" + reasons) + "。",
         "The plan of the integration " + i.id + " was returned" + (reasons.empty() ? "" : ": " + reasons) + "."},
        {},
        "修改后重新提交(integration.plan.submit)。 / Submit it again when it is mended (integration.plan.submit)."},
       out);
}

void carry_out(Integration& i, const IntegrationApply& a, const Command& command, IntegrationLife to, const Context&,
               Effects& out) {
  if (a.application.empty()) return bad_field(out, "缺少申请书 application", "args.application is empty");
  i.procedures.applicant = command.actor;
  i.procedures.application = a.application;
  i.dirty.procedures = true;
  author(i, to, out);
}

void not_passed(Integration& i, std::string_view kind, const Text& who, Effects& out) {
  author(i, IntegrationLife::draft, out);
  tell(i,
       {kind,
        "4",
        {"接入系统 " + i.id + " 的方案" + who.zh + ",退回修改。",
         "The plan of the integration " + i.id + " " + who.en + " and is a draft again."},
        {},
        std::string(kObjection)},
       out);
}

void carry_out(Integration& i, const IntegrationReviewRecord& a, const Command& command, IntegrationLife to,
               const Context&, Effects& out) {
  if (!is_outcome(a.outcome, "passed", "failed", out)) return;
  if (a.experts.empty())
    return bad_field(out, "缺少论证专家 experts", "args.experts is empty: experts review a plan");
  if (!other_person(command, i.procedures.applicant, out)) return;
  i.procedures.experts = a.experts;
  i.dirty.procedures = true;
  if (a.outcome == "passed") return author(i, to, out);
  not_passed(i, "review-failed", {"未通过专家论证", "did not pass the experts' review"}, out);
}

void carry_out(Integration& i, const IntegrationApprove& a, const Command& command, IntegrationLife to,
               const Context&, Effects& out) {
  if (!is_outcome(a.outcome, "approved", "refused", out)) return;
  if (!other_person(command, i.procedures.applicant, out)) return;
  if (a.outcome == "refused")
    return not_passed(i, "approval-refused", {"未获领导小组批准", "was not approved by the leading group"}, out);
  if (!i.procedures.amendment) return move_to(i, to, out);
  auto& r = i.record; // the new plan takes the place of the old one
  r.unit = i.procedures.amendment->unit;
  r.plan = i.procedures.amendment->plan;
  r.manifest = r.scope = i.procedures.amendment->manifest;
  r.drift.clear();
  i.procedures.amendment.reset();
  i.dirty.procedures = true;
  move_to(i, r.life, out);
}

// ---- building and inspection -----------------------------------------------------------------------------------------

void carry_out(Integration& i, const IntegrationBuildStart&, const Command&, IntegrationLife to, const Context&,
               Effects& out) {
  i.procedures.tests.clear();
  i.dirty.procedures = true;
  move_to(i, to, out);
}

void carry_out(Integration& i, const IntegrationJointDebugRecord& a, const Command&, IntegrationLife to,
               const Context&, Effects& out) {
  if (a.tests.empty()) return bad_field(out, "缺少联调结果 tests", "args.tests is empty");
  for (const auto& t : a.tests) {
    if (t.result != "green" && t.result != "red")
      return bad_field(out, "联调结果 result 须为 green 或 red", "args.tests: result is green or red");
    if (!valid_id(t.id)) return bad_field(out, "联调项目 id 无效:" + t.id, "args.tests: no identifier: " + t.id);
  }
  auto& tests = i.procedures.tests;
  auto after = tests;
  for (const auto& t : a.tests) after[t.id] = t.result;
  if (after.size() > Integration::Procedures::kMaxTests)
    return bad_field(out, "联调项目过多", "args.tests: too many tests");
  tests = std::move(after);
  i.dirty.procedures = true;
  move_to(i, to, out);
}

/// What stands between this integration and its inspection (R6.2, R6.3).
std::optional<Text> not_ready(const Integration& i) {
  if (i.record.life == IntegrationLife::rectifying) {
    if (has_open_orders(i)) return Text{"尚有未结案的整改令", "an order of rectification is not closed yet"};
    return std::nullopt;
  }
  for (const auto& [id, result] : i.procedures.tests)
    if (result != "green") return Text{"联调项目 " + id + " 未通过", "the test " + id + " is not green"};
  if (i.procedures.tests.empty()) return Text{"没有联调结果", "no test was recorded"};
  if (i.devices.installed.empty()) return Text{"没有安装设备", "no device is installed"};
  for (const auto& device : i.record.manifest.devices)
    if (!i.devices.installed.contains(device))
      return Text{"方案中的设备 " + device + " 未安装", "the device " + device + " of the plan is not installed"};
  return std::nullopt;
}

void carry_out(Integration& i, const IntegrationAcceptanceRequest&, const Command& command, IntegrationLife to,
               const Context&, Effects& out) {
  if (const auto why = not_ready(i))
    return illegal(out, "接入系统 " + i.id + " 尚不能申请验收:" + why->zh,
                   "the integration " + i.id + " is not ready for its acceptance: " + why->en);
  i.procedures.inspection_asked_by = command.actor;
  i.dirty.procedures = true;
  move_to(i, to, out);
}

void carry_out(Integration& i, const IntegrationAcceptanceRecord& a, const Command& command, IntegrationLife to,
               const Context& context, Effects& out) {
  if (!is_outcome(a.outcome, "accepted", "rejected", out)) return;
  if (!other_person(command, i.procedures.inspection_asked_by, out)) return;
  if (a.outcome == "accepted") return move_to(i, to, out);
  if (a.items.empty())
    return bad_field(out, "验收不合格须逐项写明 items",
                     "args.items is empty: a rejection says what must be rectified");
  std::string items;
  for (const auto& item : a.items) items += (items.empty() ? "" : "; ") + item;
  RectificationRecord order;
  order.id = free_order_id(i, "acceptance-", i.procedures.rejections);
  order.violation = "acceptance";
  order.control = "6";
  order.items = a.items;
  i.record.life = IntegrationLife::rectifying;
  give_order(i, std::move(order), {}, {"验收不合格,须整改:" + items, "the acceptance failed: " + items},
             context.policy_at(command.origin.time), context, out);
  push_view(i, out);
}

// ---- while live ------------------------------------------------------------------------------------------------------

void carry_out(Integration& i, const IntegrationSuspend& a, const Command&, IntegrationLife to,
               const Context& context, Effects& out) {
  move_to(i, to, out);
  tell(i,
       {"integration-suspended",
        "7",
        {"接入系统 " + i.id + " 自 " + minute_text(context.now) + " 起暂停接入:" + a.reasons + "。",
         "The integration " + i.id + " is suspended from " + minute_text(context.now) + " on: " + a.reasons + "."},
        {},
        std::string(kObjection)},
       out);
}

void carry_out(Integration& i, const IntegrationResume& a, const Command&, IntegrationLife to, const Context& context,
               Effects& out) {
  move_to(i, to, out);
  tell(i,
       {"integration-resumed",
        "7",
        {"接入系统 " + i.id + " 自 " + minute_text(context.now) + " 起恢复接入:" + a.reasons + "。",
         "The integration " + i.id + " works again from " + minute_text(context.now) + " on: " + a.reasons + "."},
        {},
        {}},
       out);
}

void carry_out(Integration& i, const IntegrationTerminate& a, const Command& command, IntegrationLife to,
               const Context& context, Effects& out) {
  const bool whole = a.scope == "integration";
  if (!whole && a.scope != "device" && a.scope != "subsystem")
    return bad_field(out, "范围 scope 须为 device、subsystem 或 integration",
                     "args.scope is device, subsystem or integration");
  if (!whole && a.devices.empty())
    return bad_field(out, "须写明设备 devices", "args.devices is empty: name the devices");
  if (!is_article(a.control) || !is_under(a.control, "11"))
    return bad_field(out, "依据 control 须为第十一条的条款,如 11(1)",
                     "args.control is a clause of Article 11, e.g. 11(1)");
  if (a.days && !is_days(*a.days, out)) return;
  for (const auto& device : a.devices)
    if (!i.devices.ids.contains(device))
      return out.refuse("UNKNOWN_TARGET", {"设备 " + device + " 不属于接入系统 " + i.id,
                                           "the device " + device + " is none of the integration " + i.id});
  RectificationRecord order;
  order.id = free_order_id(i, "termination-", i.procedures.terminations);
  order.violation = a.control;
  order.control = a.control;
  order.termination = whole;
  if (!whole) order.devices = a.devices;
  const std::string id = order.id;
  if (whole) {
    i.record.life = to;
    i.record.access = "terminated";
  }
  std::string names;
  for (const auto& device : a.devices) names += (names.empty() ? "" : ", ") + device;
  give_order(i, std::move(order), a.days,
             whole ? Text{"终止接入服务:" + a.reasons, "access was terminated: " + a.reasons}
                   : Text{"设备 " + names + " 终止接入:" + a.reasons,
                          "access of " + names + " was terminated: " + a.reasons},
             context.policy_at(command.origin.time), context, out);
  if (whole) return push_view(i, out);
  for (const auto& device : a.devices)
    out.sends.push_back({{Kind::device, device}, msg::DeviceStopped{i.id, id, true, a.reasons}});
}

void carry_out(Integration& i, const IntegrationScopeSet& a, const Command&, IntegrationLife, const Context&,
               Effects& out) {
  if (const auto faults = wider_than(a.scope, i.record.scope))
    return out.refuse("BAD_FIELD",
                      {"范围只能收窄;" + faults->zh + "。需扩大范围的,请提交新的方案(integration.plan.submit)",
                       "a scope is only made narrower; " + faults->en +
                           "; to widen it submit a new plan (integration.plan.submit)"});
  i.record.scope = narrowed(i.record.scope, a.scope);
  publish_status(i, out);
  push_view(i, out);
}

void carry_out(Integration& i, const IntegrationHandover& a, const Command&, IntegrationLife, const Context& context,
               Effects& out) {
  if (!valid_id(a.unit)) return bad_field(out, "责任单位 unit 无效", "args.unit is not an identifier");
  for (const auto& owner : a.owners)
    if (!valid_id(owner))
      return bad_field(out, "负责人 owners 无效:" + owner, "args.owners: no identifier: " + owner);
  const Text text = {
      "接入系统 " + i.id + " 自 " + minute_text(context.now) + " 起由 " + a.unit + " 负责。",
      "The unit " + a.unit + " answers for the integration " + i.id + " from " + minute_text(context.now) + " on."};
  tell(i, {"integration-handed-over", "4", text, {}, {}}, out);
  i.record.unit = a.unit;
  i.record.owners = a.owners;
  tell(i, {"integration-handed-over", "4", text, {}, {}}, out);
  publish_status(i, out);
  push_view(i, out);
}

void carry_out(Integration& i, const IntegrationRetire&, const Command& command, IntegrationLife,
               const Context& context, Effects& out) {
  const Policy& policy = context.policy_at(command.origin.time);
  for (auto& order : i.procedures.orders)
    if (order.state != OrderState::closed) stop_order_timers(order, policy, out);
  move_to(i, IntegrationLife::retired, out);
  tell(i,
       {"integration-retired",
        "6",
        {"接入系统 " + i.id + " 自 " + minute_text(context.now) + " 起停用。",
         "The integration " + i.id + " was retired at " + minute_text(context.now) + "."},
        {},
        {}},
       out);
}

template <class T>
void carry_out(Integration& i, const T& args, const Command& command, IntegrationLife, const Context& context,
               Effects& out) {
  if constexpr (requires { apply(i, command, args, context, out); })
    apply(i, command, args, context, out);
  else
    bad_field(out, command.name + " 不是接入系统命令", command.name + " is not a command for integrations");
}

bool is_authoring(std::string_view command) {
  constexpr std::string_view names[] = {"integration.plan.accept", "integration.plan.return", "integration.apply",
                                        "integration.review.record", "integration.approve"};
  return std::ranges::find(names, command) != std::end(names);
}

} // namespace

void step(IntegrationState& i, const Command& command, const Context& context, Effects& out) {
  const std::string_view name = command.info().name;
  auto& r = i.record;
  if (r.life == IntegrationLife::unknown &&
      find_move<IntegrationLife>(kIntegrationMoves, name, IntegrationLife::unknown) == nullptr)
    return out.refuse("UNKNOWN_TARGET",
                      {"没有接入系统 " + i.id + ";请先提交方案(integration.plan.submit)",
                       "there is no integration " + i.id + "; submit a plan first (integration.plan.submit)"});
  if (command.role == "integration-owner" && r.life != IntegrationLife::unknown &&
      std::ranges::find(r.owners, command.actor) == r.owners.end())
    return out.refuse("NOT_OWNER", {command.actor + " 不是接入系统 " + i.id + " 的负责人",
                                    command.actor + " is not among the owners of the integration " + i.id});

  const bool anytime = std::ranges::find(kIntegrationAnytime, name) != std::end(kIntegrationAnytime);
  const IntegrationLife now = is_authoring(name) ? authoring(i) : r.life;
  const auto* move = find_move<IntegrationLife>(kIntegrationMoves, name, now);
  const Text what = {"接入系统 " + i.id, "the integration " + i.id};
  if (r.life == IntegrationLife::retired) // also for a new plan that was on its way then
    return illegal(out, what.zh + " 已停用,不能执行 " + command.name,
                   what.en + " is retired; " + command.name + " comes too late");
  if (move == nullptr && !anytime) return refuse_move<IntegrationLife>(kIntegrationMoves, what, name, now, out);
  const IntegrationLife to = move == nullptr ? r.life : move->to;
  std::visit([&](const auto& args) { carry_out(i, args, command, to, context, out); }, command.args);
}

} // namespace onecode
