// The campus' registers: projects that must integrate (R2.3), approved schemes (R2.4), interpretations (R12.1).
#include "domain/campus.hpp"
#include "domain/device_findings.hpp"
#include "domain/rules/r2_4_similar_credential.hpp"

namespace onecode {
namespace {

FindingSubject subject(CampusState& c) { return {Kind::campus, c.id, c.file, c.dirty}; }

/// Article 2: what verifies identities, takes fees or manages permissions must integrate.
void apply(CampusState& c, const Command& command, const ProjectRegister& args, const Context& context,
           Effects& out) {
  CampusState::Project p{args.unit, args.integration.value_or(""), args.identity.value_or(false),
                         args.fees.value_or(false), args.permissions.value_or(false)};
  const bool must = p.identity || p.fees || p.permissions;
  const bool missing = must && p.integration.empty();
  c.registered.project = std::move(p);
  c.dirty = true;
  if (!missing)
    return close_finding(subject(c), RuleId::R2_3, context.now,
                         {"已接入或无须接入,予以关闭。", "It is integrated or need not be, closed."}, context, out);

  const RuleSettings& settings = context.policy_at(command.origin.time).rule(RuleId::R2_3);
  const Hit hit = make_hit(RuleId::R2_3, settings, command.origin.time,
                           {"涉及身份验证、收费或权限管理而未与“一码通”对接",
                            "it verifies identities, takes fees or manages permissions and is not integrated"},
                           ref(command.origin));
  find_against(subject(c), hit, false, context, out);
  Notice notice;
  notice.to = args.unit;
  notice.about = c.id;
  notice.kind = "project-must-integrate";
  notice.article = "2";
  notice.text = {"项目 " + command.target + " 依《办法》第二条须与“一码通”系统对接,请提交对接方案。",
                 "By Article 2 the project " + command.target + " must integrate with the one-code; submit a plan."};
  notice.remedy =
      "提交方案(integration.plan.submit);如认为不适用,请向信息中心说明。 / Submit a plan "
      "(integration.plan.submit); if Article 2 does not apply, tell the information centre.";
  out.outputs.emplace_back(std::move(notice));
}

void apply(CampusState& c, const Command&, const SchemeApprove& args, const Context& context, Effects& out) {
  if (args.to <= context.now)
    return out.refuse("BAD_FIELD", {"有效期 to 已过", "args.to, the end of the approval, is in the past"});
  c.registered.scheme = CampusState::Scheme{args.name, args.to};
  c.foreign = {};
  c.dirty = true;
  close_finding(subject(c), RuleId::R2_4, context.now, {"已获批准,予以关闭。", "The scheme was approved, closed."},
                context, out);
}

void apply(CampusState& c, const Command& command, const InterpretationIssue& args, const Context& context,
           Effects&) {
  auto& list = c.registered.interpretations;
  const std::int64_t version = list.empty() ? 1 : list.back().version + 1;
  if (list.size() == CampusState::Register::kMaxInterpretations) list.erase(list.begin());
  list.push_back({version, args.note, args.hash, command.actor, context.now});
  c.dirty = true;
}

} // namespace

// R2.4: a scheme that nobody approved, and people use it. One stray code is nothing.
void step(CampusState& c, const msg::ForeignCode& code, const Context& context, Effects& out) {
  if (const auto& scheme = c.registered.scheme; scheme && code.at < scheme->to) return;
  const RuleSettings& settings = context.policy_at(code.at).rule(RuleId::R2_4);
  count_as_candidate(RuleId::R2_4, context, out, [&](const RuleSettings& s, const Policy&) {
    auto as_it_was = c.foreign; // the rule remembers as it judges
    return rules::similar_credential(as_it_was, code, s);
  });
  if (settings.mode == Mode::off) return;
  if (const auto hit = rules::similar_credential(c.foreign, code, settings))
    find_against(subject(c), *hit, false, context, out);
  c.dirty = true;
}

void step(CampusState& c, const Command& command, const Context& context, Effects& out) {
  std::visit(
      [&](const auto& args) {
        if constexpr (requires { apply(c, command, args, context, out); })
          apply(c, command, args, context, out);
        else
          out.refuse("BAD_FIELD",
                     {command.name + " 不是登记命令", command.name + " is not a command for a register"});
      },
      command.args);
}

void step(CampusState& c, const msg::TimerFired& timer, const Context& context, Effects& out) {
  // A project that must integrate stays found until it does: quiet is no reason to close.
  if (open_finding(c.file, RuleId::R2_3) != nullptr) {
    out.timers.push_back({timer.name, timer.due + kQuiet});
    return;
  }
  quiet_timer(subject(c), timer, context, out);
}

} // namespace onecode
