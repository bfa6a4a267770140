#include "actors/residents.hpp"

#include <algorithm>

#include "actors/planted.hpp"
#include "monitoring/stopwatch.hpp"
#include "storage/keys.hpp"

namespace onecode::actors {
namespace {

/// How many more than wake fall asleep in a turn while the limit is being lowered: some milliseconds of work.
constexpr std::size_t kSinkStep = 256;
/// Of what is late, bytes that a turn stores though it adds little itself: so it comes to an end.
constexpr std::size_t kLeastStored = 4096;

/// Is this part gone, though the store has it still?
bool erased(const Entity& entity, std::string_view part) {
  const auto* known = entity.residence.find(PartName(part));
  return known != nullptr && known->erased();
}

} // namespace

Residents::Residents(storage::Store& store, const streams::Secrets& secrets, std::size_t limit, std::size_t lag_limit)
    : store_(store), secrets_(secrets), limit_(limit), allowed_(limit), lag_limit_(lag_limit) {}

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
  if (load(*made, true)) ++stats.wakes[static_cast<std::size_t>(id.kind)];
  Entity& entity = *made;
  ++counts_[static_cast<std::size_t>(id.kind)];
  queue(entity);
  entities_.emplace(Key{entity.id.kind, entity.id.id, hash}, std::move(made));
  return entity;
}

std::unique_ptr<Entity> Residents::look_up(const EntityId& id, std::uint64_t hash) {
  auto made = make_entity(id, secrets_);
  made->hash = hash;
  if (!load(*made, false)) return nullptr;
  return made;
}

bool Residents::load(Entity& entity, bool note) {
  key_.clear();
  storage::append_entity(key_, entity.id.kind, entity.id.id);
  const auto prefix = key_.size();
  bool found = false;
  store_.scan(key_, [&](std::string_view key, std::string_view value) {
    const auto part = key.substr(prefix);
    if (!note && erased(entity, part)) return true;
    entity.load(part, value);
    if (note) {
      const auto digest = storage::entry_digest(key, value);
      entity.residence.add({PartName(part), 0, nullptr, digest, digest});
    }
    return found = true;
  });
  return found;
}

