// What one shard counted in one turn: plain numbers, no atomics, no names. The shard fills it while it works, the
// node sums its shards with += and adds the sum to the metrics once per committed turn (Metrics::add), so that the
// hot path pays an increment and an aborted turn counts nothing.
//   Threads   none of its own: belongs to the shard during the turn, to the node afterwards.
//   Privacy   no field can hold an id of a person, device or handset.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "domain/commands.hpp"
#include "domain/decision.hpp"
#include "domain/effects.hpp"
#include "domain/ids.hpp"
#include "domain/rules/catalogue.hpp"
#include "domain/topics.hpp"

namespace onecode::monitoring {

inline constexpr std::size_t kTopicCount = kTopics.size();
inline constexpr std::size_t kVerdicts = 3;
inline constexpr std::size_t kKinds = 5;
inline constexpr std::size_t kBands = 5;
inline constexpr std::size_t kCommands = std::variant_size_v<CommandArgs>;

struct TurnStats {
  using Count = std::uint64_t;

  // By topic: index with static_cast<std::size_t>(Topic), or at(Topic).
  std::array<Count, kTopicCount> events{};     // input records consumed, dead letters and duplicates included
  std::array<Count, kTopicCount> wrong_key{};  // records whose key belongs to another partition (CONTRACT §2)
  std::array<Count, kTopicCount> duplicates{}; // same source and id again within 7 days
  std::array<Count, kTopicCount> produced{};   // records written, outputs and internal ones

  std::array<Count, kVerdicts> decisions{};
  std::array<Count, kReasons> reasons{}; // a decision counts under each of its reasons
  std::array<Count, kRuleIds> rule_hits{};
  std::array<Count, kRuleIds> shadow_hits{};
  std::array<Count, kRuleIds> candidate_hits{};
  /// Decisions while a policy version ran in shadow: [what was decided][what it would have been].
  std::array<std::array<Count, kVerdicts>, kVerdicts> candidate_verdicts{};
  std::array<Count, kRuleIds> findings_opened{}, findings_closed{}; // by the rule that leads them
  std::array<Count, kBands> finding_bands{};                        // of each record that opens or updates one
  std::array<Count, kRuleIds> rule_upheld{}, rule_not_upheld{};     // cases in which the rule's evidence stood

  /// By (code, stage). Both must be string literals: the views are kept.
  std::map<std::pair<std::string_view, std::string_view>, Count> dead_letters;

  // By command: index as in CommandArgs.
  std::array<Count, kCommands> commands_done{};
  std::array<Count, kCommands> commands_refused{};

  Count sequence_gaps = 0;   // scans that never arrived
  Count retransmissions = 0; // scans that arrived again and got no second decision
  Count automatic_freezes = 0;
  Count breaker_refusals = 0;
  Count cases_upheld = 0;
  Count cases_not_upheld = 0;
  Count accounts_opened = 0;

  std::array<Count, kKinds> wakes{};        // entities read into memory, by Kind
  std::array<Count, kKinds> passivations{}; // entities put to sleep, by Kind
  Count hops = 0;                           // messages delivered between entities within the turn
  Count entity_faults = 0;                  // exceptions of domain/ that were caught (ENTITY_FAULT, ENGINE_FAULT)

  Count journal_bytes = 0; // changes and sweep together
  Count journal_sweep_bytes = 0;
  Count store_reads = 0; // keys asked for
  std::int64_t store_read_ns = 0;
  std::int64_t store_write_ns = 0;
  std::int64_t compute_ns = 0; // time the shard worked in this turn, waiting excluded

  /// When scans were received (steady clock, ns) and how many decisions they led to. Scans polled together share an
  /// entry.
  std::vector<std::pair<std::int64_t, Count>> received;

  /// The same of what led to freezes, and how many it led to.
  std::vector<std::pair<std::int64_t, Count>> frozen_by_order, frozen_automatically;

  static constexpr std::size_t at(Topic t) { return static_cast<std::size_t>(t); }

  void decided(Verdict verdict, Reasons why, std::int64_t received_ns) {
    ++decisions[static_cast<std::size_t>(verdict)];
    why.each([this](Reason r) { ++reasons[static_cast<std::size_t>(r)]; });
    if (!received.empty() && received.back().first == received_ns) {
      ++received.back().second;
    } else {
      received.emplace_back(received_ns, 1);
    }
  }

