#include "evidence/hex.hpp"

#include <algorithm>

namespace onecode::evidence {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

} // namespace

std::optional<std::string> from_hex(std::string_view text) {
  if (text.size() % 2 != 0 || text.find_first_not_of(kDigits) != std::string_view::npos) return std::nullopt;
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 2)
    out += static_cast<char>(kDigits.find(text[i]) << 4 | kDigits.find(text[i + 1]));
  return out;
}

std::optional<Hash> hash_from_hex(std::string_view text) {
  const auto bytes = from_hex(text);
  Hash out{};
  if (!bytes || bytes->size() != out.size()) return std::nullopt;
  std::ranges::copy(*bytes, out.begin());
  return out;
}

} // namespace onecode::evidence
