// Catches: a requirement of the regulation that no test shows, a test that docs/regulation.md names and that does not carry the
// requirement's id, a requirement that fell out of the page.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/catch.hpp"

namespace {

namespace fs = std::filesystem;

/// What the clauses require, by their ids. A row is added here when the regulation gets one.
const std::set<std::string> kRequirements = {
    "R1.1",  "R2.1",  "R2.2",  "R2.3",  "R2.4",  "R3.1",  "R4.1",  "R4.2",   "R4.3",   "R5.1",
    "R5.2",  "R6.1",  "R6.2",  "R6.3",  "R6.4",  "R7.1",  "R7.2",  "R8.1",   "R8.2",   "R8.3",
    "R8.4",  "R9.1",  "R9.2",  "R9.3",  "R10.1", "R10.2", "R10.3", "R11.1a", "R11.1b", "R11.1c",
    "R11.2", "R11.3", "R11.4", "R11.5", "R11.6", "R12.1", "R13.1"};
/// Not built yet: no test may claim them, and the page says so. This list only shrinks.
const std::set<std::string> kNotYet = {};

std::string read(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::string> cells(const std::string& row) {
  std::vector<std::string> out;
  std::istringstream in(row);
  for (std::string cell; std::getline(in, cell, '|');) out.push_back(cell);
  return out;
}

std::vector<std::string> quoted(const std::string& cell) {
  std::vector<std::string> out;
  for (std::size_t from = cell.find('`'); from != cell.npos;) {
    const auto to = cell.find('`', from + 1);
    if (to == cell.npos) break;
    out.push_back(cell.substr(from + 1, to - from - 1));
    from = cell.find('`', to + 1);
  }
  return out;
}

} // namespace

TEST_CASE("every requirement of the regulation has the tests that its page names", "[docs]") {
  const char* root = std::getenv("ONECODE_SOURCE_DIR");
  if (root == nullptr) {
    WARN("skipped: ONECODE_SOURCE_DIR is not set; ./dev test sets it");
    return;
  }
  std::map<std::string, std::vector<std::string>> shown_by;
  std::istringstream page(read(fs::path(root) / "docs" / "regulation.md"));
  for (std::string line; std::getline(page, line);) {
    if (!line.starts_with("| R")) continue;
    const auto row = cells(line);
    REQUIRE(row.size() >= 6);
    const std::string id = row[1].substr(1, row[1].size() - 2);
    INFO(line);
    CHECK(shown_by.emplace(id, quoted(row[4])).second);
  }
  for (const auto& id : kRequirements) {
    INFO(id);
    REQUIRE(shown_by.contains(id));
    const auto& files = shown_by.at(id);
    CHECK(files.empty() == kNotYet.contains(id));
    for (const auto& file : files) {
      INFO(file);
      CHECK(read(fs::path(root) / "tests" / file).find("[" + id + "]") != std::string::npos);
    }
  }
  CHECK(shown_by.size() == kRequirements.size());
}
