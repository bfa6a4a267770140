// What a shard's log has one of for every scan, decision, posting, command, change of holds and finding: enough to prove that it was
// so, and nothing about a person that its reader was not told.
//   Format   in the notation of RFC 8446 §3, integers big endian; a text that is longer is cut, for the payload has all of it
//              uint8  version;               // 1, or 2: with payload_sm3
//              uint8  kind;                  // 1 scan, 2 decision, 3 posting, 4 command, 5 hold, 6 finding
//              opaque id<0..255>;            // CloudEvents id of the record; none where it could not be read
//              opaque subject[32];           // commitment to whom it is about, see below
//              opaque payload[32];           // SHA-256 of the record, see below
//              opaque payload_sm3<0..255>;   // of version 2 only: SM3 (GB/T 32905) of the same, 32 bytes
//              int64  time;                  // ms since 1970: when it happened, as its source says
//              int64  received;              // ms since 1970: engine time of the turn
//              uint8  clock;                 // of that source: 0 none, 1 synced, 2 free
//              opaque topic<0..255>; uint32 partition; uint64 from; uint64 offset;
//                                            // the record, or the one that caused it; no topic: a timer did. `from`: of what is logged
//                                            // as received, offsets below it stand in leaves before this one; else 0
//              opaque policy<0..255>;        // version it was judged by; none of what was only received
//              opaque build<0..255>;         // of the engine
//              opaque mac<0..255>;           // of a scan, as its device made it
//   Subject  SHA-256(salt[32] subject), salt = HMAC-SHA256(the subject's key (evidence/subject_keys.hpp), topic 0x00 uint32 partition
//            uint64 offset) or, of a timer's, of the id: nobody can try out all subjects, and whoever is shown the salt of one leaf
//            knows nothing of another. Where the key is destroyed: the empty
//            subject, and a key of zeros.
//   Payload  of the value; of a record with CloudEvents headers SHA-256("NAME" 0x00 "VALUE" 0x00 … of those, by name, then the value).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "domain/time.hpp"
#include "domain/topics.hpp"
#include "evidence/sha256_many.hpp"
#include "streams/broker.hpp"

namespace onecode::evidence {

enum class LeafKind : std::uint8_t { scan = 1, decision, posting, command, hold, finding };
constexpr std::string_view to_string(LeafKind k) {
  constexpr std::string_view n[] = {"scan", "decision", "posting", "command", "hold", "finding"};
  return n[static_cast<std::size_t>(k) - 1];
}

enum class LeafClock : std::uint8_t { none, synced, free };

/// What a reader of today knows: 2, with SM3.
inline constexpr unsigned char kLastLeafVersion = 2;

/// Views of what is hashed: they live as long as that.
struct Leaf {
  LeafKind kind{};
  std::string_view id;
  Hash subject{}, payload{};
  std::optional<Hash> payload_sm3; // where it is configured: then the leaf is of version 2
  Time time, received;
  LeafClock clock{};
  std::optional<TopicPartition> at; // nullopt: a timer
  std::int64_t from = 0, offset = 0;
  std::string_view policy, build, mac;
};

/// Longer texts are cut.
inline constexpr std::size_t kMostText = 255;
/// Of five texts, SM3 as a sixth, two hashes, and less than 64 bytes of numbers.
inline constexpr std::size_t kMostLeafBytes = 6 * (kMostText + 1) + 2 * sizeof(Hash) + 64;
void append(std::string& out, const Leaf& leaf);
/// The same where there is room for kMostLeafBytes; returns its end.
char* write(char* to, const Leaf& leaf);
/// What becomes known only when the rest is written. Require a leaf as append() writes it.
void put_payload(char* leaf, const Hash& payload);
void put_received(char* leaf, Time received);
/// nullopt: not exactly one leaf of a version that is known here.
std::optional<Leaf> parse_leaf(std::string_view bytes);

Hash payload_hash(const streams::Record& record);
/// SM3 of the same bytes.
Hash payload_sm3(const streams::Record& record);
/// What stands before the value in what is hashed; empty where the record has no CloudEvents headers.
std::string payload_headers(const streams::Record& record);

/// Whom a leaf is about: shown to somebody, the salt and the subject open it.
struct Commitment {
  Hash salt, value;
};
/// The leaf's place (or id, of a timer's) is what is read of it.
Commitment commit_to(std::string_view subject, const Hash& subject_key, const Leaf& leaf);
/// The same for many at once.
struct ToCommit {
  std::string_view subject;
  HmacKey subject_key;
  std::optional<TopicPartition> at; // of the leaf, as the next two
  std::int64_t offset = 0;
  std::string_view id;
  Commitment commitment;
};
void commit(std::span<ToCommit> all);
bool opens(const Hash& commitment, const Hash& salt, std::string_view subject);

} // namespace onecode::evidence