  void foreseen(Verdict live, Verdict candidate) {
    ++candidate_verdicts[static_cast<std::size_t>(live)][static_cast<std::size_t>(candidate)];
  }

  void found(const FindingRecord& f) {
    const auto rule = static_cast<std::size_t>(f.rule);
    if (f.activity == FindingActivity::create) ++findings_opened[rule];
    if (f.activity == FindingActivity::close) ++findings_closed[rule];
    if (f.activity != FindingActivity::close) ++finding_bands[static_cast<std::size_t>(f.band)];
  }

  void dead_letter(std::string_view code, std::string_view stage) { ++dead_letters[{code, stage}]; }

  void command(std::size_t index, bool refused) { ++(refused ? commands_refused : commands_done)[index]; }

  void add(const Tally& t) {
    for (const RuleId r : t.hits) ++rule_hits[static_cast<std::size_t>(r)];
    for (const RuleId r : t.shadow_hits) ++shadow_hits[static_cast<std::size_t>(r)];
    for (const RuleId r : t.candidate_hits) ++candidate_hits[static_cast<std::size_t>(r)];
    for (const RuleId r : t.upheld) ++rule_upheld[static_cast<std::size_t>(r)];
    for (const RuleId r : t.not_upheld) ++rule_not_upheld[static_cast<std::size_t>(r)];
    sequence_gaps += t.sequence_gaps;
    retransmissions += t.retransmissions;
    automatic_freezes += t.automatic_freezes;
    breaker_refusals += t.breaker_refusals;
    cases_upheld += t.cases_upheld;
    cases_not_upheld += t.cases_not_upheld;
    accounts_opened += t.accounts_opened;
  }

  TurnStats& operator+=(const TurnStats& o) {
    const auto sum = [](auto& mine, const auto& other) {
      for (std::size_t i = 0; i < mine.size(); ++i) mine[i] += other[i];
    };
    sum(events, o.events);
    sum(wrong_key, o.wrong_key);
    sum(duplicates, o.duplicates);
    sum(produced, o.produced);
    sum(decisions, o.decisions);
    sum(reasons, o.reasons);
    sum(rule_hits, o.rule_hits);
    sum(shadow_hits, o.shadow_hits);
    sum(candidate_hits, o.candidate_hits);
    for (std::size_t i = 0; i < kVerdicts; ++i) sum(candidate_verdicts[i], o.candidate_verdicts[i]);
    sum(findings_opened, o.findings_opened);
    sum(findings_closed, o.findings_closed);
    sum(finding_bands, o.finding_bands);
    sum(rule_upheld, o.rule_upheld);
    sum(rule_not_upheld, o.rule_not_upheld);
    for (const auto& [what, n] : o.dead_letters) dead_letters[what] += n;
    sum(commands_done, o.commands_done);
    sum(commands_refused, o.commands_refused);
    sequence_gaps += o.sequence_gaps;
    retransmissions += o.retransmissions;
    automatic_freezes += o.automatic_freezes;
    breaker_refusals += o.breaker_refusals;
    cases_upheld += o.cases_upheld;
    cases_not_upheld += o.cases_not_upheld;
    accounts_opened += o.accounts_opened;
    sum(wakes, o.wakes);
    sum(passivations, o.passivations);
    hops += o.hops;
    entity_faults += o.entity_faults;
    journal_bytes += o.journal_bytes;
    journal_sweep_bytes += o.journal_sweep_bytes;
    store_reads += o.store_reads;
    store_read_ns += o.store_read_ns;
    store_write_ns += o.store_write_ns;
    compute_ns += o.compute_ns;
    const auto append = [](auto& mine, const auto& other) { mine.insert(mine.end(), other.begin(), other.end()); };
    append(received, o.received);
    append(frozen_by_order, o.frozen_by_order);
    append(frozen_automatically, o.frozen_automatically);
    return *this;
  }

  /// Zero again; keeps the memory of `received`.
  void clear() {
    auto keep = std::move(received);
    keep.clear();
    *this = TurnStats{};
    received = std::move(keep);
  }
};

} // namespace onecode::monitoring
