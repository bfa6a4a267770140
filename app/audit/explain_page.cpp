// The explanation as people read it: the answer first, then why, what to do, and what it rests on. Each language by itself.
#include <fmt/format.h>

#include <algorithm>

#include "app/alerts/visible.hpp"
#include "app/audit/explain.hpp"
#include "domain/article.hpp"
#include "domain/explain.hpp"

namespace onecode::app {
namespace {

using Json = nlohmann::ordered_json;

enum class Language { zh, en };

const Json& inside(const Json& object, const char* member) {
  static const Json nothing;
  if (!object.is_object()) return nothing;
  const auto it = object.find(member);
  return it == object.end() ? nothing : *it;
}

/// As text that cannot harm a terminal: ids of scans are what their senders made them.
std::string text(const Json& object, const char* member) {
  const Json& v = inside(object, member);
  if (v.is_string()) return visible(v.get<std::string>());
  return v.is_null() ? std::string() : v.dump();
}

std::string minute(const Json& object, const char* member) {
  const auto t = parse_time(text(object, member));
  return t ? minute_text(*t) : text(object, member);
}

std::string second(const Json& object, const char* member) {
  const auto t = parse_time(text(object, member));
  if (!t) return text(object, member);
  std::string out = format_time(*t).substr(0, 23);
  out[10] = ' ';
  return out;
}

class Page {
public:
  explicit Page(Language language) : zh_(language == Language::zh) {}

  std::string tell(const Json& e) {
    const auto about = text(e, "about");
    if (about == "decision") {
      decision(e);
    } else if (about == "hold") {
      hold_record(e);
    } else {
      head(say("为什么有这项发现 ", "Why there is this finding: ") + text(e["findings"][0], "uid"));
      findings(e, false);
    }
    inputs(e);
    record(e);
    recompute(inside(e, "recompute"));
    return std::move(out_);
  }

private:
  std::string say(std::string zh, std::string en) const { return zh_ ? std::move(zh) : std::move(en); }
  std::string of(const Json& both) const {
    auto out = text(both, zh_ ? "zh" : "en");
    // Sentences of the engine end by themselves, clauses do not.
    return out;
  }
  static std::string stopped(std::string s, bool zh) {
    if (s.ends_with("。") || s.ends_with(".")) return s;
    return s + (zh ? "。" : ".");
  }
  std::string sentence(std::string s) const {
    if (!zh_ && !s.empty() && s[0] >= 'a' && s[0] <= 'z') s[0] = static_cast<char>(s[0] - 'a' + 'A');
    return stopped(std::move(s), zh_);
  }

  void head(const std::string& s) { out_ += (out_.empty() ? "" : "\n") + s + "\n"; }
  void line(const std::string& s) { out_ += "  " + s + "\n"; }
  void item(const std::string& s) { out_ += "  - " + s + "\n"; }
  void more(const std::string& s) { out_ += "    " + s + "\n"; }

  std::string function(const std::string& f) const {
    if (f == "access") return say("门禁", "access");
    if (f == "payment") return say("消费", "payment");
    if (f == "library") return say("图书借阅", "library");
    if (f == "identity") return say("身份识别", "identity");
    if (f.starts_with("other:")) return say("其他服务(" + f.substr(6) + ")", "other services (" + f.substr(6) + ")");
    return f == "other" ? say("其他服务", "other services") : f;
  }
  std::string functions(const Json& list) const {
    std::string out;
    for (const auto& f : list) out += (out.empty() ? "" : say("、", ", ")) + function(visible(f.get<std::string>()));
    return out;
  }
  std::string verdict(const std::string& v) const {
    if (v == "allow") return say("放行", "allowed");
    return v == "deny" ? say("拒绝", "refused")
                       : say("须核验本人后放行", "to be let through after a check of the person");
  }
  std::string band(int b) const {
    constexpr std::string_view zh[] = {"记录在案,不处理", "继续观察", "下次使用时核验本人", "建议由人决定",
                                       "已按策略自动处置"};
    constexpr std::string_view en[] = {"on record, nothing follows", "watched",
                                       "the next use asks for a check of the person", "proposed for people to decide",
                                       "acted on automatically by the policy"};
    return b < 0 || b > 4 ? std::to_string(b) : std::string((zh_ ? zh : en)[b]);
  }
  std::string access(const std::string& a) const {
    if (!zh_) return a;
    return a == "open" ? "正常" : a == "suspended" ? "已暂停" : a == "terminated" ? "已终止" : a;
  }
  std::string role(const std::string& r, const std::string& actor) const {
    if (r == "response-policy")
      return say("引擎,按已批准的处置策略(" + actor + ")自动作出",
                 "the engine, automatically by the approved response policy (" + actor + ")");
    return say(actor + "(角色 " + r + ")", actor + " (role " + r + ")");
  }
  std::string half(const std::string& bilingual) const {
    const auto cut = bilingual.find(" / ");
    if (cut == std::string::npos) return bilingual;
    return zh_ ? bilingual.substr(0, cut) : bilingual.substr(cut + 3);
  }

