#include "monitoring/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "domain/rules/catalogue.hpp"
#include "monitoring/open_metrics.hpp"
#include "monitoring/process_metrics.hpp"

namespace onecode::monitoring {

namespace {

using prometheus::Counter;
using prometheus::Gauge;
using prometheus::Histogram;
using prometheus::Labels;

constexpr const MetricInfo* kAll[] = {
    &metric::events,
    &metric::wrong_key,
    &metric::duplicates,
    &metric::retransmissions,
    &metric::sequence_gaps,
    &metric::dead_letters,
    &metric::produced,
    &metric::lag,
    &metric::decisions,
    &metric::decision_reasons,
    &metric::rule_hits,
    &metric::candidate_verdicts,
    &metric::findings,
    &metric::finding_records,
    &metric::rule_info,
    &metric::rule_cases,
    &metric::automatic_freezes,
    &metric::breaker_refusals,
    &metric::breaker_open,
    &metric::cases_settled,
    &metric::commands,
    &metric::state_reads,
    &metric::accounts_opened,
    &metric::devices,
    &metric::integrations,
    &metric::orders,
    &metric::decision_latency,
    &metric::freeze_latency,
    &metric::turn_duration,
    &metric::turn_events,
    &metric::turn_phase,
    &metric::shard_compute,
    &metric::store_seconds,
    &metric::store_reads,
    &metric::store_bytes,
    &metric::journal_bytes,
    &metric::commits,
    &metric::aborts,
    &metric::last_commit,
    &metric::entity_faults,
    &metric::entity_messages,
    &metric::resident,
    &metric::wakes,
    &metric::passivations,
    &metric::shards,
    &metric::restore,
    &metric::damaged_stores,
    &metric::config_reloads,
    &metric::ready,
    &metric::policy,
    &metric::build,
};

// 1 ms … 10 s: the promise is made around 100 ms, so that is where they are dense.
const Histogram::BucketBoundaries kSeconds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1,
                                           0.15,  0.25,   0.5,   0.75, 1,     2.5,  5,     10};
const Histogram::BucketBoundaries kEvents{0, 1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144};

constexpr double kNano = 1e-9;

/// By Band.
constexpr std::string_view kBandNames[kBands] = {"observe", "watch", "challenge", "propose", "automatic"};

// -- what may become a label value
// ------------------------------------------------------------------------------------ Codes and causes are words of
// the engine. They arrive as text, so they are looked at again: whatever does not look like one, an id of a person
// above all, is counted as "other". The bound keeps a mistake from filling the server.
constexpr std::size_t kMaxWords = 100;

bool is_code(std::string_view s) {
  return s.size() >= 3 && s.size() <= 40 &&
         std::ranges::all_of(s, [](char c) { return (c >= 'A' && c <= 'Z') || c == '_'; });
}

std::string stage_label(std::string_view s) {
  for (const std::string_view known : {"decode", "validate", "authenticate", "route", "apply"})
    if (s == known) return std::string(s);
  return "other";
}

bool is_word(std::string_view s) {
  return !s.empty() && s.size() <= 24 &&
         std::ranges::all_of(s, [](char c) { return (c >= 'a' && c <= 'z') || c == '_' || c == '-'; });
}

} // namespace

std::span<const MetricInfo* const> all_metrics() { return kAll; }

struct Metrics::Impl {
  prometheus::Registry registry;

  prometheus::Family<Counter>& counters(const MetricInfo& m) {
    return prometheus::BuildCounter().Name(std::string(m.name)).Help(std::string(m.help)).Register(registry);
  }
  prometheus::Family<Gauge>& gauges(const MetricInfo& m) {
    return prometheus::BuildGauge().Name(std::string(m.name)).Help(std::string(m.help)).Register(registry);
  }
  Histogram& histogram(const MetricInfo& m, const Histogram::BucketBoundaries& bounds, const Labels& labels = {}) {
    return prometheus::BuildHistogram()
        .Name(std::string(m.name))
        .Help(std::string(m.help))
        .Register(registry)
        .Add(labels, bounds);
  }
  Counter& counter(const MetricInfo& m, const Labels& labels = {}) { return counters(m).Add(labels); }
  Gauge& gauge(const MetricInfo& m, const Labels& labels = {}) { return gauges(m).Add(labels); }

