// Commands for an account (COMMANDS.md, "Accounts"). Each is applied whole or refused with a sentence for the clerk.
#include <algorithm>

#include "domain/account_candidate.hpp"
#include "domain/account_machine.hpp"
#include "domain/account_procedures.hpp"
#include "domain/account_size.hpp"
#include "domain/explain.hpp"
#include "domain/functions.hpp"
#include "domain/rules/a07_handset_churn.hpp"
#include "domain/rules/a16_failed_check.hpp"
#include "domain/rules/a17_tipoff.hpp"
#include "domain/rules/params.hpp"

namespace onecode {
namespace {

constexpr Duration kApprovedOther = days(365); // R2.1: approved-other lasts one year at most
constexpr Duration kLeapYear = days(366);      // … to the same day of the next year
constexpr std::size_t kMaxHandsets = 16;       // bound now or before

void unknown_account(const AccountState& a, Effects& out) {
  out.refuse("UNKNOWN_TARGET", {"账户 " + a.id + " 尚未开户", "there is no account " + a.id});
}

/// "identity, payment" …
std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& w : words) out += (out.empty() ? "" : ", ") + w;
  return out;
}

bool liftable_article(const std::string& article, Effects& out) {
  if (article == "8" || article == "protective") return true;
  if (article == "10")
    bad_field(out, "第十条的冻结由系统按欠款设立,清偿并经审核后解除,不能用本命令",
              "a hold under Article 10 follows the debt: it ends by repayment, application and review, not by this "
              "command");
  else
    bad_field(out, "依据只能是 8 或 protective,不能是 " + article, "the article is 8 or protective, not " + article);
  return false;
}

// ---- R2.1: opening
// -------------------------------------------------------------------------------------------------

void apply(AccountState& a, const Command& command, const AccountOpen& args, const Context& context, Effects& out) {
  const Policy& policy = context.policy_at(command.origin.time);
  if (!policy.categories.contains(args.category)) {
    std::vector<std::string> known;
    for (const auto& [name, functions] : policy.categories) known.push_back(name);
    return bad_field(out, "策略中没有人员类别 " + args.category + ",现有:" + joined(known),
                     "the policy has no category " + args.category + "; there are: " + joined(known));
  }
  if (args.category == "temporary" && !args.valid_to)
    return bad_field(out, "临时人员账户必须有截止日期 valid_to", "a temporary account needs an end date, valid_to");
  if (args.valid_to && *args.valid_to <= args.valid_from)
    return bad_field(out, "截止日期 valid_to 须晚于 valid_from", "valid_to must be after valid_from");
  std::optional<Time> valid_to = args.valid_to;
  if (args.category == "approved-other") {
    if (!args.approver || args.approver->empty())
      return bad_field(out, "其他经批准人员的账户须写明批准人 approver",
                       "an approved-other account needs its approver");
    if (!valid_to) valid_to = args.valid_from + kApprovedOther;
    if (*valid_to > args.valid_from + kLeapYear)
      return bad_field(out, "其他经批准人员的账户最长一年", "an approved-other account lasts one year at most");
  }
  auto& p = a.profile;
  p.opened = true;
  p.category = args.category;
  p.valid_from = args.valid_from;
  p.valid_to = valid_to;
  p.approver = args.approver.value_or("");
  p.holder = args.holder.value_or("");
  p.test = args.test;
  a.dirty.profile = true;
  ++out.tally.accounts_opened;
}

// ---- handsets
// ------------------------------------------------------------------------------------------------------

