// Every rule of DETECTION.md that the engine runs: its readable name, article, evidence family, starting weight and
// half-life, and its parameters with their defaults. The policy may change each of them; this table is what stands
// where it is silent (CONTRACT §7). Rules that are not built yet are not listed: they have an id, and no entry.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace onecode {

/// Ids as in code, policy, alerts and metrics. R ids are findings named by their requirement (CONTRACT §5.4).
enum class RuleId : std::uint8_t {
  A1,
  A2,
  A3,
  A4,
  A5,
  A6,
  A7,
  A8,
  A9,
  A10,
  A11,
  A12,
  A13,
  A14,
  A15,
  A16,
  A17,
  A18,
  D1,
  D2,
  D3,
  D4,
  D5,
  D6,
  D7,
  D8,
  D9,
  D10,
  D11,
  D12,
  D13,
  D14,
  D15,
  R2_4,
  R5_2,
  R6_4,
  R7_1,
  R2_3,
};
inline constexpr std::size_t kRuleIds = 38;

/// Correlated rules share a family: inside one the strongest counts, families add up (DETECTION §5).
enum class Family : std::uint8_t {
  spatial,
  sequence,
  relay,
  replay,
  handset,
  behaviour,
  context,
  social,
  challenge,
  human,
  certification,
  clone,
  place,
  tamper,
  network,
  lease,
  data,
  plan,
};
inline constexpr std::size_t kFamilies = 18;

constexpr std::string_view to_string(Family f) {
  constexpr std::string_view names[kFamilies] = {
      "spatial", "sequence",      "relay", "replay", "handset", "behaviour", "context", "social", "challenge",
      "human",   "certification", "clone", "place",  "tamper",  "network",   "lease",   "data",   "plan"};
  return names[static_cast<std::size_t>(f)];
}

constexpr std::string_view to_string(RuleId r) {
  constexpr std::string_view names[kRuleIds] = {
      "A1",  "A2",  "A3",  "A4",  "A5",  "A6",  "A7",  "A8",   "A9",   "A10",  "A11",  "A12", "A13",
      "A14", "A15", "A16", "A17", "A18", "D1",  "D2",  "D3",   "D4",   "D5",   "D6",   "D7",  "D8",
      "D9",  "D10", "D11", "D12", "D13", "D14", "D15", "R2.4", "R5.2", "R6.4", "R7.1", "R2.3"};
  return names[static_cast<std::size_t>(r)];
}

std::optional<RuleId> rule_by_name(std::string_view name);

struct ParamInfo {
  std::string_view name; // units last
  std::int64_t value;    // the default
};
inline constexpr std::size_t kMaxParams = 8;

struct RuleInfo {
  RuleId id;
  std::string_view title; // one or two words, for people and metrics
  std::string_view title_zh;
  std::string_view control; // the clause, as in `compliance.control`
  Family family;
  int weight; // thousandths
  int half_life_h;
  std::array<ParamInfo, kMaxParams> params{};

  constexpr std::size_t param_count() const {
    std::size_t n = 0;
    while (n < kMaxParams && !params[n].name.empty()) ++n;
    return n;
  }
};

/// The rules that are built, in id order.
std::span<const RuleInfo> rule_catalogue();
/// nullptr: not built.
const RuleInfo* rule_info(RuleId id);

} // namespace onecode
