#include "app/backtest_page.hpp"

#include <fmt/format.h>

#include <string_view>
#include <vector>

#include "domain/explain.hpp"
#include "domain/time.hpp"

namespace onecode::app {
namespace {

using Json = nlohmann::ordered_json;

class Page {
public:
  Page(const Json& report, bool chinese) : r_(report), zh_(chinese) {}

  std::string write() {
    head();
    decisions();
    totals();
    section("people", "account", say("People", "人员"));
    section("devices", "device", say("Devices", "设备"));
    section("integrations", "integration", say("Integrations", "集成系统"));
    section("others", "subject", say("Others", "其他对象"));
    line("");
    line(r_["different"] == true ? say("Somebody is treated differently.", "有对象受到不同对待。")
                                 : say("Nobody is treated differently.", "没有对象受到不同对待。"));
    return std::move(out_);
  }

private:
  std::string say(std::string_view en, std::string_view zh) const { return std::string(zh_ ? zh : en); }
  void line(std::string_view text) { out_.append(text).append("\n"); }
  static std::uint64_t n(const Json& v) { return v.get<std::uint64_t>(); }

  static std::string when(const Json& v) {
    if (!v.is_string()) return {};
    const auto t = parse_time(v.get_ref<const std::string&>());
    return t ? minute_text(*t) : v.get<std::string>();
  }

  std::string band(int b) const {
    constexpr std::string_view en[] = {"observe", "watch", "challenge", "propose", "done automatically"};
    constexpr std::string_view zh[] = {"观察", "关注", "核验", "建议", "自动处置"};
    const auto i = static_cast<std::size_t>(b);
    return i < std::size(en) ? fmt::format("{} {}", b, zh_ ? zh[i] : en[i]) : std::to_string(b);
  }

  /// allow->deny as words.
  std::string change(const std::string& pair) const {
    const auto at = pair.find("->");
    const auto word = [&](const std::string& v) {
      return !zh_           ? v
             : v == "allow" ? std::string("放行")
             : v == "deny"  ? std::string("拒绝")
                            : std::string("要求核验");
    };
    return word(pair.substr(0, at)) + " -> " + word(pair.substr(at + 2));
  }
  std::string changes(const Json& counts) const {
    std::vector<std::string> words;
    for (const auto& [pair, count] : counts.items()) words.push_back(fmt::format("{} {}", n(count), change(pair)));
    return fmt::format("{}", fmt::join(words, say(", ", "、")));
  }

  std::string rules(const Json& list) const {
    std::vector<std::string> words;
    for (const auto& r : list)
      words.push_back(fmt::format("{} {}", r["id"].get<std::string>(), r["points"].get<int>()));
    return words.empty() ? say("none", "无") : fmt::format("{}", fmt::join(words, ", "));
  }

  void head() {
    line(fmt::format("A {}  ->  B {}", r_["policies"]["a"].get<std::string>(),
                     r_["policies"]["b"].get<std::string>()));
    line(fmt::format(fmt::runtime(say("{} records with {} scans, of {}", "{} 条记录,其中扫码 {} 次,取自 {}")),
                     n(r_["records"]), n(r_["scans"]), fmt::join(r_["files"].get<std::vector<std::string>>(), ", ")));
    const auto& out = r_["left_out"];
    if (const auto k = n(out["policies"]))
      line(fmt::format(fmt::runtime(say("policy records left out, since A and B judge: {}",
                                        "略去 {} 条策略记录:全部按 A 和 B 判断")),
                       k));
    if (const auto k = n(out["messages"]))
      line(fmt::format(fmt::runtime(say("messages between nodes left out, since each side makes its own: {}",
                                        "略去 {} 条节点间消息:两边各自重新产生")),
                       k));
    if (const auto k = n(out["outputs"]))
      line(fmt::format(fmt::runtime(say("records of output topics left out: {}", "略去 {} 条输出主题的记录")), k));
    line("");
    line(say("What B changes", "B 改变了什么"));
    for (const auto& c : r_["policy_differences"]) line("  " + c["text"][zh_ ? "zh" : "en"].get<std::string>());
    if (r_["policy_differences"].empty()) line(say("  nothing: the two policies are the same", "  无:两份策略相同"));
  }