  void decision(const Json& e) {
    const Json& d = e.at("decision");
    const Json& scan = inside(e, "scan");
    const bool known = scan.contains("function");
    const auto v = text(d, "verdict");
    std::string what = say("为什么", "Why");
    head(say("决定 ", "Decision ") + text(e, "record") + say(":", ": ") + verdict(v));
    if (known) {
      const auto zone = text(inside(e, "device"), "zone");
      std::string use = function(text(scan, "function"));
      if (text(scan, "direction") == "in") use += say("(进)", " (in)");
      if (text(scan, "direction") == "out") use += say("(出)", " (out)");
      line(sentence(say(fmt::format("{} 在设备 {}{} 出示{}的码,用于{}", second(scan, "time"), text(scan, "device"),
                                    zone.empty() ? "" : "(地点 " + zone + ")",
                                    text(d, "account").empty() ? "" : "账户 " + text(d, "account") + " ", use),
                        fmt::format("At {} a code{} was shown to the reader {}{} for {}", second(scan, "time"),
                                    text(d, "account").empty() ? "" : " of the account " + text(d, "account"),
                                    text(scan, "device"), zone.empty() ? "" : " at " + zone, use))));
    }
    if (inside(d, "never_blocked") == true && !d["reasons"].empty())
      line(say("出门和策略列明的功能任何时候都不得阻止,所以虽有下列情形仍放行。",
               "Leaving, and the functions that the policy names, are never blocked: it was let through although "
               "what follows was so."));

    head(what);
    for (const auto& r : d["reasons"]) {
      const auto meaning = of(inside(r, "meaning"));
      item(sentence(meaning.empty() ? text(r, "code") : meaning + say("(", " (") + text(r, "code") + say(")", ")")));
      if (r.contains("detail")) more(sentence(of(r["detail"])));
    }
    if (d["reasons"].empty()) line(say("没有任何拒绝或核验的理由。", "Nothing spoke against it."));
    score(e);
    holds(e, true);
    findings(e, true);

    const auto remedies = [&] {
      std::vector<std::string> out;
      for (const auto& r : d["reasons"])
        if (const auto s = of(inside(r, "remedy")); !s.empty()) out.push_back(s);
      for (const auto& h : inside(inside(e, "account"), "holds"))
        if (inside(h, "blocks_this") == true) out.push_back(half(text(h, "remedy")));
      return out;
    }();
    if (v != "allow") {
      head(say("可以怎么办", "What can be done"));
      for (const auto& r : remedies) item(r);
    }

    standing(e);
    time(scan);
    policy(e);
    head(say("谁作出的决定", "Who decided"));
    line(sentence(say(
        "由引擎按策略版本 " + text(d, "policy") + " 自动作出,没有人参与这一次的判定",
        "the engine, automatically by the policy version " + text(d, "policy") + "; nobody took part in this one")));
    const auto others = [](const Json& r) {
      const auto code = text(r, "code");
      return code == "ACCOUNT_FROZEN" || code == "DEVICE_QUARANTINED" || code.starts_with("INTEGRATION_");
    };
    if (std::any_of(d["reasons"].begin(), d["reasons"].end(), others))
      line(sentence(say("冻结、隔离、暂停等前提各由谁决定,见上文各项",
                        "who decided the holds, quarantines or suspensions behind it stands with each above")));
    for (const auto& n : inside(e, "not_known")) line(sentence(say("注意:", "Note: ") + of(n)));
  }

