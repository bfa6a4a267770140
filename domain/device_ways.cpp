#include "domain/device_ways.hpp"

#include <algorithm>

#include "domain/device_trust.hpp"

namespace onecode {

void step(DeviceState& d, const msg::WayAsked& asked, const Context&, Effects& out) {
  const LearnedWays ways = learned_ways(d);
  const auto way = std::ranges::find(ways, asked.zone, &LearnedWay::zone);
  if (way == ways.end()) return;
  out.sends.push_back({{Kind::account, asked.account}, msg::WayTold{asked.event, asked.other, *way}});
}

} // namespace onecode
