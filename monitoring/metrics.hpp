// Every metric of onecode, named in one place: name, type, unit, labels and the question it answers. The operations
// page, the alert rules and the dashboards are checked against this list.
//   Names     Prometheus conventions: snake case, base units (seconds, bytes), counters end in _total, prefix
//   onecode_. Labels    from kLabelNames only, and only with values that the engine itself names: a topic, a rule, a
//   code. What
//             comes from outside (an account, a device, a text) never becomes a label, neither by name nor by number.
//   Cost      shards count plainly in TurnStats; the node hands the sum over once per committed turn. Series are
//   looked up
//             when they are made, not when they are counted.
//   Threads   every member function may be called from any thread.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "domain/topics.hpp"
#include "monitoring/population.hpp"
#include "monitoring/turn_stats.hpp"

namespace onecode::monitoring {

enum class MetricType : std::uint8_t { counter, gauge, histogram };

struct MetricInfo {
  std::string_view name;
  MetricType type;
  std::string_view unit;   // seconds, bytes; empty: a number of things
  std::string_view labels; // comma-separated
  std::string_view help;   // the question it answers
};

inline constexpr std::string_view kLabelNames[] = {
    "topic", "partition", "shard",    "verdict", "reason",    "rule",      "mode",   "code",
    "stage", "command",   "result",   "cause",   "kind",      "operation", "phase",  "part",
    "state", "version",   "revision", "live",    "candidate", "band",      "article"};

namespace metric {
using enum MetricType;

// What came in, and what left.
inline constexpr MetricInfo events{"onecode_events_total", counter, "", "topic",
                                   "How many input records were consumed, the unusable and the repeated included?"};
inline constexpr MetricInfo wrong_key{
    "onecode_wrong_key_events_total", counter, "", "topic",
    "Which writer keys or partitions its records wrongly? They are processed all the same."};
inline constexpr MetricInfo duplicates{"onecode_duplicate_events_total", counter, "", "topic",
                                       "How many records repeated a source and id of the last 7 days?"};
inline constexpr MetricInfo retransmissions{"onecode_retransmissions_total", counter, "", "",
                                            "How many scans arrived again and got no second decision?"};
inline constexpr MetricInfo sequence_gaps{"onecode_sequence_gaps_total", counter, "", "",
                                          "How many scans that devices numbered never arrived?"};
inline constexpr MetricInfo dead_letters{"onecode_dead_letters_total", counter, "", "code,stage",
                                         "How many records could not be used, why, and how far did they come?"};
inline constexpr MetricInfo produced{"onecode_produced_records_total", counter, "", "topic",
                                     "How many records did the engine write?"};
inline constexpr MetricInfo lag{"onecode_lag_records", gauge, "", "topic,partition",
                                "How many records wait in this input partition?"};

// What was decided.
inline constexpr MetricInfo decisions{"onecode_decisions_total", counter, "", "verdict",
                                      "How many scans were allowed, denied or challenged?"};
inline constexpr MetricInfo decision_reasons{"onecode_decision_reasons_total", counter, "", "reason",
                                             "Why? A decision counts under each of its reasons."};
inline constexpr MetricInfo rule_hits{
    "onecode_rule_hits_total", counter, "", "rule,mode",
    "Which rules see something, enforced, in shadow, or only by a policy in shadow?"};
inline constexpr MetricInfo candidate_verdicts{
    "onecode_candidate_verdicts_total", counter, "", "live,candidate",
    "What did the policy in force decide, and what would the one in shadow have decided?"};
inline constexpr MetricInfo findings{"onecode_findings_total", counter, "", "rule,state",
                                     "How many findings were opened and closed, by the rule that leads them?"};
inline constexpr MetricInfo finding_records{
    "onecode_finding_records_total", counter, "", "band",
    "How many records opened or updated a finding, by the band that it was in then?"};
inline constexpr MetricInfo rule_info{"onecode_rule_info", gauge, "", "rule,article",
                                      "Which article is a rule about? Always 1: for joining by rule."};
inline constexpr MetricInfo rule_cases{
    "onecode_rule_cases_total", counter, "", "rule,result",
    "How many cases in which a rule's evidence stood were upheld, and how many not upheld or overturned?"};
inline constexpr MetricInfo automatic_freezes{"onecode_automatic_freezes_total", counter, "", "",
                                              "How many holds did the response policy set without a person?"};
inline constexpr MetricInfo breaker_refusals{"onecode_breaker_refusals_total", counter, "", "",
                                             "How many automatic freezes did the breaker stop?"};
inline constexpr MetricInfo breaker_open{
    "onecode_breaker_open", gauge, "", "",
    "Has the breaker stopped automatic freezes (1)? Set by the node that hosts it."};
inline constexpr MetricInfo cases_settled{
    "onecode_cases_settled_total", counter, "", "result",
    "How many cases were decided upheld, and how many not upheld or overturned on appeal?"};
inline constexpr MetricInfo commands{"onecode_commands_total", counter, "", "command,result",
                                     "Which orders were done, and which refused?"};
/// What came of asking for an entity's state.
inline constexpr std::string_view kStateResults[] = {"shown", "not-there", "elsewhere", "busy", "refused"};
inline constexpr MetricInfo state_reads{"onecode_state_reads_total", counter, "", "kind,result",
                                        "How often was somebody's record asked for over HTTP, and shown?"};
inline constexpr MetricInfo accounts_opened{"onecode_accounts_opened_total", counter, "", "",
                                            "How many accounts were opened?"};

// What stands where. Summed over the nodes it is the campus; shards that are being restored are missing from it.
inline constexpr MetricInfo devices{"onecode_devices", gauge, "", "state",
                                    "How many devices of the register are in which state?"};
inline constexpr MetricInfo integrations{
    "onecode_integrations", gauge, "", "state",
    "How many integrations stand where on their way from draft to live and back?"};
inline constexpr MetricInfo orders{"onecode_rectification_orders", gauge, "", "state",
                                   "How many rectification orders are open, and how many of them overdue?"};

// How fast.
inline constexpr MetricInfo decision_latency{"onecode_decision_latency_seconds", histogram, "seconds", "",
                                             "How long from the receipt of a scan to its committed decision?"};
inline constexpr MetricInfo freeze_latency{
    "onecode_freeze_latency_seconds", histogram, "seconds", "cause",
    "How long from the receipt of an order, or of the last event that it took, to the committed freeze?"};
inline constexpr MetricInfo turn_duration{"onecode_turn_duration_seconds", histogram, "seconds", "",
                                          "How long does a turn take, from its first record to its commit?"};
inline constexpr MetricInfo turn_events{"onecode_turn_events", histogram, "", "",
                                        "How many input records does a turn hold?"};
inline constexpr MetricInfo turn_phase{"onecode_turn_phase_seconds_total", counter, "seconds", "phase",
                                       "Where does the time of turns go: computing or committing?"};
inline constexpr MetricInfo shard_compute{"onecode_shard_compute_seconds_total", counter, "seconds", "",
                                          "How long did shards work, added up over all of them?"};
inline constexpr MetricInfo store_seconds{"onecode_store_seconds_total", counter, "seconds", "operation",
                                          "How long did shards wait for their stores?"};
inline constexpr MetricInfo store_reads{"onecode_store_reads_total", counter, "", "",
                                        "How many keys did shards ask their stores for?"};
inline constexpr MetricInfo store_bytes{
    "onecode_store_bytes", gauge, "bytes", "part",
    "What do the stores take on disk and in memory, and how much is left for compaction to rewrite?"};
inline constexpr MetricInfo journal_bytes{
    "onecode_journal_bytes_total", counter, "bytes", "part",
    "How much state went into the journal: changes, and the sweep that keeps it short?"};

// Whether it works.
inline constexpr MetricInfo commits{"onecode_transactions_committed_total", counter, "", "",
                                    "How many turns were committed?"};
inline constexpr MetricInfo aborts{"onecode_transactions_aborted_total", counter, "", "cause",
                                   "How many turns were undone and done again, and why?"};
inline constexpr MetricInfo last_commit{"onecode_last_commit_timestamp_seconds", gauge, "seconds", "",
                                        "When was a turn last committed (Unix time)?"};
inline constexpr MetricInfo entity_faults{
    "onecode_entity_faults_total", counter, "", "",
    "How many events met an exception of the rules? Each is a defect to report."};
inline constexpr MetricInfo entity_messages{"onecode_entity_messages_total", counter, "", "",
                                            "How many messages went between entities within turns?"};
inline constexpr MetricInfo resident{"onecode_resident_entities", gauge, "", "kind",
                                     "How many accounts, devices and others are awake in memory?"};
inline constexpr MetricInfo wakes{"onecode_entity_wakes_total", counter, "", "kind",
                                  "How many were read from the store?"};
inline constexpr MetricInfo passivations{
    "onecode_entity_passivations_total", counter, "", "kind",
    "How many were put to sleep? Many wakes and many of these: raise the resident limit."};
inline constexpr MetricInfo shards{"onecode_shards", gauge, "", "state",
                                   "How many shards does this node own and restore?"};
inline constexpr MetricInfo restore{"onecode_restore_ratio", gauge, "", "shard",
                                    "How far is the restore of this shard (0 to 1)? Gone when it is done."};
inline constexpr MetricInfo damaged_stores{"onecode_damaged_stores_total", counter, "", "",
                                           "How many stores were set aside as damaged and rebuilt from the journal?"};
inline constexpr MetricInfo config_reloads{
    "onecode_config_reloads_total", counter, "", "result",
    "How often was the configuration read again: all in force, some of it needs a restart, or refused?"};
inline constexpr MetricInfo ready{"onecode_ready", gauge, "", "", "Is this node ready (1), as /readyz says?"};
inline constexpr MetricInfo policy{"onecode_policy_info", gauge, "", "version",
                                   "Which policy version does this node run?"};
inline constexpr MetricInfo build{"onecode_build_info", gauge, "", "version,revision", "Which program is this?"};
} // namespace metric

/// All of the above.
std::span<const MetricInfo* const> all_metrics();

/// When a turn began, was computed and was committed (steady clock, ns), and how many input records it held.
struct TurnTimes {
  std::int64_t began_ns = 0;
  std::int64_t computed_ns = 0;
  std::int64_t committed_ns = 0;
  std::size_t records = 0;
};

/// What came of a configuration that was read again.
enum class Reload : std::uint8_t { applied, restart, refused };
inline constexpr std::string_view kReloads[] = {"applied", "restart", "refused"};

class Metrics {
public:
  /// What is released and what git calls it (build_info.hpp).
  Metrics(std::string_view version, std::string_view revision);
  ~Metrics();