  /// One counter per value of an enum, made at once: a rate can only be taken of a series that was there before.
  template <std::size_t N, class Name>
  std::array<Counter*, N> per(const MetricInfo& m, const char* label, Name name) {
    std::array<Counter*, N> out{};
    auto& family = counters(m);
    for (std::size_t i = 0; i < N; ++i)
      if (const std::string_view value = name(i); !value.empty()) out[i] = &family.Add({{label, std::string(value)}});
    return out;
  }
  /// One gauge per state but `none`.
  template <std::size_t N, class State>
  std::array<Gauge*, N> per_state(const MetricInfo& m, State none) {
    std::array<Gauge*, N> out{};
    auto& family = gauges(m);
    for (std::size_t i = 0; i < N; ++i)
      if (const auto state = static_cast<State>(i); state != none)
        out[i] = &family.Add({{"state", std::string(to_string(state))}});
    return out;
  }
  template <std::size_t N>
  static void set(const std::array<Gauge*, N>& to, const std::array<std::size_t, N>& counts) {
    for (std::size_t i = 0; i < N; ++i)
      if (to[i] != nullptr) to[i]->Set(static_cast<double>(counts[i]));
  }
  std::array<Counter*, kTopicCount> per_topic(const MetricInfo& m, bool inputs) {
    return per<kTopicCount>(m, "topic", [inputs](std::size_t i) {
      const auto& t = kTopics[i];
      const bool has = inputs ? t.input : t.writer == "engine";
      return has ? t.name : std::string_view{};
    });
  }

  template <std::size_t N>
  static void add(std::array<Counter*, N>& to, const std::array<TurnStats::Count, N>& counts) {
    for (std::size_t i = 0; i < N; ++i)
      if (counts[i] != 0 && to[i] != nullptr) to[i]->Increment(static_cast<double>(counts[i]));
  }
  static void add(Counter& to, TurnStats::Count n) {
    if (n != 0) to.Increment(static_cast<double>(n));
  }

  /// A counter per rule that is built, with one more label.
  std::array<Counter*, kRuleIds> rules(const MetricInfo& m, const char* label, const char* value) {
    std::array<Counter*, kRuleIds> out{};
    auto& family = counters(m);
    for (std::size_t i = 0; i < kRuleIds; ++i) {
      const auto id = static_cast<RuleId>(i);
      if (rule_info(id) != nullptr) out[i] = &family.Add({{"rule", std::string(to_string(id))}, {label, value}});
    }
    return out;
  }

  std::array<Counter*, kTopicCount> events = per_topic(metric::events, true);
  std::array<Counter*, kTopicCount> wrong_key = per_topic(metric::wrong_key, true);
  std::array<Counter*, kTopicCount> duplicates = per_topic(metric::duplicates, true);
  Counter& retransmissions = counter(metric::retransmissions);
  Counter& sequence_gaps = counter(metric::sequence_gaps);
  prometheus::Family<Counter>& dead_letters = counters(metric::dead_letters);
  std::array<Counter*, kTopicCount> produced = per_topic(metric::produced, false);
  prometheus::Family<Gauge>& lag = gauges(metric::lag);