  void decisions() {
    const auto& d = r_["decisions"];
    line("");
    line(fmt::format(fmt::runtime(say("Decisions that differ: {}", "不同的判定:{}")), n(d["changed"])));
    for (const auto& [pair, count] : d["changes"].items()) line(fmt::format("  {:>10}  {}", n(count), change(pair)));
    if (const auto k = n(d["same_verdict_other_reasons"]))
      line(fmt::format("  {:>10}  {}", k, say("the same verdict for other reasons", "判定相同而理由不同")));
    for (const char* side : {"a", "b"})
      if (const auto k = n(d[std::string("only_under_") + side]))
        line(fmt::format("  {:>10}  {} {}", k, say("decided only under", "仅一边有判定:"), *side == 'a' ? "A" : "B"));
  }

  void row(std::string_view what, const Json& both) {
    out_ += fmt::format("  {:>10} {:>10}  {}\n", n(both["a"]), n(both["b"]), what);
  }

  void totals() {
    const auto& t = r_["totals"];
    line("");
    out_ += fmt::format("  {:>10} {:>10}\n", "A", "B");
    for (const char* verdict : {"allow", "deny", "challenge"}) {
      const auto& d = r_["decisions"];
      const std::string word = std::string(verdict) + "->" + verdict;
      row(zh_ ? change(word).substr(0, change(word).find(" ->")) : std::string(verdict),
          {{"a", d["a"][verdict]}, {"b", d["b"][verdict]}});
    }
    row(say("frozen automatically", "自动冻结"), t["automatic_freezes"]);
    if (n(t["refused_by_breaker"]["a"]) + n(t["refused_by_breaker"]["b"]) > 0)
      row(say("freezes that the breaker refused", "被熔断阻止的冻结"), t["refused_by_breaker"]);
    row(say("findings proposed to a person", "提交人工处理的线索"), t["proposals"]);
    for (const auto& [rule, of] : t["rules"].items()) {
      const auto& a = of["a"];
      const auto& b = of["b"];
      row(fmt::format(fmt::runtime(say("findings led by {} ({} and {} hits)", "以 {} 为主的线索(命中 {} 与 {} 次)")),
                      rule, n(a["hits"]), n(b["hits"])),
          {{"a", a["findings"]}, {"b", b["findings"]}});
      if (n(a["shadow_hits"]) + n(b["shadow_hits"]) > 0)
        row(fmt::format(fmt::runtime(say("hits of {} in shadow mode", "{} 影子模式命中")), rule),
            {{"a", a["shadow_hits"]}, {"b", b["shadow_hits"]}});
    }
    for (const auto& [code, both] : t["dead_letters"].items())
      row(fmt::format(fmt::runtime(say("dead letters {}", "死信 {}")), code), both);
    if (t["dead_letters"].contains("BAD_SIGNATURE"))
      line(say(
          "  Commands were refused for their signature: does each policy's trust hold the keys of those who signed?",
          "  有指令因签名被拒:两份策略的 trust 是否都含有签署者的公钥?"));
  }

  void hold(const Json& h, char side) {
    std::string text;
    if (h["role"] != "response-policy")
      text = fmt::format(fmt::runtime(say("held by {}", "由 {} 冻结")), h["role"].get<std::string>());
    else
      text = h["provisional"] == true ? say("frozen provisionally", "暂时冻结") : say("frozen", "冻结");
    text += fmt::format(fmt::runtime(say(" under {} only", "(仅 {})")), side);
    text += say(", Article ", ",依据 ") + h["article"].get<std::string>();
    text += say(", since ", ",自 ") + when(h["since"]);
    if (h["ended"].is_string())
      text += say(", ended ", ",止于 ") + when(h["ended"]);
    else if (h["expires"].is_string())
      text += say(", expires ", ",到期 ") + when(h["expires"]);
    if (!h["rules"].empty()) text += say(", by ", ",规则 ") + rules(h["rules"]);
    line("    " + text);
  }

  void sentence(const Json& s) {
    const bool a = s["worse_under"] == "a";
    const auto& why = s[a ? "a" : "b"]["explanation"];
    if (why.is_object())
      line(fmt::format("    {} {}: {}", say("why under", "理由,按"), a ? "A" : "B",
                       why[zh_ ? "zh" : "en"].get<std::string>()));
  }

