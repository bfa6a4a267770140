// How many different things were seen, in bounded memory: exactly up to 64, then by HyperLogLog with 1,024 registers
// (standard error 3.25 %). Flajolet et al., "HyperLogLog", 2007; linear counting below 2.5 registers, as there. In fixed point.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace onecode {

/// A set of hashes as bits, one per hash: enough to tell known from new, too little to name anybody.
template <std::size_t N>
struct Bits {
  std::array<std::uint64_t, N> words{};
  static constexpr std::size_t kBits = N * 64;
  static constexpr std::size_t word_of(std::uint64_t hash) { return hash % kBits / 64; }
  /// False: its bit was set already.
  bool add(std::uint64_t hash) {
    std::uint64_t& word = words[word_of(hash)];
    const std::uint64_t bit = std::uint64_t{1} << hash % 64;
    const bool fresh = (word & bit) == 0;
    word |= bit;
    return fresh;
  }
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("words", s.words);
  }
};

class DistinctCounter {
public:
  static constexpr std::size_t kExact = 64, kRegisters = 1024;
  /// `hash`: well mixed. True: the state changed.
  bool add(std::uint64_t hash);
  std::int64_t count() const;
  void clear() {
    exact_.clear();
    registers_.clear();
  }

  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("exact", s.exact_);
    v("registers", s.registers_);
  }

private:
  bool add_to_registers(std::uint64_t hash);

  std::vector<std::uint64_t> exact_; // sorted; empty once there are registers
  std::vector<std::uint8_t> registers_;
};

} // namespace onecode
