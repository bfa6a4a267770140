#include "domain/time.hpp"

#include <cstring>

namespace onecode {
namespace {

// Days since 1970-01-01 of a civil date and back (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms").
constexpr std::int64_t days_from_civil(std::int64_t y, unsigned m, unsigned d) {
  y -= m <= 2;
  const std::int64_t era = (y >= 0 ? y : y - 399) / 400;
  const auto yoe = static_cast<unsigned>(y - era * 400);
  const unsigned doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
  const unsigned doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
  return era * 146097 + static_cast<std::int64_t>(doe) - 719468;
}

/// The campus writes years of four digits.
constexpr Time kFirstWritten = Time{days_from_civil(0, 1, 1) * days(1).ms} - kCampusOffset;
constexpr Time kNoLongerWritten = Time{days_from_civil(10'000, 1, 1) * days(1).ms} - kCampusOffset;

struct Civil {
  std::int64_t year;
  unsigned month, day;
};

constexpr Civil civil_from_days(std::int64_t z) {
  z += 719468;
  const std::int64_t era = (z >= 0 ? z : z - 146096) / 146097;
  const auto doe = static_cast<unsigned>(z - era * 146097);
  const unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  const unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const unsigned mp = (5 * doy + 2) / 153;
  const unsigned m = mp < 10 ? mp + 3 : mp - 9;
  return {static_cast<std::int64_t>(yoe) + era * 400 + (m <= 2), m, doy - (153 * mp + 2) / 5 + 1};
}

constexpr unsigned days_in_month(std::int64_t y, unsigned m) {
  constexpr unsigned n[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return m == 2 && (y % 4 == 0 && (y % 100 != 0 || y % 400 == 0)) ? 29 : n[m - 1];
}

/// Reads exactly `n` digits at `at`; false when they are not there.
bool digits(std::string_view s, std::size_t at, std::size_t n, unsigned& out) {
  if (at + n > s.size()) return false;
  out = 0;
  for (std::size_t i = at; i < at + n; ++i) {
    const unsigned c = static_cast<unsigned char>(s[i]) - '0';
    if (c > 9) return false;
    out = out * 10 + c;
  }
  return true;
}

/// The last `width` digits of v, at `to`.
template <int width>
void put(char* to, std::uint32_t v) {
  to[width - 1] = static_cast<char>('0' + v % 10);
  if constexpr (width > 1) put<width - 1>(to, v / 10);
}

} // namespace

std::optional<Time> parse_time(std::string_view s) {
  unsigned y, mo, d, h, mi, sec;
  if (!digits(s, 0, 4, y) || !digits(s, 5, 2, mo) || !digits(s, 8, 2, d) || !digits(s, 11, 2, h) ||
      !digits(s, 14, 2, mi) || !digits(s, 17, 2, sec))
    return std::nullopt;
  if (s[4] != '-' || s[7] != '-' || (s[10] != 'T' && s[10] != 't') || s[13] != ':' || s[16] != ':')
    return std::nullopt;
  if (mo < 1 || mo > 12 || d < 1 || d > days_in_month(y, mo) || h > 23 || mi > 59 || sec > 60) return std::nullopt;
  std::size_t at = 19;
  std::int64_t fraction = 0;
  if (at < s.size() && s[at] == '.') {
    std::int64_t scale = 100;
    const std::size_t first = ++at;
    for (; at < s.size() && s[at] >= '0' && s[at] <= '9'; ++at, scale /= 10) fraction += (s[at] - '0') * scale;
    if (at == first) return std::nullopt;
  }
  if (at >= s.size()) return std::nullopt;
  std::int64_t offset_min = 0;
  if (s[at] == 'Z' || s[at] == 'z') {
    ++at;
  } else {
    unsigned oh, om;
    if ((s[at] != '+' && s[at] != '-') || !digits(s, at + 1, 2, oh) || !digits(s, at + 4, 2, om) ||
        s[at + 3] != ':' || oh > 23 || om > 59)
      return std::nullopt;
    offset_min = static_cast<std::int64_t>(oh * 60 + om) * (s[at] == '-' ? -1 : 1);
    at += 6;
  }
  if (at != s.size()) return std::nullopt;
  const std::int64_t day = days_from_civil(y, mo, d);
  const Time t{((day * 24 + h) * 60 + mi - offset_min) * 60'000 + static_cast<std::int64_t>(sec) * 1000 + fraction};
  if (t < kFirstWritten || t >= kNoLongerWritten) return std::nullopt;
  return t;
}

TimeText time_text(Time t) {
  const std::int64_t local = t.ms + kCampusOffset.ms;
  const std::int64_t day = local >= 0 ? local / 86'400'000 : (local - 86'399'999) / 86'400'000;
  const auto in_day = static_cast<std::uint32_t>(local - day * 86'400'000);
  const Civil c = civil_from_days(day);
  TimeText out;
  std::memcpy(out.data(), "0000-00-00T00:00:00.000+08:00", out.size());
  char* const text = out.data();
  put<4>(text, static_cast<std::uint32_t>(c.year));
  put<2>(text + 5, c.month);
  put<2>(text + 8, c.day);
  put<2>(text + 11, in_day / 3'600'000);
  put<2>(text + 14, in_day / 60'000 % 60);
  put<2>(text + 17, in_day / 1000 % 60);
  put<3>(text + 20, in_day % 1000);
  return out;
}

std::string format_time(Time t) {
  const TimeText text = time_text(t);
  return {text.data(), text.size()};
}

} // namespace onecode
