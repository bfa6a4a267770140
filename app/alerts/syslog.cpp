#include "app/alerts/syslog.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "app/alerts/filter.hpp"
#include "app/alerts/visible.hpp"

namespace onecode::app {
namespace {

constexpr std::string_view kBom = "\xEF\xBB\xBF";
constexpr std::size_t kMessageBytes = 8 * 1024; // what rsyslog and syslog-ng take without being told
constexpr std::size_t kParamBytes = 256;
constexpr int kNotice = 5;

int syslog_severity(const News& n) {
  constexpr std::array<int, 5> of = {6, kNotice, 4, 3, 2};
  const int s = of[static_cast<std::size_t>(std::clamp(n.severity, 1, 5) - 1)];
  return n.closed() ? std::max(s, kNotice) : s;
}

/// Inside a PARAM-VALUE a backslash stands before `"`, `\` and `]`, and nowhere else.
void append_param(std::string& out, std::string_view name, std::string_view value) {
  out += ' ';
  out += name;
  out += "=\"";
  for (const char c : shortened(visible(value), kParamBytes)) {
    if (c == '"' || c == '\\' || c == ']') out += '\\';
    out += c;
  }
  out += '"';
}

} // namespace

std::string syslog_message(const News& n, const SyslogStyle& style) {
  constexpr std::string_view activities[] = {"create", "update", "close"};
  const std::string_view activity = activities[static_cast<std::size_t>(n.activity) - 1];
  std::string out = fmt::format("<{}>1 {} {} onecode - {}.{} [finding@{}", style.facility * 8 + syslog_severity(n),
                                format_time(n.time), style.hostname,
                                n.topic == Topic::alerts ? "alert" : "compliance", activity, style.enterprise);
  append_param(out, "uid", n.uid);
  append_param(out, "activity", activity);
  if (!n.kind.empty()) append_param(out, "kind", n.kind);
  append_param(out, "subject", n.subject);
  append_param(out, "rule", n.rule);
  append_param(out, "article", n.article);
  append_param(out, "severity", severity_name(n.severity));
  append_param(out, "score", std::to_string(n.score));
  append_param(out, "band", std::to_string(n.band));
  append_param(out, "action", n.action);
  if (!n.act.empty()) append_param(out, "act", n.act);
  append_param(out, "policy", n.policy);
  if (!n.order.empty()) {
    append_param(out, "order", n.order);
    append_param(out, "due", n.order_due);
  }
  out += "] ";
  out += kBom;
  const std::string& why = style.language == Language::zh ? n.explanation.zh : n.explanation.en;
  out += visible(n.title);
  if (!why.empty()) out += ": " + visible(why);
  return shortened(out, kMessageBytes);
}

std::string octet_counted(std::string_view message) { return fmt::format("{} {}", message.size(), message); }

std::optional<int> facility_of(std::string_view name) {
  constexpr std::string_view names[] = {"kern",   "user",   "mail",   "daemon", "auth",     "syslog",
                                        "lpr",    "news",   "uucp",   "cron",   "authpriv", "ftp",
                                        "ntp",    "audit",  "alert",  "clock",  "local0",   "local1",
                                        "local2", "local3", "local4", "local5", "local6",   "local7"};
  const auto it = std::find(std::begin(names), std::end(names), name);
  return it == std::end(names) ? std::nullopt : std::optional(static_cast<int>(it - std::begin(names)));
}

std::string syslog_hostname() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return "-";
  std::string out(name.data());
  std::erase_if(out, [](char c) { return c < 33 || c > 126; });
  return out.empty() ? "-" : out;
}

} // namespace onecode::app
