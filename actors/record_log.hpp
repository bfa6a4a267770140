// The journal records that a shard still needs in memory, oldest first.
//   Memory     one after the other in blocks, of which an emptied one is kept for what comes: an allocator gives what comes and goes by
//              the megabyte back to the system, and to have it again costs a page fault for each 4 KiB.
//   Always     what add() gave stays where it is until its record is dropped, or its turn aborted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string_view>

namespace onecode::actors {

class RecordLog {
public:
  /// A copy of a record of the turn at hand.
  std::string_view add(std::string_view record);
  /// The turn is committed: its records stand at `offset` of the journal or after it.
  void commit(std::int64_t offset);
  /// It is not.
  void abort();
  /// Drops committed records from the oldest on, up to the first at `offset` or after it.
  void drop_before(std::int64_t offset);
  /// Drops every committed record.
  void drop_all() { drop(committed_); }
  /// Of the committed records.
  std::size_t bytes() const { return bytes_; }

private:
  static constexpr std::size_t kBlock = 1U << 20; // a larger record has a block to itself
  static constexpr std::size_t kSpare = 1;        // blocks kept for what comes

  struct Block {
    std::unique_ptr<char[]> memory;
    std::size_t size = 0;
    std::size_t used = 0;
    std::size_t records = 0;
  };
  struct Record {
    std::int64_t offset = 0; // or less
    std::size_t size = 0;
  };
  void drop(std::size_t records);
  void retire(Block block);

  std::deque<Block> blocks_;
  std::deque<Block> spare_;
  std::deque<Record> records_; // the committed ones, then those of the turn
  std::size_t committed_ = 0;
  std::size_t bytes_ = 0;
};

} // namespace onecode::actors
