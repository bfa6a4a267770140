#include "storage/digest.hpp"

#include <map>
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
  std::map<std::string_view, std::optional<std::string_view>> last; // a batch may change an entry twice
  WriteBatch::each(batch, [&](std::string_view key, std::optional<std::string_view> value) {
    if (in_digest(key)) last[key] = value;
  });
  const auto names = [&] {
    std::vector<std::string> keys;
    keys.reserve(last.size());
    for (const auto& [key, value] : last) keys.emplace_back(key);
    return keys;
  }();
  std::vector<std::optional<std::string>> before;
  store.read(names, before);
  Digest change = 0;
  std::size_t i = 0;
  for (const auto& [key, value] : last) {
    if (const auto& was = before[i++]) change -= entry_digest(key, *was);
    if (value) change += entry_digest(key, *value);
  }
  return change;
}

} // namespace onecode::storage