void apply(AccountState& a, const Command& command, const HandsetBind& args, const Context& context, Effects& out) {
  if (!valid_id(args.handset))
    return bad_field(out, "手机编号 handset 无效", "handset is not an identifier of 1 to 64 characters");

  if (args.replaces == args.handset)
    return bad_field(out, "replaces 与 handset 是同一部手机",
                     "replaces names the handset that is bound: a new one is wanted");

  const Time now = command.origin.time;
  const BoundHandset* replaced = nullptr;
  const BoundHandset* primary = nullptr;
  std::int64_t secondaries = 0;
  for (const auto& b : a.profile.handsets) {
    if (b.until) continue;
    if (args.replaces == b.handset) {
      replaced = &b;
      continue;
    }
    if (b.handset == args.handset)
      return illegal(out, "手机 " + args.handset + " 已绑定在该账户上",
                     "the handset " + args.handset + " is bound to this account already");
    if (!b.secondary) primary = &b;
    secondaries += b.secondary;
  }
  if (args.replaces && replaced == nullptr)
    return illegal(out, "手机 " + *args.replaces + " 没有绑定在该账户上,无法替换",
                   "the handset " + *args.replaces + " is not bound to this account, so it cannot be replaced");
  if (!args.secondary && primary != nullptr)
    return illegal(out, "已绑定主手机 " + primary->handset + ":请用 replaces 替换它,或登记为副机 secondary",
                   "the handset " + primary->handset + " is bound already: name it in replaces, or bind a secondary");
  const std::int64_t allowed = context.policy_at(now).rule(RuleId::A8)[param::a8::registered_secondaries];
  if (args.secondary && secondaries >= allowed)
    return illegal(out, "副机最多 " + std::to_string(allowed) + " 部",
                   "at most " + std::to_string(allowed) + " secondary handsets are allowed");

  auto& handsets = a.profile.handsets;
  if (replaced != nullptr) handsets[static_cast<std::size_t>(replaced - handsets.data())].until = now;
  if (handsets.size() >= kMaxHandsets) {
    const auto ended = std::ranges::find_if(handsets, [](const BoundHandset& b) { return b.until.has_value(); });
    if (ended != handsets.end()) handsets.erase(ended);
  }
  const bool anew = std::ranges::find(handsets, args.handset, &BoundHandset::handset) == handsets.end();
  handsets.push_back({args.handset, args.secondary, now, {}});
  a.dirty.profile = true;
  const Policy& policy = context.policy_at(now);
  const RuleSettings& a7 = policy.rule(RuleId::A7);
  const EventRef event = ref(command.origin);
  if (!a.profile.test)
    judge_as_candidate(a, RuleId::A7, context, out, [&](const RuleSettings& s, const Policy&) {
      return rules::handset_churn(handsets, now, event, s, a.file.settled);
    });
  if (a7.mode != Mode::off && !a.profile.test)
    if (const auto hit = rules::handset_churn(handsets, now, event, a7, a.file.settled);
        hit && weigh(a, *hit, a7, out))
      respond(a, event, now, policy, context, out);
  // A copied code died with the old key (REGULATION §4): nothing is left to protect against. The same handset taken off and
  // bound again still has the old key.
  if (args.replaces || (!args.secondary && anew))
    lift_holds(
        a, [](const Hold& h) { return h.article == "protective"; },
        {"手机已重新绑定。", "the handset was bound anew."}, context, out);
}

// ---- R8.2: holds by hand
// -------------------------------------------------------------------------------------------

void apply(AccountState& a, const Command& command, const AccountFreeze& args, const Context& context, Effects& out) {
  if (!liftable_article(args.article, out)) return;
  for (const auto& f : args.functions)
    if (!is_function(f)) return bad_field(out, "没有功能 " + f, "there is no function " + f);
  if (args.expires && *args.expires <= context.now)
    return bad_field(out, "截止时间 expires 已过", "expires is in the past");

  Hold hold;
  hold.id = "hold-" + hex(hash128(command.origin.source + "\n" + command.origin.id));
  hold.article = args.article;
  hold.reason = command.reason;
  hold.functions = args.functions.empty() ? kHeldFunctions : args.functions;
  hold.since = std::min(command.origin.time, context.now);
  hold.expires = args.expires;
  hold.case_id = args.case_id.value_or("");
  hold.actor = command.actor;
  hold.role = command.role;
  hold.policy = context.policy_at(command.origin.time).version;
  if (a.file.finding) hold.evidence = {a.file.finding->uid};
  std::ranges::sort(hold.functions);
  hold.functions.erase(std::unique(hold.functions.begin(), hold.functions.end()), hold.functions.end());
  const Text why = command.reason.empty() ? Text{"按工作人员的决定。", "by decision of an officer."}
                                          : Text{command.reason + "。", command.reason + "."};
  if (!add_hold(a, std::move(hold), why, context, out))
    illegal(out, "该命令设立的冻结已经存在", "the hold of this command stands already");
}

