#include "evidence/known_keys.hpp"

#include <utility>

namespace onecode::evidence {

KnownKeys::KnownKeys(SubjectKeys keys, std::size_t sets)
    : keys_(std::move(keys)), sets_(keys_.empty() ? 0 : sets), slots_(sets_.size() * kWays) {}

void KnownKeys::expect(std::uint64_t hash) const { __builtin_prefetch(&sets_[hash & (sets_.size() - 1)]); }

void KnownKeys::expect_slot(std::uint64_t hash) const {
  const std::size_t at = hash & (sets_.size() - 1);
  for (std::size_t way = 0; way < kWays; ++way)
    if (sets_[at].tags[way].load(std::memory_order_relaxed) == tag(hash)) {
      __builtin_prefetch(&slots_[at * kWays + way]);
      __builtin_prefetch(&slots_[at * kWays + way].subject);
    }
}

KnownKeys::Found KnownKeys::find(std::string_view subject, std::uint64_t hash) {
  constexpr std::uint64_t kBlock = 64; // that a keyed state begins with
  const std::size_t at = hash & (sets_.size() - 1);
  auto& set = sets_[at];
  {
    const std::lock_guard lock(locks_[at % locks_.size()]);
    for (std::size_t way = 0; way < kWays; ++way) {
      if (set.states[way] == Set::State::free || set.tags[way].load(std::memory_order_relaxed) != tag(hash)) continue;
      const auto& slot = slots_[at * kWays + way];
      if (std::string_view(slot.subject.data(), set.sizes[way]) == subject)
        return {{{slot.inner, kBlock}, {slot.outer, kBlock}}, set.states[way] == Set::State::destroyed};
    }
  }
  const auto key = keys_.find(subject);
  const Found found{hmac_key(view(key.value_or(Hash{}))), !key};
  if (subject.size() > kLongest) return found;
  const std::lock_guard lock(locks_[at % locks_.size()]);
  const auto way = set.oldest;
  set.oldest = static_cast<std::uint8_t>((way + 1) % kWays);
  set.tags[way].store(tag(hash), std::memory_order_relaxed);
  set.states[way] = found.destroyed ? Set::State::destroyed : Set::State::known;
  set.sizes[way] = static_cast<std::uint8_t>(subject.size());
  auto& slot = slots_[at * kWays + way];
  slot.inner = found.key.inner.words;
  slot.outer = found.key.outer.words;
  subject.copy(slot.subject.data(), subject.size());
  return found;
}

} // namespace onecode::evidence
