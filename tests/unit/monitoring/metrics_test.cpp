// The names of metrics are public: dashboards and alerts are written against them. And no metric may ever say something
// about a person: these tests feed ids of people wherever a text goes in.
#include "monitoring/metrics.hpp"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/catch.hpp"

using namespace onecode;
using namespace onecode::monitoring;

namespace {

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

/// The value of a sample by its exact name and labels, as text.
std::string value(const std::string& text, const std::string& sample) {
  for (const auto& line : lines(text))
    if (line.starts_with(sample + " ")) return line.substr(sample.size() + 1);
  return "not there";
}

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> out;
  std::istringstream in{std::string(list)};
  for (std::string item; std::getline(in, item, ',');) out.push_back(item);
  return out;
}

bool snake_case(std::string_view s) {
  return !s.empty() && s.front() != '_' && s.back() != '_' && s.find("__") == std::string_view::npos &&
         std::ranges::all_of(s, [](unsigned char c) { return std::islower(c) || std::isdigit(c) || c == '_'; });
}

TurnStats some_turn() {
  TurnStats s;
  s.events[TurnStats::at(Topic::scans)] = 7;
  s.decided(Verdict::allow, {}, 1'000'000'000);
  s.decided(Verdict::allow, {}, 1'000'000'000);
  Reasons why(Reason::ACCOUNT_FROZEN);
  why.add(Reason::CODE_EXPIRED);
  s.decided(Verdict::deny, why, 1'500'000'000);
  s.rule_hits[static_cast<std::size_t>(RuleId::A1)] = 2;
  s.shadow_hits[static_cast<std::size_t>(RuleId::A1)] = 3;
  s.candidate_hits[static_cast<std::size_t>(RuleId::A1)] = 5;
  s.foreseen(Verdict::allow, Verdict::challenge);
  s.findings_opened[static_cast<std::size_t>(RuleId::D4)] = 1;
  s.findings_closed[static_cast<std::size_t>(RuleId::D4)] = 2;
  s.finding_bands[static_cast<std::size_t>(Band::propose)] = 6;
  s.frozen_by_order = {{1'900'000'000, 1}};
  s.frozen_automatically = {{500'000'000, 2}};
  s.rule_upheld[static_cast<std::size_t>(RuleId::A2)] = 3;
  s.rule_not_upheld[static_cast<std::size_t>(RuleId::A2)] = 4;
  s.dead_letter("NOT_JSON", "decode");
  s.dead_letter("NOT_JSON", "decode");
  s.command(0, false);
  s.command(0, true);
  s.journal_bytes = 1000;
  s.journal_sweep_bytes = 400;
  s.store_read_ns = 2'000'000'000;
  return s;
}

} // namespace

TEST_CASE("metric names keep Prometheus conventions") {
  std::set<std::string_view> names;
  for (const MetricInfo* m : all_metrics()) {
    CAPTURE(m->name);
    CHECK(names.insert(m->name).second);
    CHECK(snake_case(m->name));
    CHECK(m->name.starts_with("onecode_"));
    CHECK(m->name.ends_with("_total") == (m->type == MetricType::counter));
    // Base units, at the end of the name (before _total).
    std::string_view stem = m->name;
    if (stem.ends_with("_total")) stem.remove_suffix(6);
    CHECK((m->unit.empty() || m->unit == "seconds" || m->unit == "bytes"));
    if (!m->unit.empty()) CHECK(stem.ends_with("_" + std::string(m->unit)));
    for (const char* other : {"_ms", "_milliseconds", "_us", "_ns", "_minutes", "_kb", "_mb", "_percent"})
      CHECK_FALSE(stem.ends_with(other));
    // A question, for people.
    CHECK(m->help.size() > 20);
    CHECK(m->help.find('?') != std::string_view::npos);
    for (const auto& label : split(m->labels)) {
      CHECK(snake_case(label));
      CHECK(std::ranges::find(kLabelNames, label) != std::end(kLabelNames));
    }
  }
}

TEST_CASE("no label is named after somebody") {
  for (const auto label : kLabelNames)
    for (const char* somebody : {"account", "device", "handset", "holder", "user", "person", "subject", "id", "name",
                                 "integration", "actor", "target"})
      CHECK(label != somebody);
}

TEST_CASE("what is exported is what is listed, with those labels") {
  Metrics metrics("0.1.0", "abc");
  metrics.committed(some_turn(), {});
  metrics.aborted("fatal");
  metrics.set_lag({{{Topic::scans, 3}, 5}});
  metrics.set_shards(7, {{3, 0.5}});
  metrics.set_policy("2026-03");
  std::map<std::string, std::set<std::string>> seen; // metric → label names
  std::set<std::string> helped;
  for (const auto& line : lines(metrics.text())) {
    if (line.starts_with("# HELP ")) {
      helped.insert(line.substr(7, line.find(' ', 7) - 7));
      continue;
    }
    if (line.starts_with("#")) continue;
    std::string name = line.substr(0, line.find_first_of("{ "));
    auto& labels = seen[name];
    if (line[name.size()] != '{') continue;
    for (const auto& pair : split(line.substr(name.size() + 1, line.find('}') - name.size() - 1)))
      labels.insert(pair.substr(0, pair.find('=')));
  }
  std::set<std::string> listed;
  for (const MetricInfo* m : all_metrics()) {
    CAPTURE(m->name);
    const std::string name(m->name);
    listed.insert(name);
    CHECK(helped.contains(name));
    const auto wanted_list = split(m->labels);
    std::set<std::string> wanted(wanted_list.begin(), wanted_list.end());
    if (m->type == MetricType::histogram) {
      CHECK(seen[name + "_sum"] == wanted);
      wanted.insert("le");
      CHECK(seen[name + "_bucket"] == wanted);
    } else {
      REQUIRE(seen.contains(name));
      CHECK(seen[name] == wanted);
    }
  }
  for (const auto& name : helped) {
    CAPTURE(name);
    CHECK((listed.contains(name) || name.starts_with("process_")));
  }
}

TEST_CASE("a configuration that is read again is counted by what came of it") {
  Metrics metrics("0.1.0", "abc");
  metrics.reloaded(Reload::refused);
  metrics.reloaded(Reload::refused);
  metrics.reloaded(Reload::applied);
  const auto text = metrics.text();
  CHECK(value(text, R"(onecode_config_reloads_total{result="applied"})") == "1");
  CHECK(value(text, R"(onecode_config_reloads_total{result="restart"})") == "0");
  CHECK(value(text, R"(onecode_config_reloads_total{result="refused"})") == "2");
}

TEST_CASE("a turn is counted") {
  Metrics metrics("0.1.0", "abc");
  TurnStats turn = some_turn();
  turn += some_turn();
  metrics.committed(turn, {0, 1'250'000'000, 2'000'000'000, 14});
  const auto text = metrics.text();
  CHECK(value(text, R"(onecode_events_total{topic="scans"})") == "14");
  CHECK(value(text, R"(onecode_events_total{topic="ledger"})") == "0");
  CHECK(value(text, R"(onecode_decisions_total{verdict="allow"})") == "4");
  CHECK(value(text, R"(onecode_decisions_total{verdict="deny"})") == "2");
  CHECK(value(text, R"(onecode_decisions_total{verdict="challenge"})") == "0");
  CHECK(value(text, R"(onecode_decision_reasons_total{reason="ACCOUNT_FROZEN"})") == "2");
  CHECK(value(text, R"(onecode_decision_reasons_total{reason="CODE_EXPIRED"})") == "2");
  CHECK(value(text, R"(onecode_rule_hits_total{mode="enforce",rule="A1"})") == "4");
  CHECK(value(text, R"(onecode_rule_hits_total{mode="shadow",rule="A1"})") == "6");
  CHECK(value(text, R"(onecode_rule_hits_total{mode="candidate",rule="A1"})") == "10");
  CHECK(value(text, R"(onecode_candidate_verdicts_total{candidate="challenge",live="allow"})") == "2");
  CHECK(value(text, R"(onecode_candidate_verdicts_total{candidate="allow",live="challenge"})") == "0");
  CHECK(value(text, R"(onecode_findings_total{rule="D4",state="opened"})") == "2");
  CHECK(value(text, R"(onecode_findings_total{rule="D4",state="closed"})") == "4");
  CHECK(value(text, R"(onecode_finding_records_total{band="propose"})") == "12");
  CHECK(value(text, R"(onecode_finding_records_total{band="watch"})") == "0");
  CHECK(value(text, R"(onecode_rule_cases_total{result="upheld",rule="A2"})") == "6");
  CHECK(value(text, R"(onecode_rule_cases_total{result="not_upheld",rule="A2"})") == "8");
  CHECK(value(text, R"(onecode_dead_letters_total{code="NOT_JSON",stage="decode"})") == "4");
  CHECK(value(text, R"(onecode_commands_total{command="account.open",result="done"})") == "2");
  CHECK(value(text, R"(onecode_commands_total{command="account.open",result="refused"})") == "2");
  CHECK(value(text, R"(onecode_journal_bytes_total{part="changes"})") == "1200");
  CHECK(value(text, R"(onecode_journal_bytes_total{part="sweep"})") == "800");
  CHECK(value(text, R"(onecode_store_seconds_total{operation="read"})") == "4");
  CHECK(value(text, R"(onecode_turn_phase_seconds_total{phase="compute"})") == "1.25");
  CHECK(value(text, R"(onecode_turn_phase_seconds_total{phase="commit"})") == "0.75");
  CHECK(value(text, "onecode_turn_events_sum") == "14");
  CHECK(value(text, "onecode_transactions_committed_total") == "1");
  // Received at 1 s (4 scans) and 1.5 s (2), committed at 2 s.
  CHECK(value(text, R"(onecode_decision_latency_seconds_bucket{le="0.25"})") == "0");
  CHECK(value(text, R"(onecode_decision_latency_seconds_bucket{le="0.5"})") == "2");
  CHECK(value(text, R"(onecode_decision_latency_seconds_bucket{le="1"})") == "6");
  CHECK(value(text, "onecode_decision_latency_seconds_count") == "6");
  CHECK(value(text, "onecode_decision_latency_seconds_sum") == "5");
  // One order received at 1.9 s, two freezes from a scan of 0.5 s; the turn is there twice.
  CHECK(value(text, R"(onecode_freeze_latency_seconds_bucket{cause="order",le="1"})") == "2");
  CHECK(value(text, R"(onecode_freeze_latency_seconds_count{cause="order"})") == "2");
  CHECK(value(text, R"(onecode_freeze_latency_seconds_bucket{cause="response-policy",le="1"})") == "0");
  CHECK(value(text, R"(onecode_freeze_latency_seconds_count{cause="response-policy"})") == "4");
}

TEST_CASE("what stands where is shown by state, and what a rule is about by article") {
  Metrics metrics("0", "0");
  Population population;
  population.devices[static_cast<std::size_t>(DeviceLife::active)] = 7;
  population.devices[static_cast<std::size_t>(DeviceLife::unknown)] = 9;
  population.integrations[static_cast<std::size_t>(IntegrationLife::plan_accepted)] = 2;
  population.orders[static_cast<std::size_t>(OrderState::overdue)] = 3;
  auto twice = population;
  twice += population;
  metrics.set_population(population);
  CHECK(value(metrics.text(), R"(onecode_devices{state="active"})") == "7");
  metrics.set_population(twice);
  metrics.set_store_bytes({1, 2, 3, 4});
  const auto text = metrics.text();
  CHECK(value(text, R"(onecode_devices{state="active"})") == "14");
  CHECK(value(text, R"(onecode_devices{state="quarantined"})") == "0");
  CHECK(value(text, R"(onecode_devices{state="unknown"})") == "not there");
  CHECK(value(text, R"(onecode_integrations{state="plan-accepted"})") == "4");
  CHECK(value(text, R"(onecode_rectification_orders{state="overdue"})") == "6");
  CHECK(value(text, R"(onecode_rectification_orders{state="closed"})") == "not there");
  CHECK(value(text, R"(onecode_store_bytes{part="files"})") == "1");
  CHECK(value(text, R"(onecode_store_bytes{part="compaction-debt"})") == "4");
  CHECK(value(text, R"(onecode_rule_info{article="8",rule="A2"})") == "1");
  CHECK(value(text, R"-(onecode_rule_info{article="11(1)",rule="D1"})-") == "1");
}

TEST_CASE("a clock that stands or steps back breaks nothing") {
  Metrics metrics("0", "0");
  TurnStats turn;
  turn.decided(Verdict::allow, {}, 5'000'000'000);
  metrics.committed(turn, {4'000'000'000, 3'000'000'000, 2'000'000'000, 1});
  CHECK(value(metrics.text(), "onecode_decision_latency_seconds_sum") == "0");
  CHECK(value(metrics.text(), "onecode_turn_duration_seconds_count") == "1");
}

TEST_CASE("partitions, shards and policies that left are no longer shown") {
  Metrics metrics("0", "0");
  metrics.set_lag({{{Topic::scans, 3}, 5}, {{Topic::ledger, 3}, 6}});
  metrics.set_lag({{{Topic::scans, 3}, 8}});
  metrics.set_shards(0, {{1, 0.25}, {2, 7.0}});
  auto text = metrics.text();
  CHECK(value(text, R"(onecode_lag_records{partition="3",topic="scans"})") == "8");
  CHECK(value(text, R"(onecode_lag_records{partition="3",topic="ledger"})") == "not there");
  CHECK(value(text, R"(onecode_restore_ratio{shard="1"})") == "0.25");
  CHECK(value(text, R"(onecode_restore_ratio{shard="2"})") == "1");
  metrics.set_shards(2, {});
  metrics.set_policy("v1");
  metrics.set_policy("v2");
  text = metrics.text();
  CHECK(text.find("onecode_restore_ratio{") == std::string::npos);
  CHECK(value(text, R"(onecode_shards{state="working"})") == "2");
  CHECK(value(text, R"(onecode_policy_info{version="v1"})") == "not there");
  CHECK(value(text, R"(onecode_policy_info{version="v2"})") == "1");
}

TEST_CASE("no label accepts an id of a person") {
  Metrics metrics("0", "0");
  TurnStats turn;
  for (const char* somebody : {"a-0012345", "2023010112", "h-77", "zhang.san", "Zhang San", "张三"}) {
    turn.dead_letter(somebody, somebody);
    turn.dead_letter("NOT_JSON", somebody);
    metrics.aborted(somebody);
  }
  metrics.committed(turn, {});
  for (const auto& text : {metrics.text(), metrics.open_metrics()})
    for (const char* somebody : {"0012345", "2023010112", "h-77", "zhang", "Zhang", "张三"}) {
      CAPTURE(somebody);
      CHECK(text.find(somebody) == std::string::npos);
    }
  CHECK(value(metrics.text(), R"(onecode_dead_letters_total{code="OTHER",stage="other"})") == "6");
  CHECK(value(metrics.text(), R"(onecode_transactions_aborted_total{cause="other"})") == "6");
}

TEST_CASE("words without end do not become series without end") {
  Metrics metrics("0", "0");
  std::vector<std::string> words;
  for (char a = 'A'; a <= 'Z'; ++a)
    for (char b = 'A'; b <= 'Z'; ++b) words.push_back(std::string("CODE_") + a + b);
  TurnStats turn;
  for (const auto& w : words) turn.dead_letter(w, "decode");
  metrics.committed(turn, {});
  for (auto& w : words) {
    std::ranges::transform(w, w.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    metrics.aborted(w);
  }
  const auto all = lines(metrics.text());
  CHECK(std::ranges::count_if(all, [](const auto& l) { return l.starts_with("onecode_dead_letters_total{"); }) <=
        101);
  CHECK(std::ranges::count_if(
            all, [](const auto& l) { return l.starts_with("onecode_transactions_aborted_total{"); }) <= 101);
}

TEST_CASE("OpenMetrics: families, units, end") {
  Metrics metrics("0.1.0", "with \"quotes\" and \\");
  metrics.committed(some_turn(), {0, 1, 2'000'000'000, 7});
  const auto text = metrics.open_metrics();
  CHECK(text.ends_with("\n# EOF\n"));
  CHECK(text.find("# TYPE onecode_events counter\n") != std::string::npos);
  CHECK(text.find("# TYPE onecode_events_total") == std::string::npos);
  CHECK(value(text, R"(onecode_events_total{topic="scans"})") == "7.0");
  CHECK(text.find("# UNIT onecode_decision_latency_seconds seconds\n") != std::string::npos);
  CHECK(text.find("# UNIT onecode_journal_bytes bytes\n") != std::string::npos);
  CHECK(value(text, R"(onecode_decision_latency_seconds_bucket{le="1.0"})") == "3");
  CHECK(value(text, R"(onecode_decision_latency_seconds_bucket{le="+Inf"})") == "3");
  CHECK(value(text, R"(onecode_build_info{revision="with \"quotes\" and \\",version="0.1.0"})") == "1.0");
  // Each family once, its lines together.
  std::set<std::string> families;
  for (const auto& line : lines(text))
    if (line.starts_with("# TYPE ")) CHECK(families.insert(line.substr(7, line.find(' ', 7) - 7)).second);
}

TEST_CASE("who prefers OpenMetrics") {
  CHECK_FALSE(prefers_open_metrics(""));
  CHECK_FALSE(prefers_open_metrics("*/*"));
  CHECK_FALSE(prefers_open_metrics("text/plain"));
  CHECK(prefers_open_metrics("application/openmetrics-text"));
  // Prometheus 2.42, and one that is told to scrape text.
  CHECK(prefers_open_metrics(
      "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
      "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"));
  CHECK_FALSE(prefers_open_metrics("text/plain;version=0.0.4;q=0.6, application/openmetrics-text; q=0.5"));
  CHECK_FALSE(prefers_open_metrics("application/openmetrics-text;q=0,text/plain"));
}