void apply(AccountState& a, const Command& command, const AccountLift& args, const Context& context, Effects& out) {
  if (!liftable_article(args.article, out)) return;
  const Text why = command.reason.empty() ? Text{"按工作人员的决定。", "by decision of an officer."}
                                          : Text{command.reason + "。", command.reason + "."};
  const auto named = [&](const Hold& h) {
    return h.article == args.article && (!args.case_id || h.case_id == *args.case_id);
  };
  if (lift_holds(
          a, [&](const Hold& h) { return named(h) && !confirmed(a, h); }, why, context, out))
    return;
  const std::string of_case = args.case_id ? " " + *args.case_id : "";
  if (std::ranges::any_of(a.file.holds.all(), named))
    return illegal(
        out, "该冻结(" + args.article + of_case + ")已由案件决定确认,须由持有人申请(unfreeze.apply)并经审核解除",
        "an upheld case stands behind this hold (" + args.article + of_case +
            "): it ends by application (unfreeze.apply) and review only");
  illegal(out, "账户没有该依据(" + args.article + of_case + ")的冻结",
          "the account has no hold of that article (" + args.article + of_case + ")");
}

// ---- validity: R2.1
// -------------------------------------------------------------------------------------------------

/// The freezes record shows whether an account that stands in it is valid.
void validity_changed(AccountState& a, const Context& context, Effects& out) {
  a.dirty.profile = true;
  if (a.file.revision == 0) return;
  record_holds(a, context.now, out);
  watch_validity(a, context.now, out);
}

void apply(AccountState& a, const Command& command, const AccountRenew& args, const Context& context, Effects& out) {
  const Time now = std::max(context.now, command.origin.time);
  if (args.valid_to <= now)
    return bad_field(out, "新的截止日期 valid_to 已过", "args.valid_to, the new end, is in the past");
  if (a.profile.category == "approved-other" && args.valid_to > now + kLeapYear)
    return bad_field(out, "其他经批准人员的账户每次最长一年", "an approved-other account lasts one year at most");
  a.profile.valid_to = args.valid_to;
  keep_account(a, out);
  validity_changed(a, context, out);
}

void apply(AccountState& a, const Command& command, const AccountClose&, const Context& context, Effects& out) {
  a.profile.valid_to = std::max(context.now, command.origin.time);
  if (*a.profile.valid_to < a.profile.valid_from) a.profile.valid_from = *a.profile.valid_to;
  validity_changed(a, context, out);
  tell(a,
       {"account-closed",
        "2",
        {"您的一码通自 " + minute_text(*a.profile.valid_to) + " 起失效(离校等正常终止)。",
         "Your one-code ends at " + minute_text(*a.profile.valid_to) + " in the ordinary way (you left)."},
        {},
        "如有异议,请联系登记员;账户可以恢复(account.renew)。 / If this is wrong, ask the registrar; the account can "
        "be "
        "renewed (account.renew).",
        {}},
       out);
}

void apply(AccountState& a, const Command& command, const HandsetUnbind& args, const Context&, Effects& out) {
  for (auto& b : a.profile.handsets) {
    if (b.until || b.handset != args.handset) continue;
    b.until = command.origin.time;
    a.dirty.profile = true;
    return;
  }
  illegal(out, "手机 " + args.handset + " 没有绑定在该账户上",
          "the handset " + args.handset + " is not bound to this account");
}

// ---- context that people give
// -------------------------------------------------------------------------------------------------

bool is_window(Time from, Time to, Effects& out) {
  if (from < to) return true;
  bad_field(out, "起止时间 from、to 颠倒", "args.to must be after args.from");
  return false;
}

template <class T>
void keep_last(std::vector<T>& list, T item, std::size_t most) {
  if (list.size() == most) list.erase(list.begin());
  list.push_back(std::move(item));
}

void apply(AccountState& a, const Command&, const DelegationRegister& args, const Context&, Effects& out) {
  if (!valid_id(args.handset)) return bad_field(out, "手机编号 handset 无效", "args.handset is not an identifier");
  if (args.delegate.empty()) return bad_field(out, "缺少受托人 delegate", "args.delegate is empty");
  if (!is_window(args.from, args.to, out)) return;
  for (const auto& f : args.functions)
    if (!is_function(f)) return bad_field(out, "没有功能 " + f, "there is no function " + f);
  keep_last(a.procedures.edit().delegations, {args.delegate, args.handset, args.from, args.to, args.functions},
            AccountState::Procedures::kMaxDelegations);
  a.dirty.procedures = true;
}

