#include "storage/merged_batch.hpp"

#include <algorithm>

namespace onecode::storage {

void MergedBatch::add(std::string_view batch) {
  WriteBatch::each(batch, [this](std::string_view key, std::optional<std::string_view> value) {
    entries_.push_back({key, value});
  });
  size_ += batch.size();
}

std::string_view MergedBatch::merge() {
  std::ranges::stable_sort(entries_, {}, &Entry::key);
  merged_.clear();
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const auto& [key, value] = entries_[i];
    if (i + 1 < entries_.size() && entries_[i + 1].key == key) continue;
    if (value)
      merged_.put(key, *value);
    else
      merged_.erase(key);
  }
  entries_.clear();
  size_ = 0;
  return merged_.bytes();
}

} // namespace onecode::storage
