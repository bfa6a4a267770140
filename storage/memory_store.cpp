// The store without a disk. What a shard wrote stays with the factory, so that a shard which stops and is opened
// again finds it, as with RocksDB; a new factory is an empty disk.
#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

#include "storage/store.hpp"

namespace onecode::storage {

namespace {

struct Shelf {
  std::map<std::string, std::string, std::less<>> entries;
  std::optional<Standing> standing;
  bool open = false;
};

/// All shelves of one factory, shared with the stores so that either may go first.
struct Shelves {
  std::mutex mutex; // guards the map and `open`; the content of a shelf belongs to its one open store
  std::map<std::int32_t, Shelf> by_shard;
};

class MemoryStore : public Store {
public:
  MemoryStore(std::shared_ptr<Shelves> all, Shelf& mine) : all_(std::move(all)), mine_(mine) {}
  MemoryStore(const MemoryStore&) = delete;
  MemoryStore& operator=(const MemoryStore&) = delete;
  ~MemoryStore() override {
    const std::lock_guard lock(all_->mutex);
    mine_.open = false;
  }

  void read(std::span<const std::string> keys, std::vector<std::optional<std::string>>& values) override {
    values.assign(keys.size(), std::nullopt);
    for (std::size_t i = 0; i < keys.size(); ++i)
      if (const auto it = mine_.entries.find(keys[i]); it != mine_.entries.end()) values[i] = it->second;
  }

  void write(std::string_view batch, const Standing& standing) override {
    WriteBatch::each(batch,
                     [](auto, auto) {}); // all of it or nothing: a broken batch is refused before its first change
    WriteBatch::each(batch, [this](std::string_view key, std::optional<std::string_view> value) {
      if (value) {
        mine_.entries.insert_or_assign(std::string(key), std::string(*value));
      } else if (const auto it = mine_.entries.find(key); it != mine_.entries.end()) {
        mine_.entries.erase(it);
      }
    });
    mine_.standing = standing;
  }

  std::optional<Standing> standing() override { return mine_.standing; }

  void scan_from(std::string_view from, std::string_view prefix, const Visitor& visit) override {
    for (auto it = mine_.entries.lower_bound(std::max(from, prefix)); it != mine_.entries.end(); ++it)
      if (!std::string_view(it->first).starts_with(prefix) || !visit(it->first, it->second)) return;
  }

  void flush() override {}
  void flush_soon() override {}
  std::optional<std::int64_t> durable_next() override { return journal_next(); }

private:
  std::shared_ptr<Shelves> all_;
  Shelf& mine_;
};

class MemoryStores : public StoreFactory {
public:
  std::unique_ptr<Store> open(std::int32_t shard) override {
    const std::lock_guard lock(all_->mutex);
    Shelf& shelf = all_->by_shard[shard];
    if (shelf.open) throw StoreError("memory store of shard " + std::to_string(shard) + " is open already");
    auto store = std::make_unique<MemoryStore>(all_, shelf);
    shelf.open = true;
    return store;
  }

  void set_aside(std::int32_t shard, Aside, const std::string&) override {
    const std::lock_guard lock(all_->mutex);
    if (all_->by_shard[shard].open) throw StoreError("memory store of shard " + std::to_string(shard) + " is open");
    all_->by_shard.erase(shard);
  }

private:
  std::shared_ptr<Shelves> all_ = std::make_shared<Shelves>();
};

} // namespace

std::unique_ptr<StoreFactory> memory_stores() { return std::make_unique<MemoryStores>(); }

} // namespace onecode::storage
