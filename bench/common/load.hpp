// What the benchmarks feed the engine: a registered campus (one integration, D devices, A accounts) and its scans, about
// 420 bytes each, always the same for the same numbers. People move between neighbouring zones at walking pace, some
// scans repeat, two in ten thousand come from a second handset far away.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "domain/time.hpp"
#include "domain/topics.hpp"

namespace onecode::bench {

struct LoadRecord {
  Topic topic;
  std::string key;
  std::string value;
};

/// When everything is registered, and the first scan; the others follow every 4 ms.
struct LoadTimes {
  Time registered{1'767'225'600'000}; // 2026-01-01T08:00:00+08:00
  Time first{1'772'409'492'345};      // 2026-03-02T07:58:12.345+08:00
};

class Load {
public:
  Load(std::uint64_t accounts, std::uint64_t devices, LoadTimes times = {});
  /// Unsigned commands that open everything: at most `count` of them, from the given one on; none when all are given.
  std::vector<LoadRecord> registration(std::uint64_t from, std::uint64_t count) const;
  /// The next scan; overwrites `out`.
  void next(LoadRecord& out);
  void next(LoadRecord& out, Time at);

private:
  LoadRecord registration(std::uint64_t n) const;
  std::uint64_t random();
  std::uint64_t accounts_, devices_;
  std::uint64_t state_ = 0x9E3779B97F4A7C15ULL;
  std::vector<std::uint64_t> seq_;
  std::vector<std::uint8_t> zone_;
  LoadTimes times_;
};

/// CPU seconds (user and system) that this process used so far.
double cpu_seconds();
double wall_seconds();
/// What a clock on the wall shows; wall_seconds() are for measuring.
Time wall_time();
double peak_memory_mib();

} // namespace onecode::bench
