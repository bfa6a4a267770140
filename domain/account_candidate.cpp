#include "domain/account_candidate.hpp"

#include <algorithm>

namespace onecode {

EvidenceBook evidence_under(const AccountState::Case& file, const Candidate& candidate) {
  EvidenceBook all;
  for (const auto& e : file.evidence.entries())
    if (!candidate.differs(e.rule) || e.at < candidate.policy->effective_from) all.take(e);
  if (file.candidate && (*file.candidate)->policy == candidate.policy->version)
    for (const auto& e : (*file.candidate)->evidence.entries()) all.take(e);
  return all;
}

void weigh_as_candidate(AccountState& a, const Hit& hit, const Candidate& candidate, Effects& out) {
  if (a.file.settled && hit.at <= *a.file.settled) return;
  end_candidate(a, &candidate);
  auto& book = a.file.candidate;
  if (book && stands_already((*book)->evidence, hit)) return;
  out.tally.candidate_hits.push_back(hit.rule);
  const RuleSettings& settings = candidate.policy->rule(hit.rule);
  EvidenceBook with = book ? (*book)->evidence : EvidenceBook{};
  if (!with.add(without_words(hit), settings.version, hours(settings.half_life_h))) return;
  book = AccountState::CandidateBook{candidate.policy->version, std::move(with)};
  a.dirty.file = true;
}

void take_back_as_candidate(AccountState& a, RuleId rule) {
  auto& book = a.file.candidate;
  if (!book || !(**book).evidence.remove(rule)) return;
  if ((*book)->evidence.empty()) book.reset();
  a.dirty.file = true;
}

void end_candidate(AccountState& a, const Candidate* now) {
  auto& book = a.file.candidate;
  if (!book || (now != nullptr && (*book)->policy == now->policy->version)) return;
  book.reset();
  a.dirty.file = true;
}

bool stands_already(const EvidenceBook& book, const Hit& hit) {
  return std::ranges::any_of(book.entries(), [&](const Evidence& e) {
    return e.rule == hit.rule && e.at == hit.at && e.weight == hit.weight * hit.quality / 1000 &&
           e.events.size() == hit.events.size() && std::ranges::is_permutation(e.events, hit.events);
  });
}

std::optional<CandidateDecision> decision_as_candidate(const Scan& scan, Reasons reasons, const Context& context) {
  const Candidate* candidate = context.candidate();
  if (candidate == nullptr || !candidate->covers(scan.origin.time)) return std::nullopt;
  const Policy& policy = *candidate->policy;
  const bool lets = reasons.empty() || never_blocked(scan, policy);
  return CandidateDecision{policy.version, lets ? Verdict::allow : Verdict::deny, reasons, 0, Band::observe, {}};
}

} // namespace onecode