  std::array<Counter*, kVerdicts> decisions =
      per<kVerdicts>(metric::decisions, "verdict", [](std::size_t i) { return to_string(static_cast<Verdict>(i)); });
  std::array<Counter*, kReasons> reasons = per<kReasons>(
      metric::decision_reasons, "reason", [](std::size_t i) { return to_string(static_cast<Reason>(i)); });
  std::array<Counter*, kRuleIds> hits = rules(metric::rule_hits, "mode", "enforce");
  std::array<Counter*, kRuleIds> shadow_hits = rules(metric::rule_hits, "mode", "shadow");
  std::array<Counter*, kRuleIds> candidate_hits = rules(metric::rule_hits, "mode", "candidate");
  std::array<std::array<Counter*, kVerdicts>, kVerdicts> candidate_verdicts{};
  std::array<Counter*, kRuleIds> findings_opened = rules(metric::findings, "state", "opened");
  std::array<Counter*, kRuleIds> findings_closed = rules(metric::findings, "state", "closed");
  std::array<Counter*, kBands> finding_bands =
      per<kBands>(metric::finding_records, "band", [](std::size_t i) { return kBandNames[i]; });
  std::array<Counter*, kRuleIds> rule_upheld = rules(metric::rule_cases, "result", "upheld");
  std::array<Counter*, kRuleIds> rule_not_upheld = rules(metric::rule_cases, "result", "not_upheld");
  Counter& automatic_freezes = counter(metric::automatic_freezes);
  Counter& breaker_refusals = counter(metric::breaker_refusals);
  Gauge& breaker_open = gauge(metric::breaker_open);
  std::array<Counter*, 2> cases_settled = per<2>(metric::cases_settled, "result", [](std::size_t i) {
    return std::string_view(i == 0 ? "upheld" : "not_upheld");
  });
  std::array<Counter*, kCommands> commands_done{};
  std::array<Counter*, kCommands> commands_refused{};
  std::array<std::array<Counter*, std::size(metric::kStateResults)>, kKinds> state_reads{};
  Counter& accounts_opened = counter(metric::accounts_opened);
  std::array<Gauge*, kDeviceLives> devices = per_state<kDeviceLives>(metric::devices, DeviceLife::unknown);
  std::array<Gauge*, kIntegrationLives> integrations =
      per_state<kIntegrationLives>(metric::integrations, IntegrationLife::unknown);
  std::array<Gauge*, kOrderStates> orders = per_state<kOrderStates>(metric::orders, OrderState::closed);

  Histogram& latency = histogram(metric::decision_latency, kSeconds);
  Histogram& frozen_by_order = histogram(metric::freeze_latency, kSeconds, {{"cause", "order"}});
  Histogram& frozen_automatically = histogram(metric::freeze_latency, kSeconds, {{"cause", "response-policy"}});
  Histogram& turn_duration = histogram(metric::turn_duration, kSeconds);
  Histogram& turn_events = histogram(metric::turn_events, kEvents);
  Counter& computing = counter(metric::turn_phase, {{"phase", "compute"}});
  Counter& committing = counter(metric::turn_phase, {{"phase", "commit"}});
  Counter& shard_compute = counter(metric::shard_compute);
  Counter& store_reading = counter(metric::store_seconds, {{"operation", "read"}});
  Counter& store_writing = counter(metric::store_seconds, {{"operation", "write"}});
  Counter& store_reads = counter(metric::store_reads);
  Gauge& store_files = gauge(metric::store_bytes, {{"part", "files"}});
  Gauge& store_write_buffers = gauge(metric::store_bytes, {{"part", "write-buffers"}});
  Gauge& store_cache = gauge(metric::store_bytes, {{"part", "cache"}});
  Gauge& store_compaction_debt = gauge(metric::store_bytes, {{"part", "compaction-debt"}});
  Counter& journal_changes = counter(metric::journal_bytes, {{"part", "changes"}});
  Counter& journal_sweep = counter(metric::journal_bytes, {{"part", "sweep"}});

  Counter& commits = counter(metric::commits);
  prometheus::Family<Counter>& aborts = counters(metric::aborts);
  Gauge& last_commit = gauge(metric::last_commit);
  Counter& entity_faults = counter(metric::entity_faults);
  Counter& entity_messages = counter(metric::entity_messages);
  std::array<Gauge*, kKinds> resident{};
  std::array<Counter*, kKinds> wakes =
      per<kKinds>(metric::wakes, "kind", [](std::size_t i) { return to_string(static_cast<Kind>(i)); });
  std::array<Counter*, kKinds> passivations =
      per<kKinds>(metric::passivations, "kind", [](std::size_t i) { return to_string(static_cast<Kind>(i)); });
  Gauge& shards_working = gauge(metric::shards, {{"state", "working"}});
  Gauge& shards_restoring = gauge(metric::shards, {{"state", "restoring"}});
  prometheus::Family<Gauge>& restore = gauges(metric::restore);
  Counter& damaged_stores = counter(metric::damaged_stores);
  std::array<Counter*, std::size(kReloads)> reloads =
      per<std::size(kReloads)>(metric::config_reloads, "result", [](std::size_t i) { return kReloads[i]; });
  Gauge& ready = gauge(metric::ready);
  prometheus::Family<Gauge>& policy = gauges(metric::policy);

