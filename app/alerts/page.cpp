#include "app/alerts/page.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "app/alerts/filter.hpp"
#include "app/alerts/visible.hpp"
#include "domain/article.hpp"

namespace onecode::app {
namespace {

struct Word {
  std::string_view en, zh;
};

constexpr Word kActivities[] = {{"new", "新发现"}, {"update", "更新"}, {"closed", "关闭"}};
constexpr std::string_view kSeveritiesZh[] = {"提示", "低", "中", "高", "严重"};
constexpr const char* kSeverityColours[] = {"2", "36", "33", "31", "1;31"};

// A new word of the engine is shown as it is.
std::string_view translated(std::string_view word, Language language) {
  constexpr Word words[] = {
      {"account", "账户"},       {"device", "设备"},      {"integration", "接入系统"}, {"handset", "手机"},
      {"campus", "校园"},        {"watch", "关注"},       {"challenge", "核验本人"},   {"open-case", "立案"},
      {"freeze", "冻结"},        {"inspect", "现场检查"}, {"quarantine", "隔离设备"},  {"suspend", "暂停接入"},
      {"terminate", "终止接入"}, {"none", "无"},
  };
  if (language == Language::zh)
    for (const auto& w : words)
      if (w.en == word) return w.zh;
  return word;
}

constexpr std::size_t kKnown = 100'000; // findings of which an update says what changed

/// `2026-03-02 07:58:12`, on campus.
std::string second_text(Time t) {
  std::string out = format_time(t).substr(0, 19);
  out[10] = ' ';
  return out;
}

} // namespace

std::string NewsPage::painted(const char* code, std::string_view text) const {
  return colours_ ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
}

std::string NewsPage::changes(const Said& before, const News& now) const {
  std::string out;
  const auto change = [&](std::string_view what, std::string_view from, std::string_view to) {
    if (from == to) return;
    out += fmt::format("{}{} {} → {}", out.empty() ? "" : ", ", what, visible(from), visible(to));
  };
  const auto severity = [&](int s) {
    return language_ == Language::zh && s >= 1 && s <= 5 ? kSeveritiesZh[s - 1] : severity_name(s);
  };
  change(word("severity", "级别"), severity(before.severity), severity(now.severity));
  change(word("score", "评分"), std::to_string(before.score), std::to_string(now.score));
  change(word("rule", "规则"), before.rule, now.rule);
  change(word("proposed", "建议"), translated(before.action, language_), translated(now.action, language_));
  return out;
}

std::string NewsPage::block(const News& n) {
  const auto& activity = kActivities[static_cast<int>(n.activity) - 1];
  const auto place = static_cast<std::size_t>(std::clamp(n.severity, 1, 5) - 1);
  const std::string severity(language_ == Language::zh ? kSeveritiesZh[place] : severity_name(n.severity));

  std::string line = painted("2", second_text(n.time));
  line += "  " + (n.closed() ? painted("32", word(activity.en, activity.zh))
                             : painted(kSeverityColours[place],
                                       severity + " " + std::string(word(activity.en, activity.zh))));
  line +=
      "  " + painted("1", fmt::format("{} {}", visible(translated(n.kind.empty() ? "subject" : n.kind, language_)),
                                      visible(n.subject)));
  line += fmt::format("  {} {}", visible(n.rule), visible(n.title));
  if (!n.article.empty()) {
    const Text cited = article_text(n.article);
    line += "  " + visible(word(cited.en, cited.zh));
  }
  line += fmt::format("  {} {}/1000", word("score", "评分"), n.score);
  if (!n.action.empty() && n.action != "none")
    line += fmt::format("  {}: {}", n.band >= 4 ? word("done", "已执行") : word("proposed", "建议"),
                        visible(translated(n.action, language_)));
  line += '\n';

  const auto found = said_.find(n.uid);
  if (n.activity == News::Activity::update && found != said_.end())
    if (const auto what = changes(found->second, n); !what.empty())
      line += fmt::format("    {} {}\n", word("changed:", "变化:"), what);
  const std::string& why = language_ == Language::zh ? n.explanation.zh : n.explanation.en;
  if (!why.empty()) line += fmt::format("    {}{}\n", n.closed() ? word("why: ", "原因:") : "", visible(why));
  if (!n.order.empty())
    line += fmt::format("    {} {}, {} {}\n", word("order", "整改单"), visible(n.order), word("due", "期限"),
                        visible(n.order_due));
  line += painted("2", fmt::format("    {} {}", word("finding", "编号"), visible(n.uid))) + '\n';

  if (n.closed() || (said_.size() >= kKnown && found == said_.end()))
    said_.erase(n.uid);
  else
    said_[n.uid] = {n.score, n.severity, n.rule, n.action};
  return line;
}

} // namespace onecode::app
