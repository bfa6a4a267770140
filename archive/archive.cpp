#include "archive/archive.hpp"

#include <algorithm>
#include <stdexcept>

#include "archive/cipher.hpp"
#include "streams/authenticate.hpp"

namespace onecode::archive {
namespace {

using evidence::Hash;
using evidence::view;

constexpr int kIdBytes = 8;

constexpr auto kSchema = R"(
CREATE TABLE IF NOT EXISTS payloads (hash BLOB PRIMARY KEY, key INTEGER NOT NULL, bytes BLOB NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS payloads_by_key ON payloads (key);
CREATE TABLE IF NOT EXISTS leaves (
  shard INTEGER NOT NULL, place INTEGER NOT NULL, id TEXT NOT NULL, payload BLOB NOT NULL,
  PRIMARY KEY (shard, place)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS leaves_by_id ON leaves (id);
CREATE INDEX IF NOT EXISTS leaves_by_payload ON leaves (payload);
CREATE TABLE IF NOT EXISTS positions (
  topic TEXT NOT NULL, part INTEGER NOT NULL, next INTEGER NOT NULL,
  PRIMARY KEY (topic, part)
) WITHOUT ROWID;
)";

std::string big_endian(std::int64_t n) {
  std::string out;
  for (int shift = 8 * (kIdBytes - 1); shift >= 0; shift -= 8)
    out += static_cast<char>(static_cast<std::uint64_t>(n) >> shift & 0xff);
  return out;
}

/// Derived, so that the same payload is the same ciphertext, whoever archives it.
struct Sealing {
  Hash secret, nonce;
  std::string about;
  Sealing(const KeyStore::Key& key, const Hash& hash)
      : secret(evidence::hmac_sha256(key.bytes, "encrypt")),
        nonce(evidence::hmac_sha256(view(evidence::hmac_sha256(key.bytes, "nonce")), view(hash))),
        about(big_endian(key.id) + std::string(view(hash))) {}
  std::string_view first_nonce() const { return view(nonce).substr(0, kNonceBytes); }
};

Hash to_hash(std::string_view text) {
  Hash out{};
  std::copy_n(text.begin(), std::min(text.size(), out.size()), out.begin());
  return out;
}

} // namespace

std::string payload_bytes(const streams::Record& record) {
  return evidence::payload_headers(record) + std::string(record.value.value_or(std::string_view{}));
}

Archive::Archive(const std::filesystem::path& file, const std::filesystem::path& key_store, KeyWrapper& wrapper)
    : keys_(key_store, wrapper),
      database_(file, kSchema),
      add_payload_(database_, "INSERT OR IGNORE INTO payloads (hash, key, bytes) VALUES (?, ?, ?)"),
      has_payload_(database_, "SELECT 1 FROM payloads WHERE hash = ?"),
      add_leaf_(database_, "INSERT OR IGNORE INTO leaves (shard, place, id, payload) VALUES (?, ?, ?, ?)") {}

void Archive::add(Topic topic, const streams::Record& record) {
  if (!record.value) return;
  if (!open_) open_.emplace(database_);
  const std::string text = payload_bytes(record);
  const Hash hash = evidence::sha256({text});
  const bool known = has_payload_.reset().blob(view(hash)).step();
  has_payload_.reset();
  if (known) return;
  const auto who = about(topic, record);
  const auto key = keys_.get(who.subject, period_of(who.time));
  const Sealing with(key, hash);
  add_payload_.reset()
      .blob(view(hash))
      .number(key.id)
      .blob(encrypt(view(with.secret), with.first_nonce(), with.about, text))
      .step();
}

void Archive::add(std::int32_t shard, std::uint64_t place, const evidence::Leaf& leaf) {
  if (!open_) open_.emplace(database_);
  add_leaf_.reset()
      .number(shard)
      .number(static_cast<std::int64_t>(place))
      .text(leaf.id)
      .blob(view(leaf.payload))
      .step();
}

std::int64_t Archive::position(TopicPartition at) {
  Statement there(database_, "SELECT next FROM positions WHERE topic = ? AND part = ?");
  return there.text(name(at.topic)).number(at.partition).step() ? there.integer(0) : 0;
}

void Archive::set_position(TopicPartition at, std::int64_t next) {
  if (!open_) open_.emplace(database_);
  Statement put(database_, "INSERT OR REPLACE INTO positions (topic, part, next) VALUES (?, ?, ?)");
  put.text(name(at.topic)).number(at.partition).number(next).step();
}

std::uint64_t Archive::leaves(std::int32_t shard) {
  Statement last(database_, "SELECT max(place) + 1 FROM leaves WHERE shard = ?");
  last.number(shard);
  return last.step() ? static_cast<std::uint64_t>(last.integer(0)) : 0;
}

void Archive::commit() {
  keys_.commit();
  if (open_) open_->commit();
  open_.reset();
}

std::string Archive::open(std::string_view stored, const KeyStore::Key& key, const Hash& hash) const {
  const Sealing with(key, hash);
  auto text = decrypt(view(with.secret), with.first_nonce(), with.about, stored);
  if (!text || evidence::sha256({*text}) != hash)
    throw std::runtime_error(database_.name() + ": the payload " + streams::to_hex(view(hash)) + " was changed");
  return std::move(*text);
}

std::variant<std::string, Archive::Absent> Archive::payload(const Hash& hash) {
  Statement there(database_, "SELECT key, bytes FROM payloads WHERE hash = ?");
  if (!there.blob(view(hash)).step()) return Absent::unknown;
  const auto key = keys_.find(there.integer(0));
  if (!key) return Absent::erased;
  return open(there.bytes(1), *key, hash);
}

void Archive::each(std::string_view subject, const std::function<void(const std::string&)>& payload) {
  for (const auto id : keys_.of(subject)) {
    const auto key = keys_.find(id);
    Statement rows(database_, "SELECT hash, bytes FROM payloads WHERE key = ?");
    for (rows.number(id); rows.step();) payload(open(rows.bytes(1), key.value(), to_hash(rows.bytes(0))));
  }
}

std::optional<std::string> Archive::subject(const Hash& hash) {
  Statement there(database_, "SELECT key FROM payloads WHERE hash = ?");
  if (!there.blob(view(hash)).step()) return std::nullopt;
  return keys_.subject_of(there.integer(0));
}

namespace {

std::vector<Archive::Place> places(Statement& rows) {
  std::vector<Archive::Place> out;
  while (rows.step())
    out.push_back({static_cast<std::int32_t>(rows.integer(0)), static_cast<std::uint64_t>(rows.integer(1))});
  return out;
}

} // namespace

std::vector<Archive::Place> Archive::by_id(std::string_view id) {
  Statement rows(database_, "SELECT shard, place FROM leaves WHERE id = ? ORDER BY shard, place");
  return places(rows.text(id));
}

std::vector<Archive::Place> Archive::by_subject(std::string_view subject) {
  std::vector<Place> out;
  for (const auto key : keys_.of(subject)) {
    Statement rows(database_,
                   "SELECT shard, place FROM leaves JOIN payloads ON leaves.payload = payloads.hash WHERE key = ?");
    for (const auto& place : places(rows.number(key))) out.push_back(place);
  }
  std::ranges::sort(
      out, [](const Place& a, const Place& b) { return a.shard != b.shard ? a.shard < b.shard : a.place < b.place; });
  return out;
}

} // namespace onecode::archive
