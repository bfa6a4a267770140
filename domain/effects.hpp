// What an entity answers with. Effects are values: the shard delivers messages, stages outputs and keeps timers.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "domain/campus_facts.hpp"
#include "domain/decision.hpp"
#include "domain/finding.hpp"
#include "domain/holds.hpp"
#include "domain/ids.hpp"
#include "domain/messages.hpp"
#include "domain/policy.hpp"

namespace onecode {

/// What the version in shadow would have said of a scan (docs/decisions/0025-a-policy-in-shadow.md).
struct CandidateDecision {
  std::string_view policy; // its version
  Verdict verdict{};
  Reasons reasons;
  int score = 0;             // of the account under it, after the scan
  Band band{};               // that it reaches; automatic: it would have asked for a freeze
  std::vector<RuleId> rules; // whose evidence counts otherwise under it
};

/// CONTRACT §5.1
struct Decision {
  const Scan* scan = nullptr;
  Verdict verdict{};
  Reasons reasons;
  std::string integration;
  std::vector<std::string> findings;
  int score = 0;
  std::string_view policy; // of the version in force at event time; the history of versions outlives the turn
  std::vector<RuleId> shadow;
  std::optional<CandidateDecision> candidate; // while a version runs in shadow
};

/// CONTRACT §5.2
struct FreezeRecord {
  std::string account;
  std::string state;
  std::uint64_t revision = 0;
  std::vector<Hold> holds;
  bool forgotten = false; // a tombstone: nothing is kept under this key any more
};

/// CONTRACT §5.3
struct DeviceStatusRecord {
  std::string device;
  std::string state;
  std::uint64_t revision = 0;
  std::string integration;
  bool usable = false;
  Reasons reasons;
};

/// CONTRACT §5.3b
struct IntegrationStatusRecord {
  std::string integration;
  std::string state;
  std::string access;
  std::string unit;
  std::vector<std::string> owners;
  std::uint64_t revision = 0;
  struct Order {
    std::string id, state, violation, control;
    Time due;
    std::int64_t extensions = 0, round = 1;
  };
  struct Document {
    std::string document;
    Time review_due;
  };
  std::vector<Order> orders; // open ones and the ten last closed
  std::vector<Document> documents;
  std::vector<std::string> drift;
};

/// CONTRACT §5.5
struct Notice {
  std::string to;
  std::string about;
  std::string kind;
  std::string article;
  Text text;
  std::optional<Time> deadline;
  std::string remedy;
  std::string case_id;
};

/// An input that could not be used, with a stable code and a sentence for people (CONTRACT §8). The shard adds the
/// original bytes and the place.
struct Refusal {
  std::string_view code;  // e.g. ILLEGAL_TRANSITION
  std::string_view stage; // decode | validate | authenticate | route | apply
  Text text;
};

using Output =
    std::variant<Decision, FreezeRecord, DeviceStatusRecord, IntegrationStatusRecord, FindingRecord, Notice>;

struct Send {
  EntityId to;
  Message message;
};

/// Sets the timer `name` of this entity to `due`, or takes it back.
struct TimerChange {
  std::string name;
  std::optional<Time> due;
};

/// Things that operations counts and nobody keeps per person.
struct Tally {
  std::vector<RuleId> hits; // enforced rule hits
  std::vector<RuleId> shadow_hits;
  std::vector<RuleId> candidate_hits; // of the version in shadow, where it judges otherwise
  std::uint32_t sequence_gaps = 0;    // scans that never arrived (D2's loss metric)
  std::uint32_t retransmissions = 0;
  std::uint32_t automatic_freezes = 0;
  std::uint32_t breaker_refusals = 0;
  std::uint32_t accounts_opened = 0;
  std::uint32_t cases_upheld = 0;
  std::uint32_t cases_not_upheld = 0;     // also: overturned on appeal
  std::vector<RuleId> upheld, not_upheld; // the rules behind them
};

struct Effects {
  std::vector<Output> outputs;
  std::vector<Send> sends;
  std::vector<TimerChange> timers;
  std::optional<Refusal> refusal;
  bool deferred = false; // the command was sent on to be tried again: neither done nor refused yet
  Tally tally;

  void clear() {
    outputs.clear();
    sends.clear();
    timers.clear();
    refusal.reset();
    deferred = false;
    tally.hits.clear();
    tally.shadow_hits.clear();
    tally.candidate_hits.clear();
    tally.sequence_gaps = tally.retransmissions = tally.automatic_freezes = 0;
    tally.breaker_refusals = tally.accounts_opened = 0;
    tally.cases_upheld = tally.cases_not_upheld = 0;
    tally.upheld.clear();
    tally.not_upheld.clear();
  }
  void refuse(std::string_view code, Text text, std::string_view stage = "apply") {
    refusal = Refusal{code, stage, std::move(text)};
  }
};

/// What every step knows besides its entity and its event.
struct Context {
  const PolicyHistory& policies;
  Time now;                           // the turn's engine time: deadlines and expiries
  const CampusFacts* facts = nullptr; // null: nothing is known
  std::int32_t shards = 0;            // of the whole cluster

  const Policy& policy_at(Time event_time) const { return policies.at(event_time); }
  /// The version in shadow at the turn; what it judges must also lie in its time (Candidate::covers). nullptr: none.
  const Candidate* candidate() const { return policies.candidate_at(now); }
};

} // namespace onecode
