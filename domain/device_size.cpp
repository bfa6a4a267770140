#include "domain/device_size.hpp"

#include <utility>

#include "domain/archive.hpp"
#include "domain/device_sequence.hpp"
#include "domain/device_trust.hpp"

namespace onecode {
namespace {

// The most that a stored value takes, in bytes.
constexpr std::size_t kTime = 7, kHash = 10, kPlace = 10, kDegrees = 5, kMetres = 4, kMilliseconds = 4, kCount = 4;

std::size_t of(const EventRef& e) { return kPlace + (e.id.size() > kMaxEvidenceId ? 17 : e.id.size() + 1); }

template <class List>
std::size_t of_events(const List& list, std::size_t rest) {
  std::size_t n = 2;
  for (const auto& x : list) n += rest + of(x.event);
  return n;
}

bool report_ids(DeviceState& d) {
  bool any = false;
  const auto forget = [&](auto& list, bool& dirty) {
    for (auto& x : list)
      if (!std::exchange(x.event.id, {}).empty()) any = dirty = true;
  };
  forget(d.reports.streams, d.dirty.reports);
  forget(d.environment.fixes, d.dirty.environment);
  forget(d.environment.aps, d.dirty.environment);
  return any;
}

bool finding_ids(DeviceState& d) {
  bool any = false;
  for (auto& f : d.file.findings) {
    any |= f.evidence.forget_ids();
    for (auto& detail : f.details) any |= !std::exchange(detail.event.id, {}).empty();
  }
  return any && (d.dirty.file = true);
}

template <class Part>
std::size_t bytes_of(const Part& part, bool dirty, std::uint16_t& size) {
  if (!dirty && size != DeviceState::Sizes::kUnknown) return size;
  const std::size_t now = stored_bytes(part);
  if (!dirty && now < DeviceState::Sizes::kUnknown) size = static_cast<std::uint16_t>(now);
  return now;
}

/// All but hot, clients and habits: their many numbers are slow to count.
std::size_t most_parts(DeviceState& d) {
  constexpr std::size_t kNeighbours = 8 * kHash + kTime + 3 * 5 + 3, kNeighbour = 5 + kCount;
  constexpr std::size_t kWay = kHash + kCount + 1 + DeviceState::Ways::kLeast * kMilliseconds;
  constexpr std::size_t kReports = 5 + kHash + 1 + 2, kReportPrint = 3, kStream = kTime + 4 + 4 + 5;
  constexpr std::size_t kEnvironment = 4 * kHash + 5 + 3 * kTime + 2;

  std::size_t n = bytes_of(d.reg, d.dirty.reg, d.sizes.reg) + bytes_of(d.trust, d.dirty.trust, d.sizes.trust) +
                  stored_bytes(d.file);
  for (auto& window : d.windows) n += window_bytes(window);
  const auto& near = d.neighbours;
  n += kNeighbours + (near.today.size() + near.yesterday.size() + near.usual.size()) * kNeighbour;
  n += 1 + d.ways.list.size() * kWay;
  n += kReports + d.reports.recent.size() * kReportPrint + of_events(d.reports.streams, kStream);
  const auto& env = d.environment;
  n += kEnvironment + of_events(env.fixes, kTime + 2 * kDegrees + kMetres) + of_events(env.aps, kTime + 2) +
       (env.usual_rtt.size() + env.recent_rtt.size()) * kMilliseconds;
  return n;
}

bool far_below_limit(DeviceState& d) {
  constexpr std::size_t kHot = 8 * kHash + 2 * kTime + 2 + DeviceState::Hot::kCells * kCount;
  constexpr std::size_t kPeople = DeviceState::People::kWords * kHash;
  constexpr std::size_t kHabits = 2 * DeviceState::Hot::kCells * kCount + 7 * kTime + 9 * kCount + 1;
  const std::size_t bitmaps = 1 + d.habits.known.size() + d.habits.stretch.people.size();
  return most_parts(d) + kHot + kHabits + bitmaps * kPeople <= kMaxDeviceBytes;
}

} // namespace

std::size_t size_at_most(DeviceState& d) {
  return most_parts(d) + stored_bytes(d.hot) + stored_bytes(d.clients) + stored_bytes(d.habits);
}

void saved(DeviceState& d) {
  if (d.dirty.reg) d.sizes.reg = DeviceState::Sizes::kUnknown;
  if (d.dirty.trust) d.sizes.trust = DeviceState::Sizes::kUnknown;
  d.dirty = {};
}

void keep_small(DeviceState& d) {
  if (far_below_limit(d)) return; // after most steps
  while (size_at_most(d) > kMaxDeviceBytes &&
         (forget_doubt(d) || forget_oldest_ids(d) || report_ids(d) || finding_ids(d))) {
  }
}

} // namespace onecode
