// Postings (Article 9: charges are posted; Article 10: overdraft. R9.3, R5.2, R10.1, R10.2).
#include <algorithm>

#include "domain/account_procedures.hpp"
#include "domain/explain.hpp"

namespace onecode {
namespace {

using PostingSeen = AccountState::PostingSeen;

PostingSeen* find_posting(AccountState& a, std::uint64_t id) {
  const auto it = std::ranges::find(a.postings, id, &PostingSeen::id);
  return it == a.postings.end() ? nullptr : &*it;
}

void mark(AccountState& a, const PostingSeen* p) {
  a.dirty.postings[static_cast<std::size_t>(p - a.postings.data()) / PostingSeen::kGroup] = true;
}

PostingSeen& next_slot(AccountState& a) {
  const auto slot = static_cast<std::size_t>(a.ledger.postings++ % PostingSeen::kSlots);
  if (slot >= a.postings.size())
    a.postings.resize(slot / PostingSeen::kGroup * PostingSeen::kGroup + PostingSeen::kGroup);
  return a.postings[slot];
}

/// What tells two postings of one id apart: all that the payment system says of it but when and where it was sent.
std::uint64_t content_of(const Posting& p) {
  std::string s = p.kind + '\n' + std::to_string(p.amount.value) + '\n' + p.op + '\n' + p.integration + '\n' +
                  p.reverses + '\n' + p.cause;
  return hash64(s, 1);
}

/// Every cause but `normal` is not the user's (CONTRACT §4.4); a charge that only came late is one of those.
std::string cause_of(const Posting& p) { return p.cause == "normal" && p.offline ? "offline_lag" : p.cause; }

Text cause_text(std::string_view cause) {
  if (cause == "offline_lag") return {"离线交易延迟入账", "an offline payment that was posted late"};
  if (cause == "double_post") return {"重复入账", "a payment that was posted twice"};
  if (cause == "outage") return {"系统故障", "an outage"};
  if (cause == "config") return {"系统配置错误", "a wrong configuration"};
  if (cause == "normal")
    return {"消费超出余额", "a charge above the balance"}; // after an overdraft that was not cleared
  return {"系统原因", "a fault of the system"};
}

std::string yuan(std::int64_t fen) {
  const std::string cents = std::to_string(fen % 100);
  return std::to_string(fen / 100) + '.' + (cents.size() == 1 ? "0" : "") + cents;
}

/// R3.1: money is the finance office's.
void tell_finance(const AccountState& a, std::string_view kind, const Text& what, const Context& context,
                  Effects& out) {
  const Policy& policy = context.policy_at(context.now);
  if (const auto department = policy.department_for("payment"); !department.empty())
    tell_department(a, policy, department, {kind, "10", what, {}}, context, out);
}

/// R10.2: how much, and how to repay it.
void claim(AccountState& a, Overdraft& o, const Context& context, Effects& out) {
  const std::int64_t debt = -a.ledger.balance.value;
  o.claimed = Fen{debt};
  const Text cause = cause_text(o.cause);
  tell(a,
       {"debt-claimed",
        "10",
        {"您的一码通账户透支 " + yuan(debt) + " 元(" + std::to_string(debt) + " 分),原因:" + cause.zh +
             "。依据《办法》第十条,请清偿全部款项;在此之前账户暂时冻结。",
         "Your one-code account is overdrawn by " + yuan(debt) + " yuan (" + std::to_string(debt) +
             " fen): " + cause.en + ". By Article 10 the whole sum is to be repaid; until then the account is held."},
        {},
        remedy("10"),
        {}},
       out);
  tell_finance(a, "debt-claimed",
               {"透支 " + yuan(debt) + " 元(" + cause.zh + "),已依第十条追索",
                "is overdrawn by " + yuan(debt) + " yuan (" + cause.en + "); the debt was claimed by Article 10"},
               context, out);
}

/// R10.2. The amount stands in the claim, which changes with every posting.
void hold_for_debt(AccountState& a, const Posting& p, const Context& context, Effects& out) {
  const Text why = cause_text(a.ledger.overdraft->cause);
  Hold hold;
  hold.id = "overdraft-" + hex(hash128(a.id + '\n' + p.posting));
  hold.article = "10";
  hold.reason = "透支:" + why.zh + " / overdraft: " + why.en;
  hold.functions = kHeldFunctions;
  hold.since = context.now; // a late posting does not make what was allowed before it wrong
  const Policy& policy = context.policy_at(p.origin.time);
  hold.actor = "policy:" + policy.version;
  hold.role = "response-policy";
  hold.policy = policy.version;
  add_hold(a, std::move(hold), {"账户透支," + why.zh + "。", "the account is overdrawn: " + why.en + "."}, context,
           out);
}

void fall_below_zero(AccountState& a, const Posting& p, bool taken, const Context& context, Effects& out) {
  const std::string cause = cause_of(p);
  // R10.1: what a person overdraws by their own doing is no case of Article 10, and money that comes in overdraws nobody.
  if (a.ledger.overdraft->state == OverdraftState::none && (cause == "normal" || !taken)) return;
  Overdraft& o = a.ledger.overdraft.edit();
  const auto* move = find_move<OverdraftState>(kOverdraftMoves, kPostedBelowZero, o.state);
  const bool opens = o.state != move->to;
  if (opens) {
    o.cause = cause;
    o.since = p.origin.time;
    o.applicant.clear();
    o.applied.reset();
  }
  o.state = move->to;
  if (std::ranges::none_of(a.file.holds.all(), [](const Hold& h) { return h.article == "10"; }))
    hold_for_debt(a, p, context, out);
  claim(a, o, context, out);
}

void back_to_zero(AccountState& a, const Context& context, Effects& out) {
  const auto* move = find_move<OverdraftState>(kOverdraftMoves, kPostedToZero, a.ledger.overdraft->state);
  if (move == nullptr || move->to == a.ledger.overdraft->state) return;
  Overdraft& o = a.ledger.overdraft.edit();
  o.state = move->to;
  o.claimed = {};
  tell(a,
       {"debt-cleared",
        "10",
        {"您的透支款项已全部清偿,现在可以申请解除冻结。",
         "Your debt is repaid in full; you may now apply for the end of the hold."},
        {},
        "请申请解除冻结(unfreeze.apply,第十条),审核后恢复使用。 / Apply for the end of the hold (unfreeze.apply, "
        "Article 10); after the review the code works again.",
        {}},
       out);
  tell_finance(a, "debt-cleared", {"的透支款项已全部清偿", "has repaid its debt in full"}, context, out);
}

} // namespace

namespace {

/// R5.2: how many of an integration's postings are refused. One in sixteen of the accepted is told (by the posting's hash), and
/// counts for sixteen.
void tell_exchange(const Posting& p, std::int64_t accepted, std::int64_t rejected, Effects& out) {
  if (p.integration.empty()) return;
  out.sends.push_back(
      {{Kind::integration, p.integration}, msg::ExchangeSeen{accepted, rejected, p.origin.time, ref(p.origin)}});
}
constexpr std::int64_t kOneIn = 16;

void book(AccountState& a, const Posting& p, const Context& context, Effects& out) {
  if (!a.profile.opened)
    return out.refuse("UNKNOWN_TARGET",
                      {"账户 " + a.id + " 未开户,无法入账", "there is no account " + a.id + " to post to"});
  const std::uint64_t id = hash64(p.posting, 7) | 1;
  const std::uint64_t content = content_of(p);
  if (const PostingSeen* seen = find_posting(a, id)) {
    if (seen->content == content) {
      ++out.tally.retransmissions;
      return;
    }
    return out.refuse("DUPLICATE_ID", {"记账号 " + p.posting + " 此前已用于另一笔内容不同的记账",
                                       "the posting " + p.posting + " came before with other content"});
  }

  auto& ledger = a.ledger;
  std::int64_t effect = p.kind == "charge" || p.kind == "fee" ? -p.amount.value : p.amount.value;
  PostingSeen* original = nullptr;
  if (p.kind == "reversal") {
    original = find_posting(a, hash64(p.reverses, 7) | 1);
    // R9.1: a reversal is an operation of its own, of one that is known; what is not remembered any more the payment
    // system's own balance settles.
    if (original == nullptr && !p.balance)
      return out.refuse("UNKNOWN_TARGET", {"被冲正的记账 " + p.reverses + " 不在最近的记账中,且没有余额 balance",
                                           "the posting " + p.reverses +
                                               " to reverse is not among the last ones, and no balance is given"});
    if (original != nullptr && original->reversed)
      return illegal(out, "记账 " + p.reverses + " 已被冲正", "the posting " + p.reverses + " was reversed already");
    effect = original != nullptr ? -original->effect : p.balance->value - ledger.balance.value;
  }

  const Fen sum{ledger.balance.value + effect};
  const bool differs = p.balance && ledger.started && *p.balance != sum;
  ledger.started = true;
  ledger.balance = p.balance.value_or(sum);
  if (original != nullptr) {
    original->reversed = true;
    mark(a, original);
  }
  PostingSeen& slot = next_slot(a);
  slot = {id, content, effect, false};
  mark(a, &slot);
  a.dirty.ledger = true;

  // R5.2: the two books differ. The payment system's is adopted, the difference is told to whoever made the posting.
  if (differs && !p.integration.empty())
    out.sends.push_back({{Kind::integration, p.integration},
                         msg::DriftSeen{RuleId::R5_2,
                                        "balance differs from the engine's own sum", // not by how much: one detail
                                        p.origin.time,
                                        ref(p.origin),
                                        {}}});

  if (mix64(id, 16) % kOneIn == 0) tell_exchange(p, kOneIn, 0, out);
  if (ledger.balance.value < 0)
    fall_below_zero(a, p, effect < 0, context, out);
  else
    back_to_zero(a, context, out);
}

} // namespace

void step(AccountState& a, const Posting& posting, const Context& context, Effects& out) {
  book(a, posting, context, out);
  if (out.refusal) tell_exchange(posting, 0, 1, out);
}

} // namespace onecode
