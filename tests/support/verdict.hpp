// What came out of it: is every scan decided once, every input accounted for once, every output what the history
// leads to?
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "streams/broker.hpp"

namespace onecode::test {

/// Counts the committed decisions of each scan, as far as they are there.
class Decisions {
public:
  explicit Decisions(streams::Broker& broker);
  /// Reads on, until a partition gives nothing for so long; returns how many scans have a decision.
  std::size_t read_on(streams::Milliseconds patience);
  const std::map<std::string, std::uint64_t>& by_scan() const { return by_scan_; }

private:
  std::vector<std::unique_ptr<streams::LogReader>> readers_;
  std::map<std::string, std::uint64_t> by_scan_;
};

struct Verdict {
  std::uint64_t turns = 0;
  std::uint64_t lost = 0, doubled = 0, different = 0;
  std::vector<std::string> texts;
};
Verdict judge(streams::Broker& broker, const std::set<std::string>& published, const Decisions& decisions);

} // namespace onecode::test
