#include "archive/key_store.hpp"

#include <openssl/rand.h>

#include <stdexcept>

namespace onecode::archive {
namespace {

constexpr std::size_t kKnown = 65'536;

constexpr auto kSchema = R"(
CREATE TABLE IF NOT EXISTS keys (
  id INTEGER PRIMARY KEY AUTOINCREMENT, -- never used again
  subject TEXT NOT NULL,
  period TEXT NOT NULL,
  wrapped BLOB NOT NULL,
  wrapper TEXT NOT NULL,
  UNIQUE (subject, period)
);
CREATE TABLE IF NOT EXISTS destroyed (at INTEGER NOT NULL, keys INTEGER NOT NULL, why TEXT NOT NULL);
)";

std::string random_key() {
  std::string key(32, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(key.data()), static_cast<int>(key.size())) != 1)
    throw std::runtime_error("no random numbers are to be had");
  return key;
}

} // namespace

std::string period_of(Time t) { return format_time(t).substr(0, 7); }

KeyStore::KeyStore(const std::filesystem::path& file, KeyWrapper& wrapper)
    : wrapper_(wrapper), database_(file, kSchema) {}

KeyStore::Key KeyStore::get(std::string_view subject, std::string_view period) {
  auto place = std::pair(std::string(subject), std::string(period));
  if (const auto it = known_.find(place); it != known_.end()) return it->second;
  Key key;
  Statement there(database_, "SELECT id, wrapped FROM keys WHERE subject = ? AND period = ?");
  there.text(subject).text(period);
  if (there.step()) {
    key = {there.integer(0), wrapper_.unwrap(there.bytes(1))};
  } else {
    if (!new_keys_) new_keys_.emplace(database_);
    key.bytes = random_key();
    Statement add(database_, "INSERT INTO keys (subject, period, wrapped, wrapper) VALUES (?, ?, ?, ?)");
    add.text(subject).text(period).blob(wrapper_.wrap(key.bytes)).text(wrapper_.id()).step();
    key.id = database_.last_id();
  }
  if (known_.size() >= kKnown) known_.clear();
  known_.emplace(std::move(place), key);
  return key;
}

void KeyStore::commit() {
  if (new_keys_) new_keys_->commit();
  new_keys_.reset();
}

std::optional<KeyStore::Key> KeyStore::find(std::int64_t id) {
  Statement there(database_, "SELECT wrapped FROM keys WHERE id = ?");
  if (!there.number(id).step()) return std::nullopt;
  return Key{id, wrapper_.unwrap(there.bytes(0))};
}

std::vector<std::int64_t> KeyStore::of(std::string_view subject) {
  Statement all(database_, "SELECT id FROM keys WHERE subject = ? ORDER BY period");
  all.text(subject);
  std::vector<std::int64_t> out;
  while (all.step()) out.push_back(all.integer(0));
  return out;
}

std::optional<std::string> KeyStore::subject_of(std::int64_t id) {
  Statement there(database_, "SELECT subject FROM keys WHERE id = ?");
  if (!there.number(id).step()) return std::nullopt;
  return std::string(there.bytes(0));
}

std::int64_t KeyStore::destroy(const char* which, std::string_view value, Time at, std::string_view why) {
  commit();
  Transaction all(database_);
  Statement gone(database_, which);
  gone.text(value).step();
  const auto keys = database_.changes();
  known_.clear();
  if (keys > 0) {
    Statement line(database_, "INSERT INTO destroyed (at, keys, why) VALUES (?, ?, ?)");
    line.number(at.ms).number(keys).text(why).step();
  }
  all.commit();
  return keys;
}

std::int64_t KeyStore::destroy(std::string_view subject, Time at, std::string_view why) {
  return destroy("DELETE FROM keys WHERE subject = ?", subject, at, why);
}

std::int64_t KeyStore::destroy_before(std::string_view period, Time at, std::string_view why) {
  return destroy("DELETE FROM keys WHERE period < ? AND instr(subject, ' ') = 0", period, at, why);
}

std::vector<KeyStore::Destroyed> KeyStore::destroyed() {
  Statement all(database_, "SELECT at, keys, why FROM destroyed ORDER BY rowid");
  std::vector<Destroyed> out;
  while (all.step()) out.push_back({Time{all.integer(0)}, all.integer(1), std::string(all.bytes(2))});
  return out;
}

} // namespace onecode::archive