  // Guards what comes and goes, and a turn against a reader: a scrape sees whole turns.
  mutable std::mutex mutex;
  std::map<std::pair<std::string, std::string>, Counter*> dead_letter_series;
  std::map<std::string, Counter*> abort_series;
  std::map<TopicPartition, Gauge*> lag_series;
  std::map<std::int32_t, Gauge*> restore_series;
  Gauge* policy_series = nullptr;
  std::string policy_version;

  Impl(std::string_view version, std::string_view revision) {
    auto& commands = counters(metric::commands);
    for (std::size_t i = 0; i < kCommands; ++i) {
      commands_done[i] = &commands.Add({{"command", std::string(onecode::kCommands[i].name)}, {"result", "done"}});
      commands_refused[i] =
          &commands.Add({{"command", std::string(onecode::kCommands[i].name)}, {"result", "refused"}});
    }
    auto& foreseen = counters(metric::candidate_verdicts);
    const auto verdict = [](std::size_t i) { return std::string(to_string(static_cast<Verdict>(i))); };
    for (std::size_t live = 0; live < kVerdicts; ++live)
      for (std::size_t other = 0; other < kVerdicts; ++other)
        candidate_verdicts[live][other] = &foreseen.Add({{"live", verdict(live)}, {"candidate", verdict(other)}});
    auto& reads = counters(metric::state_reads);
    for (std::size_t i = 0; i < kKinds; ++i)
      for (std::size_t r = 0; r < std::size(metric::kStateResults); ++r)
        state_reads[i][r] = &reads.Add({{"kind", std::string(to_string(static_cast<Kind>(i)))},
                                        {"result", std::string(metric::kStateResults[r])}});
    auto& residents = gauges(metric::resident);
    for (std::size_t i = 0; i < kKinds; ++i)
      resident[i] = &residents.Add({{"kind", std::string(to_string(static_cast<Kind>(i)))}});
    auto& articles = gauges(metric::rule_info);
    for (const RuleInfo& rule : rule_catalogue())
      articles.Add({{"rule", std::string(to_string(rule.id))}, {"article", std::string(rule.control)}}).Set(1);
    for (const char* cause : {"abort", "fatal"}) abort_series[cause] = &aborts.Add({{"cause", cause}});
    gauge(metric::build, {{"version", std::string(version)}, {"revision", std::string(revision)}}).Set(1);
  }

  static void observe(Histogram& histogram, const std::vector<std::pair<std::int64_t, TurnStats::Count>>& received,
                      std::int64_t committed_ns) {
    if (received.empty()) return;
    std::vector<double> buckets(kSeconds.size() + 1);
    double sum = 0;
    for (const auto& [received_ns, n] : received) {
      const double seconds = static_cast<double>(std::max<std::int64_t>(0, committed_ns - received_ns)) * kNano;
      const auto bucket = std::ranges::lower_bound(kSeconds, seconds) - kSeconds.begin();
      buckets[static_cast<std::size_t>(bucket)] += static_cast<double>(n);
      sum += seconds * static_cast<double>(n);
    }
    histogram.ObserveMultiple(buckets, sum);
  }

  std::vector<prometheus::MetricFamily> collect() const {
    const std::lock_guard lock(mutex);
    auto all = registry.Collect();
    auto process = process_metrics();
    std::move(process.begin(), process.end(), std::back_inserter(all));
    return all;
  }
};

Metrics::Metrics(std::string_view version, std::string_view revision)
    : impl_(std::make_unique<Impl>(version, revision)) {}
Metrics::~Metrics() = default;

