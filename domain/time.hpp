// Points in time and spans, in whole milliseconds. Nothing here reads a clock: every time arrives in an event or a turn.
// On the wire: RFC 3339 with offset and milliseconds (CONTRACT §1).
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace onecode {

struct Duration {
  std::int64_t ms = 0;
  auto operator<=>(const Duration&) const = default;
  constexpr Duration operator*(std::int64_t n) const { return {ms * n}; }
};

constexpr Duration milliseconds(std::int64_t n) { return {n}; }
constexpr Duration seconds(std::int64_t n) { return {n * 1000}; }
constexpr Duration minutes(std::int64_t n) { return {n * 60'000}; }
constexpr Duration hours(std::int64_t n) { return {n * 3'600'000}; }
constexpr Duration days(std::int64_t n) { return {n * 86'400'000}; }

/// Milliseconds since 1970-01-01T00:00:00Z.
struct Time {
  std::int64_t ms = 0;
  auto operator<=>(const Time&) const = default;
  constexpr Time operator+(Duration d) const { return {ms + d.ms}; }
  constexpr Time operator-(Duration d) const { return {ms - d.ms}; }
  constexpr Duration operator-(Time t) const { return {ms - t.ms}; }
};

/// The distance between two times, whichever comes first.
constexpr Duration apart(Time a, Time b) { return {a < b ? b.ms - a.ms : a.ms - b.ms}; }

/// Event times outside are BAD_TIME (CONTRACT §1).
inline constexpr Time kEarliestEvent{1'420'070'400'000}; // 2015-01-01T00:00:00Z
inline constexpr Time kLatestEvent{4'102'444'800'000};   // 2100-01-01T00:00:00Z

/// The campus writes its times in this zone.
inline constexpr Duration kCampusOffset = hours(8);

/// The midnight on campus that begins t's day.
constexpr Time campus_day(Time t) {
  const std::int64_t local = t.ms + kCampusOffset.ms, day = days(1).ms;
  return {local - ((local % day) + day) % day - kCampusOffset.ms};
}

/// RFC 3339 date-time with a mandatory offset; fractions beyond milliseconds are cut. nullopt: not such a text, or a time that on campus
/// is not in the years 0000 to 9999.
std::optional<Time> parse_time(std::string_view text);

/// `2026-03-02T07:58:12.345+08:00`.
using TimeText = std::array<char, 29>;
TimeText time_text(Time t);
std::string format_time(Time t);
template <class Out>
void append_time(Out& out, Time t) {
  const TimeText text = time_text(t);
  out.append(text.data(), text.size());
}

} // namespace onecode
