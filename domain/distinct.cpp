#include "domain/distinct.hpp"

#include <algorithm>
#include <bit>

#include "domain/evidence.hpp"
#include "domain/integer.hpp"

namespace onecode {

bool DistinctCounter::add(std::uint64_t hash) {
  if (!registers_.empty()) return add_to_registers(hash);
  const auto at = std::ranges::lower_bound(exact_, hash);
  if (at != exact_.end() && *at == hash) return false;
  exact_.insert(at, hash);
  if (exact_.size() > kExact) {
    registers_.resize(kRegisters);
    for (const auto h : exact_) add_to_registers(h);
    exact_.clear();
  }
  return true;
}

bool DistinctCounter::add_to_registers(std::uint64_t hash) {
  auto& reg = registers_[hash % kRegisters];
  const std::uint64_t rest = hash / kRegisters | std::uint64_t{1} << 54; // ends a row of zeros
  const auto rank = static_cast<std::uint8_t>(std::countr_zero(rest) + 1);
  if (rank <= reg) return false;
  reg = rank;
  return true;
}

std::int64_t DistinctCounter::count() const {
  if (registers_.empty()) return static_cast<std::int64_t>(exact_.size());
  constexpr std::int64_t m = kRegisters;
  constexpr std::uint64_t kAlphaE4 = 7'205; // 0.7213 / (1 + 1.079 / m), times 10^4
  std::uint64_t sum_q32 = 0;                // of 2^-register
  std::int64_t zeros = 0;
  for (const auto r : registers_) {
    sum_q32 += r <= 32 ? std::uint64_t{1} << (32 - r) : 0;
    zeros += r == 0;
  }
  if (sum_q32 == 0) sum_q32 = 1;
  const auto raw = static_cast<std::int64_t>((u128{kAlphaE4} * m * m << 32) / (u128{10'000} * sum_q32));
  if (raw > 5 * m / 2 || zeros == 0) return raw;
  // m ln(m / zeros); nats_of takes thousandths, which is finer than the error here
  return static_cast<std::int64_t>(nats_of(static_cast<int>((m - zeros) * 1000 / m))) * m / 1'000'000;
}

} // namespace onecode