void apply(AccountState& a, const Command&, const HolderAbsence& args, const Context& context, Effects& out) {
  if (args.kind != "leave" && args.kind != "internship" && args.kind != "abroad")
    return bad_field(out, "离校类别 kind 须为 leave、internship 或 abroad",
                     "args.kind is leave, internship or abroad");
  if (!is_window(args.from, args.to, out)) return;
  // One that overlaps an earlier one of its kind is its correction.
  const auto corrects = [&](const AccountState::Absence& other) {
    return other.kind == args.kind && other.from < args.to && args.from < other.to;
  };
  std::vector<AccountState::Absence> corrected;
  std::ranges::copy_if(a.procedures->absences, std::back_inserter(corrected), corrects);
  std::erase_if(a.procedures.edit().absences, corrects);
  keep_last(a.procedures.edit().absences, {args.kind, args.from, args.to}, AccountState::Procedures::kMaxAbsences);
  a.dirty.procedures = true;
  const auto covers = [](const std::vector<AccountState::Absence>& list, Time t) {
    return std::ranges::any_of(list,
                               [t](const AccountState::Absence& away) { return away.from <= t && t < away.to; });
  };
  const auto wrong = [&](const EvidenceBook& book) {
    return std::ranges::any_of(book.entries(), [&](const Evidence& e) {
      return e.rule == RuleId::A13 && covers(corrected, e.at) && !covers(a.procedures->absences, e.at);
    });
  };
  if (a.file.candidate && wrong((*a.file.candidate)->evidence)) take_back_as_candidate(a, RuleId::A13);
  if (wrong(a.file.evidence) || wrong(a.file.shadow))
    retract(a, RuleId::A13, {"离校记录已更正。", "the record of the absence was corrected."}, context, out);
}

// ---- evidence that people give: A16, A17
// -------------------------------------------------------------------------------------------------

template <class F>
void take_evidence(AccountState& a, const Command& command, RuleId rule, const Context& context, Effects& out,
                   F&& judge) {
  judge_as_candidate(a, rule, context, out, [&](const RuleSettings& s, const Policy&) { return judge(s); });
  const Time t = command.origin.time;
  const Policy& policy = context.policy_at(t);
  const RuleSettings& settings = policy.rule(rule);
  if (settings.mode == Mode::off) return;
  const std::optional<Hit> hit = judge(settings);
  if (!hit || !weigh(a, *hit, settings, out)) return;
  respond(a, ref(command.origin), t, policy, context, out);
}

/// It was the holder: what happened up to then asks for no other check, whether it is known already or comes late.
void check_passed(AccountState& a, Time at, const Context& context, Effects& out) {
  // A check answers the scan that asked for it, and that reader's clock may be a little ahead of the desk's: by as much as A1
  // grants. A reader that is ahead by more asks once again, until it is found to be wrong.
  const Time answered = at + milliseconds(context.policy_at(at).rule(RuleId::A1)[param::a1::clock_skew_ms]);
  if (!a.file.checked || *a.file.checked < answered) {
    a.file.checked = answered;
    a.dirty.file = true;
  }
  const auto refuted = [&](const EvidenceBook& book, const RuleSettings& s) {
    return std::ranges::any_of(book.entries(), [&](const Evidence& e) {
      return e.rule == RuleId::A16 && !rules::failed_check(a.procedures->checks, e.at, {}, s, a.file.settled);
    });
  };
  const RuleSettings& settings = context.policy_at(at).rule(RuleId::A16);
  if (a.file.candidate && refuted((*a.file.candidate)->evidence, settings)) take_back_as_candidate(a, RuleId::A16);
  if (refuted(a.file.evidence, settings) || refuted(a.file.shadow, settings))
    retract(a, RuleId::A16, {"其后的本人核验已通过。", "A later check of the person was passed."}, context, out);
}

void apply(AccountState& a, const Command& command, const StepUpResult& args, const Context& context, Effects& out) {
  if (args.kind != "face" && args.kind != "sms" && args.kind != "staff")
    return bad_field(out, "核验方式 kind 须为 face、sms 或 staff", "args.kind is face, sms or staff");
  if (args.outcome != "passed" && args.outcome != "failed" && args.outcome != "ignored")
    return bad_field(out, "核验结果 outcome 须为 passed、failed 或 ignored",
                     "args.outcome is passed, failed or ignored");
  const Time at = command.origin.time;
  rules::remember_check(a.procedures.edit().checks, {args.kind, args.outcome, at});
  a.dirty.procedures = true;
  if (args.outcome == "passed") return check_passed(a, at, context, out);
  take_evidence(a, command, RuleId::A16, context, out, [&](const RuleSettings& s) {
    return rules::failed_check(a.procedures->checks, at, ref(command.origin), s, a.file.settled);
  });
}

