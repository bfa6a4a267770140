#include "domain/rules/d10_out_of_scope_data.hpp"

#include <algorithm>

#include "domain/hash.hpp"

namespace onecode::rules {
namespace {

/// One access that asks for everything is one violation, not a thousand records about it.
constexpr std::size_t kMost = 8;
constexpr std::size_t kLongestWord = 32;

std::string digest(std::string_view s) { return hex(hash128(s)).substr(0, 8); }

bool is_word(std::string_view s) {
  return !s.empty() && s.size() <= kLongestWord && std::ranges::all_of(s, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-' || c == '.';
  });
}

/// The first segment, which names what is asked for, and as many as some declared endpoint has; then eight digits for the rest,
/// which may be an id or a name.
std::string shown(const std::vector<std::string>& declared, std::string_view asked) {
  const auto first_end = std::min(asked.find('/', 1), asked.size());
  std::size_t known = asked.starts_with('/') && is_word(asked.substr(1, first_end - 1)) ? first_end : 0;
  for (const auto& d : declared) {
    const auto [a, b] = std::mismatch(asked.begin(), asked.end(), d.begin(), d.end());
    auto common = static_cast<std::size_t>(a - asked.begin());
    const bool whole = b == d.end() && (common == asked.size() || asked[common] == '/');
    if (!whole) common = asked.substr(0, common).rfind('/') + 1; // npos + 1 is 0
    known = std::max(known, common);
  }
  if (known == asked.size()) return std::string(asked);
  return std::string(asked.substr(0, known)) + '#' + digest(asked.substr(known));
}

std::string shown(std::string_view field) { return is_word(field) ? std::string(field) : '#' + digest(field); }

bool covers(std::string_view declared, std::string_view asked) {
  if (!asked.starts_with(declared)) return false;
  return asked.size() == declared.size() || declared.ends_with('/') || asked[declared.size()] == '/' ||
         asked[declared.size()] == '?';
}

} // namespace

std::vector<std::string> out_of_scope_data(const Manifest& scope, const DataAccess& access) {
  std::vector<std::string> out;
  if (!scope.endpoints.empty() &&
      std::ranges::none_of(scope.endpoints, [&](const std::string& e) { return covers(e, access.endpoint); }))
    out.push_back("endpoint " + shown(scope.endpoints, access.endpoint));
  if (scope.data_fields.empty()) return out;
  for (const auto& f : access.fields_read) {
    if (out.size() == kMost) break;
    if (std::ranges::find(scope.data_fields, f, &DataField::name) != scope.data_fields.end()) continue;
    std::string text = "field " + shown(f);
    if (std::ranges::find(out, text) == out.end()) out.push_back(std::move(text));
  }
  return out;
}

} // namespace onecode::rules
