#include "storage/digest.hpp"

#include <optional>
#include <string>
#include <vector>

namespace onecode::storage {

Digest digest_of(Store& store) {
  Digest sum = 0;
  store.scan("", [&](std::string_view key, std::string_view value) {
    if (in_digest(key)) sum += entry_digest(key, value);
    return true;
  });
  return sum;
}

Digest digest_change(Store& store, std::string_view batch) {
  std::vector<std::string> keys;
  std::vector<std::optional<std::string_view>> after;
  WriteBatch::each(batch, [&](std::string_view key, std::optional<std::string_view> value) {
    if (!in_digest(key)) return;
    keys.emplace_back(key);
    after.push_back(value);
  });
  std::vector<std::optional<std::string>> before;
  store.read(keys, before);
  Digest change = 0;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (before[i]) change -= entry_digest(keys[i], *before[i]);
    if (after[i]) change += entry_digest(keys[i], *after[i]);
  }
  return change;
}

} // namespace onecode::storage
