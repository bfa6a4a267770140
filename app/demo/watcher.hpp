// Reads what the engine published, as a security team would: from the topics, committed records only. Everything that the
// demo shows and reports comes from here, nothing from the campus's own knowledge but who broke the rules on purpose.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "app/demo/campus.hpp"
#include "streams/broker.hpp"

namespace onecode::app {

class Watcher {
public:
  Watcher(streams::Broker& broker, std::vector<Misuse> misuse);

  /// When scan `demo/<n>` was published (steady clock, ms). Call before publishing it, on the thread that reads.
  void published(std::uint64_t n, double at_ms);
  /// Reads what is new.
  void read();

  struct Caught {
    std::string subject, kind, rule, why;
  };
  std::uint64_t decisions = 0, alerts = 0, freezes = 0, compliance = 0, dead_letters = 0, notices = 0;
  std::map<std::string, std::uint64_t> verdicts{{"allow", 0}, {"deny", 0}, {"challenge", 0}};
  std::vector<Caught> caught; // in the order of discovery
  std::set<std::string> innocent_frozen;
  /// Milliseconds from publishing to the committed decision; `of` in thousandths (500 = median).
  double latency_ms(int of) const;

private:
  struct Source {
    Topic topic;
    std::unique_ptr<streams::LogReader> reader;
  };
  void take(Topic topic, const streams::Record& record);
  void found(const std::string& subject, const std::string& kind, const std::string& rule, const std::string& why);

  std::vector<Source> sources_;
  std::vector<Misuse> misuse_;
  std::map<std::string, std::pair<std::string, std::string>> alert_; // subject → rule, explanation
  std::set<std::string> quarantined_;
  std::vector<double> published_ms_;
  std::array<std::uint64_t, 20'000> histogram_{}; // tenths of a millisecond
  std::uint64_t measured_ = 0;
};

} // namespace onecode::app
