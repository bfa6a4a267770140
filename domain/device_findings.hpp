// The file that is kept on a device or an integration: one finding per rule, each with its own evidence (CONTRACT
// §5.4). R11.1a, R11.3, R5.1, R6.4; mode, weight and thresholds are those of the policy at event time (R13.1).
//   Opens      with the first hit that reaches the watch threshold; a weaker one is kept and published to nobody.
//   Updates    when it became stronger, reached a higher band, or has a new detail to tell; a mere repetition is
//   silent. Closes     when quiet for 30 days of engine time (timer `quiet:<rule>`), or when a person settled it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "domain/article.hpp"
#include "domain/device.hpp"

namespace onecode {

/// Whose file it is.
struct FindingSubject {
  Kind kind{}; // device | integration
  const std::string& id;
  DeviceState::File& file;
  bool& dirty;
};

/// A hit laid on the scales. `open` is null where the rule is off or in shadow mode.
struct Weighed {
  DeviceState::OpenFinding* open = nullptr;
  int score = 0;
  Band band{};
  bool news = false; // something that this finding did not say before
};

/// Adds the hit to its rule's evidence. `detail`: the facts are one of several that the finding lists.
Weighed weigh(const FindingSubject& subject, const Hit& hit, bool detail, const Context& context, Effects& out);
/// Publishes what weigh() found, where there is something to publish. The caller may have raised the band.
void publish(const FindingSubject& subject, const Weighed& weighed, const Hit& hit, const Context& context,
             Effects& out);
/// Both, where nobody raises the band. `detail` as above.
void find_against(const FindingSubject& subject, const Hit& hit, bool detail, const Context& context, Effects& out);
/// Publishes what was weighed only, where that is worth it; false: it was published before, or is worth nothing.
bool publish_held(const FindingSubject& subject, RuleId rule, const Context& context, Effects& out);
/// The detail that the hit was weighed with rests on this time.
void rests_on(DeviceState::OpenFinding& open, const Hit& hit, DeviceState::OpenFinding::Stated time);
/// Times for which `wrong` holds were none: details that rest on nothing else go, in `gone` by their English words. The rest of the
/// finding is weighed anew; a finding without any other detail ends.
void take_back(const FindingSubject& subject, RuleId rule,
               const std::function<bool(const DeviceState::OpenFinding::Stated&)>& wrong, const Text& why,
               const Context& context, std::vector<std::string>& gone, Effects& out);
/// Ends a finding, if there is one; `why` completes its explanation.
void close_finding(const FindingSubject& subject, RuleId rule, Time recorded, const Text& why, const Context& context,
                   Effects& out);
/// An order of Article 11 was given, or moved: the open findings under its clause say so from now on (CONTRACT §5.4).
void attach_order(const FindingSubject& subject, std::string_view control, const FindingRecord::Order& order,
                  const Context& context, Effects& out);
/// It is over: what is found from now on is not under it any more.
void detach_order(const FindingSubject& subject, std::string_view order);
/// A timer `quiet:<rule>`; false: another timer.
bool quiet_timer(const FindingSubject& subject, const msg::TimerFired& timer, const Context& context, Effects& out);

/// Counts what a policy in shadow would have found by its own settings (docs/decisions/0025-a-policy-in-shadow.md): nothing
/// follows from it. Call it before the rule is judged in earnest. `judge`: (settings, policy) to a Hit or none; must leave
/// the state as it is.
template <class F>
void count_as_candidate(RuleId rule, const Context& context, Effects& out, F&& judge) {
  const Candidate* candidate = context.candidate();
  if (candidate == nullptr || !candidate->judges(rule)) return;
  const std::optional<Hit> hit = judge(candidate->policy->rule(rule), *candidate->policy);
  if (hit && candidate->covers(hit->at)) out.tally.candidate_hits.push_back(rule);
}

/// nullptr: nothing is held against it under this rule.
DeviceState::OpenFinding* open_finding(DeviceState::File& file, RuleId rule);
/// What the finding asks people to do.
ProposedAction proposed_action(RuleId rule, Band band);

/// A hit of a rule with its weight by the policy.
inline Hit make_hit(RuleId rule, const RuleSettings& settings, Time at, Text facts, EventRef event) {
  return Hit{rule, settings.weight, 1000, at, std::move(facts), {std::move(event)}};
}

} // namespace onecode
