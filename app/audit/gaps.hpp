// What never arrived: numbers that a device's count went over (CONTRACT §4.1). Scans and device reports count separately, each boot by
// itself.
//   Not told  what came before the first number that was read, or after the last: nothing shows whether it was.
//   Order     any; what comes late closes its gap. The same number again changes nothing.
//   Memory    two numbers for each stretch without a gap.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "domain/time.hpp"
#include "streams/decode.hpp"

namespace onecode::app {

enum class Counted : std::uint8_t { scans, reports };
constexpr std::string_view to_string(Counted c) { return c == Counted::scans ? "scans" : "device-reports"; }

struct Gap {
  std::uint64_t first = 0, last = 0;
  Time after, before; // event times of the numbers next to it
  std::uint64_t count() const { return last - first + 1; }
};

/// One count of a device.
struct DeviceCount {
  std::string device;
  Counted of{};
  std::uint32_t boot = 0;
  std::uint64_t begins = 0, highest = 0; // that were read
  std::vector<Gap> gaps;                 // ascending
  std::uint64_t missing() const;
};

class Gaps {
public:
  void add(const std::string& device, Counted of, std::uint32_t boot, std::uint64_t number, Time time);

  /// With at least one gap, by device, kind and boot.
  std::vector<DeviceCount> found() const;
  struct Uncounted {
    std::string device;
    Counted of{};
  };
  /// Never sent another number than 0, so that nothing can be said of them.
  std::vector<Uncounted> uncounted() const;

  std::uint64_t scans = 0, reports = 0; // added

private:
  struct Key {
    std::string device;
    Counted of{};
    std::uint32_t boot = 0;
    auto operator<=>(const Key&) const = default;
  };
  struct Stretch {
    std::uint64_t last = 0;
    Time first_time, last_time;
  };
  std::map<Key, std::map<std::uint64_t, Stretch>> counts_; // by first number
};

/// From records to numbers, as the engine reads them.
class NumberReader {
public:
  explicit NumberReader(Gaps& gaps) : gaps_(gaps), decoder_(no_secrets_) {}
  /// A record of `scans` or `device-reports`; others are passed over.
  void read(TopicPartition at, const streams::Record& record);

  std::uint64_t unreadable = 0; // arrived, and say no number: dead letters
  std::uint64_t numberless = 0; // reports without one

private:
  Gaps& gaps_;
  const streams::Secrets no_secrets_;
  const PolicyHistory policies_;
  streams::Decoder decoder_;
  Scan scan_;
};

} // namespace onecode::app
