#include "evidence/leaf.hpp"

#include <algorithm>
#include <vector>

#include "evidence/sm3.hpp"

namespace onecode::evidence {
namespace {

constexpr unsigned char kVersion = 1, kWithSm3 = 2;
constexpr std::size_t kMostText = 255;

void put(std::string& out, std::uint64_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 0xff);
}

void put_text(std::string& out, std::string_view text) {
  text = text.substr(0, kMostText);
  out += static_cast<char>(text.size());
  out += text;
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

void append(std::string& out, const Leaf& leaf) {
  out += static_cast<char>(leaf.payload_sm3 ? kWithSm3 : kVersion);
  out += static_cast<char>(leaf.kind);
  put_text(out, leaf.id);
  out += view(leaf.subject);
  out += view(leaf.payload);
  if (leaf.payload_sm3) put_text(out, view(*leaf.payload_sm3));
  put(out, static_cast<std::uint64_t>(leaf.time.ms), 8);
  put(out, static_cast<std::uint64_t>(leaf.received.ms), 8);
  out += static_cast<char>(leaf.clock);
  put_text(out, leaf.at ? name(leaf.at->topic) : std::string_view{});
  put(out, leaf.at ? static_cast<std::uint64_t>(leaf.at->partition) : 0, 4);
  put(out, static_cast<std::uint64_t>(leaf.from), 8);
  put(out, static_cast<std::uint64_t>(leaf.offset), 8);
  put_text(out, leaf.policy);
  put_text(out, leaf.build);
  put_text(out, leaf.mac);
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

Commitment commit_to(std::string_view subject, const Hash& subject_key, const Leaf& leaf) {
  std::string place; // short enough to need no memory
  if (leaf.at) {
    place = name(leaf.at->topic);
    place += '\0';
    put(place, static_cast<std::uint64_t>(leaf.at->partition), 4);
    put(place, static_cast<std::uint64_t>(leaf.offset), 8);
  }
  Commitment c;
  c.salt = hmac_sha256(view(subject_key), leaf.at ? std::string_view(place) : leaf.id);
  c.value = sha256({view(c.salt), subject});
  return c;
}

bool opens(const Hash& commitment, const Hash& salt, std::string_view subject) {
  return sha256({view(salt), subject}) == commitment;
}

} // namespace onecode::evidence
