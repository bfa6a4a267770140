#include "evidence/leaf.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "evidence/big_endian.hpp"
#include "evidence/sm3.hpp"

namespace onecode::evidence {
namespace {

constexpr unsigned char kVersion = 1, kWithSm3 = 2;

/// Not inline: GCC, which sees that they are few, would take `rep movs`, and that takes its time to begin.
[[gnu::noinline]] void copy_bytes(char* to, std::string_view text) { text.copy(to, text.size()); }

/// Writes where there is room: a string that grows piece by piece would take as long as its hash.
class Writer {
public:
  explicit Writer(char* at) : at_(at) {}
  /// Of 1, 4 or 8 bytes.
  template <class T>
  void number(T value) {
    value = big_endian(value);
    std::memcpy(at_, &value, sizeof value);
    at_ += sizeof value;
  }
  void raw(std::string_view text) {
    if (text.empty()) return;
    copy_bytes(at_, text);
    at_ += text.size();
  }
  void hash(const Hash& hash) {
    std::memcpy(at_, hash.data(), sizeof hash);
    at_ += sizeof hash;
  }
  void text(std::string_view text) {
    text = text.substr(0, kMostText);
    number(static_cast<std::uint8_t>(text.size()));
    raw(text);
  }
  char* at() const { return at_; }

private:
  char* at_;
};

char* payload_of(char* leaf) {
  constexpr std::size_t kIdLength = 2; // behind version and kind
  return leaf + kIdLength + 1 + static_cast<unsigned char>(leaf[kIdLength]) + sizeof(Hash);
}

/// A record's place, as salts have it.
struct Place {
  std::array<char, 64> bytes;
  std::size_t size;
  std::string_view view() const { return {bytes.data(), size}; }
};
Place place_of(TopicPartition at, std::int64_t offset) {
  Place place;
  Writer w(place.bytes.data());
  w.raw(name(at.topic));
  w.number(std::uint8_t{0});
  w.number(static_cast<std::uint32_t>(at.partition));
  w.number(static_cast<std::uint64_t>(offset));
  place.size = static_cast<std::size_t>(w.at() - place.bytes.data());
  return place;
}

/// What is left after too short a text is nothing.
class Bytes {
public:
  explicit Bytes(std::string_view all) : rest_(all) {}
  std::string_view take(std::size_t n) {
    if (n > rest_.size()) sound_ = false;
    const auto out = rest_.substr(0, n);
    rest_.remove_prefix(out.size());
    return out;
  }
  std::uint64_t number(int bytes) {
    std::uint64_t n = 0;
    for (const char c : take(static_cast<std::size_t>(bytes))) n = n << 8 | static_cast<unsigned char>(c);
    return n;
  }
  std::string_view text() { return take(number(1)); }
  Hash hash() {
    Hash h{};
    std::ranges::copy(take(h.size()), h.begin());
    return h;
  }
  bool complete() const { return sound_ && rest_.empty(); }

private:
  std::string_view rest_;
  bool sound_ = true;
};

} // namespace

char* write(char* to, const Leaf& leaf) {
  Writer w(to);
  w.number(static_cast<std::uint8_t>(leaf.payload_sm3 ? kWithSm3 : kVersion));
  w.number(static_cast<std::uint8_t>(leaf.kind));
  w.text(leaf.id);
  w.hash(leaf.subject);
  w.hash(leaf.payload);
  if (leaf.payload_sm3) w.text(view(*leaf.payload_sm3));
  w.number(static_cast<std::uint64_t>(leaf.time.ms));
  w.number(static_cast<std::uint64_t>(leaf.received.ms));
  w.number(static_cast<std::uint8_t>(leaf.clock));
  w.text(leaf.at ? name(leaf.at->topic) : std::string_view{});
  w.number(leaf.at ? static_cast<std::uint32_t>(leaf.at->partition) : 0U);
  w.number(static_cast<std::uint64_t>(leaf.from));
  w.number(static_cast<std::uint64_t>(leaf.offset));
  w.text(leaf.policy);
  w.text(leaf.build);
  w.text(leaf.mac);
  return w.at();
}

void append(std::string& out, const Leaf& leaf) {
  std::array<char, kMostLeafBytes> bytes;
  out.append(bytes.data(), write(bytes.data(), leaf));
}

void put_payload(char* leaf, const Hash& payload) { Writer(payload_of(leaf)).hash(payload); }

void put_received(char* leaf, Time received) {
  char* at = payload_of(leaf) + sizeof(Hash);
  if (leaf[0] == static_cast<char>(kWithSm3)) at += 1 + sizeof(Hash);
  Writer(at + sizeof(Time::ms)).number(static_cast<std::uint64_t>(received.ms));
}

std::optional<Leaf> parse_leaf(std::string_view bytes) {
  Bytes in(bytes);
  Leaf leaf;
  const auto version = in.number(1);
  if (version != kVersion && version != kWithSm3) return std::nullopt;
  const auto kind = in.number(1);
  if (kind < 1 || kind > static_cast<std::uint64_t>(LeafKind::finding)) return std::nullopt;
  leaf.kind = static_cast<LeafKind>(kind);
  leaf.id = in.text();
  leaf.subject = in.hash();
  leaf.payload = in.hash();
  if (version == kWithSm3) {
    if (in.number(1) != sizeof(Hash)) return std::nullopt;
    leaf.payload_sm3 = in.hash();
  }
  leaf.time.ms = static_cast<std::int64_t>(in.number(8));
  leaf.received.ms = static_cast<std::int64_t>(in.number(8));
  const auto clock = in.number(1);
  if (clock > static_cast<std::uint64_t>(LeafClock::free)) return std::nullopt;
  leaf.clock = static_cast<LeafClock>(clock);
  const auto topic = in.text();
  const auto partition = static_cast<std::int32_t>(in.number(4));
  if (!topic.empty()) {
    const auto known = topic_by_name(topic);
    if (!known) return std::nullopt;
    leaf.at = {*known, partition};
  } else if (partition != 0) {
    return std::nullopt;
  }
  leaf.from = static_cast<std::int64_t>(in.number(8));
  leaf.offset = static_cast<std::int64_t>(in.number(8));
  leaf.policy = in.text();
  leaf.build = in.text();
  leaf.mac = in.text();
  return in.complete() ? std::optional(leaf) : std::nullopt;
}

std::string payload_headers(const streams::Record& record) {
  std::vector<streams::Header> said;
  for (const auto& h : record.headers)
    if (h.name.starts_with("ce_")) said.push_back(h);
  std::ranges::stable_sort(said, {}, &streams::Header::name);
  std::string all;
  for (const auto& h : said) all.append(h.name).append(1, '\0').append(h.value).append(1, '\0');
  return all;
}

Hash payload_hash(const streams::Record& record) {
  return sha256({payload_headers(record), record.value.value_or(std::string_view{})});
}

Hash payload_sm3(const streams::Record& record) {
  return sm3({payload_headers(record), record.value.value_or(std::string_view{})});
}

void commit(std::span<ToCommit> all) {
  thread_local std::vector<Place> places; // keep their memory
  thread_local std::vector<Hash> inner;
  thread_local std::vector<HashJob> jobs;
  places.clear();
  places.reserve(all.size());
  inner.resize(all.size());
  jobs.resize(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto& c = all[i];
    if (c.at) places.push_back(place_of(*c.at, c.offset));
    jobs[i] = {{}, c.at ? places.back().view() : c.id, &inner[i], &c.subject_key.inner};
  }
  sha256(jobs);
  for (std::size_t i = 0; i < all.size(); ++i)
    jobs[i] = {{}, view(inner[i]), &all[i].commitment.salt, &all[i].subject_key.outer};
  sha256(jobs);
  for (std::size_t i = 0; i < all.size(); ++i)
    jobs[i] = {view(all[i].commitment.salt), all[i].subject, &all[i].commitment.value, &kHashStart};
  sha256(jobs);
}

Commitment commit_to(std::string_view subject, const Hash& subject_key, const Leaf& leaf) {
  ToCommit one{subject, hmac_key(view(subject_key)), leaf.at, leaf.offset, leaf.id, {}};
  commit({&one, 1});
  return one.commitment;
}

bool opens(const Hash& commitment, const Hash& salt, std::string_view subject) {
  return sha256({view(salt), subject}) == commitment;
}

} // namespace onecode::evidence
