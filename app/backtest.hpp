// Two policies over the same inputs (CONTRACT §10): two engines side by side in one pass, each on its own thread, and what
// the second would have decided differently.
//   Policies   each side judges everything by its own policy, from the first record on and whatever its `effective_from`.
//              Policy records in the inputs are left out and counted: with them both sides would judge by the same.
//   Histories  the records keep their order, their turns and the engine time of each turn. What nodes told each other
//              (inbox) is left out: it is what the policy of that time led to, and each side makes its own.
//   Memory     a scan is compared as soon as both sides have decided it, and only what differs is kept.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <unordered_map>
#include <vector>

#include "app/backtest_side.hpp"
#include "domain/policy.hpp"
#include "monitoring/turn_stats.hpp"

namespace onecode::app {

struct BacktestInputs {
  std::vector<std::string> files; // in order
  Policy a, b;
  std::string secrets; // a path; empty: none
  bool unsigned_commands = false;
  std::size_t limit = 20; // subjects listed of each kind; 0: all
};

/// Progress on stderr; throws Failure(130) when asked to stop, InputError and EventFileError with file and line.
/// `different` says whether anybody is treated differently; docs/operations.md describes the members.
nlohmann::ordered_json backtest(const BacktestInputs& inputs);

/// The difference as it grows: fed by both sides, asked at the end.
class BacktestComparison {
public:
  BacktestSide sides[2];
  /// Compares what both have decided since; to be called when both have had the same inputs.
  void settle();
  void write(std::size_t limit, nlohmann::ordered_json& report) const;

private:
  struct Changed {
    std::uint64_t count[3][3] = {}; // verdict under A, under B
    std::uint64_t all = 0;
    Decided a, b; // the first of them
  };
  struct Waiting {
    int side = 0;
    std::vector<Decided> decisions;
  };
  void compare(const Decided& a, const Decided& b);
  nlohmann::ordered_json section(Kind kind, std::size_t limit) const;
  nlohmann::ordered_json subject(Kind kind, const std::string& id, const Standing& a, const Standing& b,
                                 const Changed* changed) const;

  struct Scan {
    std::size_t operator()(const Hash128& h) const { return static_cast<std::size_t>(h.lo); }
  };
  std::unordered_map<Hash128, Waiting, Scan> waiting_;           // decided by one side only so far
  std::unordered_map<std::string, Changed> changed_;             // by account
  std::unordered_map<std::string, std::uint64_t> changed_at_[2]; // by device, by integration
  std::uint64_t verdicts_[2][3] = {}, changes_[3][3] = {};
  std::uint64_t other_reasons_ = 0;
};

} // namespace onecode::app
