// The readers that an account's evidence rests on, so that what a reader's wrong time or place caused can be taken back from
// everybody (DETECTION §6, device-fault retraction; docs/decisions/0031).
//   Remembered  with the evidence, by event: which device, and when.
//   Told        as soon as there is a finding: the reader keeps it as a doubt and takes back what it can, at once.
//   Asked       again after an hour and then ever less often, to once a day, as long as the finding stands; each hour while the
//               account is held. So nobody is forgotten whose doubt a reader had no room for.
#pragma once

#include "domain/account.hpp"

namespace onecode {

/// `hit` came into the evidence.
void remember_readers(AccountState& a, const Hit& hit);
/// This code was shown late there, be it a hit or not: A4 counts how often (docs/decisions/0029).
void remember_late(AccountState& a, const Sighting& shown);
/// Those whose scans no evidence cites any more go.
void drop_readers(AccountState& a);
/// Something follows from the evidence: tells the readers that were not told yet, and sets the timer.
void tell_readers(AccountState& a, const Context& context, Effects& out);
void stop_readers_timer(Effects& out);
/// False: another timer.
bool readers_timer(AccountState& a, const msg::TimerFired& timer, Effects& out);

} // namespace onecode
