// The policy document (CONTRACT §7): what the information centre has decided, one version at a time. An event is judged
// by the version in force at its event time (R13.1). JSON in and out: streams/policy_document.hpp.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "domain/rules/catalogue.hpp"
#include "domain/time.hpp"

namespace onecode {

enum class Mode : std::uint8_t { off, shadow, enforce };

struct RuleSettings {
  int version = 1;
  Mode mode = Mode::enforce;
  int weight = 0; // thousandths
  int half_life_h = 0;
  std::array<std::int64_t, kMaxParams> params{};

  std::int64_t operator[](std::size_t param) const { return params[param]; }
  bool operator==(const RuleSettings&) const = default;
};

/// A place. Coordinates are degrees scaled by 10^7, so that distances need no floating point.
struct Zone {
  std::int64_t lat_e7 = 0;
  std::int64_t lon_e7 = 0;
  std::string building;
  std::string campus;
  bool operator==(const Zone&) const = default;
};

struct Thresholds {
  int watch = 400;
  int challenge = 700;
  int propose = 900;
  int freeze = 950;
  int families = 2;
  bool operator==(const Thresholds&) const = default;
};

struct Breaker {
  int freezes = 20;
  int minutes = 10;
  int daily_ppm = 2000;
  bool operator==(const Breaker&) const = default;
};

struct Response {
  bool auto_freeze = true;
  bool auto_quarantine = true;
  int provisional_hours = 72;
  int learning_days = 14;
  Breaker breaker;
  bool operator==(const Response&) const = default;
};

/// Times of a case, and how grave one must be for a cancellation (REGULATION §4; R8.3).
struct CaseTimes {
  int statement_days = 3;
  int appeal_days = 10;
  int answer_days = 15;  // and as long once more
  int cancel_points = 1; // of the rubric, at least
  bool operator==(const CaseTimes&) const = default;
};

/// How long what is over is kept before it may be forgotten (domain/account_forget.cpp). Three years are how long a claim
/// can be brought (Civil Code, Article 188).
struct Retention {
  int account_days = 1095;  // after an account's end
  int case_days = 1095;     // after its last case closed, or a claim was recorded
  int evidence_days = 3650; // payloads in the archive, after they happened (archive/archive.hpp)
  bool operator==(const Retention&) const = default;
};

/// Rectification orders (Article 11; REGULATION §4).
struct Rectification {
  int days = 15;
  std::map<std::string, int> by_violation; // by clause (`11(1)`) or violation
  int extensions = 2;
  int escalate_days = 7; // after the deadline
  std::set<int, std::greater<>> reminder_days{7, 3, 1};
  bool operator==(const Rectification&) const = default;
};

/// R3.1: who does what. The regulation itself calls one department by two names, so that each has its time.
struct Department {
  struct Name {
    std::string zh, en;
    std::optional<Time> from, to;
    bool operator==(const Name&) const = default;
  };
  std::vector<Name> names;
  std::set<std::string, std::less<>> duties; // functions: payment is money, access is doors, library is borrowing
  bool operator==(const Department&) const = default;
};

/// R12.1: what the information centre says a rule or an article means. The text is kept elsewhere, under its hash.
struct Interpretation {
  int version = 1;
  std::string note, hash;
  bool operator==(const Interpretation&) const = default;
};

enum class KeyAlgorithm : std::uint8_t { ed25519, sm2 };

struct TrustedKey {
  std::string key; // key id
  KeyAlgorithm algorithm = KeyAlgorithm::ed25519;
  std::string public_key; // raw bytes
  std::string actor;      // empty: any actor of the role
  std::optional<Time> from;
  std::optional<Time> to;
  bool operator==(const TrustedKey&) const = default;
};

enum class MacAlgorithm : std::uint8_t { hmac_sha256, hmac_sm3 };

struct Issuer {
  MacAlgorithm algorithm = MacAlgorithm::hmac_sha256;
  std::string secret; // a name, never the secret
  bool operator==(const Issuer&) const = default;
};

struct Policy {
  std::string version = "builtin-1";
  Time effective_from{};
  bool shadow = false; // a candidate: runs beside the version in force and changes nothing
  std::string regulation_title = "岳阳学院校园“一码通”管理办法";
  std::string regulation_date = "2025-10-14";
  std::string regulation_hash;
  std::map<std::string, std::vector<TrustedKey>> roles;
  std::map<std::string, Issuer> issuers;
  std::map<std::string, Zone, std::less<>> zones;
  /// Seconds on foot between two zones, both directions, the smaller id first.
  std::map<std::pair<std::string, std::string>, std::int64_t> walking_seconds;
  /// Functions per category; `other` stands for every `other:<name>` (R2.2).
  std::map<std::string, std::set<std::string, std::less<>>, std::less<>> categories;
  std::array<RuleSettings, kRuleIds> rules{};
  Thresholds thresholds;
  Response response;
  /// `egress` (access, out) and functions that no hold, device or integration may block.
  std::set<std::string, std::less<>> never_block;
  CaseTimes cases;
  Rectification rectification;
  std::map<std::string, Department> departments;
  std::map<std::string, Interpretation, std::less<>> interpretations; // by rule id or article
  std::set<std::string> canary_subjects;
  int gate_timeout_ms = 1500;
  Retention retention;
  bool operator==(const Policy&) const = default;

