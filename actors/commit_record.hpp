// What a shard says about one turn: which inputs, in which order, at which engine time. One goes to `history` per shard and
// turn; the newest stands in the shard's state too, so that a restored shard knows where to read on.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "actors/log_head.hpp"
#include "domain/archive.hpp"
#include "domain/policy.hpp"
#include "domain/topics.hpp"

namespace onecode::actors {

/// Records [first, next) of one partition, as far as they are committed: the order applied is topic, partition, offset.
struct InputRange {
  Topic topic{};
  std::int32_t partition = 0;
  std::int64_t first = 0;
  std::int64_t next = 0;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("topic", s.topic);
    v("partition", s.partition);
    v("first", s.first);
    v("next", s.next);
  }
};

/// Where the node's engine time comes from (CONTRACT §12). Decides whether far-future events are BAD_TIME.
enum class ClockMode : std::uint8_t { wall, events };

/// A key of the configuration's [trust] root.
struct RootKey {
  std::string key;
  KeyAlgorithm algorithm{};
  std::string public_key;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("key", s.key);
    v("algorithm", s.algorithm);
    v("public_key", s.public_key);
  }
};

struct CommitRecord {
  std::uint32_t version = 1;
  std::string turn;         // <node>-<n>
  std::uint64_t number = 0; // n: no other turn has it
  std::int32_t partitions = 0;
  std::vector<std::int32_t> shards; // of the node in this turn: messages between them stayed inside it
  Time now;
  std::int64_t policy_offset = 0; // policy records below this were in force
  ClockMode clock{};
  std::vector<InputRange> inputs;    // of this shard
  std::vector<InputRange> positions; // of all its input partitions after this turn (first = next)
  std::vector<RootKey> roots;        // where the turn read policies: who may sign the first ones
  std::uint64_t digest = 0;          // of this shard's state after the turn (storage/digest.hpp)
  std::vector<std::int32_t> parts;   // shards that had a part in the turn: each of them has a record of it
  std::string previous;              // SHA-256 of this shard's commit record before; empty: this is its first
  std::string build;                 // of the engine
  LogHead log;                       // of its transparency log after the turn
  bool sm3 = false;                  // of payloads, in this turn's leaves

  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("version", s.version);
    v("turn", s.turn);
    v("number", s.number);
    v("partitions", s.partitions);
    v("shards", s.shards);
    v("now", s.now);
    v("policy_offset", s.policy_offset);
    v("clock", s.clock);
    v("inputs", s.inputs);
    v("positions", s.positions);
    v("roots", s.roots);
    v("digest", s.digest);
    v("previous", s.previous);
    v("parts", s.parts);
    v("build", s.build);
    v("log", s.log);
    v("sm3", s.sm3);
  }
};

/// Key of the newest commit record in the shard's store.
inline constexpr std::string_view kCommitKey = "mcommit";

} // namespace onecode::actors
