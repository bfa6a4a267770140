// A message on its way to an entity, and the place that it has in the turn. The place follows from the turn's inputs alone:
// root (timers by due time, then inputs by topic, partition and offset), then the path of sends that led here. So the
// outcome of a turn depends on its inputs and never on threads (DESIGN §3).
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain/effects.hpp"
#include "domain/ids.hpp"
#include "domain/topics.hpp"
#include "streams/broker.hpp"

namespace onecode::actors {

class Entity;

struct Order {
  std::uint64_t group = 0;             // 0: timers; otherwise (topic + 1) and partition
  std::uint64_t place = 0;             // due time, or offset
  std::uint32_t tie = 0;               // among timers due at the same moment: their order by id
  std::array<std::uint16_t, 8> path{}; // one step per hop
  auto operator<=>(const Order&) const = default;

  static Order timer(Time due, std::uint32_t tie) { return {0, static_cast<std::uint64_t>(due.ms), tie, {}}; }
  static Order input(TopicPartition at, std::int64_t offset) {
    return {(static_cast<std::uint64_t>(at.topic) + 1) << 32 | static_cast<std::uint32_t>(at.partition),
            static_cast<std::uint64_t>(offset),
            0,
            {}};
  }
};

/// A cause, and the way from it.
inline Hash128 mix(Hash128 h, const std::array<std::uint16_t, 8>& path) {
  for (const std::uint16_t step : path) {
    if (step == 0) break;
    h = {mix64(h.hi, step), mix64(h.lo, step)};
  }
  return h;
}

/// After so many hops a message goes through `inbox`, so that a turn always ends.
inline constexpr int kMaxHops = 8;
/// What one event may send; beyond it the entity is at fault.
inline constexpr std::size_t kMaxSends = 0xffff;

/// What started it: an input record or a timer. Lives as long as the turn.
struct Root {
  Order order;
  TopicPartition at; // of the input; a timer has none and `record` is null
  const streams::Record* record = nullptr;
  Hash128 cause;                // output ids are derived from it
  std::int64_t received_ns = 0; // when the record was taken from the broker (steady clock)
  std::optional<Time> due{};    // of a timer: what it causes carries this time (CONTRACT §12)
  /// Whom the leaf of this input is about, and its commitment: what it causes is mostly about the same. Set by its shard
  /// before anything follows from it.
  struct Commitment {
    std::string_view subject;
    std::int64_t offset = 0; // of the record, whose own memory may be far
    std::array<unsigned char, 32> value{};
  };
  mutable std::optional<Commitment> commitment{};
};

/// How far an event has come on its way to its entity.
enum class Stage : std::uint8_t {
  admit,   ///< at the entity's shard: seen before? a command: signed, by the right role?
  nonce,   ///< a command, at the shard that remembers the nonces of its key
  deliver, ///< to the entity itself; messages between entities begin here
};

struct Envelope {
  Order order;
  int hops = 0;
  Stage stage = Stage::deliver;
  const Root* root = nullptr;
  EntityId to;
  std::uint64_t to_hash = 0;
  std::int32_t to_partition = 0;
  Entity* receiver = nullptr; // where it is awake and already looked up
  Message message;
};

/// To whom it goes, and what is derived from that.
inline void address_in(Envelope& envelope, EntityId to, std::int32_t partition) {
  envelope.to_hash = hash_of(to.kind, to.id);
  envelope.to_partition = partition;
  envelope.to = std::move(to);
}
inline void address(Envelope& envelope, EntityId to, std::int32_t partitions) {
  const auto partition = murmur2_partition(to.id, partitions);
  address_in(envelope, std::move(to), partition);
}

/// What one shard sends to another in one round: in order, because it is made in order.
using Parcel = std::vector<Envelope>;

} // namespace onecode::actors
