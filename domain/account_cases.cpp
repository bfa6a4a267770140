// Cases, appeals and cancellation (domain/case_file.hpp; Article 8; R8.1, R8.3, R1.1). The order of the arguments' checks is
// the order in which a clerk would ask: is there such a case, may it move, are the words right, is it the right person.
#include <algorithm>

#include "domain/account_procedures.hpp"
#include "domain/explain.hpp"

namespace onecode {
namespace {

constexpr std::string_view kCloseTimer = "case-close:";
constexpr std::string_view kAnswerTimer = "case-answer:";
constexpr std::int64_t kMaxTermDays = 3660;
constexpr std::size_t kMaxFindings = 16;

/// The case a command names, in a state that permits it; else refused.
CaseRecord* moving(AccountState& a, const Command& command, const std::string& id, Effects& out) {
  CaseRecord* c = find_case(a, id);
  if (c == nullptr) {
    out.refuse("UNKNOWN_TARGET", {"账户 " + a.id + " 没有案件 " + id, "the account " + a.id + " has no case " + id});
    return nullptr;
  }
  if (find_move<CaseState>(kCaseMoves, command.name, c->state) != nullptr) return c;
  refuse_move<CaseState>(kCaseMoves, {"案件 " + id, "the case " + id}, command.name, c->state, out);
  return nullptr;
}

/// The holds that a case is about: those that name it, rest on its findings, or were set under Article 8 by hand without
/// saying what they rest on. A protective hold without a case may have another reason: a stolen handset.
bool concerns(const CaseRecord& c, const Hold& h) {
  if (h.article == "10") return false;
  if (h.case_id == c.id) return true;
  if (h.case_id.empty() && h.article == "8" && h.evidence.empty()) return true;
  return h.case_id.empty() && std::ranges::any_of(h.evidence, [&](const std::string& uid) {
           return std::ranges::find(c.findings, uid) != c.findings.end();
         });
}

/// R3.1: the departments whose functions a hold of the case limits meet the holder at their counters.
void tell_departments(const AccountState& a, const CaseRecord& c, std::string_view kind, const Text& what,
                      const Context& context, Effects& out) {
  const Policy& policy = context.policy_at(context.now);
  std::set<std::string, std::less<>> concerned;
  for (const auto& h : a.file.holds.all())
    if (h.case_id == c.id)
      for (const auto& f : h.functions)
        if (const auto d = policy.department_for(f); !d.empty()) concerned.emplace(d);
  for (const auto& d : concerned) tell_department(a, policy, d, {kind, "8", what, c.id}, context, out);
}

void stop_hold_timer(const Hold& h, Effects& out) { out.timers.push_back({hold_timer(h), std::nullopt}); }

/// What was decided is told to the rules that the case rested on (DETECTION §6, precision floor).
void judge_rules(const CaseRecord& c, bool upheld, bool taken_back, const Context& context, Effects& out) {
  for (const RuleId rule : c.rules)
    out.sends.push_back(
        {{Kind::campus, "rule:" + std::string(to_string(rule))},
         msg::RuleJudged{rule, context.policy_at(context.now).rule(rule).version, upheld, taken_back}});
}

void close_case(AccountState& a, CaseRecord& c, Time at, Effects& out) {
  c.state = CaseState::closed;
  c.closed = at;
  a.dirty.procedures = true;
  out.timers.push_back({std::string(kCloseTimer) + c.id, std::nullopt});
}

/// Not upheld, or overturned: the holds of the case end, its evidence is no evidence any more.
void clear_of(AccountState& a, const CaseRecord& c, const Text& why, const Context& context, Effects& out) {
  tell_departments(a, c, "case-cleared", {"不成立,限制已解除", "came to nothing; its limits ended"}, context, out);
  lift_holds(
      a, [&](const Hold& h) { return concerns(c, h); }, why, context, out);
  const bool own =
      !a.file.finding || c.findings.empty() || std::ranges::find(c.findings, a.file.finding->uid) != c.findings.end();
  if (own) settle_evidence(a, why, context, out);
}

/// Of an event whose id was too long to keep.
std::string place_text(const EventRef& e) {
  return std::string(name(e.at.topic)) + "/" + std::to_string(e.at.partition) + "/" + std::to_string(e.offset);
}

/// R9.3: a copied code was used by somebody else. The record of its uses stands as it is; this says that they are no longer taken as
/// the holder's without more. Which of them were is not in the stream.
void attribute_to_others(const AccountState& a, const CaseRecord& c, Effects& out) {
  std::string ids;
  std::size_t n = 0;
  for (const auto& e : a.file.evidence.entries())
    for (const auto& event : e.events)
      if (rule_info(e.rule)->family == Family::replay && n++ < 16)
        ids += (ids.empty() ? "" : ", ") + (event.id.empty() ? place_text(event) : event.id);
  if (ids.empty()) return;
  tell(a,
       {"attribution-corrected",
        "9",
        {"案件 " + c.id +
             " 认定动态码被他人复制使用。下列操作中有他人所为,不再一概视为您本人的行为,原记录保留:" + ids + "。",
         "The case " + c.id +
             " found that your code was copied. Somebody else made one of these operations; they are no longer taken "
             "as "
             "yours without more, and their record stays as it is: " +
             ids + "."},
        {},
        "其他需要更正的操作,请向信息中心提出。 / If other operations need correcting, tell the information centre.",
        c.id},
       out);
}

/// Room for one more: the oldest closed case that holds nothing leaves.
bool make_room(AccountState& a) {
  auto& cases = a.procedures.edit().cases;
  if (cases.size() < AccountState::Procedures::kMaxCases) return true;
  const auto it = std::ranges::find_if(cases, [&](const CaseRecord& c) {
    return c.state == CaseState::closed &&
           std::ranges::none_of(a.file.holds.all(), [&](const Hold& h) { return h.case_id == c.id; });
  });
  if (it == cases.end()) return false;
  cases.erase(it);
  return true;
}

std::string statement_remedy(const CaseTimes& times) {
  const std::string n = std::to_string(times.appeal_days);
  return "请在期限内向信息中心提交陈述(case.statement),也可以声明放弃;决定后可在 " + n +
         " 日内申诉。 / "
         "Hand your statement to the information centre within this time, or decline to; against the decision you "
         "may "
         "appeal within " +
         n + " days.";
}
std::string appeal_remedy(const CaseTimes& times) {
  const std::string n = std::to_string(times.appeal_days);
  return "如不服,可在 " + n + " 日内提出申诉(appeal.file),由另一人审查。 / You may appeal within " + n +
         " days (appeal.file); somebody else will look at it.";
}

const CaseTimes& times_at(const Context& context, Time t) { return context.policy_at(t).cases; }

/// R12.1: what the information centre says Article 8 means, for notices; empty: nothing.
Text interpretation_of_article_8(const Policy& policy) {
  const auto it = policy.interpretations.find("8");
  if (it == policy.interpretations.end()) return {};
  const std::string n = std::to_string(it->second.version);
  return {"对第八条的解释(第 " + n + " 版):" + it->second.note + "。",
          " Interpretation of Article 8 (version " + n + "): " + it->second.note + "."};
}

} // namespace

CaseRecord* find_case(AccountState& a, std::string_view id) {
  const auto& cases = a.procedures->cases;
  const auto it = std::ranges::find(cases, id, &CaseRecord::id);
  return it == cases.end() ? nullptr : &a.procedures.edit().cases[static_cast<std::size_t>(it - cases.begin())];
}

bool confirmed(const AccountState& a, const Hold& hold) {
  return !hold.case_id.empty() && std::ranges::any_of(a.procedures->cases, [&](const CaseRecord& c) {
    return c.id == hold.case_id && c.stands();
  });
}

bool is_act(std::string_view act) {
  constexpr std::string_view acts[] = {"lend", "rent", "transfer", "pledge", "relay", "copy", "collusion", "unknown"};
  return std::ranges::find(acts, act) != std::end(acts);
}
bool of_article_8(std::string_view act) { return act != "copy" && act != "unknown"; }

Text act_text(std::string_view act) {
  constexpr struct {
    std::string_view act, zh, en;
  } texts[] = {{"lend", "转借他人", "lending the code"},      {"rent", "出租", "renting the code out"},
               {"transfer", "转让", "transferring the code"}, {"pledge", "抵押", "pledging the code"},
               {"relay", "远程代刷", "relaying the code"},    {"copy", "动态码被复制", "a copied code"},
               {"collusion", "串通使用", "collusion"}};
  for (const auto& t : texts)
    if (t.act == act) return {std::string(t.zh), std::string(t.en)};
  return {"疑似非本人使用", "use by somebody else"};
}

// ---- the case ----------------------------------------------------------------------------------------------------

void apply(AccountState& a, const Command& command, const CaseOpen& args, const Context& context, Effects& out) {
  if (!valid_id(args.case_id))
    return bad_field(out, "参数 case 不是合法的编号", "args.case is not an identifier of 1 to 64 characters");
  if (!is_act(args.act)) return bad_field(out, "没有行为类别 " + args.act, "there is no act " + args.act);
  if (args.findings.size() > kMaxFindings || !std::ranges::all_of(args.findings, valid_id))
    return bad_field(out, "线索 findings 须为至多 16 个线索编号", "args.findings are at most 16 ids of findings");
  if (find_case(a, args.case_id) != nullptr)
    return illegal(out, "案件 " + args.case_id + " 已经立案", "the case " + args.case_id + " is open already");
  if (!make_room(a)) return illegal(out, "该账户未结案件过多", "the account has too many open cases");

  CaseRecord c;
  c.id = args.case_id;
  c.act = args.act;
  c.findings = args.findings;
  if (c.findings.empty() && a.file.finding) c.findings = {a.file.finding->uid};
  c.notified = context.now;
  c.statement_due = context.now + days(times_at(context, context.now).statement_days);
  c.opened_by = command.actor;
  for (const auto& e : a.file.evidence.entries())
    if (points_of(e.nats(std::max(context.now, e.at))) > 0) c.rules.push_back(e.rule);

  // A provisional hold waits for the decision instead of ending by itself.
  const auto changed = a.file.holds.change([&](Hold& h) {
    if (!concerns(c, h) || (h.case_id == c.id && !h.provisional)) return false;
    h.case_id = c.id;
    if (!h.provisional) return true;
    if (h.expires) stop_hold_timer(h, out);
    h.expires.reset();
    return true;
  });
  if (changed != 0) record_holds(a, context.now, out);

  const Text act = act_text(c.act), meaning = interpretation_of_article_8(context.policy_at(context.now));
  const std::string wait = std::to_string(times_at(context, c.notified).statement_days);
  std::string findings_zh, findings_en;
  for (const auto& f : c.findings) {
    findings_zh += (findings_zh.empty() ? ",线索 " : "、") + f;
    findings_en += (findings_en.empty() ? ", finding " : ", ") + f;
  }
  tell(a,
       {"case-opened",
        "8",
        {"您的一码通已于 " + minute_text(context.now) + " 立案(" + c.id + "),涉嫌" + act.zh + findings_zh +
             "。依据:《办法》第八条。" + meaning.zh + "请您陈述情况;" + wait + " 日内未陈述的,可以直接作出决定。",
         "A case (" + c.id + ") about your one-code was opened at " + minute_text(context.now) + ": suspected " +
             act.en + findings_en + ". Legal basis: Article 8." + meaning.en + " Please state your view; after " +
             wait + " days a decision may be taken without it."},
        c.statement_due,
        statement_remedy(times_at(context, c.notified)),
        c.id},
       out);
  tell_departments(a, c, "case-opened",
                   {"已立案,限制其在贵处的使用", "was opened and limits what the holder may use with you"}, context,
                   out);
  a.procedures.edit().cases.push_back(std::move(c));
  a.dirty.procedures = true;
}

void apply(AccountState& a, const Command& command, const CaseStatement& args, const Context& context, Effects& out) {
  CaseRecord* c = moving(a, command, args.case_id, out);
  if (c == nullptr) return;
  if (args.waived == (args.text_ref && !args.text_ref->empty()))
    return bad_field(out, "须给出陈述的存放处 text_ref,或声明放弃 waived",
                     "name where the statement is kept (text_ref), or say that it is waived");
  c->state = CaseState::statement;
  c->stated = context.now;
  c->statement = args.text_ref.value_or("");
  c->waived = args.waived;
  a.dirty.procedures = true;
}

void apply(AccountState& a, const Command& command, const CaseDecide& args, const Context& context, Effects& out) {
  CaseRecord* c = moving(a, command, args.case_id, out);
  if (c == nullptr) return;
  if (args.outcome != "upheld" && args.outcome != "not_upheld")
    return bad_field(out, "结论 outcome 须为 upheld 或 not_upheld", "args.outcome is upheld or not_upheld");
  const bool upheld = args.outcome == "upheld";
  if (!is_act(args.act)) return bad_field(out, "没有行为类别 " + args.act, "there is no act " + args.act);
  // R8.1: rules hint at the act; whoever decides gives it its legal name.
  if (upheld && args.act == "unknown")
    return bad_field(out, "认定成立时须写明行为类别 act", "an upheld case names the act");
  if (args.term_days && (!upheld || *args.term_days < 1 || *args.term_days > kMaxTermDays))
    return bad_field(out, "期限 term_days 须为 1 至 3660 天,且只用于认定成立的案件",
                     "args.term_days is 1 to 3660, and only for an upheld case");
  if (c->state == CaseState::notified && context.now < c->statement_due)
    return illegal(
        out, "案件 " + c->id + " 尚在陈述期内,至 " + minute_text(c->statement_due) + " 止;持有人陈述或放弃后方可决定",
        "the holder may still make a statement on the case " + c->id + " until " + minute_text(c->statement_due) +
            "; decide after the statement or after that");

  c->state = CaseState::decided;
  c->decided = context.now;
  c->appeal_due = context.now + days(times_at(context, context.now).appeal_days);
  c->decided_by = command.actor;
  c->reasons = args.reasons;
  c->policy = context.policy_at(command.origin.time).version;
  c->upheld = upheld;
  c->act = args.act;
  if (args.term_days) c->term_until = context.now + days(*args.term_days);
  a.dirty.procedures = true;
  out.timers.push_back({std::string(kCloseTimer) + c->id, c->appeal_due});
  ++(upheld ? out.tally.cases_upheld : out.tally.cases_not_upheld);
  (upheld ? out.tally.upheld : out.tally.not_upheld) = c->rules;
  judge_rules(*c, upheld, false, context, out);

  const Text act = act_text(args.act);
  if (!upheld) {
    tell(a,
         {"case-decided",
          "8",
          {"案件 " + c->id + " 经查不成立,相关限制解除,由此给您带来的不便谨致歉意。理由:" + args.reasons + "。",
           "The case " + c->id +
               " was not upheld; what it limited ends, with our apologies. Reasons: " + args.reasons + "."},
          {},
          {},
          c->id},
         out);
    return clear_of(a, *c, {"案件 " + c->id + " 经查不成立。", "the case " + c->id + " was not upheld."}, context,
                    out);
  }

  // R8.2: the decision stands behind the hold from now on. A protective hold becomes one of Article 8 only here.
  bool held = false;
  const auto changed = a.file.holds.change([&](Hold& h) {
    if (!concerns(*c, h)) return false;
    if (h.expires) stop_hold_timer(h, out);
    h.case_id = c->id;
    h.expires.reset();
    h.provisional = false;
    h.actor = command.actor;
    h.role = command.role;
    h.policy = c->policy;
    h.reason = args.reasons;
    if (of_article_8(args.act)) h.article = "8";
    held = true;
    return true;
  });
  if (changed != 0) record_holds(a, context.now, out);
  tell(a,
       {"case-decided",
        "8",
        {"案件 " + c->id + " 认定成立:" + act.zh + "。理由:" + args.reasons +
             "。依据:《办法》第八条。决定者:" + command.actor + ",策略版本 " + c->policy + "。" +
             (c->term_until ? "限制至 " + minute_text(*c->term_until) + ",期满后申请解除。" : ""),
         "The case " + c->id + " was upheld: " + act.en + ". Reasons: " + args.reasons +
             ". Legal basis: Article 8. Decided by " + command.actor + ", policy " + c->policy + "." +
             (c->term_until
                  ? " The limit lasts until " + minute_text(*c->term_until) + "; apply for its end after that."
                  : "")},
        c->appeal_due,
        appeal_remedy(times_at(context, *c->decided)),
        c->id},
       out);
  if (!of_article_8(args.act)) attribute_to_others(a, *c, out);
  const Text limits{"认定成立,限制其在贵处的使用", "was upheld and limits what the holder may use with you"};
  if (held || !args.term_days) return tell_departments(a, *c, "case-decided", limits, context, out);
  Hold hold; // a term without a hold to confirm: the sanction begins now
  hold.id = "case-" + c->id;
  hold.article = of_article_8(args.act) ? "8" : "protective";
  hold.reason = args.reasons;
  hold.functions = kHeldFunctions;
  hold.since = context.now;
  hold.case_id = c->id;
  hold.actor = command.actor;
  hold.role = command.role;
  hold.policy = c->policy;
  hold.evidence = c->findings;
  add_hold(a, std::move(hold), {args.reasons + "。", args.reasons + "."}, context, out);
  tell_departments(a, *c, "case-decided", limits, context, out);
}

// ---- appeals -----------------------------------------------------------------------------------------------------

void apply(AccountState& a, const Command& command, const AppealFile& args, const Context& context, Effects& out) {
  CaseRecord* c = moving(a, command, args.case_id, out);
  if (c == nullptr) return;
  if (!c->upheld)
    return illegal(out, "案件 " + c->id + " 经查不成立,无需申诉",
                   "the case " + c->id + " was not upheld: there is nothing to appeal against");
  if (context.now > c->appeal_due)
    return illegal(out, "申诉期已于 " + minute_text(c->appeal_due) + " 届满",
                   "the time to appeal ended at " + minute_text(c->appeal_due));
  if (args.text_ref.empty()) return bad_field(out, "缺少申诉书的存放处 text_ref", "args.text_ref is empty");
  c->state = CaseState::appealed;
  c->appealed = context.now;
  c->appellant = command.actor;
  c->appeal = args.text_ref;
  c->answer_due = context.now + days(times_at(context, context.now).answer_days);
  a.dirty.procedures = true;
  out.timers.push_back({std::string(kCloseTimer) + c->id, std::nullopt});
  out.timers.push_back({std::string(kAnswerTimer) + c->id, c->answer_due});
  tell(a,
       {"appeal-filed",
        "8",
        {"已收到您对案件 " + c->id + " 的申诉,将于 " + minute_text(*c->answer_due) + " 前答复。",
         "Your appeal in the case " + c->id + " was received and will be answered by " + minute_text(*c->answer_due) +
             "."},
        c->answer_due,
        {},
        c->id},
       out);
}

void apply(AccountState& a, const Command& command, const AppealDecide& args, const Context& context, Effects& out) {
  CaseRecord* c = moving(a, command, args.case_id, out);
  if (c == nullptr) return;
  if (args.outcome != "upheld" && args.outcome != "overturned")
    return bad_field(out, "结论 outcome 须为 upheld 或 overturned", "args.outcome is upheld or overturned");
  if (command.actor == c->decided_by || command.actor == c->appellant)
    return same_person(out, "申诉须由原决定者与申诉人以外的人审查",
                       "an appeal is decided by somebody else than who decided the case or filed the appeal");
  c->appeal_decided_by = command.actor;
  c->appeal_reasons = args.reasons;
  c->overturned = args.outcome == "overturned";
  out.timers.push_back({std::string(kAnswerTimer) + c->id, std::nullopt});
  close_case(a, *c, context.now, out);
  if (c->overturned) {
    ++out.tally.cases_not_upheld;
    out.tally.not_upheld = c->rules;
    judge_rules(*c, false, true, context, out);
    const bool gone = a.profile.cancelled; // for good: what can be put right is a new account
    tell(a,
         {"appeal-decided",
          "8",
          {"案件 " + c->id + " 的申诉成立,原决定撤销,相关限制解除,谨致歉意。理由:" + args.reasons + "。" +
               (gone ? "该账户已注销,请到登记处重新开户。" : ""),
           "Your appeal in the case " + c->id +
               " was granted: the decision is taken back, what it limited ends, with our apologies. Reasons: " +
               args.reasons + "." +
               (gone ? " Your account stays cancelled; the registrar opens a new one for you." : "")},
          {},
          {},
          c->id},
         out);
    return clear_of(a, *c, {"案件 " + c->id + " 的申诉成立。", "the appeal in the case " + c->id + " was granted."},
                    context, out);
  }
  tell(a,
       {"appeal-decided",
        "8",
        {"案件 " + c->id + " 的申诉不成立,维持原决定,此为最终决定。理由:" + args.reasons + "。",
         "Your appeal in the case " + c->id + " was not granted; the decision is final. Reasons: " + args.reasons +
             "."},
        {},
        "期限届满或情况变化后,可申请解除限制(unfreeze.apply)。 / After the term, or when things have changed, you "
        "may apply for the end of the limit (unfreeze.apply).",
        c->id},
       out);
}

void stop_case_timers(const AccountState& a, Effects& out) {
  for (const auto& c : a.procedures->cases)
    for (const auto timer : {kCloseTimer, kAnswerTimer})
      out.timers.push_back({std::string(timer) + c.id, std::nullopt});
}

bool case_timer(AccountState& a, const msg::TimerFired& timer, const Context& context, Effects& out) {
  const std::string_view name = timer.name;
  if (name.starts_with(kCloseTimer)) {
    CaseRecord* c = find_case(a, name.substr(kCloseTimer.size()));
    if (c == nullptr || c->state != CaseState::decided) return true;
    c->state = CaseState::closed;
    c->closed = timer.due;
    a.dirty.procedures = true;
    return true;
  }
  if (!name.starts_with(kAnswerTimer)) return false;
  CaseRecord* c = find_case(a, name.substr(kAnswerTimer.size()));
  if (c == nullptr || c->state != CaseState::appealed) return true;
  a.dirty.procedures = true;
  if (!c->answer_extended) {
    c->answer_extended = true;
    c->answer_due = timer.due + days(times_at(context, *c->appealed).answer_days);
    out.timers.push_back({timer.name, c->answer_due});
    tell(a,
         {"appeal-extended",
          "8",
          {"案件 " + c->id + " 的申诉答复期延长一次,至 " + minute_text(*c->answer_due) + "。",
           "The time to answer your appeal in the case " + c->id + " was extended once, to " +
               minute_text(*c->answer_due) + "."},
          c->answer_due,
          {},
          c->id},
         out);
    return true;
  }
  tell(a,
       {"appeal-overdue",
        "8",
        {"账户 " + a.id + " 案件 " + c->id + " 的申诉已逾期未答复,请立即处理。",
         "The appeal in the case " + c->id + " of the account " + a.id +
             " was not answered in time; it needs an answer now."},
        {},
        {},
        c->id,
        std::string(kInformationCentre)},
       out);
  return true;
}

// ---- cancellation: never automatic, two people, written reasons (R8.3) ---------------------------------------------

void apply(AccountState& a, const Command& command, const CancelPropose& args, const Context& context, Effects& out) {
  CaseRecord* c = moving(a, command, args.case_id, out);
  if (c == nullptr) return;
  if (!c->stands())
    return illegal(out, "案件 " + c->id + " 未认定成立,不能据此销户",
                   "the case " + c->id + " was not upheld: no account is cancelled for it");
  if (!c->stated)
    return illegal(out, "案件 " + c->id + " 没有持有人的陈述或放弃声明,不能销户",
                   "the case " + c->id + " has neither a statement of the holder nor a waiver");
  if (!c->cancel_proposed_by.empty())
    return illegal(out, "案件 " + c->id + " 已有销户建议", "a cancellation is proposed in the case " + c->id);
  if (const std::int64_t least = times_at(context, context.now).cancel_points; args.points < least)
    return bad_field(out, "情节评分 points 须至少为 " + std::to_string(least),
                     "args.points, the sum of the rubric, must be at least " + std::to_string(least));
  c->cancel_proposed_by = command.actor;
  c->cancel_reasons = args.reasons;
  c->cancel_points = args.points;
  a.dirty.procedures = true;
  tell(a,
       {"cancellation-proposed",
        "8",
        {"因案件 " + c->id + " 情节严重(评分 " + std::to_string(args.points) +
             "),已建议注销您的一码通,须由另一人确认。理由:" + args.reasons + "。",
         "Because the case " + c->id + " is severe (" + std::to_string(args.points) +
             " points), it is proposed to cancel your one-code; somebody else must confirm it. Reasons: " +
             args.reasons + "."},
        {},
        appeal_remedy(times_at(context, context.now)),
        c->id},
       out);
}

void apply(AccountState& a, const Command& command, const CancelConfirm& args, const Context& context, Effects& out) {
  CaseRecord* c = moving(a, command, args.case_id, out);
  if (c == nullptr) return;
  if (c->cancel_proposed_by.empty() || !c->stands())
    return illegal(out, "案件 " + c->id + " 没有待确认的销户建议",
                   "no cancellation is proposed in the case " + c->id);
  if (command.actor == c->cancel_proposed_by)
    return same_person(out, "销户须由建议者以外的人确认",
                       "a cancellation is confirmed by somebody else than who proposed it");
  a.profile.cancelled = true;
  a.profile.cancelled_at = context.now;
  a.dirty.profile = true;
  record_holds(a, context.now, out);
  tell(a,
       {"account-cancelled",
        "8",
        {"您的一码通已于 " + minute_text(context.now) + " 注销。案件 " + c->id + ",依据《办法》第八条,理由:" +
             args.reasons + "。建议者 " + c->cancel_proposed_by + ",确认者 " + command.actor + "。",
         "Your one-code was cancelled at " + minute_text(context.now) + ": case " + c->id + ", Article 8. Reasons: " +
             args.reasons + ". Proposed by " + c->cancel_proposed_by + ", confirmed by " + command.actor + "."},
        {},
        "如不服,可向学校提出书面异议。 / You may object to the university in writing.",
        c->id},
       out);
}

// ---- R11.6: who answers for the damage; always by people -------------------------------------------------------------

void apply(AccountState& a, const Command&, const LiabilityRecord& args, const Context& context, Effects& out) {
  if (!args.case_id)
    return bad_field(out, "须写明案件 case(账户)或整改令 order(接入系统)",
                     "name the case (of an account) or the order (of an integration)");
  if (find_case(a, *args.case_id) == nullptr)
    return out.refuse("UNKNOWN_TARGET", {"账户 " + a.id + " 没有案件 " + *args.case_id,
                                         "the account " + a.id + " has no case " + *args.case_id});
  auto& list = a.procedures.edit().liabilities;
  if (list.size() == AccountState::Procedures::kMaxLiabilities) list.erase(list.begin());
  list.push_back({*args.case_id, args.party, args.text_ref, Fen{args.amount}, context.now});
  a.dirty.procedures = true;
}

} // namespace onecode