void Metrics::committed(const TurnStats& s, const TurnTimes& t) {
  auto& m = *impl_;
  const std::lock_guard lock(m.mutex);
  Impl::add(m.events, s.events);
  Impl::add(m.wrong_key, s.wrong_key);
  Impl::add(m.duplicates, s.duplicates);
  Impl::add(m.produced, s.produced);
  Impl::add(m.decisions, s.decisions);
  Impl::add(m.reasons, s.reasons);
  Impl::add(m.hits, s.rule_hits);
  Impl::add(m.shadow_hits, s.shadow_hits);
  Impl::add(m.candidate_hits, s.candidate_hits);
  for (std::size_t i = 0; i < kVerdicts; ++i) Impl::add(m.candidate_verdicts[i], s.candidate_verdicts[i]);
  Impl::add(m.findings_opened, s.findings_opened);
  Impl::add(m.findings_closed, s.findings_closed);
  Impl::add(m.finding_bands, s.finding_bands);
  Impl::add(m.rule_upheld, s.rule_upheld);
  Impl::add(m.rule_not_upheld, s.rule_not_upheld);
  for (const auto& [what, n] : s.dead_letters) {
    std::pair<std::string, std::string> key(is_code(what.first) ? what.first : "OTHER", stage_label(what.second));
    auto it = m.dead_letter_series.find(key);
    if (it == m.dead_letter_series.end()) {
      if (m.dead_letter_series.size() >= kMaxWords) key = {"OTHER", "other"};
      it = m.dead_letter_series.try_emplace(key, &m.dead_letters.Add({{"code", key.first}, {"stage", key.second}}))
               .first;
    }
    Impl::add(*it->second, n);
  }
  Impl::add(m.commands_done, s.commands_done);
  Impl::add(m.commands_refused, s.commands_refused);
  Impl::add(m.retransmissions, s.retransmissions);
  Impl::add(m.sequence_gaps, s.sequence_gaps);
  Impl::add(m.automatic_freezes, s.automatic_freezes);
  Impl::add(m.breaker_refusals, s.breaker_refusals);
  Impl::add(*m.cases_settled[0], s.cases_upheld);
  Impl::add(*m.cases_settled[1], s.cases_not_upheld);
  Impl::add(m.accounts_opened, s.accounts_opened);
  Impl::add(m.wakes, s.wakes);
  Impl::add(m.passivations, s.passivations);
  Impl::add(m.entity_messages, s.hops);
  Impl::add(m.entity_faults, s.entity_faults);
  Impl::add(m.journal_changes, s.journal_bytes - std::min(s.journal_sweep_bytes, s.journal_bytes));
  Impl::add(m.journal_sweep, s.journal_sweep_bytes);
  Impl::add(m.store_reads, s.store_reads);

  // A clock that stepped back must not make a counter throw or fall.
  const auto seconds = [](std::int64_t ns) { return static_cast<double>(std::max<std::int64_t>(0, ns)) * kNano; };
  m.store_reading.Increment(seconds(s.store_read_ns));
  m.store_writing.Increment(seconds(s.store_write_ns));
  m.shard_compute.Increment(seconds(s.compute_ns));
  m.computing.Increment(seconds(t.computed_ns - t.began_ns));
  m.committing.Increment(seconds(t.committed_ns - t.computed_ns));
  m.turn_duration.Observe(seconds(t.committed_ns - t.began_ns));
  m.turn_events.Observe(static_cast<double>(t.records));
  Impl::observe(m.latency, s.received, t.committed_ns);
  Impl::observe(m.frozen_by_order, s.frozen_by_order, t.committed_ns);
  Impl::observe(m.frozen_automatically, s.frozen_automatically, t.committed_ns);
  m.commits.Increment();
  m.last_commit.SetToCurrentTime();
}

void Metrics::aborted(std::string_view cause) {
  auto& m = *impl_;
  const std::lock_guard lock(m.mutex);
  std::string key(is_word(cause) ? cause : "other");
  if (!m.abort_series.contains(key) && m.abort_series.size() >= kMaxWords) key = "other";
  auto& series = m.abort_series[key];
  if (series == nullptr) series = &m.aborts.Add({{"cause", key}});
  series->Increment();
}

void Metrics::set_lag(const std::map<TopicPartition, std::int64_t>& lag) {
  auto& m = *impl_;
  const std::lock_guard lock(m.mutex);
  std::erase_if(m.lag_series, [&](const auto& known) {
    if (lag.contains(known.first)) return false;
    m.lag.Remove(known.second);
    return true;
  });
  for (const auto& [tp, records] : lag) {
    auto& series = m.lag_series[tp];
    if (series == nullptr)
      series = &m.lag.Add({{"topic", std::string(name(tp.topic))}, {"partition", std::to_string(tp.partition)}});
    series->Set(static_cast<double>(records));
  }
}

