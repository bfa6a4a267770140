#include "actors/account_actor.hpp"

#include "actors/parts.hpp"
#include "streams/json_fields.hpp"

namespace onecode::actors {
namespace {

/// `r` and the slot of the ring: each sighting is stored by itself.
constexpr char slot_name(std::size_t slot) { return static_cast<char>('a' + slot); }

} // namespace

void AccountActor::receive(const Message& message, const Context& context, Effects& out) {
  if (const auto* seen = std::get_if<msg::ScanSeen>(&message)) return step(state_, *seen, context, out);
  if (const auto* command = std::get_if<const Command*>(&message)) return step(state_, **command, context, out);
  if (const auto* issued = std::get_if<const CodeIssued*>(&message)) return step(state_, **issued, context, out);
  if (const auto* crowded = std::get_if<msg::HandsetCrowded>(&message)) return step(state_, *crowded, context, out);
  if (const auto* permit = std::get_if<msg::FreezePermit>(&message)) return step(state_, *permit, context, out);
  if (const auto* timer = std::get_if<msg::TimerFired>(&message)) return step(state_, *timer, context, out);
  if (std::get_if<const Posting*>(&message) != nullptr) return; // the overdraft of Art. 10 reads these
  misdelivered("account", message);
}

void AccountActor::load(std::string_view part, std::string_view bytes) {
  if (part == "p") return decode(bytes, state_.profile);
  if (part == "h") return decode(bytes, state_.hot);
  if (part == "u") return decode(bytes, state_.usage);
  if (part == "f") return decode(bytes, state_.file);
  if (part.size() == 2 && part[0] == 'r' && part[1] >= slot_name(0) && part[1] < slot_name(SightingRing::kSlots))
    return decode(bytes, state_.ring.at(static_cast<std::size_t>(part[1] - slot_name(0))));
  throw Corrupt("account: unknown part");
}

void AccountActor::save(PartWriter& out) {
  auto& dirty = state_.dirty;
  out.part("p", state_.profile, dirty.profile);
  out.part("h", state_.hot, dirty.hot);
  out.part("u", state_.usage, dirty.usage);
  out.part("f", state_.file, dirty.file);
  const auto& sightings = state_.ring.sightings();
  for (std::size_t i = 0; i < sightings.size(); ++i) {
    const char name[] = {'r', slot_name(i)};
    out.part({name, sizeof name}, sightings[i], dirty.ring[i]);
  }
}

std::string AccountActor::describe() const {
  std::string out = "{\"kind\":\"account\",\"id\":" + streams::to_json(state_.id) +
                    ",\"profile\":" + streams::to_json(state_.profile) + ",\"hot\":" + streams::to_json(state_.hot) +
                    ",\"usage\":" + streams::to_json(state_.usage) + ",\"file\":" + streams::to_json(state_.file) +
                    ",\"sightings\":[";
  bool first = true;
  for (const auto& s : state_.ring.sightings()) {
    if (!first) out += ',';
    first = false;
    out += streams::to_json(s);
  }
  return out + "]}";
}

} // namespace onecode::actors
