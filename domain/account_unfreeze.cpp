// The reviewed way out of a hold: application, then review by somebody else (Articles 8 and 10; R10.3, REGULATION §4).
#include <algorithm>

#include "domain/account_procedures.hpp"
#include "domain/explain.hpp"

namespace onecode {
namespace {

/// Holds of Article 8 that an application may end: set by hand without a case, or of a case that is closed or whose term
/// is served. What a running case decides is not decided here.
bool may_end(AccountState& a, const Hold& h, Time now) {
  if (h.article != "8" || h.provisional) return false;
  const CaseRecord* c = h.case_id.empty() ? nullptr : find_case(a, h.case_id);
  return c == nullptr || c->state == CaseState::closed || (c->term_until && *c->term_until <= now);
}

bool known_article(const std::string& article, Effects& out) {
  if (article == "8" || article == "10") return true;
  bad_field(out, "依据只能是 8 或 10,不能是 " + article, "the article is 8 or 10, not " + article);
  return false;
}

void refuse_overdraft(const AccountState& a, const Command& command, Effects& out) {
  const Overdraft& o = *a.ledger.overdraft;
  refuse_move<OverdraftState>(kOverdraftMoves, {"账户 " + a.id + " 的透支", "the overdraft of the account " + a.id},
                              command.name, o.state, out);
  if (o.state != OverdraftState::open) return;
  const std::string debt = std::to_string(-a.ledger.balance.value);
  out.refusal->text.zh += ";尚欠 " + debt + " 分,全部清偿后方可申请";
  out.refusal->text.en += "; " + debt + " fen are outstanding, and all of it comes before the application";
}

void refused(AccountState& a, std::string_view article, const UnfreezeReview& args, Effects& out) {
  const std::string reasons = args.reasons.value_or("");
  tell(a,
       {"unfreeze-refused",
        article,
        {"您解除限制的申请未获批准" + (reasons.empty() ? "" : "。理由:" + reasons) + "。",
         "Your application to end the limit was refused" + (reasons.empty() ? "" : ". Reasons: " + reasons) + "."},
        {},
        "可补充材料后再次申请(unfreeze.apply)。 / You may apply again with more material (unfreeze.apply).",
        {}},
       out);
}

} // namespace

const AccountState::Application* waiting_application(const AccountState& a) {
  const auto& application = a.procedures->application;
  const bool alive = application && std::ranges::any_of(a.file.holds.all(), [&](const Hold& h) {
                       return std::ranges::find(application->holds, h.id) != application->holds.end();
                     });
  return alive ? &*application : nullptr;
}

void apply(AccountState& a, const Command& command, const UnfreezeApply& args, const Context& context, Effects& out) {
  if (!known_article(args.article, out)) return;
  if (args.article == "10") {
    const auto* move = find_move<OverdraftState>(kOverdraftMoves, command.name, a.ledger.overdraft->state);
    if (move == nullptr) return refuse_overdraft(a, command, out);
    Overdraft& o = a.ledger.overdraft.edit();
    o.state = move->to;
    o.applicant = command.actor;
    o.applied = context.now;
    a.dirty.ledger = true;
    return;
  }
  if (waiting_application(a) != nullptr)
    return illegal(out, "已有待审核的解除申请", "an application is waiting for its review already");
  std::vector<std::string> holds;
  for (const auto& h : a.file.holds.all())
    if (may_end(a, h, context.now)) holds.push_back(h.id);
  if (holds.empty())
    return illegal(
        out, "账户 " + a.id + " 没有可申请解除的第八条冻结:案件须已结案或期限已满",
        "the account " + a.id + " has no hold of Article 8 to apply for: its case must be closed or its term served");
  a.procedures.edit().application = AccountState::Application{command.actor, context.now, std::move(holds)};
  a.dirty.procedures = true;
}

void apply(AccountState& a, const Command& command, const UnfreezeReview& args, const Context& context,
           Effects& out) {
  if (!known_article(args.article, out)) return;
  if (args.outcome != "approved" && args.outcome != "refused")
    return bad_field(out, "结论 outcome 须为 approved 或 refused", "args.outcome is approved or refused");
  const bool approved = args.outcome == "approved";
  const Text why = {"申请经审核同意。", "the application was approved."};
  const auto other_person = [&](const std::string& applicant) {
    if (command.actor != applicant) return true;
    same_person(out, "审核人不能是申请人", "the reviewer must be somebody else than the applicant");
    return false;
  };

  if (args.article == "10") {
    // A debt that came between application and review has re-opened the overdraft: no row leads on from there.
    if (find_move<OverdraftState>(kOverdraftMoves, command.name, a.ledger.overdraft->state) == nullptr)
      return refuse_overdraft(a, command, out);
    if (!other_person(a.ledger.overdraft->applicant)) return;
    a.dirty.ledger = true;
    if (!approved) {
      Overdraft& o = a.ledger.overdraft.edit();
      o.state = OverdraftState::cleared;
      o.applicant.clear();
      o.applied.reset();
      return refused(a, "10", args, out);
    }
    a.ledger.overdraft = {};
    lift_holds(
        a, [](const Hold& h) { return h.article == "10"; }, why, context, out);
    return;
  }

  const auto* application = waiting_application(a);
  if (application == nullptr)
    return illegal(out, "没有待审核的解除申请,请持有人先申请(unfreeze.apply)",
                   "there is no application to review; the holder applies first (unfreeze.apply)");
  if (!other_person(application->by)) return;
  const std::vector<std::string> asked = application->holds;
  a.procedures.edit().application.reset();
  a.dirty.procedures = true;
  if (!approved) return refused(a, "8", args, out);
  lift_holds(
      a, [&](const Hold& h) { return may_end(a, h, context.now) && std::ranges::find(asked, h.id) != asked.end(); },
      why, context, out);
}

} // namespace onecode
