// The state store of one shard: a sorted map of bytes that lags behind the journal and never runs ahead of it. Written
// only after the transaction that carries the same batch is committed (DESIGN §3, "Commit").
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace onecode::storage {

/// The store cannot be used: damaged, full or not ours. The shard stops; nothing is wiped.
struct StoreError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Changes of one turn, in order. Its bytes are the journal record: per change a flag (1 put, 0 erase), varint key length, key,
/// and for a put varint value length, value.
class WriteBatch {
public:
  /// Where in bytes() the value stands.
  std::size_t put(std::string_view key, std::string_view value);
  void erase(std::string_view key);
  void append(const WriteBatch& other);
  bool empty() const { return bytes_.empty(); }
  std::size_t count() const { return count_; }
  std::string_view bytes() const { return bytes_; }
  void clear() {
    bytes_.clear();
    count_ = 0;
  }

  /// Calls change(key, value or nullopt) for each; throws StoreError where the bytes are not a batch.
  static void each(std::string_view bytes,
                   const std::function<void(std::string_view key, std::optional<std::string_view> value)>& change);

private:
  std::string bytes_;
  std::size_t count_ = 0;
};

/// What a store says of itself with every write.
struct Standing {
  /// The journal offset from which on a restore must read.
  std::int64_t journal_next = 0;
  /// storage/digest.hpp, over the entries in this store; nullopt: nobody counted, as in a restore from nothing.
  std::optional<std::uint64_t> digest = {};
  bool operator==(const Standing&) const = default;
};

class Store {
public:
  virtual ~Store() = default;
  /// values[i] is the value of keys[i] or nullopt; keys sorted ascending.
  virtual void read(std::span<const std::string> keys, std::vector<std::optional<std::string>>& values) = 0;
  /// All of it or nothing: a batch's bytes and the standing (kept in the same column family, so that state and position
  /// cannot part). The bytes are copied before it returns.
  virtual void write(std::string_view batch, const Standing& standing) = 0;
  /// What the last write() said; nullopt: a new store.
  virtual std::optional<Standing> standing() = 0;
  std::optional<std::int64_t> journal_next() {
    const auto says = standing();
    return says ? std::optional(says->journal_next) : std::nullopt;
  }
  using Visitor = std::function<bool(std::string_view key, std::string_view value)>;
  /// Visits keys with this prefix in order until `visit` says false.
  void scan(std::string_view prefix, const Visitor& visit) { scan_from(prefix, prefix, visit); }
  /// Only from the key `from` on: who goes on where an earlier scan stopped does not walk over what was erased since.
  virtual void scan_from(std::string_view from, std::string_view prefix, const Visitor& visit) = 0;
  /// Makes everything written so far durable.
  virtual void flush() = 0;
  /// Begins to, and does not wait.
  virtual void flush_soon() = 0;
  /// The journal offset from which on a restore would have to read if this machine stopped now; may be older than it is.
  virtual std::optional<std::int64_t> durable_next() = 0;
};

/// Why a store is set aside.
enum class Aside : std::uint8_t {
  damaged,  // it is not what was committed: somebody should look at it
  outdated, // it was, but the journal has been trimmed past it while another node had the shard: nothing is wrong
};

/// What the open stores of a factory take, in bytes.
struct StoreUsage {
  std::uint64_t files = 0;           // on disk
  std::uint64_t write_buffers = 0;   // changes that are in memory only
  std::uint64_t cache = 0;           // blocks, indexes and filters in memory
  std::uint64_t compaction_debt = 0; // estimate of what compaction must still rewrite
};

/// Gives each shard its store.
class StoreFactory {
public:
  virtual ~StoreFactory() = default;
  virtual std::unique_ptr<Store> open(std::int32_t shard) = 0;
  /// Moves the shard's store, which is not open, away; the next open() gives an empty one. What is damaged is kept for people
  /// to look at, what is outdated only until the next one of the shard.
  virtual void set_aside(std::int32_t shard, Aside as, const std::string& why) = 0;
  /// From any thread. Stores that are nothing but memory say nothing.
  virtual StoreUsage usage() const { return {}; }
};

/// Sorted maps in memory: replay, backtest, tests.
std::unique_ptr<StoreFactory> memory_stores();

} // namespace onecode::storage
