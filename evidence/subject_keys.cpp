#include "evidence/subject_keys.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "evidence/hex.hpp"
#include "streams/authenticate.hpp"

namespace onecode::evidence {
namespace {

constexpr std::string_view kFormat = "onecode-key-tree/1\n";
constexpr std::string_view kDigits = "0123456789abcdef";
constexpr std::size_t kLevels = 12;

std::string way_to(std::string_view subject) {
  return streams::to_hex(view(sha256({subject})).substr(0, kLevels / 2));
}

Hash child(const Hash& node, char digit) {
  const auto way = static_cast<char>(kDigits.find(digit));
  return sha256({"onecode/key-tree", view(node), {&way, 1}});
}

Hash down(Hash node, std::string_view way) {
  for (const char digit : way) node = child(node, digit);
  return node;
}

} // namespace

SubjectKeys::SubjectKeys(std::string_view secret) {
  if (secret.empty()) return;
  if (!secret.starts_with(kFormat)) {
    nodes_.emplace("", sha256({"onecode/key-root", secret}));
    return;
  }
  secret.remove_prefix(kFormat.size());
  for (int line = 2; !secret.empty(); ++line) {
    const auto end = std::min(secret.find('\n'), secret.size());
    const auto text = secret.substr(0, end);
    secret.remove_prefix(std::min(end + 1, secret.size()));
    const auto space = std::min(text.find(' '), text.size());
    const auto way = text.substr(0, space);
    const auto key = hash_from_hex(text.substr(std::min(space + 1, text.size())));
    if (way.empty() || way.size() > kLevels || way.find_first_not_of(kDigits) != std::string_view::npos || !key)
      throw std::runtime_error(fmt::format("line {} is no node of a key tree (WAY KEY)", line));
    nodes_.emplace(way, *key);
  }
}

std::optional<Hash> SubjectKeys::find(std::string_view subject) const {
  if (nodes_.empty()) return std::nullopt;
  const std::string way = way_to(subject);
  auto it = nodes_.upper_bound(way);
  if (it == nodes_.begin()) return std::nullopt;
  const auto& [top, key] = *--it;
  if (!way.starts_with(top)) return std::nullopt;
  return sha256({"onecode/subject", view(down(key, std::string_view(way).substr(top.size()))), subject});
}

bool SubjectKeys::destroy(std::string_view subject) {
  const std::string way = way_to(subject);
  auto it = nodes_.upper_bound(way);
  if (it == nodes_.begin() || !way.starts_with((--it)->first)) return false;
  auto [top, key] = *it;
  nodes_.erase(it);
  for (std::size_t level = top.size(); level < way.size(); ++level) {
    for (const char digit : kDigits)
      if (digit != way[level]) nodes_.emplace(way.substr(0, level) + digit, child(key, digit));
    key = child(key, way[level]);
  }
  return true;
}

std::string SubjectKeys::secret() const {
  std::string out(kFormat);
  for (const auto& [way, key] : nodes_) out += fmt::format("{} {}\n", way, streams::to_hex(view(key)));
  return out;
}

} // namespace onecode::evidence
