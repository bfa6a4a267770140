#include "actors/account_actor.hpp"

#include "actors/parts.hpp"
#include "streams/json_fields.hpp"

namespace onecode::actors {
namespace {

/// A quarter of the ring: the slots that are stored together.
struct Quarter {
  SightingRing* ring;
  std::size_t number;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    for (std::size_t i = 0; i < SightingRing::kQuarter; ++i)
      v("sighting", s.ring->slots()[s.number * SightingRing::kQuarter + i]);
  }
};

constexpr std::string_view kQuarterNames[] = {"r0", "r1", "r2", "r3"};

}  // namespace

AccountActor::AccountActor(EntityId of) : Entity(std::move(of)) { state_.id = id.id; }

void AccountActor::receive(const Message& message, const Context& context, Effects& out) {
  if (const auto* seen = std::get_if<msg::ScanSeen>(&message)) return step(state_, *seen, context, out);
  if (const auto* command = std::get_if<const Command*>(&message)) return step(state_, **command, context, out);
  if (const auto* issued = std::get_if<const CodeIssued*>(&message)) return step(state_, **issued, context, out);
  if (const auto* crowded = std::get_if<msg::HandsetCrowded>(&message)) return step(state_, *crowded, context, out);
  if (const auto* permit = std::get_if<msg::FreezePermit>(&message)) return step(state_, *permit, context, out);
  if (const auto* timer = std::get_if<msg::TimerFired>(&message)) return step(state_, *timer, context, out);
  if (std::get_if<const Posting*>(&message) != nullptr) return;  // the overdraft of Art. 10 reads these
  misdelivered("account", message);
}

void AccountActor::load(std::string_view part, std::string_view bytes) {
  if (part == "p") return decode(bytes, state_.profile);
  if (part == "h") return decode(bytes, state_.hot);
  if (part == "u") return decode(bytes, state_.usage);
  if (part == "f") return decode(bytes, state_.file);
  for (std::size_t q = 0; q < std::size(kQuarterNames); ++q)
    if (part == kQuarterNames[q]) {
      Quarter quarter{&state_.ring, q};
      return decode(bytes, quarter);
    }
  throw Corrupt("account: unknown part");
}

void AccountActor::save(std::string& prefix, storage::WriteBatch& batch) {
  auto& dirty = state_.dirty;
  save_part(prefix, "p", state_.profile, dirty.profile, batch);
  save_part(prefix, "h", state_.hot, dirty.hot, batch);
  save_part(prefix, "u", state_.usage, dirty.usage, batch);
  save_part(prefix, "f", state_.file, dirty.file, batch);
  for (std::size_t q = 0; q < std::size(kQuarterNames); ++q)
    save_part(prefix, kQuarterNames[q], Quarter{&state_.ring, q}, dirty.ring[q], batch);
}

std::string AccountActor::describe() const {
  std::string out = "{\"kind\":\"account\",\"id\":" + streams::to_json(state_.id) +
                    ",\"profile\":" + streams::to_json(state_.profile) + ",\"hot\":" + streams::to_json(state_.hot) +
                    ",\"usage\":" + streams::to_json(state_.usage) + ",\"file\":" + streams::to_json(state_.file) +
                    ",\"sightings\":[";
  bool first = true;
  state_.ring.each([&](const Sighting& s) {
    if (!first) out += ',';
    first = false;
    out += streams::to_json(s);
  });
  return out + "]}";
}

}  // namespace onecode::actors
