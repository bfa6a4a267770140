#include "domain/article.hpp"

#include <array>
#include <optional>
#include <utility>

namespace onecode {
namespace {

constexpr std::array<std::string_view, 14> kDigits = {"零", "一", "二", "三", "四",   "五",   "六",
                                                      "七", "八", "九", "十", "十一", "十二", "十三"};
constexpr std::size_t kArticles = 13, kClauses = 9;

/// A number from 1 to `most` as people write it.
std::optional<std::size_t> number(std::string_view s, std::size_t most) {
  if (s.empty() || s.size() > 2 || s.front() == '0') return std::nullopt;
  std::size_t n = 0;
  for (const char c : s) {
    if (c < '0' || c > '9') return std::nullopt;
    n = n * 10 + static_cast<std::size_t>(c - '0');
  }
  return n <= most ? std::optional(n) : std::nullopt;
}

/// Article and clause (0: none).
std::optional<std::pair<std::size_t, std::size_t>> parse(std::string_view s) {
  const auto open = s.find('(');
  const auto article = number(s.substr(0, open), kArticles);
  if (!article) return std::nullopt;
  if (open == s.npos) return std::pair{*article, std::size_t{0}};
  if (!s.ends_with(')')) return std::nullopt;
  const auto clause = number(s.substr(open + 1, s.size() - open - 2), kClauses);
  return clause ? std::optional(std::pair{*article, *clause}) : std::nullopt;
}

} // namespace

bool is_article(std::string_view text) { return parse(text).has_value(); }

Text article_text(std::string_view control) {
  const auto cited = parse(control);
  if (!cited) return {std::string(control), std::string(control)};
  std::string zh = "第" + std::string(kDigits[cited->first]) + "条";
  if (cited->second != 0) zh += "第(" + std::string(kDigits[cited->second]) + ")项";
  return {std::move(zh), "article " + std::string(control)};
}

} // namespace onecode
