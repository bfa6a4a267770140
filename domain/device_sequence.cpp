#include "domain/device_sequence.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include "domain/archive.hpp"
#include "domain/rules/params.hpp"

namespace onecode {
namespace {

using Slot = SequenceWindow::Slot;
constexpr std::uint64_t kNumbers = SequenceWindow::kNumbers;
constexpr std::uint64_t kReports = DeviceState::Reports::kNumbers;

constexpr std::uint16_t slot_print(std::uint64_t event) { return static_cast<std::uint16_t>(event); }

std::size_t slot_of(std::uint64_t seq) { return static_cast<std::size_t>(seq % kNumbers); }

void count_group(SequenceWindow& w, std::size_t group) {
  const std::size_t size = stored_bytes(SequenceGroup{&w, group});
  w.bytes = w.bytes - w.sizes[group] + size;
  w.sizes[group] = static_cast<std::uint8_t>(size); // of four slots: 206 at most
}

void derive(SequenceWindow& w) {
  w.derived = true;
  if (w.slots.empty()) return;
  for (std::size_t i = 0; i < kNumbers; ++i) w.prints[i] = slot_print(std::as_const(w.slots)[i].event);
  for (std::size_t g = 0; g < SequenceWindow::kGroups; ++g) count_group(w, g);
}

/// Is there a slot with this event? Almost always no, so all prints are read without a branch between.
bool holds_event(SequenceWindow& w, std::uint64_t event) {
  if (!w.derived) derive(w);
  const std::uint16_t print = slot_print(event);
  std::uint16_t any = 0;
  for (std::size_t i = 0; i < kNumbers; ++i) any |= static_cast<std::uint16_t>(w.prints[i] == print);
  if (any == 0) return false;
  for (std::size_t i = 0; i < kNumbers; ++i) {
    const Slot& s = std::as_const(w.slots)[i];
    if (s.content != 0 && s.event == event) return true;
  }
  return false;
}

void count_lost(DeviceState& d, std::uint64_t n, Effects& out) {
  const std::uint64_t room = std::numeric_limits<std::uint64_t>::max() - d.hot.lost;
  d.hot.lost += std::min(n, room);
  const std::uint64_t tally_room = std::numeric_limits<std::uint32_t>::max() - out.tally.sequence_gaps;
  out.tally.sequence_gaps += static_cast<std::uint32_t>(std::min(n, tally_room));
}

void set_slot(DeviceState& d, std::size_t w, std::size_t i, const Slot& slot, std::string_view id) {
  auto& window = d.windows[w];
  const std::size_t group = i / SequenceWindow::kGroup;
  const bool first = window.slots.empty();
  window.slots[i] = slot;
  const bool named = !id.empty() && keeps_id(id);
  if (named || !std::as_const(window.ids)[group].empty()) set_id(window.ids[group], i % SequenceWindow::kGroup, id);
  if (first || !window.derived) {
    derive(window);
  } else {
    window.prints[i] = slot_print(slot.event);
    count_group(window, group);
  }
  d.dirty.groups[w][group] = true;
}

void mark_all(DeviceState& d, std::size_t window) { d.dirty.groups[window].fill(true); }

void open_boot(DeviceState& d, int window, std::uint32_t boot, std::uint64_t seq) {
  auto& hot = d.hot;
  if (window == 0 && hot.started[0]) { // what was the newest boot is now the boot before
    d.windows[1] = std::move(d.windows[0]);
    hot.started[1] = true;
    hot.boots[1] = hot.boots[0];
    hot.highest[1] = hot.highest[0];
    hot.first[1] = hot.first[0];
    mark_all(d, 1);
  }
  const auto w = static_cast<std::size_t>(window);
  if (!d.windows[w].slots.empty() || hot.started[w]) mark_all(d, w);
  d.windows[w] = SequenceWindow{};
  hot.started[w] = true;
  hot.boots[w] = boot;
  hot.highest[w] = hot.first[w] = seq;
}

/// The window moves on to `seq`: what it held 256 numbers ago of those that did not come has no slot any more.
void skip_to(DeviceState& d, std::size_t w, std::uint64_t seq) {
  const std::uint64_t skipped = std::min(seq - d.hot.highest[w] - 1, kNumbers - 1);
  for (std::uint64_t n = seq - skipped; n < seq; ++n)
    if (const std::size_t i = slot_of(n); std::as_const(d.windows[w].slots)[i].content != 0)
      set_slot(d, w, i, {}, {});
  d.hot.highest[w] = seq;
}

/// Is `seq` one of the last 256 numbers up to `highest`?
bool in_window(std::uint64_t seq, std::uint64_t highest) { return seq <= highest && highest - seq < kNumbers; }

void put_aside(std::vector<DeviceState::Outside>& list, const Scan& scan, std::uint32_t content,
               std::uint64_t event) {
  if (list.size() == DeviceState::File::kMaxOutside) list.erase(list.begin());
  list.push_back({number_print(scan), content, event});
}

} // namespace

std::uint64_t event_print(const Origin& origin) {
  char buffer[256];
  const std::size_t n = origin.source.size() + 1 + origin.id.size();
  if (n <= sizeof buffer) {
    std::memcpy(buffer, origin.source.data(), origin.source.size());
    buffer[origin.source.size()] = '\0';
    std::memcpy(buffer + origin.source.size() + 1, origin.id.data(), origin.id.size());
    return print_of<SequenceWindow::kEventBits>(hash64({buffer, n}));
  }
  return print_of<SequenceWindow::kEventBits>(hash64(origin.source + '\0' + origin.id));
}

std::uint32_t content_print(const DeviceState& d, const Scan& scan) {
  return content_print(d.reg.secret.empty() ? scan.content : hash64(scan.mac));
}

std::uint32_t number_print(const Scan& scan) {
  return static_cast<std::uint32_t>(print_of<DeviceState::Outside::kNumberBits>(mix64(scan.boot, scan.seq)));
}

SequencePlace sequence_place(DeviceState& d, const Scan& scan, std::uint64_t event, const Context& context) {
  const auto& hot = d.hot;
  const std::uint32_t content = content_print(d, scan), number = number_print(scan);
  for (const auto& o : d.file.outside)
    if (o.number == number && o.content == content) return {Arrival::retransmission};

  int window = -1;
  for (int w = 0; w < 2; ++w)
    if (hot.started[w] && hot.boots[w] == scan.boot) window = w;

  if (scan.seq == 0 && (window != 0 || hot.highest[0] < kNumbers)) return {Arrival::uncounted};

  if (window >= 0 && in_window(scan.seq, hot.highest[window])) {
    const SequenceWindow& numbers = d.windows[static_cast<std::size_t>(window)];
    const Slot& slot = numbers.slots[slot_of(scan.seq)];
    if (slot.content == content) return {Arrival::retransmission};
    if (slot.content != 0) return {Arrival::clash, window, 0, event_in(numbers, scan.seq)};
  }
  for (int w = 0; w < 2; ++w)
    if (hot.started[w] && holds_event(d.windows[static_cast<std::size_t>(w)], event)) return {Arrival::id_used};
  for (const auto& o : d.file.outside)
    if (o.event == event && o.number != number) return {Arrival::id_used};

  if (window < 0) {
    if (!hot.started[0] || scan.boot > hot.boots[0]) return {Arrival::first, 0};
    // Between the two remembered boots, or the first scan of any boot before: late, and now the boot before.
    if (!hot.started[1] || scan.boot > hot.boots[1]) return {Arrival::first, 1};
    return {Arrival::old_boot};
  }
  const std::uint64_t highest = hot.highest[window];
  if (scan.seq > highest) return {Arrival::next, window, scan.seq - highest - 1};
  const std::uint64_t back = highest - scan.seq;
  if (back >= kNumbers) return {window == 0 ? Arrival::behind : Arrival::old_boot, window};
  const auto limit = context.policy_at(scan.origin.time).rule(RuleId::D2)[param::d2::reorder_window];
  if (static_cast<std::int64_t>(back) >= limit && window == 0) return {Arrival::behind, window};
  return {Arrival::late, window};
}

void remember_sequence(DeviceState& d, const Scan& scan, std::uint64_t event, const SequencePlace& place,
                       Effects& out) {
  switch (place.arrival) {
    case Arrival::uncounted:
    case Arrival::retransmission:
    case Arrival::id_used:
      return;
    case Arrival::clash:
    case Arrival::behind:
    case Arrival::old_boot:
      put_aside(d.file.outside, scan, content_print(d, scan), event);
      d.dirty.file = true;
      return;
    case Arrival::first:
    case Arrival::next:
    case Arrival::late:
      break;
  }
  auto& hot = d.hot;
  const int w = place.window;
  if (place.arrival == Arrival::first) {
    open_boot(d, w, scan.boot, scan.seq);
  } else if (place.arrival == Arrival::next) {
    skip_to(d, static_cast<std::size_t>(w), scan.seq);
    if (place.skipped > 0) count_lost(d, place.skipped, out);
  } else if (scan.seq < hot.first[w]) { // older than all: what lies between is missing as well
    count_lost(d, hot.first[w] - scan.seq - 1, out);
    hot.first[w] = scan.seq;
  } else if (hot.lost > 0) {
    --hot.lost;
  }
  d.dirty.hot = true;

  set_slot(d, static_cast<std::size_t>(w), slot_of(scan.seq),
           {content_print(d, scan), event, scan.origin.at.partition, scan.origin.offset}, scan.origin.id);
}

EventRef event_in(const SequenceWindow& window, std::uint64_t seq) {
  const std::size_t i = slot_of(seq);
  const Slot& slot = window.slots[i];
  return {{Topic::scans, slot.partition},
          slot.offset,
          id_in(window.ids[i / SequenceWindow::kGroup], i % SequenceWindow::kGroup)};
}

std::size_t window_bytes(SequenceWindow& window) {
  if (!window.derived) derive(window);
  return window.bytes;
}

bool forget_oldest_ids(DeviceState& d) {
  for (const std::size_t w : {1U, 0U}) {
    auto& window = d.windows[w];
    const std::size_t newest = slot_of(d.hot.highest[w]) / SequenceWindow::kGroup;
    for (std::size_t n = 1; n <= SequenceWindow::kGroups; ++n) {
      const std::size_t group = (newest + n) % SequenceWindow::kGroups;
      if (std::as_const(window.ids)[group].empty()) continue;
      window.ids[group] = std::string();
      if (window.derived) count_group(window, group);
      return d.dirty.groups[w][group] = true;
    }
  }
  return false;
}

void forget_sequence(DeviceState& d) {
  for (std::size_t w = 0; w < 2; ++w) {
    if (!d.windows[w].slots.empty()) mark_all(d, w);
    d.windows[w] = SequenceWindow{};
    d.hot.started[w] = false;
    d.hot.boots[w] = 0;
    d.hot.highest[w] = d.hot.first[w] = 0;
  }
  d.hot.lost = 0;
  d.reports = {};
  d.file.outside.clear();
  d.file.unproven.clear();
  d.dirty.hot = d.dirty.reports = d.dirty.file = true;
}

Arrival report_place(DeviceState& d, const DeviceReport& report) {
  if (!report.seq || *report.seq == 0) return Arrival::uncounted;
  auto& r = d.reports;
  const std::uint64_t seq = *report.seq;
  const auto content = static_cast<std::uint32_t>(print_of<DeviceState::Reports::kContentBits>(report.content));
  if (r.started && report.boot < r.boot)
    return Arrival::old_boot; // sent before the restart; D3 sees real alternation
  const bool restarted = !r.started || report.boot > r.boot;
  if (r.recent.size() != kReports) r.recent.assign(kReports, 0);
  if (restarted) {
    r.started = true;
    r.boot = report.boot;
    r.highest = seq;
    r.recent.assign(kReports, 0);
  } else if (seq + kReports <= r.highest) {
    return Arrival::behind;
  }
  const Arrival arrival = restarted ? Arrival::first : seq > r.highest ? Arrival::next : Arrival::late;
  if (arrival == Arrival::next) { // what stands there of 256 numbers ago is no answer for those that did not come
    const std::uint64_t skipped = std::min(seq - r.highest - 1, kReports - 1);
    for (std::uint64_t n = seq - skipped; n <= seq; ++n) r.recent[n % kReports] = 0;
    r.highest = seq;
  }
  std::uint32_t& print = r.recent[seq % kReports];
  if (print != 0) return print == content ? Arrival::retransmission : Arrival::clash;
  print = content;
  d.dirty.reports = true;
  return arrival;
}

} // namespace onecode