  void score(const Json& e) {
    const Json& d = e.at("decision");
    const Json& account = inside(e, "account");
    const Json& limits = inside(inside(e, "policy"), "thresholds");
    if (limits.is_object() && account.contains("score_before")) {
      line(sentence(say(
          fmt::format("账户的异常评分:出示前 {},出示后 {}(满分 1000)。本策略:满 {} 观察,满 {} 核验本人,满 {} "
                      "建议立案,满 {} 且有 {} 类独立证据方可自动冻结",
                      text(account, "score_before"), text(d, "score"), text(limits, "watch"),
                      text(limits, "challenge"), text(limits, "propose"), text(limits, "freeze"),
                      text(limits, "families")),
          fmt::format("The account's misuse score was {} before and {} after it, of 1000. This policy watches from "
                      "{}, checks the person from {}, "
                      "proposes a case from {}, and freezes by itself from {} with {} independent kinds of evidence",
                      text(account, "score_before"), text(d, "score"), text(limits, "watch"),
                      text(limits, "challenge"), text(limits, "propose"), text(limits, "freeze"),
                      text(limits, "families")))));
      line(say("是否核验,看出示前的评分;证据的分值随时间减退。",
               "Whether the person is checked goes by the score before; the points of evidence fade with time."));
    } else {
      line(sentence(say("账户的异常评分(满分 1000):" + text(d, "score"),
                        "The account's misuse score, of 1000: " + text(d, "score"))));
    }
    rules(inside(e, "rules"));
    if (const Json& shadow = d["shadow"]; !shadow.empty()) {
      std::string list;
      for (const auto& r : shadow)
        list += (list.empty() ? "" : say("、", ", ")) + text(r, "id") + " " + of(r["title"]);
      line(sentence(say("试运行(shadow)的规则不影响任何人;若已启用,下列规则会要求核验本人:" + list,
                        "Rules in shadow change nothing for anybody; had they been in force, these would have asked "
                        "for a check of the person: " +
                            list)));
    }
    rules(inside(e, "shadow_rules"), true);
    if (d.contains("candidate"))
      line(sentence(say(fmt::format("试运行的策略版本 {} 会得出:{}(不影响本决定)", text(d["candidate"], "policy"),
                                    verdict(text(d["candidate"], "verdict"))),
                        fmt::format("The policy version in shadow, {}, would have come to: {} (it changes nothing)",
                                    text(d["candidate"], "policy"), verdict(text(d["candidate"], "verdict"))))));
  }

  void rules(const Json& list, bool shadow = false) {
    for (const auto& r : list) {
      item(sentence(
          say(fmt::format("{}规则 {}“{}”第 {} 版,{} 分:{}", shadow ? "(试运行)" : "", text(r, "id"), of(r["title"]),
                          text(r, "version"), text(r, "points"), stopless(of(r["seen"]))),
              fmt::format("{}rule {} “{}”, version {}, {} points: {}", shadow ? "(shadow) " : "", text(r, "id"),
                          of(r["title"]), text(r, "version"), text(r, "points"), stopless(of(r["seen"]))))));
      std::string places;
      for (const auto& p : r["events"]) places += (places.empty() ? "" : say(";", "; ")) + place(p);
      more(sentence(say("发生于 " + minute(r, "time") + (places.empty() ? "" : ";依据的记录:" + places),
                        "seen at " + minute(r, "time") + (places.empty() ? "" : "; from the records " + places))));
    }
  }

  static std::string stopless(std::string s) {
    for (const std::string_view stop : {"。", "."})
      if (s.ends_with(stop)) s.resize(s.size() - stop.size());
    return s;
  }
  static std::string place(const Json& p) {
    return fmt::format("{}/{}@{}", text(p, "topic"), text(p, "partition"), text(p, "offset"));
  }

