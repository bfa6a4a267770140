// Is what a cluster wrote what its recorded history leads to? The history is replayed; its digests say whether the state is the
// same after every turn, and the replayed outputs are compared with the committed ones (CONTRACT §10, `history`).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/replay.hpp"
#include "streams/broker.hpp"

namespace onecode::app {

/// All records of the output topics as numbers, so that two large sets can be compared.
class OutputTally {
public:
  void add(Topic topic, std::string_view key, std::optional<std::string_view> value, std::string_view headers);
  std::uint64_t count(Topic topic) const;
  void leave_out(Topic topic) {
    std::erase_if(by_key_, [topic](const auto& of) { return of.first.first == topic; });
  }
  /// What differs, a sentence per topic and key, at most `limit`.
  static std::vector<std::string> differences(const OutputTally& committed, const OutputTally& replayed,
                                              std::size_t limit);

private:
  struct Records {
    std::uint64_t count = 0;
    std::uint64_t sum = 0;   // of hashes: the same records, in any order
    std::uint64_t chain = 0; // the same records in the same order
    std::uint64_t last = 0;
    bool operator==(const Records&) const = default;
  };
  static bool same(Topic topic, const Records& a, const Records& b);

  std::map<std::pair<Topic, std::string>, Records> by_key_;
};

struct Verdict {
  std::uint64_t turns = 0, records = 0;
  std::vector<std::string> differences;  // a sentence each; empty: all is as it should be
  std::vector<std::string> not_compared; // outputs, and why not
  OutputTally committed;                 // of the topics that were compared
};

/// Throws InputError where the history is not complete. `go_on(turns, all, records)` false: gives up with what there is.
Verdict verify(streams::Broker& broker, const ReplayOptions& options, const streams::Secrets& secrets,
               const std::function<bool(std::uint64_t, std::uint64_t, std::uint64_t)>& go_on);

} // namespace onecode::app
