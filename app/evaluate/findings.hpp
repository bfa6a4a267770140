// What the engine said about a campus: findings from `alerts` and `compliance`, automatic holds from `freezes`, as
// `onecode replay --out` wrote them.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "domain/time.hpp"

namespace onecode::app::evaluate {

/// One finding over its life: all records with its uid.
struct FindingLife {
  struct Stage {
    Time recorded; // engine time: `time` of the OCSF record. Its first_seen_time and last_seen_time are event times
    int band = 0;
  };
  std::string uid, subject;  // subject with its kind: account:a-1
  std::vector<Stage> stages; // created and updated, in order; the closing says nothing new
  bool alert = false;        // alerts, else compliance

  // Of the record that first reached the highest band.
  int band = -1;
  int score = 0;
  std::string rule, article, act, explanation;
  std::vector<std::string> events;
};

/// A hold that the response policy set, not a person.
struct AutomaticHold {
  std::string subject, id, article, reason;
  Time since;
  /// Article 10 holds for a debt; that is bookkeeping and accuses nobody of misuse.
  bool of_detection() const { return article != "10"; }
};

struct Findings {
  std::string folder;
  std::vector<FindingLife> lives;
  std::vector<AutomaticHold> holds; // each once, however many records repeat it
  std::set<std::string> policies;   // versions that the findings name
};

/// Throws InputError or streams::EventFileError: no folder of `replay`, a topic that was left out or lost lines, a record
/// that is none (with file, line and field).
Findings read_findings(const std::string& folder);

} // namespace onecode::app::evaluate