  void holds(const Json& e, bool of_decision) {
    const Json& list = inside(inside(e, "account"), "holds");
    const auto left_out = text(inside(e, "account"), "holds_left_out");
    if (!list.is_array() || (list.empty() && left_out.empty())) return;
    head(say("账户上的冻结事项", "Holds of the account"));
    if (!left_out.empty())
      line(say("另有 " + left_out + " 项冻结与这一次使用无关,此处从略。",
               "Holds of other matters that did not stop this use are left out here: " + left_out + "."));
    for (const auto& h : list) {
      const auto article = text(h, "article");
      const auto basis = article == "protective"
                             ? say("保护措施,不是处分", "a protection, no sanction")
                             : say("依据《办法》", "by ") +
                                   (zh_ ? article_text(article).zh : article_text(article).en + " of the regulation");
      const auto end = text(h, "expires").empty() ? say("未定期限", "without an end date")
                                                  : say("至 ", "until ") + minute(h, "expires");
      std::string what = say("冻结 ", "hold ") + text(h, "id") + say(":", ": ") + basis +
                         say(",停用:", ", blocks: ") + functions(h["functions"]) + say(";自 ", "; since ") +
                         minute(h, "since") + say(",", ", ") + end;
      item(sentence(what));
      if (of_decision)
        more(sentence(inside(h, "blocks_this") == true ? say("它阻止了这一次使用", "it stopped this use")
                                                       : say("它与这一次使用无关", "it did not stop this use")));
      more(sentence(say("原因:", "why: ") + stopless(half(text(h, "reason")))));
      const Json& by = h["decided_by"];
      more(sentence(say("决定者:", "decided by ") + role(text(by, "role"), text(by, "actor")) +
                    say(",策略版本 ", ", policy version ") + text(by, "policy") +
                    (text(h, "case").empty() ? "" : say(",案件 ", ", case ") + text(h, "case")) +
                    (inside(h, "provisional") == true ? say(";这是临时措施,须由工作人员复核",
                                                            "; it is provisional, until people have looked at it")
                                                      : "")));
      if (!of_decision || inside(h, "blocks_this") != true) more(say("救济:", "remedy: ") + half(text(h, "remedy")));
    }
  }

  void hold_record(const Json& e) {
    const Json& a = e.at("account");
    head(say(fmt::format("账户 {} 的冻结记录(第 {} 版)", text(a, "id"), text(a, "revision")),
             fmt::format("What holds the account {} (revision {})", text(a, "id"), text(a, "revision"))));
    const auto state = text(a, "state");
    line(sentence(say("账户状态:", "The account is ") +
                  (zh_ ? (state == "frozen"      ? "已冻结"
                          : state == "active"    ? "正常"
                          : state == "cancelled" ? "已注销"
                          : state == "expired"   ? "已过期"
                                                 : state)
                       : state) +
                  say(",记录于 ", ", as stated at ") + minute(e, "stated")));
    if (inside(a, "holds").empty()) line(say("没有任何冻结事项。", "Nothing holds it."));
    holds(e, false);
    findings(e, true);
  }