void Metrics::set_resident(const std::array<std::size_t, kKinds>& resident) {
  for (std::size_t i = 0; i < kKinds; ++i) impl_->resident[i]->Set(static_cast<double>(resident[i]));
}

void Metrics::set_population(const Population& population) {
  auto& m = *impl_;
  const std::lock_guard lock(m.mutex);
  Impl::set(m.devices, population.devices);
  Impl::set(m.integrations, population.integrations);
  Impl::set(m.orders, population.orders);
}

void Metrics::set_store_bytes(const StoreBytes& bytes) {
  auto& m = *impl_;
  const std::lock_guard lock(m.mutex);
  m.store_files.Set(static_cast<double>(bytes.files));
  m.store_write_buffers.Set(static_cast<double>(bytes.write_buffers));
  m.store_cache.Set(static_cast<double>(bytes.cache));
  m.store_compaction_debt.Set(static_cast<double>(bytes.compaction_debt));
}

void Metrics::set_shards(std::size_t working, const std::map<std::int32_t, double>& restoring) {
  auto& m = *impl_;
  const std::lock_guard lock(m.mutex);
  m.shards_working.Set(static_cast<double>(working));
  m.shards_restoring.Set(static_cast<double>(restoring.size()));
  std::erase_if(m.restore_series, [&](const auto& known) {
    if (restoring.contains(known.first)) return false;
    m.restore.Remove(known.second);
    return true;
  });
  for (const auto& [shard, ratio] : restoring) {
    auto& series = m.restore_series[shard];
    if (series == nullptr) series = &m.restore.Add({{"shard", std::to_string(shard)}});
    series->Set(std::clamp(ratio, 0.0, 1.0));
  }
}

void Metrics::set_breaker_open(bool open) { impl_->breaker_open.Set(open ? 1 : 0); }
void Metrics::set_ready(bool ready) { impl_->ready.Set(ready ? 1 : 0); }
void Metrics::state_read(Kind kind, std::string_view result) {
  const auto it = std::ranges::find(metric::kStateResults, result);
  if (it != std::end(metric::kStateResults))
    impl_
        ->state_reads[static_cast<std::size_t>(kind)]
                     [static_cast<std::size_t>(it - std::begin(metric::kStateResults))]
        ->Increment();
}

void Metrics::store_damaged() { impl_->damaged_stores.Increment(); }
void Metrics::reloaded(Reload result) { impl_->reloads[static_cast<std::size_t>(result)]->Increment(); }

void Metrics::set_policy(std::string_view version) {
  auto& m = *impl_;
  const std::lock_guard lock(m.mutex);
  if (m.policy_series != nullptr && m.policy_version == version.substr(0, 64)) return;
  if (m.policy_series != nullptr) m.policy.Remove(m.policy_series);
  m.policy_version = version.substr(0, 64);
  m.policy_series = &m.policy.Add({{"version", m.policy_version}});
  m.policy_series->Set(1);
}

std::string Metrics::text() const { return prometheus::TextSerializer().Serialize(impl_->collect()); }
std::string Metrics::open_metrics() const { return to_open_metrics(impl_->collect()); }

bool prefers_open_metrics(std::string_view accept) {
  double open = -1, text = -1;
  while (!accept.empty()) {
    auto item = accept.substr(0, accept.find(','));
    accept.remove_prefix(std::min(accept.size(), item.size() + 1));
    double q = 1;
    if (const auto at = item.find("q="); at != std::string_view::npos)
      std::from_chars(item.data() + at + 2, item.data() + item.size(), q);
    while (!item.empty() && item.front() == ' ') item.remove_prefix(1);
    auto media = item.substr(0, item.find(';'));
    while (!media.empty() && media.back() == ' ') media.remove_suffix(1);
    if (media == "application/openmetrics-text") open = std::max(open, q);
    if (media == "text/plain" || media == "text/*" || media == "*/*") text = std::max(text, q);
  }
  return open > 0 && open >= text;
}

} // namespace onecode::monitoring
