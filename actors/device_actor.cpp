#include "actors/device_actor.hpp"

#include "actors/parts.hpp"
#include "domain/device_size.hpp"
#include "domain/device_ways.hpp"
#include "streams/json_fields.hpp"

namespace onecode::actors {
namespace {

/// Neighbouring words of the day's clients, stored together: most scans are of somebody who was there before.
struct ClientGroup {
  DeviceState::People* people;
  std::size_t number;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    constexpr std::size_t words = DeviceState::People::kGroup;
    for (std::size_t i = 0; i < words; ++i) v("word", s.people->words[s.number * words + i]);
  }
};

/// `w`, the window, the group.
std::string group_name(std::size_t window, std::size_t group) {
  return {'w', static_cast<char>('0' + window), static_cast<char>('0' + group)};
}

} // namespace

DeviceActor::DeviceActor(EntityId of, const streams::Secrets& secrets) : EntityOf(std::move(of)), secrets_(secrets) {}

void DeviceActor::receive(const Message& message, const Context& context, Effects& out) {
  if (const auto* scan = std::get_if<const Scan*>(&message))
    return step(state_, **scan, streams::check_scan_mac(**scan, state_.reg.secret, secrets_), context, out);
  if (const auto* report = std::get_if<const DeviceReport*>(&message)) return step(state_, **report, context, out);
  if (const auto* command = std::get_if<const Command*>(&message)) return step(state_, **command, context, out);
  if (const auto* view = std::get_if<Boxed<msg::IntegrationView>>(&message))
    return step(state_, **view, context, out);
  if (const auto* stopped = std::get_if<msg::DeviceStopped>(&message)) return step(state_, *stopped, context, out);
  if (const auto* shared = std::get_if<msg::SerialShared>(&message)) return step(state_, *shared, context, out);
  if (const auto* moved = std::get_if<msg::OrderMoved>(&message)) return step(state_, *moved, context, out);
  if (const auto* seen = std::get_if<msg::NeighbourSeen>(&message)) return step(state_, *seen, context, out);
  if (const auto* excused = std::get_if<msg::NetworkExcused>(&message)) return step(state_, *excused, context, out);
  if (const auto* alone = std::get_if<msg::NetworkAlone>(&message)) return step(state_, *alone, context, out);
  if (const auto* doubted = std::get_if<msg::ScanDoubted>(&message)) return step(state_, *doubted, context, out);
  if (const auto* asked = std::get_if<msg::WayAsked>(&message)) return step(state_, *asked, context, out);
  if (const auto* gone = std::get_if<msg::AccountForgotten>(&message)) return step(state_, *gone);
  if (const auto* timer = std::get_if<msg::TimerFired>(&message)) return step(state_, *timer, context, out);
  misdelivered("device", message);
}

void DeviceActor::load(std::string_view part, std::string_view bytes) {
  if (part == "r") return decode(bytes, state_.reg);
  if (part == "h") return decode(bytes, state_.hot);
  if (part == "p") return decode(bytes, state_.reports);
  if (part == "e") return decode(bytes, state_.environment);
  if (part == "y") return decode(bytes, state_.habits);
  if (part == "n") return decode(bytes, state_.neighbours);
  if (part == "c") return decode(bytes, state_.trust);
  if (part == "t") return decode(bytes, state_.ways);
  if (part == "f") return decode(bytes, state_.file);
  if (part.size() == 2 && part[0] == 'k' && part[1] >= '0' &&
      part[1] < static_cast<char>('0' + DeviceState::People::kGroups)) {
    ClientGroup group{&state_.clients, static_cast<std::size_t>(part[1] - '0')};
    return decode(bytes, group);
  }
  if (part.size() == 3 && part[0] == 'w') {
    SequenceGroup group{&state_.windows[static_cast<std::size_t>(part[1] - '0')],
                        static_cast<std::size_t>(part[2] - '0')};
    return decode(bytes, group);
  }
  throw Corrupt("device: unknown part");
}

void DeviceActor::save(PartWriter& out) {
  const auto& dirty = state_.dirty;
  out.part("r", state_.reg, dirty.reg);
  out.part("h", state_.hot, dirty.hot);
  out.part("p", state_.reports, dirty.reports);
  out.part("e", state_.environment, dirty.environment);
  out.part("y", state_.habits, dirty.habits);
  out.part("n", state_.neighbours, dirty.neighbours);
  out.part("c", state_.trust, dirty.trust);
  out.part("t", state_.ways, dirty.ways);
  out.part("f", state_.file, dirty.file);
  for (std::size_t g = 0; g < DeviceState::People::kGroups; ++g) {
    const char name[] = {'k', static_cast<char>('0' + g)};
    out.part({name, sizeof name}, ClientGroup{&state_.clients, g}, dirty.clients[g]);
  }
  for (std::size_t w = 0; w < 2; ++w)
    for (std::size_t g = 0; g < SequenceWindow::kGroups; ++g)
      if (dirty.groups[w][g]) out.part(group_name(w, g), SequenceGroup{&state_.windows[w], g}, dirty.groups[w][g]);
  saved(state_);
}

std::string DeviceActor::describe() const {
  return "{\"kind\":\"device\",\"id\":" + streams::to_json(state_.id) +
         ",\"register\":" + streams::to_json(state_.reg) + ",\"hot\":" + streams::to_json(state_.hot) +
         ",\"reports\":" + streams::to_json(state_.reports) +
         ",\"environment\":" + streams::to_json(state_.environment) +
         ",\"habits\":" + streams::to_json(state_.habits) + ",\"neighbours\":" + streams::to_json(state_.neighbours) +
         ",\"trust\":" + streams::to_json(state_.trust) + ",\"ways\":" + streams::to_json(state_.ways) +
         ",\"file\":" + streams::to_json(state_.file) + "}";
}

} // namespace onecode::actors
