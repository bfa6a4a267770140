// What people read: why a finding stands where it stands, what a hold means and how to object (R1.1, R9.3). Every
// sentence is made from the numbers that decided, in Chinese and English, and names nobody but by pseudonymous ids.
#pragma once

#include <string>

#include "domain/evidence.hpp"
#include "domain/finding.hpp"
#include "domain/holds.hpp"

namespace onecode {

Grounds grounds_of(const EvidenceBook& book, Time t, Band band, ProposedAction action);
/// The finding was quiet for 30 days.
Text explain_closed();

/// For the holder: what is blocked, why, since and until when. The way to object is in `remedy`.
Text hold_notice(const Hold& hold, const Text& why);
Text lift_notice(const Hold& hold, const Text& why);
/// What a freeze record says, both languages in one text.
std::string reason_of(const Hold& hold);
/// How to object to a hold of this article; both languages in one text, as `freezes` and `notices` carry one.
std::string remedy(std::string_view article);

/// `2026-03-02 07:58` in campus time.
std::string minute_text(Time t);

} // namespace onecode
