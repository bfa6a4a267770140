// D9 lent device (R11.3, Article 11(3); family lease). A reader serves other people, at other hours, by other hands than it used to:
// signs that it was lent or sublet. Each is weak and has the rule's weight; together they are 1 - (1 - w)^n, so that one alone
// is shown to nobody, two are (.51), three come near a challenge (.66), four are one (.76).
//   Hours      hour x amount of a day against the last four weeks: Jensen-Shannon divergence (base 2) above
//              `divergence_permille`, and above `spread_times` what it is on ordinary days; on `days` days, and all of them together.
//   Clients    of at least `clients` people less than `overlap_permille` were seen in the 14 to 28 days before.
//              Both sets are bitmaps; strangers fall on used bits by chance, which the estimate takes out.
//   Operator   an operator whom neither the register nor the manifest names, where one of them names any; a second sign when on
//              `days` days in a row nobody else was there. A helper who is not registered yet works beside those who are.
//   Stretch    days of one kind, odd or ordinary, belong together: their people are counted together, so that a quiet reader is
//              judged in days and not in weeks, and never those from before a change with those after it. Ordinary days are
//              learnt when there were people enough, or after seven; odd ones after three ordinary ones in a row (so that a reader
//              that is lent every other day is one stretch), when the reader rested for more than a long weekend, or after 28.
//   Quiet      days with fewer than `scans` scans are judged together, up to seven, and count as that many.
//   Late       a scan of one of the seven days before goes to its stretch, or to what is known; one of registered staff shows
//              that they were there after all.
//   Innocent   `warmup_days` of learning; a relocation starts it anew; new terms and holidays change hours but not the people; an
//              opening day changes people but not hours; a classroom has other hours every day of the week, and its spread says
//              so. A stranger beside unusual days is two signs: shown (band 1), and nobody is asked for anything.
//              The settlement account is in no record that reaches onecode, so its change cannot be seen here.
#pragma once

#include <optional>

#include "domain/device.hpp"

namespace onecode::rules {

/// Jensen-Shannon divergence of two histograms in thousandths (0: the same shape, 1000: nothing in common), rounded down.
/// Source: Lin, "Divergence measures based on the Shannon entropy", 1991, base 2, in fixed point (Q16).
std::int64_t divergence_permille(const std::array<std::uint32_t, DeviceState::Hot::kCells>& a,
                                 const std::array<std::uint32_t, DeviceState::Hot::kCells>& b);
/// Of the people in `today`, how many thousandths are in `known` as well; as far as bitmaps can tell.
std::int64_t overlap_permille(const DeviceState::People& today, const DeviceState::People& known);
/// How many people a bitmap stands for (linear counting).
std::int64_t people_in(const DeviceState::People& people);

/// Counts the scan. Learns and judges when its day is a new one; the hit is about the day that ended. `ended` is that day,
/// where it had scans.
struct DayEnded {
  Time day;
  std::int64_t scans = 0;
};
/// `at`: its time, or the engine's where it lies ahead of that: a wrong clock must not end the day for the others.
std::optional<DayEnded> count_scan(DeviceState& d, const Scan& scan, Time at, const RuleSettings& settings);
/// The signs of the last week together.
std::optional<Hit> lent_device(const DeviceState& d, Time t, const EventRef& event, const RuleSettings& settings);

} // namespace onecode::rules
