#include "archive/archive.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

#include "streams/authenticate.hpp"

namespace onecode::archive {
namespace {

using evidence::Hash;
using evidence::view;
using Context = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

constexpr int kTag = 16, kNonce = 12, kIdBytes = 8;

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

const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::string big_endian(std::int64_t n) {
  std::string out;
  for (int shift = 8 * (kIdBytes - 1); shift >= 0; shift -= 8)
    out += static_cast<char>(static_cast<std::uint64_t>(n) >> shift & 0xff);
  return out;
}

/// One direction of the cipher; nullopt: the tag is wrong.
std::optional<std::string> cipher(const KeyStore::Key& key, const Hash& hash, std::string_view in, std::string* tag, bool encrypt) {
  const Hash secret = evidence::hmac_sha256(key.bytes, "encrypt"), nonces = evidence::hmac_sha256(key.bytes, "nonce");
  const Hash nonce = evidence::hmac_sha256(view(nonces), view(hash));
  const std::string about = big_endian(key.id) + std::string(view(hash));
  const Context c(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  std::string out(in.size() + kTag, '\0');
  int size = 0, last = 0;
  static_assert(kNonce == 12, "what GCM takes without being told");
  bool good = EVP_CipherInit_ex(c.get(), EVP_aes_256_gcm(), nullptr, secret.data(), nonce.data(), encrypt ? 1 : 0) == 1 &&
              EVP_CipherUpdate(c.get(), nullptr, &size, bytes(about), static_cast<int>(about.size())) == 1;
  size = 0;
  if (good && !in.empty())
    good = EVP_CipherUpdate(c.get(), reinterpret_cast<unsigned char*>(out.data()), &size, bytes(in),
                            static_cast<int>(in.size())) == 1;
  if (good && !encrypt) good = EVP_CIPHER_CTX_ctrl(c.get(), EVP_CTRL_GCM_SET_TAG, kTag, tag->data()) == 1;
  if (good) good = EVP_CipherFinal_ex(c.get(), reinterpret_cast<unsigned char*>(out.data()) + size, &last) == 1;
  if (!good && encrypt) throw std::runtime_error("AES-256-GCM does not work");
  if (!good) return std::nullopt;
  out.resize(static_cast<std::size_t>(size + last));
  if (encrypt) {
    tag->resize(kTag);
    EVP_CIPHER_CTX_ctrl(c.get(), EVP_CTRL_GCM_GET_TAG, kTag, tag->data());
  }
  return out;
}

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
  std::string tag;
  const auto hidden = cipher(key, hash, text, &tag, true);
  add_payload_.reset().blob(view(hash)).number(key.id).blob(tag + *hidden).step();
}

void Archive::add(std::int32_t shard, std::uint64_t place, const evidence::Leaf& leaf) {
  if (!open_) open_.emplace(database_);
  add_leaf_.reset().number(shard).number(static_cast<std::int64_t>(place)).text(leaf.id).blob(view(leaf.payload)).step();
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
  std::string tag(stored.substr(0, kTag));
  auto text = stored.size() < kTag ? std::nullopt : cipher(key, hash, stored.substr(kTag), &tag, false);
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
  while (rows.step()) out.push_back({static_cast<std::int32_t>(rows.integer(0)), static_cast<std::uint64_t>(rows.integer(1))});
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
  std::ranges::sort(out, [](const Place& a, const Place& b) {
    return a.shard != b.shard ? a.shard < b.shard : a.place < b.place;
  });
  return out;
}

} // namespace onecode::archive
