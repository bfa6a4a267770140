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

void add(Counts& counts, std::uint64_t zone, std::int64_t n) {
  const auto it = std::ranges::find(counts, zone, &Neighbours::Count::zone);
  if (it != counts.end()) {
    it->accounts += n;
  } else {
    counts.push_back({zone, n});
  }
}

/// Space-Saving (Metwally et al., 2005): a frequent zone is never lost, a count is at most too large by the smallest.
void vote(Counts& counts, std::uint64_t zone) {
  const bool known = std::ranges::find(counts, zone, &Neighbours::Count::zone) != counts.end();
  if (known || counts.size() < Neighbours::kZonesToday) return add(counts, zone, 1);
  auto& rarest = *std::ranges::min_element(counts, {}, &Neighbours::Count::accounts);
  rarest = {zone, rarest.accounts + 1};
}

/// The most frequent stay; of equals the smaller print.
void keep_most(Counts& counts) {
  if (counts.size() <= Neighbours::kZones) return;
  std::ranges::sort(counts, [](const auto& a, const auto& b) {
    return a.accounts != b.accounts ? a.accounts > b.accounts : a.zone < b.zone;
  });
  counts.resize(Neighbours::kZones);
}

std::int64_t of_zone(const Counts& counts, std::uint64_t zone) {
  const auto it = std::ranges::find(counts, zone, &Neighbours::Count::zone);
  return it == counts.end() ? 0 : it->accounts;
}

/// One day is over. What leaves yesterday becomes habit.
void turn_page(Neighbours& n) {
  const auto fade = [](std::int64_t x) { return x * 27 / 28; };
  for (auto& c : n.usual) c.accounts = fade(c.accounts);
  n.all_usual = fade(n.all_usual) + n.all_yesterday * 28; // in 28ths, so that single votes fade too
  for (const auto& c : n.yesterday) add(n.usual, c.zone, c.accounts * 28);
  std::erase_if(n.usual, [](const auto& c) { return c.accounts == 0; });
  keep_most(n.usual);
  n.yesterday = std::move(n.today);
  n.all_yesterday = n.all_today;
  n.today.clear();
  n.all_today = 0;
  n.counted = {};
}

void turn_to(Neighbours& n, Time day) {
  constexpr int kForgotten = 60; // days after which nothing of a habit is left to compare with
  if (day - n.day > days(kForgotten)) n = {};
  for (; n.day < day && n.day.ms != 0; n.day = n.day + days(1)) turn_page(n);
  n.day = day;
}

std::uint64_t print_of_zone(const std::string& zone) { return print_of<Neighbours::kZoneBits>(hash64(zone)); }

/// The zone of that print where it is known to be as far away as that; nullptr: not.
const std::string* far_zone(const Policy& policy, const std::string& from, std::uint64_t print, std::int64_t metres) {
  const auto one = policy.zones.find(from);
  if (one == policy.zones.end() || !has_coordinates(one->second)) return nullptr;
  for (const auto& [name, zone] : policy.zones)
    if (print_of_zone(name) == print && has_coordinates(zone) &&
        length_mm(displacement(one->second, zone)) >= metres * 1000)
      return &name;
  return nullptr;
}

} // namespace

std::optional<Hit> inferred_location(DeviceState& d, const msg::NeighbourSeen& seen, const Policy& policy, Time now,
                                     const RuleSettings& s) {
  if (d.reg.kind != "fixed" || d.reg.zone.empty() || seen.at < d.reg.placed) return std::nullopt;
  auto& n = d.neighbours;
  const Time day = campus_day(std::min(seen.at, now));
  if (day < n.day) return std::nullopt; // late: its day is over
  if (day > n.day) turn_to(n, day);
  d.dirty.neighbours = true;
  if (!n.counted.add(mix64(seen.account, 5))) return std::nullopt;
  vote(n.today, print_of_zone(seen.zone));
  ++n.all_today;

  Counts lately = n.today;
  for (const auto& c : n.yesterday) add(lately, c.zone, c.accounts);
  const std::int64_t all = n.all_today + n.all_yesterday, usual = n.all_usual;
  const std::int64_t need = s[p::accounts];
  if (all < need || usual < need * 28) return std::nullopt;
  const auto top = std::ranges::max_element(lately, {}, &Neighbours::Count::accounts);
  if (top->zone == print_of_zone(d.reg.zone) || top->accounts * 1000 < s[p::agreement_permille] * all)
    return std::nullopt;
  if (of_zone(n.usual, top->zone) * 2000 >= s[p::agreement_permille] * usual) return std::nullopt;
  const std::string* there = far_zone(policy, d.reg.zone, top->zone, s[p::min_distance_m]);
  if (there == nullptr) return std::nullopt;
  const std::string share = std::to_string(top->accounts * 100 / all), count = std::to_string(all);
  return make_hit(
      RuleId::D5, s, seen.at,
      {"登记在 " + d.reg.zone + ",而 " + count + " 名使用人中有 " + share + "% 前后十分钟内出现在 " + *there,
       "registered in " + d.reg.zone + ", but " + share + " % of " + count + " people were in " + *there +
           " within ten minutes"},
      seen.event);
}

} // namespace onecode::rules
