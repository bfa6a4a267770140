#include "actors/record_log.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace onecode::actors {

std::string_view RecordLog::add(std::string_view record) {
  if (blocks_.empty() || blocks_.back().size - blocks_.back().used < record.size()) {
    const auto size = std::max(kBlock, record.size());
    if (size == kBlock && !spare_.empty()) {
      blocks_.push_back(std::move(spare_.back()));
      spare_.pop_back();
    } else {
      blocks_.push_back({std::make_unique_for_overwrite<char[]>(size), size});
    }
  }
  auto& block = blocks_.back();
  char* const at = block.memory.get() + block.used;
  std::memcpy(at, record.data(), record.size());
  block.used += record.size();
  ++block.records;
  records_.push_back({0, record.size()});
  return {at, record.size()};
}

void RecordLog::commit(std::int64_t offset) {
  for (; committed_ < records_.size(); ++committed_) {
    records_[committed_].offset = offset;
    bytes_ += records_[committed_].size;
  }
}

void RecordLog::abort() {
  for (; records_.size() > committed_; records_.pop_back()) {
    auto& block = blocks_.back();
    block.used -= records_.back().size;
    if (--block.records > 0) continue;
    retire(std::move(block));
    blocks_.pop_back();
  }
}

void RecordLog::drop_before(std::int64_t offset) {
  std::size_t old = 0;
  while (old < committed_ && records_[old].offset < offset) ++old;
  drop(old);
}

void RecordLog::drop(std::size_t records) {
  for (; records > 0; --records) {
    bytes_ -= records_.front().size;
    records_.pop_front();
    --committed_;
    if (--blocks_.front().records > 0) continue;
    retire(std::move(blocks_.front()));
    blocks_.pop_front();
  }
}

void RecordLog::retire(Block block) {
  block.used = 0;
  if (block.size == kBlock && spare_.size() < kSpare) spare_.push_back(std::move(block));
}

} // namespace onecode::actors
