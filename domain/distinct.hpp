// How many different things were seen, in bounded memory: exactly up to 64, then by HyperLogLog with 1,024 registers
// (standard error 3.25 %). Flajolet et al., "HyperLogLog", 2007; linear counting below 2.5 registers, as there. In fixed point.
#pragma once

#include <cstdint>
#include <vector>

namespace onecode {

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
