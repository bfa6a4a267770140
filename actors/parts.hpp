// How a shell stores the parts of its state.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "actors/entity.hpp"
#include "actors/planted.hpp"
#include "domain/archive.hpp"
#include "storage/digest.hpp"
#include "storage/keys.hpp"

namespace onecode::actors {

/// Puts parts of entities into a batch, notes where in it each of them stands, and keeps the digest.
class PartWriter {
public:
  struct Place {
    Entity* of = nullptr;
    std::uint32_t part = 0;  // in its Residence::parts
    std::uint32_t chunk = 0; // as the caller counts its batches
    std::size_t bytes_at = 0;
    std::uint32_t bytes_size = 0;
    storage::Digest digest = 0;
    bool erased = false;
  };

  /// Parts that follow are of this entity.
  void begin(Entity& entity, std::size_t chunk) {
    entity_ = &entity;
    chunk_ = static_cast<std::uint32_t>(chunk);
    key_.clear();
    storage::append_entity(key_, entity.id.kind, entity.id.id);
    prefix_ = key_.size();
  }

  /// Puts `part` under the entity's prefix + name when `changed`.
  template <class T>
  void part(std::string_view name, const T& part, bool changed) {
    if (!changed) return;
    bytes_.clear();
    encode(bytes_, part);
    const std::size_t slot = entity_->residence.slot(PartName(name));
    put(slot, name, bytes_.view());
    digest_change += places.back().digest - entity_->residence.parts[slot].digest;
  }

  /// Erases every part but this one.
  void erase_all_but(std::string_view name) {
    if (planted(Mistake::erasure_not_staged)) return;
    const auto& parts = entity_->residence.parts;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (parts[i].digest == 0 || parts[i].name == PartName(name)) continue;
      digest_change -= parts[i].digest;
      erase(i, parts[i].name.view());
    }
  }

  /// Puts what the store lacks of an entity once more, as it was committed.
  void put_again(Entity& entity, std::size_t chunk) {
    begin(entity, chunk);
    const auto& parts = entity.residence.parts;
    for (std::size_t i = 0; i < parts.size(); ++i)
      if (parts[i].erased() && planted(Mistake::erasure_not_put_again))
        continue;
      else if (parts[i].erased())
        erase(i, parts[i].name.view());
      else if (parts[i].unstored())
        put(i, parts[i].name.view(), parts[i].view());
    again.push_back(&entity);
  }

  void clear() {
    batch.clear();
    places.clear();
    again.clear();
    digest_change = 0;
  }

  storage::WriteBatch batch;
  std::vector<Place> places;
  std::vector<Entity*> again; // whom put_again() was called for
  storage::Digest digest_change = 0;

private:
  void put(std::size_t slot, std::string_view name, std::string_view bytes) {
    key_.resize(prefix_);
    key_ += name;
    const std::size_t at = batch.put(key_, bytes);
    places.push_back({entity_, static_cast<std::uint32_t>(slot), chunk_, at, static_cast<std::uint32_t>(bytes.size()),
                      storage::entry_digest(key_, bytes), false});
  }

  void erase(std::size_t slot, std::string_view name) {
    key_.resize(prefix_);
    key_ += name;
    batch.erase(key_);
    places.push_back({entity_, static_cast<std::uint32_t>(slot), chunk_, 0, 0, 0, true});
  }

  Entity* entity_ = nullptr;
  std::uint32_t chunk_ = 0;
  std::string key_;
  ByteBuffer bytes_;
  std::size_t prefix_ = 0;
};

[[noreturn]] inline void misdelivered(std::string_view kind, const Message& message) {
  throw std::logic_error(std::string(kind) + " got a message that is not for it (kind " +
                         std::to_string(message.index()) + ")");
}

} // namespace onecode::actors
