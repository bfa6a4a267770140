// Sees a replay come to what somebody asks about, and keeps what took part: the scan, reader and account as they were when it was
// judged, the policy, the findings. Changes nothing, and computes nothing a second time.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "app/audit/committed.hpp"
#include "app/replay.hpp"
#include "domain/account.hpp"
#include "domain/device.hpp"
#include "streams/encode.hpp"

namespace onecode::app {

class ReplayObserver {
public:
  /// Of many questions at once: a replay is long.
  explicit ReplayObserver(std::vector<Question> questions);

  /// A scan on its way through the engine.
  struct Sight {
    Scan scan;
    Time received;                    // engine time of the turn that took it in
    DeviceState::Register reg;        // as it was judged: what this very scan showed of its reader counts already
    std::optional<Notice> quarantine; // the last one of its reader, and the finding that led to it
    std::string quarantined_by;
    std::optional<IntegrationStatusRecord> integration; // as its integration said last
    DeviceOpinion opinion;
    std::optional<AccountState> before, after; // nullopt: it named nobody, or its account failed on it
    std::optional<Policy> policy;              // that judged it
    std::string policy_of_turn;                // in force when it was taken in
    bool admitted = false;                     // not a retransmission
  };
  struct PolicySeen {
    std::string version;
    Time effective_from;
    bool shadow = false;
  };

  ReplayWatch watch();
  void input(const streams::FileRecord& record);
  void output(const streams::OutRecord& record);

  /// Records that this question is about, in order; of a finding's uid the last is meant.
  const std::vector<Asked>& asked(std::size_t question) const { return asked_[question]; }
  bool has_stated(std::string_view record_id) const { return findings_then_.contains(record_id); }
  /// Each question has a record.
  bool has_answered_all() const { return unanswered_ == 0; }
  const Sight* sight(std::string_view decision_id) const;
  /// Any scan that the question names was read.
  bool scan_seen(std::size_t question) const { return scan_seen_[question]; }
  /// The uids of the findings that a decision or a record of holds rests on, those of its holds and of its reader's quarantine
  /// included; perhaps more than once.
  static std::vector<std::string> rests_on(const Asked& asked, const Sight* sight);
  /// Of those, as it stood when the record was stated; nullptr: nothing was published.
  const std::string* finding(const Asked& asked, const std::string& uid) const;
  const std::vector<PolicySeen>& policies() const { return policies_; }

  /// A leaf, and where it stands in its shard's log.
  struct Leaf {
    std::string shard, bytes;
    std::uint64_t place = 0;
  };
  /// Of the record with this id; nullptr: no log is kept without the secret `evidence`.
  const Leaf* leaf(const std::string& record_id) const;
  /// The leaf of that id in a record of `evidence`. Throws InputError: it is no list of leaves.
  static std::optional<Leaf> leaf_in(const streams::FileRecord& record, const std::string& record_id);

private:
  /// The questions that name it.
  std::vector<std::size_t> asking(const Scan& scan) const;
  void before(const actors::Entity& entity, const Message& message);
  void after(const actors::Entity& entity, const Message& message, const Context& context, const Effects& effects);

  const std::vector<Question> questions_;
  std::unordered_map<std::string, std::vector<std::size_t>> by_id_; // questions
  bool by_decision_ = false;                                        // any of them may name a decision
  std::map<std::string, Sight, std::less<>> sights_;                // by decision id
  struct Quarantine {
    Notice notice;
    std::string finding; // uid; empty: a person ordered it
  };
  std::map<std::string, Quarantine> quarantines_; // by device
  std::map<std::string, IntegrationStatusRecord> integrations_;
  std::map<std::string, std::string> findings_; // newest record by uid
  std::vector<std::vector<Asked>> asked_;       // by question
  std::size_t unanswered_;
  std::map<std::string, std::map<std::string, std::string>, std::less<>>
      findings_then_;                                      // by record id, of what it rests on
  std::multimap<std::string, std::string> await_findings_; // by uid, to record id: published later in its turn
  std::vector<std::string> await_leaf_;                    // record ids: a shard's leaves come last in its turn
  std::map<std::string, Leaf> leaves_;                     // by record id
  std::vector<PolicySeen> policies_;
  std::vector<bool> scan_seen_; // by question
};

} // namespace onecode::app