  void findings(const Json& e, bool with_head) {
    const Json& list = inside(e, "findings");
    if (!list.is_array() || list.empty()) return;
    if (with_head) head(say("相关的发现", "Findings that took part"));
    for (const auto& f : list) {
      item(sentence(say(
          fmt::format("发现 {}(对象 {}):规则 {}“{}”,{}", text(f, "uid"), text(f, "subject"), text(f, "rule"),
                      of(f["title"]), band(inside(f, "band").is_number() ? f["band"].get<int>() : -1)),
          fmt::format("finding {} (about {}): rule {} “{}”; {}", text(f, "uid"), text(f, "subject"), text(f, "rule"),
                      of(f["title"]), band(inside(f, "band").is_number() ? f["band"].get<int>() : -1)))));
      more(sentence(of(inside(f, "explanation"))));
      std::string rows;
      for (const auto& r : inside(f, "rules"))
        rows += (rows.empty() ? "" : say("、", ", ")) +
                fmt::format("{} {}", text(r, "id"),
                            say(fmt::format("第 {} 版 {} 分", text(r, "version"), text(r, "points")),
                                fmt::format("version {}, {} points", text(r, "version"), text(r, "points"))));
      if (!rows.empty()) more(sentence(say("计入的规则:", "rules that count: ") + rows));
      const auto article = text(f, "article");
      more(sentence(say("依据《办法》", "by ") +
                    (zh_ ? article_text(article).zh : article_text(article).en + " of the regulation") +
                    say(",策略版本 ", ", policy version ") + text(f, "policy") + say(";从 ", "; from ") +
                    minute(f, "first_seen") + say(" 到 ", " to ") + minute(f, "last_seen")));
    }
  }

  void standing(const Json& e) {
    const Json& device = inside(e, "device");
    if (!device.is_object()) return;
    const Json& i = inside(e, "integration");
    head(say("设备和接入系统当时的状态", "Reader and system, as they were when it arrived"));
    item(sentence(say("设备 " + text(device, "id") + ":" + text(device, "state_zh"),
                      "reader " + text(device, "id") + ": " + text(device, "state")) +
                  (text(device, "certified_to").empty()
                       ? ""
                       : say(",认证至 ", ", certified until ") + minute(device, "certified_to")) +
                  (inside(device, "clock_wrong") == true
                       ? say(";其时钟有误,所载时间不作依据", "; its clock is wrong, so its times are no evidence")
                       : "") +
                  (inside(device, "trusted") == true
                       ? say(";其记录可作依据", "; what it saw counts as evidence")
                       : say(";其记录不作为对人的依据", "; what it saw is no evidence about people"))));
    if (device.contains("quarantine")) {
      more(of(device["quarantine"]["text"]));
      more(say("设备责任单位的救济:", "remedy of the unit that answers for it: ") +
           half(text(device["quarantine"], "remedy")));
    }
    for (const auto& o : inside(device, "stopped_by"))
      more(sentence(say("因整改令停用:", "kept out of use by the rectification order ") +
                    visible(o.get<std::string>())));
    if (text(i, "id").empty()) return;
    item(sentence(say("接入系统 ", "system ") + text(i, "id") +
                  (i.contains("state")
                       ? say(":状态“" + text(i, "state_zh") + "”,接入", ": state " + text(i, "state") + ", access ") +
                             access(text(i, "access"))
                       : say(":未登记在案", ": not on record")) +
                  (text(i, "unit").empty() ? "" : say(",责任单位 ", ", unit ") + text(i, "unit"))));
    for (const auto& o : inside(i, "orders"))
      more(sentence(say(fmt::format("整改令 {}({}):{},期限 {}", text(o, "id"), article_text(text(o, "control")).zh,
                                    text(o, "violation"), minute(o, "due")),
                        fmt::format("rectification order {} ({}): {}, due {}", text(o, "id"),
                                    article_text(text(o, "control")).en, text(o, "violation"), minute(o, "due")))));
  }

  void time(const Json& scan) {
    if (!scan.contains("function")) return;
    head(say("时间", "Times"));
    line(sentence(say("发生 " + second(scan, "time") + ",收到 " + second(scan, "received"),
                      "it happened " + second(scan, "time") + " and was received " + second(scan, "received"))));
    if (inside(scan, "late") == true)
      line(
          say("这是迟到或离线补传的记录:按发生时的策略、有效期和权限判定;冻结只看在此之前开始且现在仍有效的;"
              "设备和接入系统按收到时的状态。",
              "It came late or was uploaded offline: policy, term and entitlement are those of when it happened; of "
              "the holds those count that began before it and "
              "still stand; reader and system are taken as they were when it arrived."));
    if (text(scan, "clock") == "free")
      line(say("设备时钟未同步,此记录的时间不用于比对行踪。",
               "The reader's clock was not synchronised, so this time is not compared with others."));
  }

