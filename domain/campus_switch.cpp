// A switch or gateway and the devices behind it (entity switch:<id>; R11.2, rule D7; DETECTION §4): when more than a fifth of them change
// their network within five minutes, somebody has worked on the network, and that is one incident and not as many violations. The devices wait
// that long before they say anything about themselves; of a switch with fewer than three they need not.
#include <set>

#include "domain/by_event_time.hpp"
#include "domain/campus.hpp"
#include "domain/device_findings.hpp"
#include "domain/rules/params.hpp"

namespace onecode {
namespace {

constexpr Duration kTogether = minutes(5), kStragglers = hours(1);
constexpr std::size_t kLeast = 3; // devices; of two, one is no fifth and says nothing
constexpr std::size_t kShare = 5;

void excuse(const std::string& device, std::uint64_t print, const CampusState& c, Effects& out) {
  out.sends.push_back({{Kind::device, device}, msg::NetworkExcused{c.id, print}});
}

} // namespace

void step(CampusState& c, const msg::SwitchJoined& joined, const Context&, Effects&) {
  auto& members = c.network.members;
  const std::uint64_t device = hash64(joined.device);
  const auto place = std::ranges::lower_bound(members, device);
  const bool known = place != members.end() && *place == device;
  if (joined.leaves == known) c.dirty = true;
  if (joined.leaves && known) members.erase(place);
  if (!joined.leaves && !known && members.size() < CampusState::Switch::kMembers) members.insert(place, device);
}

void step(CampusState& c, const msg::NetworkTripped& tripped, const Context& context, Effects& out) {
  auto& n = c.network;
  c.dirty = true;
  if (n.incident && apart(tripped.at, *n.incident) <= kStragglers)
    return excuse(tripped.device, tripped.print, c, out);
  std::erase_if(n.trips, [&](const auto& t) { return t.device == tripped.device; });
  if (!keep_newest(n.trips, CampusState::Switch::Trip{tripped.device, tripped.at, tripped.event, tripped.print},
                   CampusState::Switch::kTrips))
    return;
  std::set<std::string> together;
  for (const auto& t : n.trips)
    if (apart(t.at, tripped.at) <= kTogether) together.insert(t.device);
  if (together.size() < kLeast || together.size() * kShare <= n.members.size()) {
    if (n.members.size() < kLeast)
      out.sends.push_back({{Kind::device, tripped.device}, msg::NetworkAlone{tripped.print}});
    return;
  }
  n.incident = tripped.at;
  const Policy& policy = context.policy_at(tripped.at);
  const RuleSettings& settings = policy.rule(RuleId::D7);
  const std::string some = std::to_string(together.size()), all = std::to_string(n.members.size());
  Hit hit = make_hit(
      RuleId::D7, settings, tripped.at,
      {"其下 " + all + " 台设备中有 " + some + " 台在五分钟内同时改变网络,按一次网络变更处理",
       some + " of the " + all + " devices behind it changed their network within five minutes: one incident"},
      tripped.event);
  hit.weight = static_cast<int>(settings[param::d7::pair_weight]);
  for (const auto& t : n.trips)
    if (together.contains(t.device)) hit.events.push_back(t.event);
  find_against({Kind::campus, c.id, c.file, c.dirty}, hit, false, context, out);
  for (const auto& t : n.trips)
    if (together.contains(t.device)) excuse(t.device, t.print, c, out);
  n.trips.clear();
}

} // namespace onecode
