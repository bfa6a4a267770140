// Payloads by their hash, encrypted, and where in which log their leaves stand. What a leaf says is enough to ask for its payload.
//   Files    SQLite. The archive may be copied and kept anywhere; the key store may not (archive/key_store.hpp).
//   Cipher   AES-256-GCM under HMAC-SHA256(key, "encrypt"); nonce: first 12 bytes of HMAC-SHA256(HMAC-SHA256(key, "nonce"), hash), so the
//            same payload is the same ciphertext; the key's id, 8 bytes, big endian, and the hash are authenticated with it.
//   Crash    what add() was given since the last commit() is gone; the positions say where to go on.
//   Errors   std::runtime_error, with the file's name.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "archive/about.hpp"
#include "archive/key_store.hpp"
#include "evidence/leaf.hpp"

namespace onecode::archive {

class Archive {
public:
  /// Both files are made where they are missing.
  Archive(const std::filesystem::path& file, const std::filesystem::path& key_store, KeyWrapper& wrapper);

  // -- filling it ---------------------------------------------------------------------------------------------------------
  /// A record as its topic has it; again is harmless.
  void add(Topic topic, const streams::Record& record);
  /// A leaf at its place in its log.
  void add(std::int32_t shard, std::uint64_t place, const evidence::Leaf& leaf);
  /// How far each partition, and each log, is in it.
  std::int64_t position(TopicPartition at);
  void set_position(TopicPartition at, std::int64_t next);
  std::uint64_t leaves(std::int32_t shard);
  void commit();

  // -- asking it ----------------------------------------------------------------------------------------------------------
  enum class Absent : std::uint8_t { unknown, erased };
  /// The bytes whose SHA-256 this is (evidence/leaf.hpp). Throws: they are there and not what was put in.
  std::variant<std::string, Absent> payload(const evidence::Hash& hash);
  /// All that is about a subject, with or without a leaf, oldest period first.
  void each(std::string_view subject, const std::function<void(const std::string& payload)>& payload);
  /// Whom it is about; nullopt: unknown or erased.
  std::optional<std::string> subject(const evidence::Hash& hash);
  struct Place {
    std::int32_t shard = 0;
    std::uint64_t place = 0;
  };
  /// Leaves with this CloudEvents id, in order.
  std::vector<Place> by_id(std::string_view id);
  /// Leaves whose payload is about the subject and was not erased, in order of shard and place.
  std::vector<Place> by_subject(std::string_view subject);

  KeyStore& keys() { return keys_; }

private:
  std::string open(std::string_view stored, const KeyStore::Key& key, const evidence::Hash& hash) const;

  KeyStore keys_;
  Database database_;
  std::optional<Transaction> open_;
  Statement add_payload_, has_payload_, add_leaf_;
};

/// What the hash of a record's leaf is of: its headers of CloudEvents, if it has some, and its value (evidence/leaf.hpp).
std::string payload_bytes(const streams::Record& record);

} // namespace onecode::archive
