#include "domain/finding.hpp"

#include <algorithm>

#include "domain/hash.hpp"

namespace onecode {
namespace {

/// A family counts as independent evidence from here (R8.4): a trace of something is not a second witness.
constexpr int kFamilyPoints = 100;

/// A grave hit counts as one until half of it has faded.
bool grave(const Evidence& e, Time t) {
  return e.weight >= kGraveWeight && (e.half_life.ms <= 0 || t - e.at < e.half_life);
}

} // namespace

std::string finding_uid(const EntityId& subject, RuleId rule, const EventRef& opened_by) {
  std::string s = "finding\n";
  s += to_string(subject.kind);
  s += '\n';
  s += subject.id;
  s += '\n';
  s += to_string(rule);
  s += '\n';
  s += name(opened_by.at.topic);
  s += '\n';
  s += std::to_string(opened_by.at.partition);
  s += '\n';
  s += std::to_string(opened_by.offset);
  s += '\n';
  s += opened_by.id;
  return hex(hash128(s));
}

std::vector<FindingRecord::Reading> interpretations_of(RuleId rule, const Policy& policy) {
  std::vector<FindingRecord::Reading> out;
  if (policy.interpretations.empty()) return out;
  const RuleInfo* info = rule_info(rule);
  const std::string_view control = info == nullptr ? "" : info->control;
  for (const std::string_view of : {to_string(rule), control, control.substr(0, control.find('('))})
    if (const auto it = policy.interpretations.find(of);
        it != policy.interpretations.end() && (out.empty() || out.back().of != of))
      out.push_back({it->first, it->second.version, it->second.hash});
  return out;
}

Band account_band(const EvidenceBook& book, Time t, const Thresholds& limits, bool may_freeze) {
  const int score = book.score(t);
  if (may_freeze && score >= limits.freeze && book.families_with(kFamilyPoints, t) >= limits.families)
    return Band::automatic; // R8.4
  if (score >= limits.propose || std::ranges::any_of(book.entries(), [t](const Evidence& e) { return grave(e, t); }))
    return Band::propose;
  if (score >= limits.challenge) return Band::challenge;
  return score >= limits.watch ? Band::watch : Band::observe;
}

} // namespace onecode
