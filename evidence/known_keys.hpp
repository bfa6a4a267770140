// Keys of the subjects seen lately, for all shards of a node: to climb down the tree (evidence/subject_keys.hpp) for each leaf would
// take longer than everything else about it. Any thread.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "evidence/sha256_many.hpp"
#include "evidence/subject_keys.hpp"

namespace onecode::evidence {

class KnownKeys {
public:
  /// Of a node: 16 MiB for 130,000 subjects.
  static constexpr std::size_t kSetsOfNode = std::size_t{1} << 15;

  /// `sets`: of four subjects each, a power of two.
  explicit KnownKeys(SubjectKeys keys, std::size_t sets = kSetsOfNode);

  /// No subject has a key.
  bool empty() const { return keys_.empty(); }
  /// `hash`: any hash of the subject, always the same one. False: it is destroyed, and `key` is that of nobody, zeros.
  bool find(std::string_view subject, std::uint64_t hash, HmacKey& key);
  /// find() will be asked for it: brings in the memory; the second, which needs that of the first, some time later.
  void expect(std::uint64_t hash) const;
  void expect_slot(std::uint64_t hash) const;

private:
  static constexpr std::size_t kWays = 4, kLongest = 64; // as identifiers are
  static constexpr std::size_t kWords = 8;
  // Whoever reads takes no lock, which would be written: it looks whether the set was changed meanwhile.
  struct alignas(128) Slot {
    std::array<std::atomic<std::uint32_t>, kWords> inner, outer; // each after one block
    std::array<std::atomic<char>, kLongest> subject;
  };
  enum class State : std::uint8_t { free, known, destroyed };
  /// What a slot has, so that the others' memory is left alone.
  struct Entry {
    std::uint16_t tag = 0;
    std::uint8_t size = 0;
    State state = State::free;
  };
  static_assert(std::atomic<Entry>::is_always_lock_free);
  struct alignas(32) Set {
    std::array<std::atomic<Entry>, kWays> entries{};
    std::atomic<std::uint32_t> changes{}; // odd: one is under way
    std::uint8_t oldest = 0;              // of whoever is writing
  };
  static std::uint16_t tag(std::uint64_t hash) { return static_cast<std::uint16_t>(hash >> 48); }
  /// nullopt: it has another's, or is being changed.
  std::optional<bool> read(std::size_t at, std::size_t way, std::uint16_t tag, std::string_view subject,
                           HmacKey& key) const;
  void keep(std::size_t at, std::uint16_t tag, std::string_view subject, bool known, const HmacKey& key);

  const SubjectKeys keys_;
  std::vector<Set> sets_;
  std::vector<Slot> slots_; // kWays of each set
  std::mutex writing_;
};

} // namespace onecode::evidence
