// A finding: what the engine holds against an account, device or integration, kept up to date until it is closed
// (CONTRACT §5.4). An account has at most one open finding, a device or integration one per rule.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/evidence.hpp"
#include "domain/grounds.hpp"
#include "domain/ids.hpp"
#include "domain/policy.hpp"

namespace onecode {

constexpr std::string_view to_string(ProposedAction a) {
  constexpr std::string_view n[] = {"none",    "watch",      "challenge", "open-case", "freeze",
                                    "inspect", "quarantine", "suspend",   "terminate"};
  return n[static_cast<std::size_t>(a)];
}

enum class FindingActivity : std::uint8_t { create = 1, update = 2, close = 3 };

/// A single hit of this weight goes to a person, whatever the score (DETECTION §6, band 3).
inline constexpr int kGraveWeight = 850;

/// A finding quiet for this long closes.
inline constexpr Duration kQuiet = days(30);

/// The open finding as state.
struct Finding {
  std::string uid;
  RuleId rule{}; // analytic
  Band band{};
  Time opened;
  Time last_hit; // engine time of the newest evidence: the quiet period counts from here

  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("uid", s.uid);
    v("rule", s.rule);
    v("band", s.band);
    v("opened", s.opened);
    v("last_hit", s.last_hit);
  }
};

/// One record on `alerts` or `compliance`.
struct FindingRecord {
  FindingActivity activity{};
  std::string uid;
  EntityId subject;
  std::string subject_key; // the record key; `issuer:<kid>` and the like for campus facts
  RuleId rule{};
  Band band{};
  int score = 0;      // thousandths
  int confidence = 0; // thousandths: data quality behind the strongest rule
  ProposedAction action{};
  std::string act; // lend | rent | ... | unknown; empty for compliance
  std::vector<std::pair<Family, int>> families;
  struct RulePoints {
    RuleId rule{};
    int version = 1;
    int points = 0;
  };
  std::vector<RulePoints> rules;
  std::vector<EventRef> events;
  std::string policy;
  /// R12.1: of its rule and of its article, as the policy has them.
  struct Reading {
    std::string of; // A2, 8
    int version = 1;
    std::string hash;
  };
  std::vector<Reading> interpretations;
  /// The rectification order that was given for it (R11.5).
  struct Order {
    std::string id;
    Time due;
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("id", s.id);
      v("due", s.due);
    }
  };
  std::optional<Order> order;
  Text explanation;
  Time first_seen, last_seen; // event times
  Time recorded;              // engine time
};

/// A finding's id is derived from what it is about and the event that opened it.
std::string finding_uid(const EntityId& subject, RuleId rule, const EventRef& opened_by);

/// What the policy says that this rule and its article mean.
std::vector<FindingRecord::Reading> interpretations_of(RuleId rule, const Policy& policy);

/// The band of an account (DETECTION §6). `may_freeze`: outside the learning period and with automatic freezing on.
Band account_band(const EvidenceBook& book, Time t, const Thresholds& limits, bool may_freeze);

} // namespace onecode
