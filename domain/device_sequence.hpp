// Where a scan stands in its device's count (CONTRACT §4.1, R11.1a; rule D2 weighs what is wrong with it). First
// look, then remember: looking changes nothing.
//   Window     256 numbers of the newest boot and 256 of the boot before. A slot keeps the first content of its
//   number. Order      any order of the same scans inside the window gives the same answers, but which of two
//   contents of one
//              number came first; and the same count of lost numbers.
//   Zero       a device that cannot count always sends 0: no window. From a boot that has counted beyond the window
//   it
//              is a number gone back, like any other.
#pragma once

#include <cstdint>
#include <optional>

#include "domain/device.hpp"

namespace onecode {

enum class Arrival : std::uint8_t {
  uncounted,      // number 0 of a device that does not count
  first,          // the first number of a boot
  next,           // above the highest; `skipped` numbers have not come yet
  late,           // below the highest, inside the window, not seen before
  retransmission, // same number, same content
  clash,          // same number, other content: D2, conclusive
  behind,         // below the window of its boot: D2, regression
  old_boot,       // a boot older than the two remembered: D2, regression
  id_used,        // another number came with this source and id: DUPLICATE_ID
};

struct SequencePlace {
  Arrival arrival = Arrival::uncounted;
  int window = 0;                    // first, next, late, clash
  std::uint64_t skipped = 0;         // next
  std::optional<EventRef> earlier{}; // clash: the scan that had the number
};

/// Print of an event's identity.
std::uint64_t event_print(const Origin& origin);
/// Print of a content hash: never 0.
constexpr std::uint32_t content_print(std::uint64_t content) {
  return static_cast<std::uint32_t>(print_of<SequenceWindow::kContentBits>(content));
}
/// Of a device with a MAC key what its MAC covers is the content: a gateway that sends the same scan again with another
/// word beside it must not make a clone of an honest reader.
std::uint32_t content_print(const DeviceState& d, const Scan& scan);
/// Print of a scan's number, in every boot another.
std::uint32_t number_print(const Scan& scan);

SequencePlace sequence_place(DeviceState& d, const Scan& scan, std::uint64_t event, const Context& context);
/// Everything but retransmission and id_used is remembered. Counts gaps in `out.tally`.
void remember_sequence(DeviceState& d, const Scan& scan, std::uint64_t event, const SequencePlace& place,
                       Effects& out);

/// The scan that stands in the window under this number, as evidence names it.
EventRef event_in(const SequenceWindow& window, std::uint64_t seq);
/// As stored.
std::size_t window_bytes(SequenceWindow& window);
/// Gives up the ids of one group, the oldest that has any, those of the boot before first; false: there are none.
bool forget_oldest_ids(DeviceState& d);

/// A device that is registered or gets its MAC key starts to count anew: nothing that came in its name before counts.
void forget_sequence(DeviceState& d);

/// Numbered reports count separately, the last 256. Unnumbered ones (or 0) are always `uncounted`.
Arrival report_place(DeviceState& d, const DeviceReport& report);

} // namespace onecode
