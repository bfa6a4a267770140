// The simulator's only source of chance: SplitMix64 (Steele, Lea and Flood 2014) in streams of their own, one for each
// person and day, so that nobody's day depends on who was asked before. Whole numbers only: the distributions of the
// standard library, and rounding, differ between libraries and machines, and the same seed must give the same bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace onecode::app::simulate {

constexpr std::uint64_t mixed(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15ULL;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}

class Random {
public:
  /// A stream named by up to four numbers.
  explicit Random(std::uint64_t a, std::uint64_t b = 0, std::uint64_t c = 0, std::uint64_t d = 0)
      : state_(mixed(mixed(mixed(mixed(a) ^ b) ^ c) ^ d)) {}

  std::uint64_t next() { return mixed(state_ += 0x9E3779B97F4A7C15ULL); }
  /// 0 to n - 1.
  std::uint64_t below(std::uint64_t n) { return n == 0 ? 0 : next() % n; }
  /// Both ends included.
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low + 1)));
  }
  /// True in so many of a thousand.
  bool permille(std::int64_t n) { return static_cast<std::int64_t>(below(1000)) < n; }
  /// A bell of twelve dice (Irwin-Hall) around `mean`, cut at three deviations.
  std::int64_t around(std::int64_t mean, std::int64_t deviation) {
    std::int64_t sum = 0;
    for (int i = 0; i < 12; ++i) sum += static_cast<std::int64_t>(below(2001)) - 1000;
    const std::int64_t most = 3 * deviation, off = sum * deviation / 2000;
    return mean + (off > most ? most : off < -most ? -most : off);
  }
  template <class T>
  const T& one_of(const std::vector<T>& list) {
    return list[static_cast<std::size_t>(below(list.size()))];
  }

private:
  std::uint64_t state_;
};

} // namespace onecode::app::simulate
