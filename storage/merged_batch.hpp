// Many batches as one: each key once, with its newest value, in the order of keys. A restore writes a journal so, because
// a sorted map takes sorted neighbours at a fraction of the price.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "storage/store.hpp"

namespace onecode::storage {

class MergedBatch {
public:
  /// `batch` must outlive the next merge(); later batches are newer. StoreError: it is none.
  void add(std::string_view batch);
  /// Bytes that were added since the last merge().
  std::size_t size() const { return size_; }
  /// What was added as one batch, good until the next call; begins anew.
  std::string_view merge();

private:
  struct Entry {
    std::string_view key;
    std::optional<std::string_view> value;
  };
  std::vector<Entry> entries_;
  std::size_t size_ = 0;
  WriteBatch merged_;
};

} // namespace onecode::storage