  void policy(const Json& e) {
    const Json& p = inside(e, "policy");
    if (!p.is_object()) return;
    head(say("适用的策略版本", "Policy version"));
    line(sentence(say("版本 ", "version ") + text(p, "version") +
                  (text(p, "effective_from").empty()
                       ? say("(在首个发布的版本之前适用)", " (before the first that was published)")
                       : say(",自 ", ", in force from ") + minute(p, "effective_from") + say(" 起生效", ""))));
    line(sentence(of(p["why"])));
    if (text(p, "version_at_receipt") != text(p, "version"))
      line(sentence(say("收到时生效的是版本 ", "when it was received the version in force was ") +
                    text(p, "version_at_receipt")));
    line(sentence(say("依据:", "basis: ") + text(p["regulation"], "title") + say("(", " (") +
                  text(p["regulation"], "date") + say(")", ")")));
  }

  void inputs(const Json& e) {
    const Json& list = inside(e, "inputs");
    if (list.is_array() && !list.empty()) {
      head(say("依据的输入记录(主题/分区@位移)", "Inputs that it rests on (topic/partition@offset)"));
      for (const auto& p : list)
        item(place(p) +
             (inside(p, "of_another") == true ? say("  (他人的记录)", "  (another person's record)") : "") +
             (text(p, "time").empty() ? "" : "  " + second(p, "time")) +
             (text(p, "device").empty() ? "" : say("  设备 ", "  reader ") + text(p, "device")) +
             (text(p, "event_id").empty() ? "" : "  id " + text(p, "event_id")));
    }
  }

  void record(const Json& e) {
    head(say("记录", "Record"));
    line(sentence((text(e, "from") == "committed"
                       ? say("已提交的记录:主题 ", "the committed record: topic ")
                       : say("没有给出已提交的记录;以下为重放历史所得:主题 ",
                             "no committed record was given; this is what the history leads to: topic ")) +
                  text(e, "topic") +
                  (e.contains("offset") ? fmt::format("/{}@{}", text(e, "partition"), text(e, "offset")) : "") +
                  say(",摘要 ", ", digest ") + text(e, "sha256")));
  }

  void recompute(const Json& r) {
    if (!r.is_object()) return;
    head(say("重新计算", "Computed again"));
    const bool same = r["identical"] == true;
    line(same ? say("结果逐字节相同。", "The result is identical, byte for byte.")
              : say("结果不同。", "The result differs."));
    line(say("已提交 ", "committed ") + text(r, "committed"));
    line(say("重放得 ", "replayed  ") +
         (text(r, "replayed").empty() ? say("无此记录", "no such record") : text(r, "replayed")));
    if (r.contains("leaf"))
      line(say(fmt::format("透明日志:分片 {} 第 {} 条", text(r["leaf"], "shard"), text(r["leaf"], "place")),
               fmt::format("transparency log: shard {}, leaf {}", text(r["leaf"], "shard"),
                           text(r["leaf"], "place"))) +
           (r["leaf"].contains("replayed") ? say(",已一并比对", ", compared too") : ""));
    line(sentence(say(
        fmt::format("重放 {} 个回合、{} 条输入,比对 {} 次状态摘要、{} 项发现", text(r, "turns"), text(r, "inputs"),
                    text(r, "states_compared"), text(r, "findings_compared")),
        fmt::format("{} turns with {} inputs replayed; {} digests of the state and {} findings compared",
                    text(r, "turns"), text(r, "inputs"), text(r, "states_compared"), text(r, "findings_compared")))));
    for (const auto& d : r["differences"]) item(visible(d.get<std::string>()));
    for (const auto& n : r["notes"]) item(sentence(of(n)));
  }

  const bool zh_;
  std::string out_;
};

} // namespace

std::string explanation_page(const nlohmann::ordered_json& explanation, std::string_view languages) {
  std::string out;
  if (languages != "en") out += Page(Language::zh).tell(explanation);
  if (languages == "both") out += "\n";
  if (languages != "zh") out += Page(Language::en).tell(explanation);
  return out;
}

} // namespace onecode::app
