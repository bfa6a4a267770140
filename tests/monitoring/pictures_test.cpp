// Dashboards and alert rules against a real Prometheus that scraped a real engine. What this would catch: a panel that shows nothing, a
// rule that cannot fire because a metric or a label has another name, a count of devices or orders that is lost with a restart.
#include <chrono>
#include <cmath>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <thread>

#include "monitoring/metrics.hpp"
#include "tests/catch.hpp"
#include "tests/monitoring/campus.hpp"
#include "tests/monitoring/prometheus.hpp"
#include "tests/monitoring/promql.hpp"
#include "tests/support/surroundings.hpp"

using namespace onecode;
using namespace onecode::test;
using nlohmann::json;

namespace {

std::filesystem::path source() { return from_environment("ONECODE_SOURCE_DIR", "."); }

struct Query {
  std::string where; // for people
  std::string expr;
  std::string texts; // legend or title, with {{label}}s
};

json dashboard(const std::string& name) {
  return json::parse(content(source() / "monitoring/grafana/dashboards" / (name + ".json")));
}

const char* const kDashboards[] = {"operations", "security", "governance"};

std::vector<Query> queries() {
  std::vector<Query> out;
  for (const std::string name : kDashboards) {
    const auto board = dashboard(name);
    for (const auto& panel : board.at("panels"))
      for (const auto& target : panel.value("targets", json::array()))
        out.push_back({name + ", " + panel.at("title").get<std::string>(), target.at("expr"),
                       target.at("legendFormat").get<std::string>()});
    for (const auto& note : board.at("annotations").at("list"))
      if (note.contains("expr"))
        out.push_back({name + ", annotation " + note.at("name").get<std::string>(), note.at("expr"),
                       note.at("titleFormat").get<std::string>()});
  }
  return out;
}

/// The labels that a legend asks for.
std::set<std::string> asked_for(const std::string& texts) {
  std::set<std::string> out;
  for (auto at = texts.find("{{"); at != std::string::npos; at = texts.find("{{", at + 2))
    out.insert(texts.substr(at + 2, texts.find("}}", at) - at - 2));
  return out;
}

bool shows_a_number(const json& series) {
  for (const auto& one : series)
    for (const auto& value : one.at("values"))
      if (std::isfinite(std::stod(value.at(1).get<std::string>()))) return true;
  return false;
}

/// There only at times that a test cannot wait for: known by the list of metrics instead.
bool comes_and_goes(const std::string& selector) { return selector.starts_with("onecode_restore_ratio"); }

void check_selectors(Prometheus& prometheus, const std::string& expr,
                     std::map<std::string, std::set<std::string>>& known) {
  const auto parts = parts_of(expr);
  CHECK_FALSE(parts.selectors.empty());
  std::set<std::string> labels{"instance", "job"};
  for (const auto& selector : parts.selectors) {
    CAPTURE(selector);
    if (comes_and_goes(selector)) {
      const auto name = selector.substr(0, selector.find('{'));
      CHECK(std::ranges::any_of(monitoring::all_metrics(), [&](const auto* m) { return m->name == name; }));
      continue;
    }
    auto it = known.find(selector);
    if (it == known.end()) {
      std::set<std::string> of;
      for (const auto& one : prometheus.range(selector))
        for (const auto& [label, value] : one.at("metric").items()) of.insert(label);
      it = known.emplace(selector, std::move(of)).first;
    }
    CHECK_FALSE(it->second.empty()); // no such series
    labels.insert(it->second.begin(), it->second.end());
  }
  for (const auto& label : parts.labels) {
    CAPTURE(label);
    CHECK(labels.contains(label));
  }
}

std::string lines_of(const std::string& text, const std::string& metric) {
  std::istringstream in(text);
  std::string out;
  for (std::string line; std::getline(in, line);)
    if (line.starts_with(metric + "{")) out += line + "\n";
  return out;
}

} // namespace

TEST_CASE("no panel and no rule is dead, before a real Prometheus and a running engine") {
  LiveCampus campus;
  Prometheus prometheus(source(), campus.folder(), campus.target());
  const auto scraped = [&](std::size_t more) {
    const auto wanted = prometheus.scrapes() + more;
    const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (prometheus.scrapes() < wanted) {
      REQUIRE(std::chrono::steady_clock::now() < patience);
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  };
  scraped(2); // what happens now happens between two scrapes
  campus.live();
  scraped(4); // the rules that build on rules have seen it too

  std::map<std::string, std::set<std::string>> known;
  std::size_t panels = 0, alerts = 0, records = 0;
  for (const auto& query : queries()) {
    const auto expr = hurried(query.expr);
    CAPTURE(query.where, expr);
    const auto series = prometheus.range(expr);
    CHECK(shows_a_number(series));
    for (const auto& label : asked_for(query.texts)) {
      CAPTURE(label);
      for (const auto& one : series) CHECK(one.at("metric").contains(label));
    }
    check_selectors(prometheus, expr, known);
    ++panels;
  }
  for (const auto& rule : prometheus.rules()) {
    const auto name = rule.at("name").get<std::string>();
    const auto expr = rule.at("query").get<std::string>();
    CAPTURE(name, expr);
    CHECK(rule.at("health") == "ok");
    check_selectors(prometheus, expr, known);
    if (rule.at("type") == "recording") {
      CHECK(shows_a_number(prometheus.range(name)));
      ++records;
    } else {
      ++alerts;
    }
  }
  CHECK(panels >= 80);
  CHECK(alerts >= 20);
  CHECK(records >= 10);

  // The campus that was lived is the one that is shown.
  CHECK(campus.value(R"(onecode_integrations{state="live"})") == 1);
  CHECK(campus.value("onecode_devices{") == 80);
  CHECK(campus.value(R"(onecode_devices{state="quarantined"})") == 1); // the cloned one
  CHECK(campus.value(R"(onecode_freeze_latency_seconds_count{cause="order"})") == 1);
  CHECK(campus.value(R"(onecode_freeze_latency_seconds_count{cause="response-policy"})") ==
        campus.value("onecode_automatic_freezes_total"));
  CHECK(campus.value("onecode_automatic_freezes_total") == 1);
  CHECK(campus.value("onecode_breaker_open") == 1);
  const auto before = campus.metrics();
  for (const char* somebody : {"a-0", "d-0", "h-0", "x-0", "test-case", "test-order"}) {
    CAPTURE(somebody);
    CHECK(before.find(somebody) == std::string::npos);
  }

  // Counted from the store after a restart, it is the same.
  campus.restart();
  const auto after = campus.metrics();
  for (const char* metric : {"onecode_devices", "onecode_integrations", "onecode_rectification_orders"}) {
    CHECK_FALSE(lines_of(before, metric).empty());
    CHECK(lines_of(after, metric) == lines_of(before, metric));
  }
}