  const RuleSettings& rule(RuleId id) const { return rules[static_cast<std::size_t>(id)]; }
  RuleSettings& rule(RuleId id) { return rules[static_cast<std::size_t>(id)]; }
  /// Whom it concerns when this function is used or blocked; empty: nobody in particular.
  std::string_view department_for(std::string_view function) const;
  /// Its name at `t`, the first that holds; the id where none does.
  Department::Name name_of(std::string_view department, Time t) const;
  std::optional<std::int64_t> walking_time_s(const std::string& a, const std::string& b) const;
};

/// The defaults of CONTRACT §7 and REGULATION §4.
Policy builtin_policy();

/// Everything that is wrong with a policy, one sentence each with the member's path; empty: it may take effect.
std::vector<std::string> check(const Policy& policy);

/// A version in shadow beside the one in force: from its effective_from until that of the next version of either kind.
struct Candidate {
  std::shared_ptr<const Policy> policy;
  std::shared_ptr<const Policy> live; // in force meanwhile
  Time until;                         // excluded
  std::bitset<kRuleIds> apart; // rules for which the two differ, in the settings or in the places they measure by

  bool covers(Time t) const { return policy->effective_from <= t && t < until; }
  /// Would it judge this rule itself? What both judge alike is judged once, and rules that only watch count for nobody.
  bool judges(RuleId id) const { return differs(id) && policy->rule(id).mode == Mode::enforce; }
  bool differs(RuleId id) const { return apart[static_cast<std::size_t>(id)]; }
};

/// The versions that were accepted, and which one judges what.
class PolicyHistory {
public:
  PolicyHistory(); // holds the built-in policy
  /// The version that stands where no published one is in force yet, whatever it says of itself.
  explicit PolicyHistory(Policy first);
  void add(Policy policy);
  /// The version in force: never one in shadow.
  const Policy& at(Time event_time) const;
  /// The version in shadow; nullptr: there is none.
  const Candidate* candidate_at(Time event_time) const {
    return candidates_.empty() ? nullptr : find_candidate(event_time);
  }
  bool knows(std::string_view version) const;

private:
  const Candidate* find_candidate(Time t) const;
  std::size_t in_force(Time t) const; // its place among the versions

  // By effective_from; equal times: the later published wins.
  std::vector<std::shared_ptr<const Policy>> versions_;  // the first, and those that are or were to be in force
  std::vector<std::shared_ptr<const Policy>> published_; // all but the first
  std::vector<Candidate> candidates_;                    // without those that another version replaces at once
};

} // namespace onecode
