#include "evidence/known_keys.hpp"

#include <algorithm>
#include <utility>

namespace onecode::evidence {
namespace {

constexpr std::uint64_t kBlock = 64; // that a keyed state begins with

} // namespace

KnownKeys::KnownKeys(SubjectKeys keys, std::size_t sets)
    : keys_(std::move(keys)), sets_(keys_.empty() ? 0 : sets), slots_(sets_.size() * kWays) {}

void KnownKeys::expect(std::uint64_t hash) const { __builtin_prefetch(&sets_[hash & (sets_.size() - 1)]); }

void KnownKeys::expect_slot(std::uint64_t hash) const {
  const std::size_t at = hash & (sets_.size() - 1);
  for (std::size_t way = 0; way < kWays; ++way)
    if (sets_[at].entries[way].load(std::memory_order_relaxed).tag == tag(hash)) {
      __builtin_prefetch(&slots_[at * kWays + way]);
      __builtin_prefetch(&slots_[at * kWays + way].subject);
    }
}

bool KnownKeys::find(std::string_view subject, std::uint64_t hash, HmacKey& key) {
  const std::size_t at = hash & (sets_.size() - 1);
  if (subject.size() <= kLongest)
    for (std::size_t way = 0; way < kWays; ++way)
      if (const auto known = read(at, way, tag(hash), subject, key)) return *known;
  const auto found = keys_.find(subject);
  key = hmac_key(view(found.value_or(Hash{})));
  if (subject.size() <= kLongest) keep(at, tag(hash), subject, found.has_value(), key);
  return found.has_value();
}

std::optional<bool> KnownKeys::read(std::size_t at, std::size_t way, std::uint16_t tag, std::string_view subject,
                                    HmacKey& key) const {
  // What is read between two equal counts is of one time: no load moves before an acquiring one, no store behind a releasing one.
  const Set& set = sets_[at];
  const auto before = set.changes.load(std::memory_order_acquire);
  const Entry entry = set.entries[way].load(std::memory_order_acquire);
  if (before % 2 != 0 || entry.state == State::free || entry.tag != tag || entry.size != subject.size())
    return std::nullopt;
  const Slot& slot = slots_[at * kWays + way];
  for (std::size_t i = 0; i < kWords; ++i) {
    key.inner.words[i] = slot.inner[i].load(std::memory_order_acquire);
    key.outer.words[i] = slot.outer[i].load(std::memory_order_acquire);
  }
  const bool same = std::ranges::equal(subject, std::span(slot.subject).first(subject.size()), {}, {},
                                       [](const std::atomic<char>& c) { return c.load(std::memory_order_acquire); });
  if (!same || set.changes.load(std::memory_order_relaxed) != before) return std::nullopt;
  key.inner.bytes = key.outer.bytes = kBlock;
  return entry.state == State::known;
}

void KnownKeys::keep(std::size_t at, std::uint16_t tag, std::string_view subject, bool known, const HmacKey& key) {
  const std::lock_guard lock(writing_);
  HmacKey same;
  for (std::size_t way = 0; way < kWays; ++way) // somebody may have been quicker
    if (read(at, way, tag, subject, same)) return;
  Set& set = sets_[at];
  const auto way = set.oldest;
  set.oldest = static_cast<std::uint8_t>((way + 1) % kWays);
  const auto changes = set.changes.load(std::memory_order_relaxed);
  set.changes.store(changes + 1, std::memory_order_relaxed);
  Slot& slot = slots_[at * kWays + way];
  for (std::size_t i = 0; i < kWords; ++i) {
    slot.inner[i].store(key.inner.words[i], std::memory_order_release);
    slot.outer[i].store(key.outer.words[i], std::memory_order_release);
  }
  for (std::size_t i = 0; i < subject.size(); ++i) slot.subject[i].store(subject[i], std::memory_order_release);
  set.entries[way].store({tag, static_cast<std::uint8_t>(subject.size()), known ? State::known : State::destroyed},
                         std::memory_order_release);
  set.changes.store(changes + 2, std::memory_order_release);
}

} // namespace onecode::evidence
