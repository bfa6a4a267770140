#include "domain/campus.hpp"

#include <algorithm>

namespace onecode {
namespace {

constexpr std::size_t kMaxCarriers = 16;

struct Load {
  std::int64_t lately = 0, today = 0;             // permits given
  std::int64_t lately_limit = 0, today_limit = 0; // and allowed
  bool room() const { return lately < lately_limit && today < today_limit; }
};

Load load_of(const CampusState::BreakerRecord& b, const Breaker& limits, Time now) {
  Load load;
  load.today = static_cast<std::int64_t>(b.granted.size());
  for (const Time t : b.granted) load.lately += t > now - minutes(limits.minutes);
  load.lately_limit = limits.freezes;
  load.today_limit =
      std::max<std::int64_t>(limits.freezes, b.accounts / 1'000'000 * limits.daily_ppm +
                                                 b.accounts % 1'000'000 * limits.daily_ppm / 1'000'000);
  return load;
}

Notice opened_notice(const Load& load, const Breaker& limits) {
  Notice n;
  n.to = "security-office";
  n.about = kBreaker.id;
  n.kind = "breaker-open";
  n.article = "8";
  const std::string lately = std::to_string(load.lately), today = std::to_string(load.today),
                    span = std::to_string(limits.minutes), day_limit = std::to_string(load.today_limit);
  n.text = {"自动冻结已暂停:最近 " + span + " 分钟内 " + lately + " 次,24 小时内 " + today + " 次(上限每 " + span +
                " 分钟 " + std::to_string(limits.freezes) + " 次、每日 " + day_limit +
                " 次)。此后的冻结仅作为建议提交人工决定,请检查设备时钟和规则。",
            "Automatic freezing has stopped: " + lately + " within " + span + " minutes and " + today +
                " within 24 hours (limits " + std::to_string(limits.freezes) + " and " + day_limit +
                "). Further freezes are proposals for people; look at device clocks and rules."};
  n.remedy = "至少 " + span + " 分钟后且次数回落至上限以下时自动恢复。 / It closes by itself after at least " + span +
             " minutes, once the numbers have room again.";
  return n;
}

} // namespace

// R8.4. Deadlines are of engine time, and so is the policy: the breaker guards what the engine does now, whatever the
// age of the events that made it act.
void step(CampusState& c, const msg::FreezeWanted& wanted, const Context& context, Effects& out) {
  const Breaker& limits = context.policy_at(context.now).response.breaker;
  auto& b = c.breaker;
  std::erase_if(b.granted, [&](Time t) { return t <= context.now - days(1); });
  const Load load = load_of(b, limits, context.now);

  if (b.open && load.room() && context.now >= b.opened + minutes(limits.minutes)) b.open = false;
  const bool granted = !b.open && load.room();
  if (granted) {
    b.granted.push_back(context.now);
  } else {
    ++out.tally.breaker_refusals;
    if (!b.open) {
      b.open = true;
      b.opened = context.now;
      out.outputs.push_back(opened_notice(load, limits));
    }
  }
  c.dirty = true;
  out.sends.push_back({{Kind::account, wanted.account}, msg::FreezePermit{wanted.finding, granted}});
}

void step(CampusState& c, const msg::AccountsOpened& opened, const Context&, Effects&) {
  c.breaker.accounts += opened.count;
  c.dirty = true;
}

// R11.3, rule D8: one serial number or secure element belongs to one device under one integration.
void step(CampusState& c, const msg::SerialClaimed& claim, const Context&, Effects& out) {
  auto& carriers = c.serial.carriers;
  if (claim.leaves) {
    c.dirty |= std::erase_if(carriers, [&](const auto& other) { return other.device == claim.device; }) > 0;
    return;
  }
  for (const auto& other : carriers)
    if (other.device == claim.device && other.integration == claim.integration) return;
  const auto tell = [&](const std::string& device, const std::string& other, const std::string& integration,
                        const EventRef& first) {
    out.sends.push_back(
        {{Kind::device, device}, msg::SerialShared{other, integration, c.id, claim.at, {first, claim.event}}});
  };
  for (const auto& other : carriers) {
    tell(claim.device, other.device, other.integration, other.event);
    if (other.device != claim.device) tell(other.device, claim.device, claim.integration, other.event);
  }
  if (carriers.size() == kMaxCarriers) carriers.erase(carriers.begin());
  carriers.push_back({claim.device, claim.integration, claim.event});
  c.dirty = true;
}

} // namespace onecode
