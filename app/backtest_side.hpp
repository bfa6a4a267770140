// What one policy led to, read from the records that its engine published. Per scan nothing is kept: a decision is handed
// on and forgotten; per person and thing only the worst that stood against it.
#pragma once

#include <simdjson.h>

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "domain/decision.hpp"
#include "domain/effects.hpp"
#include "domain/hash.hpp"
#include "domain/ids.hpp"
#include "streams/encode.hpp"

namespace onecode::app {

/// The worst that a finding came to.
struct Peak {
  int band = 0, score = 0;
  std::string action;
  std::vector<std::pair<std::string, int>> rules; // with points
  Text explanation;
  bool worse_than(const Peak& other) const { return std::pair(band, score) > std::pair(other.band, other.score); }
};

struct Held {
  std::string id, article, role, since, expires;
  std::string ended; // engine time of the record that no longer has it; empty: still there
  bool automatic = false, provisional = false;
  std::vector<std::pair<std::string, int>> rules; // of the finding behind it
};

/// Of an account, a device or an integration under one policy.
struct Standing {
  std::map<std::string, Peak> findings; // an account has one at a time, under ""; others by rule
  std::vector<Held> holds;
  std::map<std::string, std::string> states; // of devices and integrations: name, since when first
  std::vector<std::pair<std::string, int>> latest;
  bool hold_awaits_finding = false;

  Peak worst() const;
  std::size_t automatic_holds() const;
};

struct Decided {
  Hash128 scan;
  std::string source, id, device, account, integration, time;
  Verdict verdict{};
  Reasons reasons;
};

class BacktestSide {
public:
  /// `decided` gets every decision, in order.
  explicit BacktestSide(std::function<void(const Decided&)> decided) : decided_(std::move(decided)) {}
  void output(const streams::OutRecord& record);

  using Standings = std::unordered_map<std::string, Standing>;
  const Standings& of(Kind kind) const { return standings_[static_cast<std::size_t>(kind)]; }
  /// Findings that went to a person: band 3 and above.
  std::uint64_t proposals() const { return proposals_.size(); }

private:
  using Object = simdjson::dom::element;
  void decision(Object data, std::string_view time);
  void freeze(Object data, std::string_view time);
  void finding(Object data);
  void state(Kind kind, std::string_view id, std::string name, std::string_view time);
  Standing& standing(Kind kind, std::string_view id) {
    return standings_[static_cast<std::size_t>(kind)][std::string(id)];
  }

  simdjson::dom::parser parser_;
  std::function<void(const Decided&)> decided_;
  std::array<Standings, 5> standings_; // by Kind
  std::unordered_set<std::string> proposals_;
};

} // namespace onecode::app
