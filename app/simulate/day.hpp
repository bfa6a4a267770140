// One day of one person: where he goes, on foot or by bicycle, and what he shows there. The same person and day always
// give the same events, whoever asks; a story about somebody else may therefore ask where he is.
#pragma once

#include <vector>

#include "app/simulate/people.hpp"

namespace onecode::app::simulate {

struct Calendar {
  std::int64_t start = 0; // midnight of the first day, a Monday
  int days = 0;
  int exam_from = -1, exam_to = -1; // days, first and one past the last
  int festival = -1;                // day of the spring concert in the northern gym

  std::int64_t midnight(int day) const { return start + day * kDay; }
  int day_of(std::int64_t t) const { return static_cast<int>((t - start) / kDay); }
};

struct Campus {
  std::uint64_t seed = 0;
  Calendar calendar;
  const CampusMap* map = nullptr;
  const People* people = nullptr;
};

/// Appends the scans and issued codes of the day, in order of time.
void live(const Campus& campus, std::uint32_t person, int day, std::vector<Event>& out);
/// Milliseconds on the way; between the campuses by shuttle.
std::int64_t way_ms(const CampusMap& map, std::uint32_t from, std::uint32_t to, std::int64_t speed_mm_s);
/// A dynamic code shown at this scan: gives it a nonce and an issue time, and appends its issue.
void show_code(Event& scan, std::uint32_t place, Net net, std::int64_t before_ms, std::int64_t phone_clock,
               std::uint64_t nonce, std::vector<Event>& out);

} // namespace onecode::app::simulate
