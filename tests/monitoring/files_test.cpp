// The files of dashboards and rules, each for itself. What this would catch: a dashboard that was changed by hand, a panel that says
// neither what it shows nor in which unit, an alert without a test of its silence or without a page that says what to do.
#include <unistd.h>

#include <cctype>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "monitoring/metrics.hpp"
#include "tests/catch.hpp"
#include "tests/support/process.hpp"
#include "tests/support/surroundings.hpp"

using namespace onecode::test;
using nlohmann::json;

namespace {

namespace fs = std::filesystem;

fs::path source() { return from_environment("ONECODE_SOURCE_DIR", "."); }

/// Runs a program of the PATH to its end. What it wrote comes with the failure.
void run(const std::vector<std::string>& command) {
  const auto log = fs::temp_directory_path() / ("onecode-files-" + std::to_string(::getpid()) + ".log");
  std::vector<std::string> words{"/usr/bin/env"};
  words.insert(words.end(), command.begin(), command.end());
  Process process;
  process.start(words, log);
  const auto ended = process.wait();
  const auto said = content(log);
  fs::remove(log);
  CAPTURE(command, said);
  REQUIRE(ended);
  CHECK(ended->code == 0);
}

std::string trimmed(std::string text) {
  text.erase(0, text.find_first_not_of(" -{"));
  return text;
}

/// What follows `name:` on a line of these YAML files, without its end in a one-line mapping.
std::string value_of(const std::string& line, const std::string& name) {
  const auto at = line.find(name + ": ");
  if (at == std::string::npos) return {};
  const auto from = at + name.size() + 2;
  return line.substr(from, line.find_first_of(",} ", from) - from);
}

std::vector<std::string> lines(const fs::path& file) {
  std::ifstream in(source() / file);
  std::vector<std::string> out;
  for (std::string line; std::getline(in, line);) out.push_back(line);
  REQUIRE_FALSE(out.empty());
  return out;
}

/// Alerts with the anchors of their pages.
std::map<std::string, std::string> alerts() {
  std::map<std::string, std::string> out;
  std::string alert;
  for (const auto& line : lines("monitoring/prometheus/onecode.rules.yml")) {
    if (const auto name = value_of(line, "- alert"); !name.empty()) out[alert = name];
    if (const auto url = value_of(line, "runbook_url"); !url.empty()) out[alert] = url;
  }
  return out;
}

} // namespace

TEST_CASE("dashboards are as their source makes them") {
  run({"python3", (source() / "monitoring/grafana/dashboards.py").string(), "--check"});
}

TEST_CASE("a panel says what it shows, in which unit, and lies beside the others") {
  std::set<std::string> uids;
  for (const std::string name : {"operations", "security", "governance"}) {
    CAPTURE(name);
    const auto board = json::parse(content(source() / "monitoring/grafana/dashboards" / (name + ".json")));
    CHECK(uids.insert(board.at("uid").get<std::string>()).second);
    CHECK(board.at("templating").at("list").at(0).at("type") == "datasource");
    std::set<int> ids;
    std::set<std::string> titles;
    std::set<std::pair<int, int>> taken;
    std::string row;
    for (const auto& panel : board.at("panels")) {
      const auto title = panel.at("title").get<std::string>();
      CAPTURE(title);
      CHECK(ids.insert(panel.at("id").get<int>()).second);
      const auto& place = panel.at("gridPos");
      const int x = place.at("x"), y = place.at("y"), w = place.at("w"), h = place.at("h");
      CHECK(x + w <= 24);
      for (int i = x; i < x + w; ++i)
        for (int j = y; j < y + h; ++j) CHECK(taken.insert({i, j}).second);
      if (panel.at("type") == "row") {
        row = title;
        continue;
      }
      CHECK_FALSE(row.empty());
      CHECK(titles.insert(row + "/" + title).second);
      CHECK(panel.at("description").get<std::string>().size() > 10);
      CHECK_FALSE(panel.at("fieldConfig").at("defaults").at("unit").get<std::string>().empty());
      CHECK(panel.at("datasource").at("uid") == "${datasource}");
      CHECK_FALSE(panel.at("targets").empty());
      for (const auto& target : panel.at("targets")) {
        CHECK(target.at("datasource").at("uid") == "${datasource}");
        // Several series need names; one number has its title.
        if (panel.at("type") != "stat") CHECK_FALSE(target.at("legendFormat").get<std::string>().empty());
      }
    }
  }
}

TEST_CASE("the page lists every metric with its labels and its question") {
  const auto page = content(source() / "docs" / "operations.md");
  for (const auto* metric : onecode::monitoring::all_metrics()) {
    constexpr const char* kTypes[] = {"counter", "gauge", "histogram"};
    std::string labels;
    std::istringstream names{std::string(metric->labels)};
    for (std::string name; std::getline(names, name, ',');) labels += (labels.empty() ? "`" : " `") + name + "`";
    const std::string row = "| `" + std::string(metric->name) + "` | " + kTypes[static_cast<int>(metric->type)] +
                            " | " + labels + " | " + std::string(metric->help) + " |";
    CAPTURE(row);
    CHECK(page.find(row) != std::string::npos);
  }
}

TEST_CASE("alert rules are tested by promtool") {
  const auto folder = source() / "monitoring" / "prometheus";
  run({"promtool", "check", "rules", (folder / "onecode.rules.yml").string()});
  run({"promtool", "check", "config", (folder / "prometheus.yml").string()});
  run({"promtool", "test", "rules", (folder / "onecode.rules.test.yml").string()});
}

TEST_CASE("each alert is tested firing and silent") {
  std::set<std::string> fires, silent;
  std::string alert;
  for (const auto& line : lines("monitoring/prometheus/onecode.rules.test.yml")) {
    if (const auto name = value_of(line, "alertname"); !name.empty()) alert = name;
    if (line.find("exp_alerts: []") != std::string::npos) silent.insert(alert);
    if (trimmed(line).starts_with("exp_labels:")) fires.insert(alert);
  }
  const auto all = alerts();
  CHECK(all.size() >= 20);
  for (const auto& [name, url] : all) {
    CAPTURE(name);
    CHECK(fires.contains(name));
    CHECK(silent.contains(name));
  }
}

TEST_CASE("each alert has a section that says what it means, how to look and what to do") {
  std::map<std::string, std::string> sections; // of level three, with their text
  std::string section;
  for (const auto& line : lines("docs/operations.md")) {
    if (line.starts_with("#")) section = line.starts_with("### ") ? line.substr(4) : std::string();
    if (!section.empty()) sections[section] += line + "\n";
  }
  const auto all = alerts();
  for (const auto& [name, url] : all) {
    CAPTURE(name);
    std::string anchor;
    for (const char c : name) anchor += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    CHECK(url == "docs/operations.md#" + anchor);
    REQUIRE(sections.contains(name));
    for (const char* part : {"**Means**", "**Look**", "**Do**"}) {
      CAPTURE(part);
      CHECK(sections.at(name).find(part) != std::string::npos);
    }
  }
  for (const auto& [name, text] : sections) {
    CAPTURE(name);
    if (name.starts_with("Onecode")) CHECK(all.contains(name)); // of an alert that is gone
  }
}
