#include "domain/rules/d10_out_of_scope_data.hpp"

#include <algorithm>

#include "domain/hash.hpp"

namespace onecode::rules {
namespace {

bool plain(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-' || c == '.'; }

/// The segments of a path as far as they are words; nothing that might be an id, a name or a number.
std::string words_of(std::string_view path) {
  std::string out;
  std::size_t at = 0;
  while (at < path.size() && out.size() < 64) {
    const auto end = std::min(path.find('/', at + 1), path.size());
    const std::string_view segment = path.substr(at, end - at);
    if (!std::ranges::all_of(segment, [](char c) { return plain(c) || c == '/'; })) break;
    out += segment;
    at = end;
  }
  return at < path.size() ? out + "…" : out;
}

bool covers(std::string_view declared, std::string_view asked) {
  if (!asked.starts_with(declared)) return false;
  return asked.size() == declared.size() || declared.ends_with('/') || asked[declared.size()] == '/' ||
         asked[declared.size()] == '?';
}

} // namespace

std::vector<std::string> out_of_scope_data(const Manifest& scope, const DataAccess& access) {
  std::vector<std::string> out;
  const auto say = [&](std::string text) {
    if (std::ranges::find(out, text) == out.end()) out.push_back(std::move(text));
  };
  if (!scope.endpoints.empty() &&
      std::ranges::none_of(scope.endpoints, [&](const std::string& e) { return covers(e, access.endpoint); }))
    say("endpoint " + words_of(access.endpoint));
  if (!scope.data_fields.empty())
    for (const auto& f : access.fields_read)
      if (std::ranges::find(scope.data_fields, f, &DataField::name) == scope.data_fields.end())
        say("field " + (f.size() <= 32 && std::ranges::all_of(f, plain) ? f : hex(hash128(f)).substr(0, 8)));
  return out;
}

} // namespace onecode::rules
