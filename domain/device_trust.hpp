// What a device's scans are worth as evidence about people (DETECTION §6, device-fault retraction; R8.1). A reader with a wrong
// clock, or one that is not where the register says, makes honest people look as if they were in two places.
//   Known      its heartbeat says that its clock is off by more than the skew that A1 allows: wrong since the last one that
//              said otherwise, a day at most.
//   Told       accounts tell it when something against somebody rests on one of its scans (domain/rules/rests_on.hpp), and ask again
//              later: it need not remember all of them (docs/decisions/0031).
//   Found      some of these rules contradict the reader (A1, A2, A4). Three different people within an hour, against two different
//              other readers, over five minutes or more: then it is the reader. Against one other reader only it takes six over ten
//              minutes, for it may be either of the two.
//   Estimate   how wrong the clock is: what the newest heartbeat says, to the skew; or of the people who found it the median of the
//              least error that makes each one's way possible, with their spread. It is told and kept, and corrects nothing
//              (docs/decisions/0026).
//   Declared   an approved repair whose window covers the scan; a quarantine; a finding that it was moved (D4). Where its people were
//              before and after (D5) is for people to look into, and declares nothing.
//   Follows    its scans of that time are no evidence; what they caused is taken back from the accounts, with an apology, and where
//              the clock was wrong from its integration (D15's hours, R5.1's days); its unit is told where it cannot know.
// And it learns how long people take to come here from elsewhere (A1): the fastest of a thousand, of at least two hundred ways
// that anybody can make.
#pragma once

#include <string_view>

#include "domain/device.hpp"

namespace onecode {

/// Are its time and place wrong at `at`, as far as is known?
bool times_wrong(const DeviceState& d, Time at);
/// Is its clock, as far as is known? A reader that stands elsewhere may well know the time.
bool clock_wrong(const DeviceState& d, Time at);
/// Was it at any time from `from` to `to`?
bool clock_wrong(const DeviceState& d, Time from, Time to);
/// An account accused somebody by a scan of this device, or asks again whether that scan is believed.
void doubt(DeviceState& d, const msg::ScanDoubted& doubted, Effects& out);
/// What a report says of the clock.
void hear_clock(DeviceState& d, const DeviceReport& report, const Context& context, Effects& out);
/// What was wrong with it: maybe its clock, or where it stood and who it was.
enum class Wrong : std::uint8_t { clock, place };
/// It is known otherwise to have been faulty: from `from` to `to` its scans are no evidence. The caller tells people.
void declare_fault(DeviceState& d, Time from, Time to, Wrong wrong, Effects& out);
inline constexpr std::string_view kDoubtsTimer = "doubts";
/// Doubts about scans of 90 days ago and before go: whoever is accused by one still asks again.
void forget_old_doubts(DeviceState& d, Time now, Effects& out);
/// Gives up the doubt that matters least; false: there are no more than are kept in any case.
bool forget_doubt(DeviceState& d);
/// It was set right at `at`.
void end_faults(DeviceState& d, Time at);

void learn_way(DeviceState& d, const msg::NeighbourSeen& seen);
LearnedWays learned_ways(const DeviceState& d);

} // namespace onecode
