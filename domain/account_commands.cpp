// Commands for an account (COMMANDS.md, "Accounts"). Each is applied whole or refused with a sentence for the clerk.
#include <algorithm>

#include "domain/account_response.hpp"
#include "domain/explain.hpp"
#include "domain/rules/params.hpp"

namespace onecode {
namespace {

constexpr Duration kApprovedOther = days(365); // R2.1: approved-other lasts one year at most
constexpr Duration kLeapYear = days(366);      // … to the same day of the next year
constexpr std::size_t kMaxHandsets = 16;       // bound now or before

void unknown_account(const AccountState& a, Effects& out) {
  out.refuse("UNKNOWN_TARGET", {"账户 " + a.id + " 尚未开户", "there is no account " + a.id});
}

void bad_field(Effects& out, std::string zh, std::string en) {
  out.refuse("BAD_FIELD", {std::move(zh), std::move(en)});
}

void illegal(Effects& out, std::string zh, std::string en) {
  out.refuse("ILLEGAL_TRANSITION", {std::move(zh), std::move(en)});
}

/// "identity, payment" …
std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& w : words) out += (out.empty() ? "" : ", ") + w;
  return out;
}

bool is_function(std::string_view f) {
  constexpr std::string_view plain[] = {"identity", "payment", "access", "library", "other"};
  return std::ranges::find(plain, f) != std::end(plain) || (f.starts_with("other:") && valid_id(f.substr(6)));
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
  if (a.profile.opened) return illegal(out, "账户 " + a.id + " 已经开户", "the account " + a.id + " is open already");
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
  if (command.role == "holder" && command.actor != a.profile.holder)
    return out.refuse("NOT_OWNER", {"只有持有人本人或登记员可以绑定手机",
                                    "only the account's holder or a registrar binds its handsets"});
  if (a.profile.cancelled) return illegal(out, "账户已销户,不能绑定手机", "the account is cancelled");
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
  handsets.push_back({args.handset, args.secondary, now, {}});
  a.dirty.profile = true;
  // A copied code died with the old key (REGULATION §4): nothing is left to protect against.
  if (args.replaces || !args.secondary)
    lift_holds(
        a, [](const Hold& h) { return h.article == "protective"; },
        {"手机已重新绑定。", "the handset was bound anew."}, context, out);
}

// ---- R8.2: holds by hand
// -------------------------------------------------------------------------------------------

void apply(AccountState& a, const Command& command, const AccountFreeze& args, const Context& context, Effects& out) {
  if (!liftable_article(args.article, out)) return;
  if (a.profile.cancelled) return illegal(out, "账户已销户", "the account is cancelled");
  for (const auto& f : args.functions)
    if (!is_function(f)) return bad_field(out, "没有功能 " + f, "there is no function " + f);
  if (args.expires && *args.expires <= context.now)
    return bad_field(out, "截止时间 expires 已过", "expires is in the past");

  Hold hold;
  hold.id = "hold-" + hex(hash128(command.origin.source + "\n" + command.origin.id));
  hold.article = args.article;
  hold.reason = command.reason;
  hold.functions = args.functions.empty() ? std::vector<std::string>{"access", "library", "payment"} : args.functions;
  hold.since = std::min(command.origin.time, context.now);
  hold.expires = args.expires;
  hold.case_id = args.case_id.value_or("");
  hold.actor = command.actor;
  hold.role = command.role;
  hold.policy = context.policy_at(command.origin.time).version;
  if (a.file.finding) hold.evidence = {a.file.finding->uid};
  hold.remedy = remedy(args.article);
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
  if (lift_holds(a, named, why, context, out)) return;
  const std::string of_case = args.case_id ? " " + *args.case_id : "";
  illegal(out, "账户没有该依据(" + args.article + of_case + ")的冻结",
          "the account has no hold of that article (" + args.article + of_case + ")");
}

} // namespace

void step(AccountState& a, const Command& command, const Context& context, Effects& out) {
  const auto visitor = [&](const auto& args) {
    if constexpr (requires { apply(a, command, args, context, out); })
      apply(a, command, args, context, out);
    else
      bad_field(out, command.name + " 不是账户命令", command.name + " is not a command for accounts");
  };
  const bool opens = std::holds_alternative<AccountOpen>(command.args);
  if (!opens && !a.profile.opened && command.info().target == Kind::account) return unknown_account(a, out);
  std::visit(visitor, command.args);
}

} // namespace onecode
