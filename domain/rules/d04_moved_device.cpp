#include "domain/rules/d04_moved_device.hpp"

#include <algorithm>
#include <array>

#include "domain/by_event_time.hpp"
#include "domain/device_findings.hpp"
#include "domain/distance.hpp"
#include "domain/rules/params.hpp"

namespace onecode::rules {
namespace {

namespace p = param::d4;
using Environment = DeviceState::Environment;

constexpr std::size_t kLeastAps = 3;

/// Of an even number the middle one that is nearer to home: two fixes are no majority.
std::int64_t median(std::vector<std::int64_t> values, std::int64_t home) {
  std::ranges::sort(values);
  const std::int64_t upper = values[values.size() / 2], lower = values[(values.size() - 1) / 2];
  const auto off = [&](std::int64_t x) { return x < home ? home - x : x - home; };
  return off(lower) < off(upper) ? lower : upper;
}

struct Drift {
  std::int64_t metres = 0, limit_m = 0;
  bool far() const { return metres > limit_m; }
};

/// How far the median of the fixes up to `end` is from home.
Drift drift(const std::vector<Environment::Fix>& fixes, std::size_t end, const Position& home,
            const RuleSettings& s) {
  std::vector<std::int64_t> lat, lon, accuracy;
  for (std::size_t i = 0; i < end; ++i) {
    lat.push_back(fixes[i].lat_e7);
    lon.push_back(fixes[i].lon_e7);
    accuracy.push_back(fixes[i].accuracy_m);
  }
  Zone at, installed;
  at.lat_e7 = median(lat, home.lat_e7), at.lon_e7 = median(lon, home.lon_e7);
  installed.lat_e7 = home.lat_e7, installed.lon_e7 = home.lon_e7;
  const std::int64_t sigma = std::max(median(accuracy, home.accuracy_m), home.accuracy_m);
  return {length_mm(displacement(installed, at)) / 1000, std::max(s[p::min_distance_m], s[p::sigmas] * sigma)};
}

std::optional<Hit> elsewhere(const std::vector<Environment::Fix>& fixes, const Position& home,
                             const RuleSettings& s) {
  const auto row = static_cast<std::size_t>(s[p::reports]);
  if (fixes.size() < row) return std::nullopt;
  for (std::size_t end = fixes.size() - row + 1; end <= fixes.size(); ++end)
    if (!drift(fixes, end, home, s).far()) return std::nullopt;
  const std::string metres = std::to_string(drift(fixes, fixes.size(), home, s).metres);
  Hit hit = make_hit(
      RuleId::D4, s, fixes.back().at,
      {"定位距安装位置约 " + metres + " 米", "it reports a place " + metres + " m from where it was installed"},
      fixes.back().event);
  hit.weight = static_cast<int>(s[p::position_weight]);
  for (std::size_t i = fixes.size() - row; i + 1 < fixes.size(); ++i) hit.events.push_back(fixes[i].event);
  return hit;
}

std::vector<std::string> unique(std::vector<std::string> list) {
  std::ranges::sort(list);
  list.erase(std::unique(list.begin(), list.end()), list.end());
  return list;
}

/// Jaccard of two sorted sets.
std::int64_t share_permille(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  std::vector<std::string> common;
  std::ranges::set_intersection(a, b, std::back_inserter(common));
  const auto all = a.size() + b.size() - common.size();
  return all == 0 ? 1000 : static_cast<std::int64_t>(common.size() * 1000 / all);
}

std::optional<Hit> other_air(const std::vector<Environment::Aps>& heard, const RuleSettings& s) {
  const auto row = static_cast<std::size_t>(s[p::reports]);
  if (heard.size() < row) return std::nullopt;
  for (auto it = heard.end() - static_cast<std::ptrdiff_t>(row); it != heard.end(); ++it)
    if (it->share_permille >= s[p::aps_share_permille]) return std::nullopt;
  Hit hit =
      make_hit(RuleId::D4, s, heard.back().at,
               {"周围的无线接入点与安装时不同", "the access points around it are not those of its installation"},
               heard.back().event);
  hit.weight = static_cast<int>(s[p::aps_weight]);
  return hit;
}

/// Only these can become evidence; the ids of the others would be written again with each report.
template <class T>
void name_newest(std::vector<T>& list, std::size_t count) {
  for (std::size_t i = 0; i + count < list.size(); ++i) list[i].event.id.clear();
}

} // namespace

bool stands_elsewhere(const DeviceState& d, const RuleSettings& s) {
  return elsewhere(d.environment.fixes, d.reg.position, s) || other_air(d.environment.aps, s);
}

std::optional<Hit> moved_device(DeviceState& d, const DeviceReport& report, const RuleSettings& s,
                                bool port_excused) {
  const auto& reg = d.reg;
  if (reg.kind != "fixed") return std::nullopt;
  auto& env = d.environment;
  const Time t = report.origin.time;
  std::array<std::optional<Hit>, 3> hits;

  if (!port_excused && report.network && !report.network->switch_port.empty() && !reg.network.switch_port.empty() &&
      report.network->switch_port != reg.network.switch_port)
    hits[0] = make_hit(RuleId::D4, s, t, {"接在另一个交换机端口", "it is plugged into another switch port"},
                       ref(report.origin));
  const bool has_home = reg.position.lat_e7 != 0 || reg.position.lon_e7 != 0;
  if (report.position && has_home &&
      keep_newest(
          env.fixes,
          {t, report.position->lat_e7, report.position->lon_e7, report.position->accuracy_m, ref(report.origin)},
          Environment::kFixes)) {
    name_newest(env.fixes, static_cast<std::size_t>(s[p::reports]));
    d.dirty.environment = true;
    hits[1] = elsewhere(env.fixes, reg.position, s);
  }
  const auto installed = unique(reg.aps);
  if (!report.aps.empty() && installed.size() >= kLeastAps &&
      keep_newest(env.aps, {t, share_permille(unique(report.aps), installed), ref(report.origin)},
                  Environment::kAps)) {
    name_newest(env.aps, 1);
    d.dirty.environment = true;
    hits[2] = other_air(env.aps, s);
  }
  std::optional<Hit> best;
  for (auto& hit : hits)
    if (hit) keep_weightier(best, std::move(*hit), hours(s.half_life_h));
  return best;
}

} // namespace onecode::rules