  void subject(const std::string& id, const Json& s) {
    const auto &a = s["a"], &b = s["b"];
    const std::string how = s["worse_under"].is_null() ? say("otherwise", "有所不同")
                            : s["worse_under"] == "a"  ? say("worse under A", "A 更严")
                                                       : say("worse under B", "B 更严");
    std::string opening = "  " + id + say(": ", ":") + how;
    if (a["band"] != b["band"])
      opening += fmt::format(fmt::runtime(say("; band {} -> {}", ";等级 {} -> {}")), band(a["band"].get<int>()),
                             band(b["band"].get<int>()));
    if (a["score"] != b["score"])
      opening += fmt::format(fmt::runtime(say("; score {} -> {}", ";分值 {} -> {}")), a["score"].get<int>(),
                             b["score"].get<int>());
    if (a["band"] == b["band"] && a["score"] == b["score"] && a["score"] != 0)
      opening += fmt::format(fmt::runtime(say("; band {}, score {} on both sides", ";两边等级均为 {},分值 {}")),
                             band(a["band"].get<int>()), a["score"].get<int>());
    line(opening);
    for (const char side : {'a', 'b'}) {
      const auto& mine = s[std::string(1, side)];
      const char name = side == 'a' ? 'A' : 'B';
      if (mine.contains("holds_differ"))
        for (const auto& h : mine["holds_differ"]) hold(h, name);
      if (mine.contains("states_differ"))
        for (const auto& state : mine["states_differ"])
          line(fmt::format(fmt::runtime(say("    {} under {} only, since {}", "    {}(仅 {}),自 {}")),
                           state["state"].get<std::string>(), name, when(state["since"])));
    }
    if (s.contains("verdicts") && !s["verdicts"].empty()) {
      line("    " + say("decisions: ", "判定:") + changes(s["verdicts"]));
      const auto& scan = s["first_scan"];
      const auto reasons = [&](const char* side) {
        const auto words = scan[side]["reasons"].get<std::vector<std::string>>();
        return words.empty() ? say("no objection", "无异议") : fmt::format("{}", fmt::join(words, " "));
      };
      line(fmt::format(fmt::runtime(say("    first {} at {} ({}): {} -> {}", "    首次 {} 于 {}({}):{} -> {}")),
                       when(scan["time"]), scan["device"].get<std::string>(), scan["id"].get<std::string>(),
                       reasons("a"), reasons("b")));
    }
    if (a.contains("findings")) {
      const auto of = [&](const Json& side) {
        std::vector<std::string> words;
        for (const auto& f : side["findings"])
          words.push_back(fmt::format("{} {} ({})", f["rule"].get<std::string>(), f["score"].get<int>(),
                                      f["proposed_action"].get<std::string>()));
        return words.empty() ? say("none", "无") : fmt::format("{}", fmt::join(words, ", "));
      };
      if (!a["findings"].empty() || !b["findings"].empty())
        line(fmt::format("    {}: {} -> {}", say("findings", "线索"), of(a), of(b)));
    } else if (a["rules"] != b["rules"]) {
      line(fmt::format("    {}: {} -> {}", say("rules with points", "规则及分值"), rules(a["rules"]),
                       rules(b["rules"])));
    }
    if (s.contains("decisions_changed"))
      if (const auto k = n(s["decisions_changed"]))
        line(fmt::format(fmt::runtime(say("    {} decisions there differ", "    该处 {} 次判定不同")), k));
    sentence(s);
  }

  void section(const char* member, const char* id, const std::string& heading) {
    const auto& all = r_[member];
    const auto count = n(all["different"]), score_only = n(all["other_score_only"]);
    if (count == 0 && score_only == 0 && std::string_view(member) != "people") return;
    line("");
    line(fmt::format(fmt::runtime(say("{1} treated differently: {0} ({2} worse under A, {3} worse under B)",
                                      "受到不同对待的{1}:{0}(A 更严 {2},B 更严 {3})")),
                     count, heading, n(all["worse_under_a"]), n(all["worse_under_b"])));
    for (const auto& s : all["listed"]) subject(s[id].get<std::string>(), s);
    if (const auto more = n(all["more"])) line(fmt::format(fmt::runtime(say("  and {} more", "  另有 {} 项")), more));
    if (score_only > 0)
      line(fmt::format(fmt::runtime(say("  only the score differs: {}", "  仅分值不同、处置不变:{}")), score_only));
  }

  const Json& r_;
  bool zh_;
  std::string out_;
};

} // namespace

std::string backtest_page(const Json& report, bool chinese) { return Page(report, chinese).write(); }

} // namespace onecode::app
