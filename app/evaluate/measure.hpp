// Findings against truth. What counts is defined here and nowhere else; docs/detection.md says the same for readers.
//   Span       a misuse counts from its first event until three days after its last.
//   Detected   account: a record of the subject's finding with band 3 or more, recorded in the span.
//              device, integration: a compliance finding on the subject under the misuse's clause, opened in the span of a
//              misuse of that subject under that clause, with a record in this one.
//   Time       from `evident` to the engine time of the first record that counts, never below zero.
//   True       a finding whose subject has a misuse in whose span a record with that band lies; of compliance, in whose span
//              it was opened.
//   Innocent   an account that no misuse of its campus names, at whatever time.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "app/evaluate/findings.hpp"
#include "app/evaluate/statistics.hpp"
#include "app/evaluate/truth.hpp"

namespace onecode::app::evaluate {

inline constexpr Duration kGrace = days(3);
inline constexpr int kWatch = 1, kChallenge = 2, kPropose = 3, kAutomatic = 4;

struct Campus {
  Truth truth;
  Findings findings;
};

struct Scenario {
  std::string name;
  bool of_accounts = false;
  Share detected;                           // as defined above
  Share at_watch, at_challenge, at_propose; // a record with band >= 1, >= 2, >= 3 that counts
  std::vector<Duration> delays;             // of those detected
  std::array<std::uint64_t, 6> reached{};   // the highest band that counts: none, 0, 1, 2, 3, 4
};

struct Missed {
  std::uint64_t seed = 0;
  std::string misuse, scenario, subject;
  int reached = -1; // highest band that counts; -1: no finding
};

struct FalseFinding {
  std::uint64_t seed = 0;
  std::string uid, subject, rule;
  int band = 0, score = 0;
  std::string explanation;
  std::vector<std::string> context; // look-alikes, faults and misuses that the subject, or an event's device, is in
  std::vector<std::string> events;
};

/// Of a look-alike, a fault or approved work.
struct Lookalike {
  Circumstance::What what{};
  std::string scenario;
  std::uint64_t subjects = 0;
  std::uint64_t guilty = 0;               // subjects left out: a misuse names them as well
  std::array<std::uint64_t, 5> reached{}; // subjects with a finding of at least this band in the span
  std::array<std::uint64_t, 5> people{};  // innocent accounts whose finding rests on an event that names the subject
};

struct WrongHold {
  std::uint64_t seed = 0;
  std::string subject, id, article, reason;
  std::vector<std::string> context;
};

struct Figures {
  struct Run {
    std::uint64_t seed = 0, people = 0, days = 0, misuses = 0, innocent = 0;
    std::string truth, folder;
  };
  std::vector<Run> runs;
  std::set<std::string> policies;

  std::vector<Scenario> scenarios;
  std::vector<Missed> missed;

  Share proposals, automatic;             // account findings with band >= 3, >= 4: true ones
  Share compliance, compliance_proposals; // the same of devices and integrations, of any band and >= 3
  Share compliance_fitting;               // and under the clause of the misuse
  std::map<std::string, Share> rules;     // account findings with band >= 3, compliance findings of any band
  std::vector<FalseFinding> false_findings;

  double innocent_weeks = 0; // innocent accounts times weeks
  std::uint64_t accounts = 0, account_days = 0;
  std::uint64_t alarmed_watch = 0, alarmed_challenge = 0,
                alarmed_propose = 0; // innocent accounts with such a finding
  std::uint64_t holds = 0;           // automatic ones for misuse, all
  std::uint64_t holds_right = 0;     // in the span of a misuse of the account
  std::uint64_t debt_holds = 0;      // automatic ones of Article 10
  std::uint64_t held_innocent = 0;   // innocent accounts
  std::vector<WrongHold> wrong_holds;

  std::vector<Lookalike> lookalikes;
};

Figures measure(const std::vector<Campus>& campuses);

} // namespace onecode::app::evaluate
