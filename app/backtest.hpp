// Two policies over the same inputs (CONTRACT §10): one engine after the other, and what the second would have decided
// differently.
//   Policies   each side judges everything by its own policy, from the first record on and whatever its `effective_from`.
//              Policy records in the inputs are left out and counted: with them both sides would judge by the same.
//   Histories  the records keep their order, their turns and the engine time of each turn. What nodes told each other
//              (inbox) is left out: it is what the policy of that time led to, and each side makes its own.
//   Memory     one engine at a time, since its state is what weighs. Of the first pass 16 bytes a scan stay, and the worst that
//              stood against each person and thing; the second is compared with them as it decides.
#pragma once

#include <cstdint>
#include <deque>
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

/// The difference as it grows: first everything by A, then everything by B.
class BacktestComparison {
public:
  BacktestComparison();
  BacktestComparison(const BacktestComparison&) = delete;
  BacktestComparison& operator=(const BacktestComparison&) = delete;

  BacktestSide a, b;
  void write(std::size_t limit, nlohmann::ordered_json& report) const;

private:
  struct Kept { // a decision of A
    std::uint64_t scan;
    Reasons reasons;
    std::uint32_t account : 30; // index + 1; 0: none
    std::uint32_t verdict : 2;
  };
  static_assert(sizeof(Kept) == 16);
  struct Outcome {
    Verdict verdict{};
    Reasons reasons;
  };
  struct Changed {
    std::uint64_t count[3][3] = {}; // verdict under A, under B
    std::uint64_t all = 0;
    Decided first;
    Outcome a; // of the first, under A
  };
  void keep(const Decided& decided);
  void meet(const Decided& decided);
  void compare(const Kept& a, const Decided& b);
  static char worse_under(const Standing& under_a, const Standing& under_b, const Changed* changed);
  nlohmann::ordered_json section(Kind kind, std::size_t limit) const;
  nlohmann::ordered_json subject(Kind kind, const std::string& id, const Standing& under_a, const Standing& under_b,
                                 const Changed* changed) const;

  std::deque<Kept> kept_; // in the order of A; those before next_ have been met or stand in passed_
  std::size_t next_ = 0;
  std::unordered_multimap<std::uint64_t, Kept> passed_;
  std::unordered_map<std::string, std::uint32_t> account_numbers_;
  std::vector<const std::string*> accounts_;
  std::unordered_map<std::string, Changed> changed_;             // by account
  std::unordered_map<std::string, std::uint64_t> changed_at_[2]; // by device, by integration
  std::uint64_t verdicts_[2][3] = {}, changes_[3][3] = {};
  std::uint64_t other_reasons_ = 0, only_b_ = 0;
};

} // namespace onecode::app