void apply(AccountState& a, const Command& command, const TipoffFile& args, const Context& context, Effects& out) {
  if (args.reliability < 0 || args.reliability > 1000)
    return bad_field(out, "可信度 reliability 须在 0 到 1000 之间", "args.reliability is 0 to 1000");
  if (is_act(args.kind) && args.kind != "unknown") {
    a.file.tip = args.kind;
    a.dirty.file = true;
  }
  take_evidence(a, command, RuleId::A17, context, out, [&](const RuleSettings& s) {
    return rules::tipoff(args.reliability, ref(command.origin), command.origin.time, s);
  });
}

void refuse_life(const AccountState& a, const AccountPermit& permit, AccountLife life, Effects& out) {
  std::vector<Move<AccountLife>> moves;
  for (const auto l :
       {AccountLife::pending, AccountLife::active, AccountLife::frozen, AccountLife::expired, AccountLife::cancelled})
    if (permit.lives.has(l)) moves.push_back({permit.command, l, l});
  if (life == AccountLife::forgotten) {
    const std::string since = minute_text(*a.profile.forgotten);
    return illegal(out, "账户 " + a.id + " 已于 " + since + " 清除,其编号不再使用",
                   "the account " + a.id + " was forgotten at " + since + "; its id is not used again");
  }
  if (moves.empty()) return illegal(out, "账户 " + a.id + " 已经开户", "the account " + a.id + " is open already");
  refuse_move<AccountLife>(moves, {"账户 " + a.id, "the account " + a.id}, permit.command, life, out);
}

} // namespace

const AccountPermit* account_permit(std::string_view command) {
  const auto it = std::ranges::find(kAccountPermits, command, &AccountPermit::command);
  return it == std::end(kAccountPermits) ? nullptr : it;
}

std::string_view in_chinese(AccountLife life) {
  constexpr std::string_view n[] = {"未开户", "未生效", "正常", "已冻结", "已过期", "已销户", "已清除"};
  return n[static_cast<std::size_t>(life)];
}

void tell(const AccountState& a, Tell what, Effects& out) {
  Notice notice;
  notice.to = what.to.empty() ? a.id : std::move(what.to);
  notice.about = a.id;
  notice.kind = what.kind;
  notice.article = what.article;
  notice.text = std::move(what.text);
  notice.deadline = what.deadline;
  notice.remedy = std::move(what.remedy);
  notice.case_id = std::move(what.case_id);
  out.outputs.emplace_back(std::move(notice));
}

void tell_department(const AccountState& a, const Policy& policy, std::string_view department, TellDepartment what,
                     const Context& context, Effects& out) {
  const Department::Name name = policy.name_of(department, context.now);
  const bool of_case = !what.case_id.empty();
  Text text = {name.zh + ":账户 " + a.id + (of_case ? " 的案件 " + what.case_id : "") + " " + what.what.zh +
                   "。请按职责配合。",
               name.en + ": " + (of_case ? "the case " + what.case_id + " of the account " : "the account ") + a.id +
                   " " + what.what.en + ". Please do your part."};
  tell(a,
       {what.kind,
        what.article,
        std::move(text),
        {},
        "如有疑问,请与信息中心联系。 / Questions go to the information centre.",
        std::move(what.case_id),
        std::string(department)},
       out);
}

void step(AccountState& a, const Command& command, const Context& context, Effects& out) {
  const AccountPermit* permit = account_permit(command.info().name);
  if (permit == nullptr)
    return bad_field(out, command.name + " 不是账户命令", command.name + " is not a command for accounts");
  const AccountLife life = life_at(a, std::max(context.now, command.origin.time));
  if (life == AccountLife::unknown && !permit->lives.has(life)) return unknown_account(a, out);
  if (life == AccountLife::forgotten) return refuse_life(a, *permit, life, out);
  if (command.role == "holder" && command.actor != a.profile.holder)
    return out.refuse("NOT_OWNER", {"只有持有人本人或登记员可以执行 " + command.name,
                                    "only the account's holder or a registrar may send " + command.name});
  if (!permit->lives.has(life)) return refuse_life(a, *permit, life, out);
  std::visit(
      [&](const auto& args) {
        if constexpr (requires { apply(a, command, args, context, out); }) apply(a, command, args, context, out);
      },
      command.args);
  keep_small(a);
}

} // namespace onecode