  /// A committed turn: the sum over its shards.
  void committed(const TurnStats& stats, const TurnTimes& times);
  /// A turn that was undone. `cause` is one lower-case word of the engine's own, e.g. "fatal".
  void aborted(std::string_view cause);

  /// Replaces what was known: a partition that is not named has left this node.
  void set_lag(const std::map<TopicPartition, std::int64_t>& lag);
  void set_resident(const std::array<std::size_t, kKinds>& resident);
  void set_population(const Population& population);
  struct StoreBytes {
    std::uint64_t files = 0, write_buffers = 0, cache = 0, compaction_debt = 0;
  };
  void set_store_bytes(const StoreBytes& bytes);
  /// All shards of the node: those that work, and how far each of the others is (0 to 1).
  void set_shards(std::size_t working, const std::map<std::int32_t, double>& restoring);
  void set_breaker_open(bool open);
  void set_ready(bool ready);
  void set_policy(std::string_view version);
  void store_damaged();
  /// Somebody asked /state for an entity; `result`: one of kStateResults.
  void state_read(Kind kind, std::string_view result);
  void reloaded(Reload result);

  /// Prometheus text format 0.0.4.
  std::string text() const;
  /// OpenMetrics 1.0.
  std::string open_metrics() const;

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The content types of Metrics::text and Metrics::open_metrics.
inline constexpr const char* kTextType = "text/plain; version=0.0.4; charset=utf-8";
inline constexpr const char* kOpenMetricsType = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Does this Accept header ask for OpenMetrics rather than text?
bool prefers_open_metrics(std::string_view accept);

} // namespace onecode::monitoring
