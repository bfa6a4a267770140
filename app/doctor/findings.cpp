#include "app/doctor/findings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace onecode::app {
namespace {

constexpr const char* kWords[] = {"ok", "warn", "FAIL"};
constexpr const char* kColours[] = {"\x1b[32m", "\x1b[33m", "\x1b[31m"};

std::size_t count(const Findings& findings, Health health) {
  return static_cast<std::size_t>(
      std::count_if(findings.begin(), findings.end(), [&](const Finding& f) { return f.health == health; }));
}

std::string plural(std::size_t n, std::string_view word) {
  return fmt::format("{} {}{}", n, word, n == 1 ? "" : "s");
}

} // namespace

std::string text_of(const Finding& finding, bool colour) {
  const auto at = static_cast<std::size_t>(finding.health);
  std::string word = fmt::format("{:<4}", kWords[at]);
  if (colour) word = kColours[at] + word + "\x1b[0m";
  std::string out = fmt::format("{}  {:<13}  {}\n", word, finding.check, finding.found);
  if (!finding.fix.empty()) out += fmt::format("{:21}fix: {}\n", "", finding.fix);
  return out;
}

std::string summary_of(const Findings& findings) {
  return fmt::format("{} ok, {}, {}", count(findings, Health::ok), plural(count(findings, Health::warn), "warning"),
                     plural(count(findings, Health::fail), "failure"));
}

std::string json_of(const Findings& findings) {
  constexpr const char* kNames[] = {"ok", "warn", "fail"};
  auto checks = nlohmann::ordered_json::array();
  for (const auto& f : findings) {
    nlohmann::ordered_json one{
        {"check", f.check}, {"health", kNames[static_cast<std::size_t>(f.health)]}, {"found", f.found}};
    if (!f.fix.empty()) one["fix"] = f.fix;
    checks.push_back(std::move(one));
  }
  return nlohmann::ordered_json{{"ok", healthy(findings)}, {"checks", std::move(checks)}}.dump(2) + "\n";
}

bool healthy(const Findings& findings) { return count(findings, Health::fail) == 0; }

} // namespace onecode::app
