// Keys of the subjects seen lately, for all shards of a node: to climb down the tree (evidence/subject_keys.hpp) for each leaf would
// take longer than everything else about it. Any thread.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
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
  struct Found {
    HmacKey key;
    bool destroyed = false; // then the key is that of nobody: zeros
  };
  /// `hash`: any hash of the subject, always the same one.
  Found find(std::string_view subject, std::uint64_t hash);
  /// find() will be asked for it: brings in the memory; the second, which needs that of the first, some time later.
  void expect(std::uint64_t hash) const;
  void expect_slot(std::uint64_t hash) const;

private:
  static constexpr std::size_t kWays = 4, kLongest = 64; // as identifiers are
  struct alignas(128) Slot {
    std::array<std::uint32_t, 8> inner, outer; // each after one block
    std::array<char, kLongest> subject;
  };
  /// What a slot has, so that the others' memory is left alone.
  struct Set {
    std::array<std::atomic<std::uint16_t>, kWays> tags{}; // read without the lock, by expect_slot()
    enum class State : std::uint8_t { free, known, destroyed };
    std::array<State, kWays> states{};
    std::array<std::uint8_t, kWays> sizes{};
    std::uint8_t oldest = 0;
  };
  static std::uint16_t tag(std::uint64_t hash) { return static_cast<std::uint16_t>(hash >> 48); }

  const SubjectKeys keys_;
  std::vector<Set> sets_;
  std::vector<Slot> slots_;          // kWays of each set
  std::array<std::mutex, 64> locks_; // of every 64th set
};

} // namespace onecode::evidence
