#include "app/alerts/filter.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

#include "domain/article.hpp"

namespace onecode::app {
namespace {

constexpr std::array<std::string_view, 5> kSeverities = {"informational", "low", "medium", "high", "critical"};

bool is_among(const std::vector<std::string>& asked, std::string_view value) {
  return std::find(asked.begin(), asked.end(), value) != asked.end();
}

std::string lower(std::string_view word) {
  std::string out(word);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc() || end != text.data() + text.size() || n < 0) return std::nullopt;
  return n;
}

} // namespace

bool NewsFilter::passes(const News& n) const {
  if (n.severity < least_severity) return false;
  if (open && n.closed()) return false;
  if (since && n.time < *since) return false;
  if (until && n.time >= *until) return false;
  if (!bands.empty() && std::find(bands.begin(), bands.end(), n.band) == bands.end()) return false;
  if (!statuses.empty() && std::find(statuses.begin(), statuses.end(), n.status) == statuses.end()) return false;
  if (!rules.empty() && !is_among(rules, n.rule)) return false;
  if (!articles.empty() &&
      std::none_of(articles.begin(), articles.end(), [&](const auto& a) { return is_under(n.article, a); }))
    return false;
  if (accounts.empty() && devices.empty() && integrations.empty()) return true;
  return (n.kind == "account" && is_among(accounts, n.subject)) ||
         (n.kind == "device" && is_among(devices, n.subject)) ||
         (n.kind == "integration" && is_among(integrations, n.subject));
}

std::optional<int> severity_of(std::string_view word) {
  const auto it = std::find(kSeverities.begin(), kSeverities.end(), lower(word));
  if (it != kSeverities.end()) return static_cast<int>(it - kSeverities.begin()) + 1;
  const auto n = whole_number(word);
  return n && *n >= 1 && *n <= 5 ? std::optional(static_cast<int>(*n)) : std::nullopt;
}

std::string_view severity_name(int severity) {
  return severity >= 1 && severity <= 5 ? kSeverities[static_cast<std::size_t>(severity - 1)] : "unknown";
}

std::optional<int> status_of(std::string_view word) {
  const auto name = lower(word);
  if (name == "new") return 1;
  if (name == "in-progress") return 2;
  if (name == "resolved") return 4;
  return std::nullopt;
}

std::optional<Duration> span_of(std::string_view word) {
  if (word.size() < 2) return std::nullopt;
  const auto n = whole_number(word.substr(0, word.size() - 1));
  if (!n || *n > 100'000) return std::nullopt;
  switch (word.back()) {
    case 's':
      return seconds(*n);
    case 'm':
      return minutes(*n);
    case 'h':
      return hours(*n);
    case 'd':
      return days(*n);
    default:
      return std::nullopt;
  }
}

std::optional<Time> moment_of(std::string_view word, Time now) {
  if (const auto span = span_of(word)) return now - *span;
  const std::string text(word);
  for (const auto& whole : {text, text + ":00+08:00", text + "T00:00:00+08:00"})
    if (const auto t = parse_time(whole)) return t;
  return std::nullopt;
}

} // namespace onecode::app
