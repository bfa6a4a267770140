#include "domain/device_trust.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "domain/by_event_time.hpp"
#include "domain/device_standing.hpp"
#include "domain/rules/params.hpp"
#include "domain/rules/rests_on.hpp"

namespace onecode {
namespace {

using Trust = DeviceState::Trust;
using Fault = Trust::Fault;

constexpr Duration kTogether = hours(1);
constexpr std::int64_t kOfOnePerson = 3; // doubts
constexpr std::size_t kEstimators = 3;   // people
constexpr Duration kDoubtsKept = days(90);
constexpr Duration kAgain = days(1); // people found it: believed again a day after the last of them

bool covers(const Fault& f, Time t) { return f.from <= t && t < f.to; }

void withdraw(const DeviceState& d, const Trust::Doubt& doubt, Effects& out) {
  out.sends.push_back({{Kind::account, doubt.account}, msg::EvidenceWithdrawn{d.id, doubt.rule, doubt.event}});
}

void withdraw_covered(DeviceState& d, Effects& out) {
  std::erase_if(d.trust.doubts, [&](const auto& doubt) {
    if (!times_wrong(d, doubt.at)) return false;
    withdraw(d, doubt, out);
    return true;
  });
  d.dirty.trust = true;
}

/// Takes back what its integration was told by these times: D15's hours and R5.1's days. `again`: it knows of most of them.
void withdraw_times(DeviceState& d, Time from, Time to, bool again, Effects& out) {
  auto& file = d.file;
  for (const auto& told : file.days)
    if (told.day < to && from < told.day + days(1))
      out.sends.push_back(
          {{Kind::integration, d.reg.integration}, msg::DayCounted{d.id, told.day, -told.scans, EventRef{}}});
  const auto untold =
      std::erase_if(file.days, [&](const auto& told) { return told.day < to && from < told.day + days(1); });
  // It may be told again at once, at the right time.
  const auto unsaid = std::erase_if(file.reported, [&](const auto& said) { return from <= said.at && said.at < to; });
  d.dirty.file = d.dirty.file || untold + unsaid > 0;
  if (!d.reg.integration.empty() && (unsaid > 0 || !again))
    out.sends.push_back({{Kind::integration, d.reg.integration}, msg::TimesWithdrawn{d.id, from, to}});
}

void tell_unit(const DeviceState& d, Time from, const Text& why, Effects& out) {
  const std::string since = format_time(from);
  Notice n;
  n.to = unit_of(d.reg);
  n.about = d.id;
  n.kind = "device-not-believed";
  n.article = "8";
  n.text = {"设备 " + d.id + ":" + why.zh + "。自 " + since + " 起,其刷码不作为认定冒用的依据,由此产生的线索已撤回。",
            "Device " + d.id + ": " + why.en + ". Since " + since +
                " its scans are no evidence of misuse, and what they gave rise to is taken back."};
  n.remedy = "请校准时钟并核查安装位置。 / Set its clock right and look where it stands.";
  out.outputs.emplace_back(std::move(n));
}

void open_fault(DeviceState& d, Fault fault, Effects& out) {
  auto& faults = d.trust.faults;
  if (faults.size() == Trust::kFaults) faults.erase(std::ranges::min_element(faults, {}, &Fault::to));
  if (fault.of != Fault::Of::place) withdraw_times(d, fault.from, fault.to, false, out);
  faults.push_back(std::move(fault));
  withdraw_covered(d, out);
}

/// It lasts until `to` at least.
void extend_fault(DeviceState& d, Fault& fault, Time to, Effects& out) {
  if (fault.to < to) {
    if (fault.of != Fault::Of::place) withdraw_times(d, fault.to, to, true, out);
    fault.to = to;
  }
  withdraw_covered(d, out);
}

/// Do the doubts of the hour that ends at `end` say that the reader is at fault, and not the people? The first of them, if so.
std::optional<Time> at_fault(const std::vector<Trust::Doubt>& doubts, Time end) {
  // Several codes shown within minutes are people who share them, not a clock. Between two readers only, it may be either;
  // for as long as the breaker counts, it guards people (policy: response.breaker, ten minutes by default).
  constexpr Duration kAtOnce = minutes(5), kAtOnceOfTwo = minutes(10);
  constexpr std::size_t kPeople = 3, kPeopleOfTwo = 6, kPartners = 2;
  std::set<std::string_view> people;
  std::set<std::uint64_t> partners;
  Time first = end;
  for (const auto& x : doubts) {
    if (!rules::contradicts_reader(x.rule) || x.at > end || end - x.at > kTogether) continue;
    people.insert(x.account);
    if (x.partner != 0) partners.insert(x.partner);
    first = std::min(first, x.at);
  }
  const Duration span = end - first;
  const bool several = people.size() >= kPeople && partners.size() >= kPartners && span >= kAtOnce;
  const bool many = people.size() >= kPeopleOfTwo && span >= kAtOnceOfTwo;
  return several || many ? std::optional(first) : std::nullopt;
}

/// Of the same hour: one error of each person, the least that explains their way.
std::optional<Trust::ClockError> clock_by_people(const std::vector<Trust::Doubt>& doubts, Time end) {
  std::map<std::string_view, std::int64_t> least;
  for (const auto& x : doubts) {
    if (x.at > end || end - x.at > kTogether || x.shift_s == 0) continue;
    const auto size = [](std::int64_t s) { return s < 0 ? -s : s; };
    const auto [it, first] = least.emplace(x.account, x.shift_s);
    if (!first && size(x.shift_s) < size(it->second)) it->second = x.shift_s;
  }
  if (least.size() < kEstimators) return std::nullopt;
  std::vector<std::int64_t> all;
  for (const auto& [who, shift] : least) all.push_back(shift);
  std::ranges::sort(all);
  const std::int64_t middle = all[all.size() / 2];
  return Trust::ClockError{middle * 1000, std::max(middle - all.front(), all.back() - middle) * 1000,
                           static_cast<std::int64_t>(all.size()), end};
}

/// `about +290 s`; nothing where nobody knows.
Text in_words(const std::optional<Trust::ClockError>& clock) {
  if (!clock) return {};
  const std::int64_t s = clock->offset_ms / 1000;
  const std::string off = (s < 0 ? "" : "+") + std::to_string(s), around = std::to_string(clock->uncertain_ms / 1000);
  const std::string n = std::to_string(clock->people);
  return {"(据 " + n + " 人估计时钟偏差约 " + off + " 秒,±" + around + " 秒)",
          " (by " + n + " of them its clock is off by about " + off + " s, ±" + around + " s)"};
}

/// The first of those that say the least: that no rule which contradicts this reader says, else the oldest.
template <class Range>
auto least(Range& doubts, auto&& which) {
  const auto weak = [&](const Trust::Doubt& x) { return which(x) && !rules::contradicts_reader(x.rule); };
  const auto it = std::ranges::find_if(doubts, weak);
  return it != doubts.end() ? it : std::ranges::find_if(doubts, which);
}

/// Of the scan that `known` is about already: what tells more of the reader stays. False: it says nothing new.
bool adds_to(Trust::Doubt& known, const Trust::Doubt& x) {
  const Trust::Doubt before = known;
  if (rules::contradicts_reader(x.rule) && !rules::contradicts_reader(known.rule)) known.rule = x.rule;
  if (known.partner == 0) known.partner = x.partner;
  if (known.shift_s == 0) known.shift_s = x.shift_s;
  return known.rule != before.rule || known.partner != before.partner || known.shift_s != before.shift_s;
}

/// False: it is not kept, or known already.
bool keep_doubt(Trust& trust, Trust::Doubt x) {
  auto& doubts = trust.doubts;
  const auto of_them = [&](const Trust::Doubt& other) { return other.account == x.account; };
  const auto known =
      std::ranges::find_if(doubts, [&](const auto& other) { return of_them(other) && other.event == x.event; });
  if (known != doubts.end()) return adds_to(*known, x);
  const bool contradicts = rules::contradicts_reader(x.rule);
  const auto makes_way = [&](auto&& which) {
    const auto first = least(doubts, which);
    if (rules::contradicts_reader(first->rule) &&
        (!contradicts || (doubts.size() == Trust::kMostDoubts && x.at < first->at)))
      return false;
    doubts.erase(first);
    return true;
  };
  // One person must not push the others out.
  if (std::ranges::count_if(doubts, of_them) >= kOfOnePerson && !makes_way(of_them)) return false;
  if (doubts.size() == Trust::kMostDoubts && !makes_way([](const auto&) { return true; })) return false;
  return keep_newest(doubts, std::move(x), Trust::kMostDoubts);
}

} // namespace

bool times_wrong(const DeviceState& d, Time at) {
  return std::ranges::any_of(d.trust.faults, [&](const Fault& f) { return covers(f, at); });
}

bool clock_wrong(const DeviceState& d, Time at) {
  return std::ranges::any_of(d.trust.faults,
                             [&](const Fault& f) { return f.of != Fault::Of::place && covers(f, at); });
}

bool clock_wrong(const DeviceState& d, Time from, Time to) {
  return std::ranges::any_of(d.trust.faults,
                             [&](const Fault& f) { return f.of != Fault::Of::place && f.from < to && from < f.to; });
}

bool forget_doubt(DeviceState& d) {
  auto& doubts = d.trust.doubts;
  if (doubts.size() <= Trust::kDoubts) return false;
  doubts.erase(least(doubts, [](const auto&) { return true; }));
  return d.dirty.trust = true;
}

namespace {

void watch_doubts(const DeviceState& d, Effects& out) {
  std::optional<Time> due;
  if (!d.trust.doubts.empty()) due = d.trust.doubts.front().at + kDoubtsKept;
  out.timers.push_back({std::string(kDoubtsTimer), due});
}

} // namespace

void forget_old_doubts(DeviceState& d, Time now, Effects& out) {
  if (std::erase_if(d.trust.doubts, [&](const auto& x) { return x.at + kDoubtsKept <= now; }) > 0)
    d.dirty.trust = true;
  watch_doubts(d, out);
}

void step(DeviceState& d, const msg::AccountForgotten& gone) {
  if (std::erase_if(d.trust.doubts, [&](const auto& x) { return x.account == gone.account; }) > 0)
    d.dirty.trust = true;
}

void doubt(DeviceState& d, const msg::ScanDoubted& doubted, Effects& out) {
  if (d.reg.life == DeviceLife::unknown) return;
  const auto partner = doubted.partner == 0 ? 0 : print_of<Trust::kPartnerBits>(doubted.partner);
  Trust::Doubt x{doubted.account,
                 doubted.rule,
                 static_cast<std::uint32_t>(partner),
                 doubted.at,
                 place_of(doubted.event),
                 static_cast<std::int32_t>(std::clamp(doubted.shift_ms, -days(1).ms, days(1).ms) / 1000)};
  if (times_wrong(d, doubted.at)) {
    // One more that its people found out; what was repaired since is no matter any more.
    for (auto& f : d.trust.faults)
      if (rules::contradicts_reader(x.rule) && f.of != Fault::Of::reported_clock && covers(f, doubted.at) &&
          d.reg.placed <= doubted.at)
        extend_fault(d, f, doubted.at + kAgain, out);
    return withdraw(d, x, out);
  }
  if (!keep_doubt(d.trust, std::move(x))) return;
  d.dirty.trust = true;
  watch_doubts(d, out);
  if (!rules::contradicts_reader(doubted.rule)) return; // it says nothing of who is wrong
  // Every hour that this doubt is part of, so that the order of arrival does not matter.
  for (const auto& end : d.trust.doubts) {
    if (end.at < doubted.at || end.at - doubted.at > kTogether) continue;
    const auto first = at_fault(d.trust.doubts, end.at);
    if (!first) continue;
    const Fault fault{*first - kTogether, end.at + kAgain, Fault::Of::clock};
    const auto clock = clock_by_people(d.trust.doubts, end.at);
    const bool heard = d.trust.clock && d.trust.clock->people == 0 && d.trust.clock->at >= *first - kAgain;
    if (clock && !heard) d.trust.clock = clock; // what it says itself is closer
    open_fault(d, fault, out);
    const Text about = in_words(clock);
    return tell_unit(d, fault.from,
                     {"一小时内多人的其他刷码与其时间或位置不符" + about.zh,
                      "several people's other scans contradict its time or place" + about.en},
                     out);
  }
}

void hear_clock(DeviceState& d, const DeviceReport& report, const Context& context, Effects& out) {
  if (!report.clock_offset_ms) return;
  const Time t = report.origin.time;
  auto& trust = d.trust;
  const std::int64_t skew = context.policy_at(t).rule(RuleId::A1)[param::a1::clock_skew_ms];
  const std::int64_t off = *report.clock_offset_ms;
  const bool right = -skew <= off && off <= skew;
  if (right) {
    if (trust.clock && trust.clock->at <= t) {
      trust.clock.reset();
      d.dirty.trust = true;
    }
    const auto open = std::ranges::find_if(
        trust.faults, [&](const Fault& f) { return f.of == Fault::Of::reported_clock && covers(f, t); });
    if (open != trust.faults.end() && t > trust.wrong) {
      open->to = t;
      d.dirty.trust = true;
    }
    // Most heartbeats say so: once an hour is enough to know since when one does not.
    if (!trust.right || t >= *trust.right + minutes(50)) {
      trust.right = t;
      d.dirty.trust = true;
    }
    return;
  }
  // Its own times are those of the wrong clock: on both sides as much more is uncertain.
  const Duration error = milliseconds(std::min(off < 0 ? -off : off, days(1).ms));
  if (trust.right && t + error < *trust.right) return; // late: it was set right meanwhile
  trust.wrong = std::max(trust.wrong, t);
  if (!trust.clock || trust.clock->people > 0 || trust.clock->at <= t)
    trust.clock = Trust::ClockError{off, skew, 0, t};
  d.dirty.trust = true;
  const Time to = t + kAgain + error; // unless another heartbeat says otherwise
  const auto lately = std::ranges::find_if(trust.faults, [&](const Fault& f) {
    return f.of == Fault::Of::reported_clock && f.from <= t &&
           t < f.to + kTogether; // it flutters around the limit: told once
  });
  if (lately != trust.faults.end()) return extend_fault(d, *lately, to, out);
  const Time from = (trust.right ? std::max(*trust.right, t - days(1)) : t - hours(1)) - error;
  const std::string s = std::to_string(off / 1000);
  open_fault(d, {from, to, Fault::Of::reported_clock}, out);
  tell_unit(d, from, {"其心跳报告时钟偏差 " + s + " 秒", "its heartbeat says that its clock is off by " + s + " s"},
            out);
}

void declare_fault(DeviceState& d, Time from, Time to, Wrong wrong, Effects& out) {
  const Fault::Of of = wrong == Wrong::clock ? Fault::Of::clock : Fault::Of::place;
  for (auto& f : d.trust.faults)
    if (f.of == of && covers(f, from)) return extend_fault(d, f, to, out);
  open_fault(d, {from, to, of}, out);
}

void end_faults(DeviceState& d, Time at) {
  for (auto& f : d.trust.faults)
    if (covers(f, at)) f.to = at;
  d.trust.right.reset();
  d.trust.wrong = {};
  d.trust.clock.reset();
  d.dirty.trust = true;
}

void learn_way(DeviceState& d, const msg::NeighbourSeen& seen) {
  using Ways = DeviceState::Ways;
  constexpr std::uint32_t kMost = 4000; // of which the fourth is the fastest of a thousand
  if (seen.apart_ms == 0) return;
  auto& list = d.ways.list;
  const std::uint64_t zone = hash64(seen.zone);
  auto it = std::ranges::find(list, zone, &Ways::Way::zone);
  if (it == list.end()) {
    if (list.size() == Ways::kZones) {
      const auto rarest = std::ranges::min_element(list, {}, &Ways::Way::count);
      if (--rarest->count > 0) { // Misra-Gries: a frequent zone is never crowded out
        d.dirty.ways = true;
        return;
      }
      list.erase(rarest);
    }
    it = list.insert(list.end(), {zone, 0, {}});
  }
  auto& way = *it;
  ++way.count;
  const auto place = std::ranges::upper_bound(way.least, seen.apart_ms);
  if (place != way.least.end() || way.least.size() < Ways::kLeast) {
    way.least.insert(place, seen.apart_ms);
    if (way.least.size() > Ways::kLeast) way.least.pop_back();
  }
  if (way.count >= kMost) { // half of it is forgotten, and so is the faster half of what stands for it
    way.count /= 2;
    way.least.erase(way.least.begin(), way.least.begin() + static_cast<std::ptrdiff_t>(way.least.size() / 2));
  }
  d.dirty.ways = true;
}

LearnedWays learned_ways(const DeviceState& d) {
  constexpr std::uint32_t kEnough = 200;
  LearnedWays ways;
  for (const auto& w : d.ways.list) {
    if (w.count < kEnough) continue;
    const std::size_t rank = std::min<std::size_t>(w.count / 1000, w.least.size() - 1);
    ways.push_back({w.zone, w.least[rank]});
  }
  return ways;
}

} // namespace onecode
