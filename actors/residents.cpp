#include "actors/residents.hpp"

#include <algorithm>

#include "monitoring/stopwatch.hpp"
#include "storage/keys.hpp"

namespace onecode::actors {
namespace {

constexpr std::size_t kSpareBuffers = 4;

} // namespace

Residents::Residents(storage::Store& store, const streams::Secrets& secrets, std::size_t limit, std::size_t lag_limit)
    : store_(store), secrets_(secrets), limit_(limit), lag_limit_(lag_limit) {}

Residents::~Residents() = default;

// -- waking and sleeping ----------------------------------------------------------------------------------------------

Entity* Residents::find(const EntityId& id, std::uint64_t hash) {
  const auto it = entities_.find(Key{id.kind, id.id, hash});
  return it == entities_.end() ? nullptr : it->second.get();
}

Entity& Residents::wake(const EntityId& id, std::uint64_t hash, monitoring::TurnStats& stats) {
  if (Entity* awake = find(id, hash)) return *awake;
  auto made = make_entity(id, secrets_);
  made->hash = hash;
  ++stats.store_reads;
  const monitoring::Stopwatch watch(stats.store_read_ns);
  if (load(*made)) ++stats.wakes[static_cast<std::size_t>(id.kind)];
  Entity& entity = *made;
  ++counts_[static_cast<std::size_t>(id.kind)];
  queue(entity);
  entities_.emplace(Key{entity.id.kind, entity.id.id, hash}, std::move(made));
  return entity;
}

std::unique_ptr<Entity> Residents::look_up(const EntityId& id, std::uint64_t hash) {
  auto made = make_entity(id, secrets_);
  made->hash = hash;
  if (!load(*made)) return nullptr;
  return made;
}

bool Residents::load(Entity& entity) {
  key_.clear();
  storage::append_entity(key_, entity.id.kind, entity.id.id);
  const auto prefix = key_.size();
  bool found = false;
  store_.scan(key_, [&](std::string_view key, std::string_view value) {
    entity.load(key.substr(prefix), value);
    return found = true;
  });
  return found;
}

void Residents::reload(Entity& entity) {
  entity.reset();
  load(entity);
  for (const auto& part : entity.residence.unstored) entity.load(part.name.view(), part.bytes);
}

void Residents::queue(Entity& entity) {
  auto& r = entity.residence;
  r.older = newest_;
  r.newer = nullptr;
  if (newest_ != nullptr) newest_->residence.newer = &entity;
  newest_ = &entity;
  if (oldest_ == nullptr) oldest_ = &entity;
}

void Residents::unqueue(Entity& entity) {
  auto& r = entity.residence;
  (r.newer != nullptr ? r.newer->residence.older : newest_) = r.older;
  (r.older != nullptr ? r.older->residence.newer : oldest_) = r.newer;
}

void Residents::forget(Entity& entity) {
  unqueue(entity);
  --counts_[static_cast<std::size_t>(entity.id.kind)];
  entities_.erase(Key{entity.id.kind, entity.id.id, entity.hash});
}

void Residents::forget_all() {
  entities_.clear();
  counts_ = {};
  touched_.clear();
  newest_ = oldest_ = nullptr;
  unstored_newest_ = unstored_oldest_ = nullptr;
  records_.clear();
  record_bytes_ = 0;
}

// -- the turn ---------------------------------------------------------------------------------------------------------

void Residents::touch(Entity& entity) {
  if (entity.residence.touched == turn_) return;
  entity.residence.touched = turn_;
  touched_.push_back(&entity);
}

std::array<monitoring::TurnStats::Count, monitoring::kKinds> Residents::committed(
    std::vector<std::string>& records, std::int64_t from, const std::vector<PartWriter::Place>& places,
    storage::WriteBatch& write) {
  const auto base = records_.size();
  for (auto& bytes : records) {
    record_bytes_ += bytes.size();
    records_.push_back({from, std::move(bytes)});
  }
  for (const auto& p : places) {
    const auto& record = records_[base + p.chunk];
    remember_unstored(*p.of, p.name, std::string_view(record.bytes).substr(p.bytes_at, p.bytes_size), record.offset);
  }
  while (record_bytes_ > lag_limit_ && unstored_oldest_ != nullptr) {
    store(*unstored_oldest_, write);
    drop_records();
  }
  if (unstored_oldest_ == nullptr) drop_records();
  touched_.clear();
  ++turn_;
  std::array<monitoring::TurnStats::Count, monitoring::kKinds> asleep{};
  // Who was used since its last turn in the queue gets another one.
  while (entities_.size() > limit_ && oldest_ != nullptr) {
    Entity& entity = *oldest_;
    if (entity.residence.touched > entity.residence.queued) {
      entity.residence.queued = entity.residence.touched;
      unqueue(entity);
      queue(entity);
      continue;
    }
    if (!entity.residence.unstored.empty()) store(entity, write);
    ++asleep[static_cast<std::size_t>(entity.id.kind)];
    forget(entity);
  }
  return asleep;
}

void Residents::aborted() {
  for (Entity* entity : touched_) {
    if (entity->residence.unstored.empty())
      forget(*entity);
    else
      reload(*entity);
  }
  touched_.clear();
  ++turn_;
}

// -- what the store lacks ---------------------------------------------------------------------------------------------

void Residents::remember_unstored(Entity& entity, PartName name, std::string_view bytes, std::int64_t offset) {
  auto& r = entity.residence;
  if (r.unstored.empty()) {
    r.unstored_since = offset;
    r.unstored_older = unstored_newest_;
    r.unstored_newer = nullptr;
    if (unstored_newest_ != nullptr) unstored_newest_->residence.unstored_newer = &entity;
    unstored_newest_ = &entity;
    if (unstored_oldest_ == nullptr) unstored_oldest_ = &entity;
  }
  for (auto& part : r.unstored)
    if (part.name == name) {
      part = {name, bytes};
      return;
    }
  r.unstored.push_back({name, bytes});
}

void Residents::store(Entity& entity, storage::WriteBatch& write) {
  auto& r = entity.residence;
  key_.clear();
  storage::append_entity(key_, entity.id.kind, entity.id.id);
  const auto prefix = key_.size();
  for (const auto& part : r.unstored) {
    key_.resize(prefix);
    key_ += part.name.view();
    write.put(key_, part.bytes);
  }
  r.unstored.clear();
  (r.unstored_newer != nullptr ? r.unstored_newer->residence.unstored_older : unstored_newest_) = r.unstored_older;
  (r.unstored_older != nullptr ? r.unstored_older->residence.unstored_newer : unstored_oldest_) = r.unstored_newer;
  r.unstored_newer = r.unstored_older = nullptr;
}

void Residents::store_all(storage::WriteBatch& write) {
  while (unstored_oldest_ != nullptr) store(*unstored_oldest_, write);
  drop_records();
}

std::optional<std::int64_t> Residents::store_position() const {
  if (unstored_oldest_ == nullptr) return std::nullopt;
  return unstored_oldest_->residence.unstored_since;
}

void Residents::drop_records() {
  // Every part that is still unstored stands in the record of its entity's first unstored change or a later one.
  const auto from = store_position();
  while (!records_.empty() && (!from || records_.front().offset < *from)) {
    record_bytes_ -= records_.front().bytes.size();
    if (spare_.size() < kSpareBuffers) spare_.push_back(std::move(records_.front().bytes));
    records_.pop_front();
  }
}

std::string Residents::spare_buffer() {
  if (spare_.empty()) return {};
  std::string out = std::move(spare_.back());
  spare_.pop_back();
  out.clear();
  return out;
}

} // namespace onecode::actors
