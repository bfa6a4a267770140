#include "domain/explain.hpp"

#include <algorithm>

namespace onecode {
namespace {

constexpr std::size_t kFacts = 3;

std::string_view chinese(Family f) {
  constexpr std::string_view names[kFamilies] = {"空间", "次序", "中继", "动态码", "手机", "行为",
                                                 "背景", "同行", "核验", "人工",   "认证", "克隆",
                                                 "位置", "拆改", "网络", "转借",   "数据", "方案"};
  return names[static_cast<std::size_t>(f)];
}

Text consequence(Band band, ProposedAction action) {
  switch (band) {
    case Band::observe:
      return {"暂不需要处理", "nothing follows"};
    case Band::watch:
      return {"因此继续观察,暂不处理", "so it is watched and nothing is done yet"};
    case Band::challenge:
      return {"因此下次出示时须核验本人", "so the next use asks for a check of the person"};
    case Band::propose:
      if (action == ProposedAction::freeze)
        return {"因此建议由工作人员决定是否冻结", "so a freeze is proposed for people to decide on"};
      return {"因此建议由工作人员立案核查", "so it is proposed that people open a case"};
    case Band::automatic:
      break;
  }
  return {"因此按已批准的处置策略临时限制使用,由工作人员复核",
          "so its use is limited provisionally under the approved response policy until people have looked at it"};
}

Text listed(const std::vector<std::string>& functions) {
  Text out;
  for (const auto& f : functions) {
    std::string zh = f == "access"     ? "门禁(出门不受影响)"
                     : f == "payment"  ? "消费"
                     : f == "library"  ? "图书借阅"
                     : f == "identity" ? "身份识别"
                                       : f;
    const std::string en = f == "access" ? "entry (leaving is never blocked)" : f;
    out.zh += (out.zh.empty() ? "" : "、") + zh;
    out.en += (out.en.empty() ? "" : ", ") + en;
  }
  return out;
}

} // namespace

Grounds grounds_of(const EvidenceBook& book, Time t, Band band, ProposedAction action) {
  Grounds out{book.score(t), {}, {}, band, action};
  for (const auto& [family, points] : book.families(t)) out.shares.push_back({family, points});
  // One fact a family: inside a family they tell of the same thing.
  std::vector<const Evidence*> strongest;
  for (const auto& e : book.entries())
    if (points_of(e.nats(t)) > 0) strongest.push_back(&e);
  std::ranges::stable_sort(strongest, std::greater{}, [t](const Evidence* e) { return e->nats(t); });
  std::vector<Family> told;
  for (const auto* e : strongest) {
    const Family family = rule_info(e->rule)->family;
    if (told.size() == kFacts || std::ranges::find(told, family) != told.end()) continue;
    out.facts.push_back(e->facts);
    told.push_back(family);
  }
  return out;
}

Text Grounds::text() const {
  const std::string points = std::to_string(score);
  Text text{"综合评分 " + points + "(满分 1000", "the score is " + points + " of 1000"};
  bool first = true;
  for (const auto& s : shares) {
    text.zh += (first ? ":" : "、") + std::string(chinese(s.family)) + " " + std::to_string(s.points);
    text.en += (first ? " (" : ", ") + std::string(to_string(s.family)) + " " + std::to_string(s.points);
    first = false;
  }
  text.zh += ")";
  text.en += first ? "" : ")";
  first = true;
  for (const auto& f : facts) {
    const Text fact = f.text();
    text.zh += (first ? ":" : ";") + fact.zh;
    text.en += (first ? ": " : "; ") + fact.en;
    first = false;
  }
  const Text follows = consequence(band, action);
  text.zh += "," + follows.zh + "。";
  text.en += ", " + follows.en + ".";
  return text;
}

Text explain_closed() {
  return {"30 天内没有新的证据,该线索关闭。", "no new evidence for 30 days, the finding is closed."};
}

Text hold_notice(const Hold& hold, const Text& why) {
  const Text what = listed(hold.functions);
  Text text;
  text.zh = "您的一码通自 " + minute_text(hold.since) + " 起暂停以下功能:" + what.zh;
  text.en = "From " + minute_text(hold.since) + " on your one-code is blocked for: " + what.en;
  if (hold.expires) {
    text.zh += ",至 " + minute_text(*hold.expires) + " 止";
    text.en += ", until " + minute_text(*hold.expires);
  }
  if (hold.article == "protective") {
    text.zh += "。这是对您账户的保护措施,不是处分";
    text.en += ". This protects your account and is no sanction";
  } else {
    text.zh += "。依据:《办法》第" + std::string(hold.article == "8" ? "八" : "十") + "条";
    text.en += ". Legal basis: Article " + hold.article;
  }
  text.zh += "。原因:" + why.zh;
  text.en += ". Reason: " + why.en;
  if (!hold.evidence.empty()) {
    text.zh += " 线索编号 " + hold.evidence.front() + "。";
    text.en += " Finding " + hold.evidence.front() + ".";
  }
  text.zh += " 决定者:" + hold.actor + "(" + hold.role + "),策略版本 " + hold.policy + "。";
  text.en += " Decided by " + hold.actor + " (" + hold.role + "), policy " + hold.policy + ".";
  return text;
}

Text lift_notice(const Hold& hold, const Text& why) {
  const Text what = listed(hold.functions);
  return {"您的一码通自 " + minute_text(hold.since) + " 起的限制(" + what.zh + ")已解除:" + why.zh,
          "The limit on your one-code since " + minute_text(hold.since) + " (" + what.en + ") has ended: " + why.en};
}

std::string reason_of(const Hold& hold) {
  if (!hold.grounds) return hold.reason;
  const Text why = hold.grounds->text();
  return why.zh + " / " + why.en;
}

std::string remedy(std::string_view article) {
  if (article == "protective")
    return "请到服务点重新绑定手机,绑定后限制即解除;如有异议,可向信息中心申诉。 / "
           "Bind your handset anew at a service point, which ends the limit; you may also object to the information "
           "centre.";
  if (article == "10")
    return "请清偿全部透支款项(充值或到财务处缴纳),然后申请解除冻结(unfreeze.apply);如有异议,可向财务处提出。 / "
           "Repay the whole sum (top up, or pay at the finance office), then apply for the end of the hold "
           "(unfreeze.apply); objections go to the finance office.";
  return "如有异议,可在 10 日内向信息中心提出申诉并提交说明。 / "
         "You may object to the information centre within 10 days and add a statement.";
}

std::string minute_text(Time t) {
  std::string text = format_time(t).substr(0, 16);
  text[10] = ' ';
  return text;
}

} // namespace onecode
