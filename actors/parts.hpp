// How a shell stores the parts of its state.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "actors/entity.hpp"
#include "domain/archive.hpp"
#include "storage/keys.hpp"
#include "storage/store.hpp"

namespace onecode::actors {

/// Puts the changed parts of entities into a batch and notes where in it each of them stands.
class PartWriter {
public:
  struct Place {
    Entity* of = nullptr;
    std::size_t chunk = 0; // as the caller counts its batches
    PartName name{};
    std::size_t bytes_at = 0, bytes_size = 0;
  };

  /// Parts that follow are of this entity.
  void begin(Entity& entity, std::size_t chunk) {
    entity_ = &entity;
    chunk_ = chunk;
    key_.clear();
    storage::append_entity(key_, entity.id.kind, entity.id.id);
    prefix_ = key_.size();
  }

  /// Puts `part` under the entity's prefix + name when `changed`, and marks it unchanged.
  template <class T>
  void part(std::string_view name, const T& part, bool& changed) {
    if (!changed) return;
    bytes_.clear();
    encode(bytes_, part);
    key_.resize(prefix_);
    key_ += name;
    const std::size_t at = batch.put(key_, bytes_);
    places.push_back({entity_, chunk_, PartName(name), at, bytes_.size()});
    changed = false;
  }

  storage::WriteBatch batch;
  std::vector<Place> places;

private:
  Entity* entity_ = nullptr;
  std::size_t chunk_ = 0;
  std::string key_, bytes_;
  std::size_t prefix_ = 0;
};

[[noreturn]] inline void misdelivered(std::string_view kind, const Message& message) {
  throw std::logic_error(std::string(kind) + " got a message that is not for it (kind " +
                         std::to_string(message.index()) + ")");
}

} // namespace onecode::actors
