// Forgetting an account: what the engine keeps of it is destroyed by two people, once nothing keeps it any more
// (docs/decisions/0035-what-forgetting-leaves.md). What is left is the id and when, so that it is not used again.
#include <algorithm>
#include <set>

#include "domain/account_procedures.hpp"
#include "domain/account_readers.hpp"
#include "domain/campus.hpp"
#include "domain/explain.hpp"

namespace onecode {
namespace {

constexpr std::string_view kForgetTimer = "forget";
constexpr Duration kProposalStands = days(30);

using Forgetting = AccountState::Forgetting;

bool gives_reason(const Command& command, Effects& out) {
  if (command.reason.find_first_not_of(" \t\r\n") != std::string::npos) return true;
  bad_field(out, "须写明清除账户的理由 reason", "reason, why the account is to be forgotten, is empty");
  return false;
}

/// When it ended, of an account that did.
Time ended(const AccountState& a) {
  if (!a.profile.cancelled) return a.profile.valid_to.value_or(a.profile.valid_from);
  if (a.profile.cancelled_at) return *a.profile.cancelled_at;
  Time last = a.profile.valid_from; // cancelled before that was kept: not before its cases
  for (const auto& c : a.procedures->cases) last = std::max({last, c.notified, c.decided.value_or(c.notified)});
  return last;
}

Text open_case(const CaseRecord& c) {
  const Text name = {"案件 " + c.id, "the case " + c.id};
  switch (c.state) {
    case CaseState::notified: {
      const std::string until = minute_text(c.statement_due);
      return {name.zh + " 尚未决定(陈述期至 " + until + ")",
              name.en + " is not decided (the holder's statement: until " + until + ")"};
    }
    case CaseState::statement:
      return {name.zh + " 尚未决定", name.en + " is not decided"};
    case CaseState::decided: {
      const std::string until = minute_text(c.appeal_due);
      return {name.zh + " 的申诉期至 " + until + " 止", name.en + " may be appealed against until " + until};
    }
    case CaseState::appealed: {
      const std::string until = minute_text(c.answer_due.value_or(c.appeal_due));
      return {name.zh + " 的申诉尚未答复(期限 " + until + ")",
              "the appeal in " + name.en + " is not answered (due " + until + ")"};
    }
    case CaseState::closed:
      break;
  }
  return {};
}

Text standing_hold(const Hold& h) {
  const bool protective = h.article == "protective";
  const std::string until = h.expires ? minute_text(*h.expires) : "";
  return {(protective ? "保护性冻结" : "依第" + std::string(h.article == "10" ? "十" : "八") + "条的冻结") +
              (h.expires ? "(至 " + until + ")" : "(未解除)"),
          (protective ? "a protective hold" : "a hold under Article " + h.article) +
              (h.expires ? " until " + until : " that was not lifted")};
}

Text debt(const AccountState& a) {
  if (a.ledger.overdraft->state == OverdraftState::open) {
    const std::string fen = std::to_string(-a.ledger.balance.value);
    return {"第十条透支款项 " + fen + " 分尚未清偿", "a debt of " + fen + " fen under Article 10 is outstanding"};
  }
  return {"第十条透支款项已清偿,解除冻结尚待申请和审核",
          "the debt under Article 10 is repaid, and the end of its hold not yet applied for and reviewed"};
}

/// Everything that keeps the account, each with the time until which it does, where that is known.
std::vector<Text> what_keeps(const AccountState& a, const Context& context) {
  std::vector<Text> all;
  // What was to end with a hold has ended for good with a cancellation, and no command lifts its holds any more.
  const bool cancelled = a.profile.cancelled;
  if (!cancelled) {
    for (const auto& h : a.file.holds.all()) all.push_back(standing_hold(h));
    if (waiting_application(a) != nullptr)
      all.push_back({"解除冻结的申请尚待审核", "an application to end a hold waits for its review"});
  }
  Time last_case{};
  for (const auto& c : a.procedures->cases) {
    if (c.state != CaseState::closed) all.push_back(open_case(c));
    last_case = std::max(last_case, c.closed.value_or(Time{}));
  }
  for (const auto& claim : a.procedures->liabilities) last_case = std::max(last_case, claim.at);
  const auto overdraft = a.ledger.overdraft->state;
  if (overdraft == OverdraftState::open || (overdraft != OverdraftState::none && !cancelled)) all.push_back(debt(a));
  if (const auto& f = a.file.finding; f && f->band >= Band::propose) {
    const std::string until = minute_text(f->last_hit + kQuiet);
    all.push_back({"线索 " + f->uid + " 的处置建议尚无人决定(无新情况则于 " + until + " 关闭)",
                   "the finding " + f->uid + " proposes an act that nobody decided on (closes at " + until +
                       " if nothing follows)"});
  }
  const Retention& retention = context.policy_at(context.now).retention;
  const Time end = ended(a), kept = end + days(retention.account_days);
  if (context.now < kept)
    all.push_back({"账户于 " + minute_text(end) + " 终止,保存期至 " + minute_text(kept) + " 止",
                   "the account ended at " + minute_text(end) + " and is kept until " + minute_text(kept)});
  if (const Time until = last_case + days(retention.case_days); last_case != Time{} && context.now < until)
    all.push_back({"案件和赔偿记录保存期至 " + minute_text(until) + " 止",
                   "its cases and claims are kept until " + minute_text(until)});
  return all;
}

/// Else refused, naming all that keeps it.
bool nothing_keeps(const AccountState& a, const Context& context, Effects& out) {
  const auto all = what_keeps(a, context);
  if (all.empty()) return true;
  Text text = {"账户 " + a.id + " 现在不能清除", "the account " + a.id + " cannot be forgotten now"};
  for (std::size_t i = 0; i < all.size(); ++i) {
    text.zh += (i == 0 ? ":" : ";") + all[i].zh;
    text.en += (i == 0 ? ": " : "; ") + all[i].en;
  }
  illegal(out, std::move(text.zh), std::move(text.en));
  return false;
}

const Forgetting* standing_proposal(const AccountState& a, Time now) {
  const auto& f = a.procedures->forgetting;
  return f && now < f->at + kProposalStands ? &*f : nullptr;
}

/// Ends a proposal that was not confirmed, and says so to its author.
void drop_proposal(AccountState& a, const Text& why, Effects& out) {
  const Forgetting f = *a.procedures->forgetting;
  a.procedures.edit().forgetting.reset();
  a.dirty.procedures = true;
  tell(a,
       {"forgetting-lapsed",
        "",
        {"清除账户 " + a.id + " 的建议(命令 " + f.command + ")已失效:" + why.zh,
         "The proposal to forget the account " + a.id + " (command " + f.command + ") has lapsed: " + why.en},
        {},
        "如仍需清除,请重新提出(account.forget.propose)。 / If it is still wanted, propose it again "
        "(account.forget.propose).",
        {},
        f.by},
       out);
}

/// Whoever keeps the account's id for a rule, as far as the account knows them.
void tell_those_who_know(const AccountState& a, Effects& out) {
  std::set<std::string> handsets, devices;
  for (const auto& b : a.profile.handsets) handsets.insert(b.handset);
  for (const auto& h : a.usage.handsets)
    if (kept_handset(h.handset) == h.handset)
      handsets.insert(h.handset); // a shortened one reaches nobody, and no harm is done
  a.ring.each([&](const Sighting& s) { devices.insert(s.device); });
  for (const auto& r : a.file.readers) devices.insert(r.device);
  for (const auto& id : handsets) out.sends.push_back({{Kind::handset, id}, msg::AccountForgotten{a.id}});
  for (const auto& id : devices) out.sends.push_back({{Kind::device, id}, msg::AccountForgotten{a.id}});
  out.sends.push_back({kBreaker, msg::AccountsOpened{-1}});
}

} // namespace

void apply(AccountState& a, const Command& command, const AccountForgetPropose&, const Context& context,
           Effects& out) {
  if (!gives_reason(command, out) || !nothing_keeps(a, context, out)) return;
  if (const auto* f = standing_proposal(a, context.now))
    return illegal(out, "已于 " + minute_text(f->at) + " 建议清除该账户(命令 " + f->command + "),待另一人确认",
                   "forgetting it was proposed at " + minute_text(f->at) + " (command " + f->command +
                       ") and waits for another person");
  const Time until = context.now + kProposalStands;
  a.procedures.edit().forgetting = Forgetting{command.actor, command.origin.id, context.now};
  a.dirty.procedures = true;
  out.timers.push_back({std::string(kForgetTimer), until});
  const std::string fen = std::to_string(a.ledger.balance.value);
  tell(a,
       {"forgetting-proposed",
        "",
        {"登记员 " + command.actor + " 建议清除账户 " + a.id + " 的全部记录(命令 " + command.origin.id +
             "),理由:" + command.reason + "。请由另一人在 " + minute_text(until) + " 前确认。" +
             (a.ledger.started ? "支付系统最后一笔记账后余额 " + fen + " 分,请先核对是否结清。" : ""),
         "The registrar " + command.actor + " proposes to forget the account " + a.id + " (command " +
             command.origin.id + "). Reason: " + command.reason + ". Another person confirms it before " +
             minute_text(until) + "." +
             (a.ledger.started ? " After the last posting its balance was " + fen + " fen: is that settled?" : "")},
        until,
        "确认:account.forget.confirm,此后无法恢复。不应清除的,不予确认,到期自动失效。 / To confirm: "
        "account.forget.confirm; it cannot be undone. What is not confirmed lapses.",
        {},
        std::string(kInformationCentre)},
       out);
  tell(a,
       {"forgetting-proposed",
        "",
        {"您的一码通账户已经终止,现建议删除系统保存的全部记录,须由另一人在 " + minute_text(until) + " 前确认。",
         "Your one-code account has ended. It is proposed to delete everything that the system keeps of it; another "
         "person must confirm that before " +
             minute_text(until) + "."},
        until,
        "如需留存自己的记录或有异议,请在此之前联系登记员。 / If you need your records or object, ask the registrar "
        "before that.",
        {}},
       out);
}

void apply(AccountState& a, const Command& command, const AccountForgetConfirm&, const Context& context,
           Effects& out) {
  if (!gives_reason(command, out)) return;
  const auto* f = standing_proposal(a, context.now);
  if (f == nullptr)
    return illegal(out, "没有待确认的清除建议,请登记员先提出(account.forget.propose)",
                   "no proposal to forget the account waits; a registrar proposes it first (account.forget.propose)");
  // Something may have come up since it was proposed.
  if (!nothing_keeps(a, context, out)) return;
  if (command.actor == f->by)
    return same_person(out, "清除账户须由建议者以外的人确认",
                       "forgetting is confirmed by somebody else than who proposed it");
  const Forgetting proposal = *f;

  tell_those_who_know(a, out);
  stop_timers(a, out);
  out.timers.push_back({std::string(kForgetTimer), std::nullopt});
  if (a.file.finding) settle_evidence(a, {"账户已清除。", "The account was forgotten."}, context, out);
  if (a.file.revision != 0) out.outputs.emplace_back(FreezeRecord{a.id, {}, 0, {}, true});
  // Not to the person: nothing more is written under their id.
  tell(a,
       {"account-forgotten",
        "",
        {"账户 " + a.id + " 的全部记录已于 " + minute_text(context.now) + " 清除。建议:" + proposal.by + "(命令 " +
             proposal.command + "),确认:" + command.actor + "(命令 " + command.origin.id + ")。编号保留,不再使用。",
         "Everything kept of the account " + a.id + " was destroyed at " + minute_text(context.now) +
             ". Proposed by " + proposal.by + " (command " + proposal.command + "), confirmed by " + command.actor +
             " (command " + command.origin.id + "). The id stays, and is not used again."},
        {},
        "无法恢复;此人返校的,请用新的编号开户(account.open)。 / It cannot be undone; somebody who comes back gets an "
        "account with another id (account.open).",
        {},
        proposal.by},
       out);

  AccountState left;
  left.id = a.id;
  left.profile.forgotten = context.now;
  left.dirty.profile = left.dirty.forgotten = true;
  a = std::move(left);
}

void keep_account(AccountState& a, Effects& out) {
  if (!a.procedures->forgetting) return;
  out.timers.push_back({std::string(kForgetTimer), std::nullopt});
  drop_proposal(a, {"账户已恢复使用。", "the account is used again."}, out);
}

bool forget_timer(AccountState& a, const msg::TimerFired& timer, Effects& out) {
  if (timer.name != kForgetTimer) return false;
  if (a.procedures->forgetting && a.procedures->forgetting->at + kProposalStands <= timer.due)
    drop_proposal(a, {"30 日内无人确认。", "nobody confirmed it within 30 days."}, out);
  return true;
}

} // namespace onecode