void Residents::reload(Entity& entity) {
  entity.reset();
  load(entity, false);
  for (const auto& part : entity.residence.parts)
    if (part.unstored() && !part.erased()) entity.load(part.name.view(), part.view());
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

// -- the turn ---------------------------------------------------------------------------------------------------------

void Residents::touch(Entity& entity) {
  if (entity.residence.touched == turn_) return;
  entity.residence.touched = turn_;
  touched_.push_back(&entity);
}

std::array<monitoring::TurnStats::Count, monitoring::kKinds> Residents::committed(
    std::span<const std::string_view> records, std::int64_t from, const PartWriter& parts,
    storage::WriteBatch& write) {
  const auto bytes_before = records_.bytes();
  records_.commit(from);
  for (Entity* entity : parts.again) {
    unlink_unstored(*entity);
    link_unstored(*entity, from);
  }
  for (const auto& p : parts.places) {
    auto& part = p.of->residence.parts[p.part];
    if (p.of->residence.unstored == 0) link_unstored(*p.of, from);
    if (!part.unstored()) ++p.of->residence.unstored;
    part.bytes = p.erased ? Entity::Residence::Part::kGone : records[p.chunk].data() + p.bytes_at;
    part.size = p.bytes_size;
    part.digest = p.digest;
  }
  // Twice what comes, so that it gets less; not all at once, because the record of a large turn holds many entities.
  const auto enough = write.bytes().size() + std::max(2 * (records_.bytes() - bytes_before), kLeastStored);
  while (records_.bytes() > lag_limit_ && unstored_oldest_ != nullptr && write.bytes().size() < enough) {
    store(*unstored_oldest_, write);
    drop_records();
  }
  if (unstored_oldest_ == nullptr) drop_records();
  touched_.clear();
  ++turn_;
  return put_to_sleep(write);
}

void Residents::set_limit(std::size_t limit) {
  limit_ = limit;
  allowed_ = std::max(limit, std::min(allowed_, entities_.size()));
}

std::optional<std::array<monitoring::TurnStats::Count, monitoring::kKinds>> Residents::sink(
    storage::WriteBatch& write) {
  if (allowed_ <= limit_) return std::nullopt;
  return put_to_sleep(write);
}

std::array<monitoring::TurnStats::Count, monitoring::kKinds> Residents::put_to_sleep(storage::WriteBatch& write) {
  allowed_ = std::max(limit_, allowed_ - std::min(allowed_, kSinkStep));
  std::array<monitoring::TurnStats::Count, monitoring::kKinds> asleep{};
  // Who was used since its last turn in the queue gets another one.
  while (entities_.size() > allowed_ && oldest_ != nullptr) {
    Entity& entity = *oldest_;
    if (entity.residence.touched > entity.residence.queued) {
      entity.residence.queued = entity.residence.touched;
      unqueue(entity);
      queue(entity);
      continue;
    }
    if (entity.residence.unstored > 0) store(entity, write);
    ++asleep[static_cast<std::size_t>(entity.id.kind)];
    forget(entity);
  }
  return asleep;
}

void Residents::aborted() {
  for (Entity* entity : touched_) {
    if (entity->residence.unstored == 0)
      forget(*entity);
    else
      reload(*entity);
  }
  touched_.clear();
  records_.abort();
  ++turn_;
}

// -- what the store lacks ---------------------------------------------------------------------------------------------

void Residents::link_unstored(Entity& entity, std::int64_t since) {
  auto& r = entity.residence;
  r.unstored_since = since;
  r.unstored_older = unstored_newest_;
  r.unstored_newer = nullptr;
  if (unstored_newest_ != nullptr) unstored_newest_->residence.unstored_newer = &entity;
  unstored_newest_ = &entity;
  if (unstored_oldest_ == nullptr) unstored_oldest_ = &entity;
}

void Residents::unlink_unstored(Entity& entity) {
  auto& r = entity.residence;
  (r.unstored_newer != nullptr ? r.unstored_newer->residence.unstored_older : unstored_newest_) = r.unstored_older;
  (r.unstored_older != nullptr ? r.unstored_older->residence.unstored_newer : unstored_oldest_) = r.unstored_newer;
  r.unstored_newer = r.unstored_older = nullptr;
}

void Residents::store(Entity& entity, storage::WriteBatch& write) {
  auto& r = entity.residence;
  const bool late = r.unstored_since < late_before_;
  key_.clear();
  storage::append_entity(key_, entity.id.kind, entity.id.id);
  const auto prefix = key_.size();
  for (auto& part : r.parts) {
    if (!part.unstored()) continue;
    key_.resize(prefix);
    key_ += part.name.view();
    if (part.erased()) {
      if (!planted(Mistake::erasure_not_stored)) write.erase(key_);
      if (late) late_.erase(key_);
    } else {
      write.put(key_, part.view());
      if (late) late_.put(key_, part.view());
    }
    stored_change_ += part.digest - part.stored_digest;
    part.stored_digest = part.digest;
    part.bytes = nullptr;
  }
  if (late) late_since_ = std::min(late_since_.value_or(r.unstored_since), r.unstored_since);
  r.unstored = 0;
  unlink_unstored(entity);
}

const Entity* Residents::awake(Kind kind, std::string_view id) const {
  const auto it = entities_.find(Key{kind, id, hash_of(kind, id)});
  return it == entities_.end() ? nullptr : it->second.get();
}

bool Residents::store_is_behind(const Entity& awake, std::string_view part) {
  if (awake.residence.unstored == 0 || planted(Mistake::sweep_over_newer)) return false;
  const auto* known = awake.residence.find(PartName(part));
  return known != nullptr && known->unstored();
}

bool Residents::each_unstored_before(std::int64_t offset, const std::function<bool(Entity&)>& visit) {
  for (Entity* e = unstored_oldest_; e != nullptr && e->residence.unstored_since < offset;
       e = e->residence.unstored_newer)
    if (!visit(*e)) return false;
  return true;
}

void Residents::store_all(storage::WriteBatch& write) {
  while (unstored_oldest_ != nullptr) store(*unstored_oldest_, write);
  drop_records();
}

std::optional<std::int64_t> Residents::store_position() const {
  if (unstored_oldest_ == nullptr) return std::nullopt;
  return unstored_oldest_->residence.unstored_since;
}

std::optional<std::int64_t> Residents::sweep_position() const {
  const auto lacks = store_position();
  if (!lacks || !late_since_) return lacks ? lacks : late_since_;
  return std::min(*lacks, *late_since_);
}

void Residents::drop_records() {
  // Every part that is still unstored stands in the record of its entity's first unstored change or a later one.
  if (const auto from = store_position())
    records_.drop_before(*from);
  else
    records_.drop_all();
}

} // namespace onecode::actors
