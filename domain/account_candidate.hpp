// What a policy version in shadow makes of an account (R13.1; docs/decisions/0025-a-policy-in-shadow.md). It sees what the
// version in force lets happen: holds, checks and everything that is learnt are those of the version in force.
//   Evidence  a rule that both judge alike is judged once; the others have a book of their own beside the evidence. Whatever
//             takes evidence away from the account takes it from that book as well.
//   Bounded   in the room that the account leaves (domain/account_size.hpp), and no book without a candidate.
#pragma once

#include <optional>

#include "domain/account.hpp"

namespace onecode {

/// All that the candidate counts against the account: what both judge alike, what was known before it began, its own.
EvidenceBook evidence_under(const AccountState::Case& file, const Candidate& candidate);

/// Takes what a rule found by the candidate's settings.
void weigh_as_candidate(AccountState& a, const Hit& hit, const Candidate& candidate, Effects& out);

/// Judges a rule by the candidate's settings, where they are not those in force. Call it before the rule is judged in earnest.
/// `judge`: (settings, policy) to a Hit or none; must leave the account as it is.
/// Out of the way of scans, for which there is seldom a candidate.
template <class F>
[[gnu::noinline, gnu::cold]] void judge_as_candidate(AccountState& a, RuleId rule, const Context& context,
                                                     Effects& out, F&& judge) {
  const Candidate* candidate = context.candidate();
  if (candidate == nullptr || !candidate->judges(rule)) return;
  const std::optional<Hit> hit = judge(candidate->policy->rule(rule), *candidate->policy);
  if (hit && candidate->covers(hit->at)) weigh_as_candidate(a, *hit, *candidate, out);
}

/// Takes a rule out of the candidate's book.
void take_back_as_candidate(AccountState& a, RuleId rule);
/// What it rested on was wrong: the rule is judged again without it, and no new hit is counted.
template <class F>
void judge_again_as_candidate(AccountState& a, RuleId rule, const Context& context, F&& judge) {
  take_back_as_candidate(a, rule);
  Effects uncounted;
  judge_as_candidate(a, rule, context, uncounted, judge);
}

/// Drops the book of a version that is no candidate any more. nullptr: there is none now.
void end_candidate(AccountState& a, const Candidate* now);

/// Rules that look at the whole ring find again what they found before.
bool stands_already(const EvidenceBook& book, const Hit& hit);

/// What the candidate says of a scan that no account decides; nullopt: there is none.
std::optional<CandidateDecision> decision_as_candidate(const Scan& scan, Reasons reasons, const Context& context);

} // namespace onecode
