#include "tests/simulation/disk.hpp"

#include <algorithm>

#include "tests/simulation/faults.hpp"

namespace onecode::simulation {
namespace {

using storage::Standing;
using storage::StoreError;
using storage::WriteBatch;

void apply_batch(Disk::Shelf::Entries& entries, std::string_view batch) {
  WriteBatch::each(batch, [&](std::string_view key, std::optional<std::string_view> value) {
    if (value) {
      entries.insert_or_assign(std::string(key), std::string(*value));
    } else if (const auto it = entries.find(key); it != entries.end()) {
      entries.erase(it);
    }
  });
}

class DiskStore final : public storage::Store {
public:
  DiskStore(std::shared_ptr<Disk::Shelf> shelf, const std::function<void(Point)>& at)
      : shelf_(std::move(shelf)), at_(at) {}
  ~DiskStore() override { shelf_->open = false; }

  void read(std::span<const std::string> keys, std::vector<std::optional<std::string>>& values) override {
    values.assign(keys.size(), std::nullopt);
    for (std::size_t i = 0; i < keys.size(); ++i)
      if (const auto it = shelf_->entries.find(keys[i]); it != shelf_->entries.end()) values[i] = it->second;
  }
  void write(std::string_view batch, const Standing& standing) override {
    at_(Point::before_store_write);
    apply_batch(shelf_->entries, batch);
    shelf_->standing = standing;
    shelf_->not_durable.push_back({std::string(batch), standing});
    at_(Point::after_store_write);
  }
  std::optional<Standing> standing() override { return shelf_->standing; }
  void scan_from(std::string_view from, std::string_view prefix, const Visitor& visit) override {
    const auto& entries = shelf_->entries;
    for (auto it = entries.lower_bound(std::max(from, prefix)); it != entries.end(); ++it)
      if (!std::string_view(it->first).starts_with(prefix) || !visit(it->first, it->second)) return;
  }
  void flush() override {
    at_(Point::flush);
    shelf_->flush();
  }
  void flush_soon() override { asked_ = true; }
  std::optional<std::int64_t> durable_next() override {
    // What was asked for is done some time later.
    if (asked_ && ++waited_ % 3 == 0) {
      shelf_->flush();
      asked_ = false;
    }
    const auto& s = shelf_->durable_standing;
    return s ? std::optional(s->journal_next) : std::nullopt;
  }

private:
  std::shared_ptr<Disk::Shelf> shelf_;
  const std::function<void(Point)>& at_;
  bool asked_ = false;
  int waited_ = 0;
};

} // namespace

void Disk::Shelf::flush() {
  for (const auto& write : not_durable) apply_batch(durable, write.batch);
  not_durable.clear();
  durable_standing = standing;
}

std::unique_ptr<storage::Store> Disk::open(std::int32_t shard) {
  auto& shelf = shelves_[shard];
  if (!shelf) shelf = std::make_shared<Shelf>();
  if (shelf->open) throw StoreError("simulated store of shard " + std::to_string(shard) + " is open already");
  auto store = std::make_unique<DiskStore>(shelf, at_);
  shelf->open = true;
  return store;
}

void Disk::set_aside(std::int32_t shard, storage::Aside as, const std::string& why) {
  aside_(as, why);
  shelves_.erase(shard);
}

std::int64_t Disk::durable_next(std::int32_t shard) const {
  const auto it = shelves_.find(shard);
  return it != shelves_.end() && it->second->durable_standing ? it->second->durable_standing->journal_next : 0;
}

void Disk::crash(const std::function<std::size_t(std::size_t)>& kept) {
  for (auto& [shard, shelf] : shelves_) {
    const auto n = kept(shelf->not_durable.size());
    for (std::size_t i = 0; i < n; ++i) {
      apply_batch(shelf->durable, shelf->not_durable[i].batch);
      shelf->durable_standing = shelf->not_durable[i].standing;
    }
    shelf->not_durable.clear();
    shelf->entries = shelf->durable;
    shelf->standing = shelf->durable_standing;
  }
}

} // namespace onecode::simulation
