// The parts of an account's machine that scans, commands and timers share (domain/account.hpp is the door). Holds and
// the freezes record (CONTRACT §5.2), evidence and the open finding, the graduated response (DETECTION §6, R8.4).
#pragma once

#include "domain/account.hpp"

namespace onecode {

/// Takes what a rule found: into the evidence when the rule is enforced, into the shadow book when it only watches.
/// True: there is new evidence, so `respond` has something to do.
bool weigh(AccountState& a, const Hit& hit, const RuleSettings& settings, Effects& out);

/// After new evidence of an event: opens or updates the finding and asks for a permit where an automatic freeze
/// follows.
void respond(AccountState& a, const EventRef& cause, Time event_time, const Policy& policy, const Context& context,
             Effects& out);

/// The band that this evidence reaches under this policy at t; automatic: it would ask for a freeze.
Band band_under(const AccountState& a, const EvidenceBook& book, Time t, const Policy& policy,
                const Context& context);

/// What a hold blocks unless somebody says otherwise: payment, entry, books (REGULATION §4). Sorted.
inline const std::vector<std::string> kHeldFunctions = {"access", "library", "payment"};

/// Adds a hold with its timer, freezes record and notice. False: a hold of that id stands already.
bool add_hold(AccountState& a, Hold hold, const Text& why, const Context& context, Effects& out);

/// Writes the account's full set of holds (CONTRACT §5.2).
void record_holds(AccountState& a, Time now, Effects& out);
/// An account that stands in `freezes` must say there when it expires, though no event comes by then.
void watch_validity(const AccountState& a, Time now, Effects& out);
/// Takes back every timer of the account but that of a proposal to forget it.
void stop_timers(const AccountState& a, Effects& out);
/// The timer that ends a hold.
std::string hold_timer(const Hold& hold);
/// What is known against the account so far is no evidence any more, and does not come back (DETECTION §6): what the rules
/// remember of that time goes as well. Rules that look at something else ask `file.settled`: A5, A7, A9, A16.
void settle_evidence(AccountState& a, const Text& why, const Context& context, Effects& out);

/// A rule's evidence rested on something that was wrong: it goes, and so do a finding and provisional holds that do not stand
/// without it, with an apology (DETECTION §6).
/// `instead`: what the rule has to say without it.
void retract(AccountState& a, RuleId rule, const Text& why, const Context& context, Effects& out,
             const std::optional<Hit>& instead = {});

/// Whom the campus tells what no single unit answers for.
inline constexpr std::string_view kInformationCentre = "information-centre";

/// Ends the holds that `which` names, with one freezes record and a notice each. False: there were none.
template <class F>
bool lift_holds(AccountState& a, F&& which, const Text& why, const Context& context, Effects& out);

/// For lift_holds.
void after_lift(AccountState& a, const std::vector<Hold>& lifted, const Text& why, const Context& context,
                Effects& out);

template <class F>
bool lift_holds(AccountState& a, F&& which, const Text& why, const Context& context, Effects& out) {
  std::vector<Hold> lifted;
  for (const auto& h : a.file.holds.all())
    if (which(h)) lifted.push_back(h);
  if (lifted.empty()) return false;
  a.file.holds.lift(which);
  after_lift(a, lifted, why, context, out);
  return true;
}

/// Tells the handset's actor that this account was shown from it: the first time, then at most daily (rule A9).
void report_handset(AccountState& a, const std::string& handset, Time at, const EventRef& event, Effects& out);

} // namespace onecode
