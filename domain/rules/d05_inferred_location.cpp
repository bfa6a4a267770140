#include "domain/rules/d05_inferred_location.hpp"

#include <algorithm>

#include "domain/device_findings.hpp"
#include "domain/distance.hpp"
#include "domain/rules/params.hpp"

namespace onecode::rules {
namespace {

namespace p = param::d5;
using Neighbours = DeviceState::Neighbours;
using Counts = std::vector<Neighbours::Count>;

void add(Counts& counts, const std::string& zone, std::int64_t n) {
  const auto it = std::ranges::find(counts, zone, &Neighbours::Count::zone);
  if (it != counts.end()) {
    it->accounts += n;
  } else {
    counts.push_back({zone, n});
  }
}

/// The most frequent stay; of equals the smaller id.
void keep_most(Counts& counts) {
  if (counts.size() <= Neighbours::kZones) return;
  std::ranges::sort(counts, [](const auto& a, const auto& b) {
    return a.accounts != b.accounts ? a.accounts > b.accounts : a.zone < b.zone;
  });
  counts.resize(Neighbours::kZones);
}

std::int64_t sum(const Counts& counts) {
  std::int64_t n = 0;
  for (const auto& c : counts) n += c.accounts;
  return n;
}

std::int64_t of_zone(const Counts& counts, const std::string& zone) {
  const auto it = std::ranges::find(counts, zone, &Neighbours::Count::zone);
  return it == counts.end() ? 0 : it->accounts;
}

void turn_page(Neighbours& n, Time day) {
  // What leaves yesterday becomes habit.
  for (auto& c : n.usual) c.accounts = c.accounts * 27 / 28;
  for (const auto& c : n.yesterday) add(n.usual, c.zone, c.accounts * 28); // in 28ths, so that single votes fade too
  std::erase_if(n.usual, [](const auto& c) { return c.accounts == 0; });
  keep_most(n.usual);
  n.yesterday = std::move(n.today);
  n.today.clear();
  n.counted = {};
  n.day = day;
}

bool far_apart(const Policy& policy, const std::string& a, const std::string& b, std::int64_t metres) {
  const auto one = policy.zones.find(a), two = policy.zones.find(b);
  if (one == policy.zones.end() || two == policy.zones.end()) return false;
  if (!has_coordinates(one->second) || !has_coordinates(two->second)) return false;
  return length_mm(displacement(one->second, two->second)) >= metres * 1000;
}

} // namespace

std::optional<Hit> inferred_location(DeviceState& d, const msg::NeighbourSeen& seen, const Policy& policy,
                                     const RuleSettings& s) {
  if (d.reg.kind != "fixed" || d.reg.zone.empty() || seen.at < d.reg.placed) return std::nullopt;
  auto& n = d.neighbours;
  const Time day = campus_day(seen.at);
  if (day < n.day) return std::nullopt; // late: its day is over
  if (day > n.day) turn_page(n, day);
  d.dirty.neighbours = true;
  const std::uint64_t bit = mix64(seen.account, 5) % (n.counted.size() * 64);
  std::uint64_t& word = n.counted[bit / 64];
  if ((word >> bit % 64 & 1) != 0) return std::nullopt;
  word |= std::uint64_t{1} << bit % 64;
  add(n.today, seen.zone, 1);
  keep_most(n.today);

  Counts lately = n.today;
  for (const auto& c : n.yesterday) add(lately, c.zone, c.accounts);
  const std::int64_t all = sum(lately), usual = sum(n.usual);
  const std::int64_t need = s[p::accounts];
  if (all < need || usual < need * 28) return std::nullopt;
  const auto top = std::ranges::max_element(lately, {}, &Neighbours::Count::accounts);
  if (top->zone == d.reg.zone || top->accounts * 1000 < s[p::agreement_permille] * all) return std::nullopt;
  if (of_zone(n.usual, top->zone) * 2000 >= s[p::agreement_permille] * usual) return std::nullopt;
  if (!far_apart(policy, d.reg.zone, top->zone, s[p::min_distance_m])) return std::nullopt;
  const std::string share = std::to_string(top->accounts * 100 / all), count = std::to_string(all);
  return make_hit(
      RuleId::D5, s, seen.at,
      {"登记在 " + d.reg.zone + ",而 " + count + " 名使用人中有 " + share + "% 前后十分钟内出现在 " + top->zone,
       "registered in " + d.reg.zone + ", but " + share + " % of " + count + " people were in " + top->zone +
           " within ten minutes"},
      seen.event);
}

} // namespace onecode::rules
