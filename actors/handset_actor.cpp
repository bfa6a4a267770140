#include "actors/handset_actor.hpp"

#include "actors/parts.hpp"
#include "streams/json_fields.hpp"

namespace onecode::actors {

void HandsetActor::receive(const Message& message, const Context& context, Effects& out) {
  if (const auto* used = std::get_if<msg::HandsetUsed>(&message)) return step(state_, *used, context, out);
  if (const auto* gone = std::get_if<msg::AccountForgotten>(&message)) return step(state_, *gone);
  misdelivered("handset", message);
}

void HandsetActor::load(std::string_view part, std::string_view bytes) {
  if (part != "r") throw Corrupt("handset: unknown part");
  decode(bytes, state_.record);
}

void HandsetActor::save(PartWriter& out) {
  out.part("r", state_.record, state_.dirty);
  state_.dirty = {};
}

std::string HandsetActor::describe() const {
  return "{\"kind\":\"handset\",\"id\":" + streams::to_json(state_.id) +
         ",\"record\":" + streams::to_json(state_.record) + "}";
}

} // namespace onecode::actors
