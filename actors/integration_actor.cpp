#include "actors/integration_actor.hpp"

#include "actors/parts.hpp"
#include "streams/json_fields.hpp"

namespace onecode::actors {

void IntegrationActor::receive(const Message& message, const Context& context, Effects& out) {
  if (const auto* command = std::get_if<const Command*>(&message)) return step(state_, **command, context, out);
  if (const auto* joined = std::get_if<msg::DeviceJoined>(&message)) return step(state_, *joined, context, out);
  if (const auto* drift = std::get_if<msg::DriftSeen>(&message)) return step(state_, *drift, context, out);
  if (const auto* seen = std::get_if<msg::ExchangeSeen>(&message)) return step(state_, *seen, context, out);
  if (const auto* timer = std::get_if<msg::TimerFired>(&message)) return step(state_, *timer, context, out);
  if (const auto* access = std::get_if<const DataAccess*>(&message)) return step(state_, **access, context, out);
  if (const auto* read = std::get_if<msg::StrangerRead>(&message)) return step(state_, *read, context, out);
  if (const auto* counted = std::get_if<msg::DayCounted>(&message)) return step(state_, *counted, context, out);
  if (const auto* gone = std::get_if<msg::TimesWithdrawn>(&message)) return step(state_, *gone, context, out);
  misdelivered("integration", message);
}

void IntegrationActor::load(std::string_view part, std::string_view bytes) {
  if (part == "r") return decode(bytes, state_.record);
  if (part == "d") return decode(bytes, state_.devices);
  if (part == "p") return decode(bytes, state_.procedures);
  if (part == "u") return decode(bytes, state_.data);
  if (part == "v") return decode(bytes, state_.volumes);
  if (part == "f") return decode(bytes, state_.file);
  throw Corrupt("integration: unknown part");
}

void IntegrationActor::save(PartWriter& out) {
  out.part("r", state_.record, state_.dirty.record);
  out.part("d", state_.devices, state_.dirty.devices);
  out.part("p", state_.procedures, state_.dirty.procedures);
  out.part("u", state_.data, state_.dirty.data);
  out.part("v", state_.volumes, state_.dirty.volumes);
  out.part("f", state_.file, state_.dirty.file);
  state_.dirty = {};
}

std::string IntegrationActor::describe() const {
  return "{\"kind\":\"integration\",\"id\":" + streams::to_json(state_.id) +
         ",\"record\":" + streams::to_json(state_.record) + ",\"devices\":" + streams::to_json(state_.devices) +
         ",\"procedures\":" + streams::to_json(state_.procedures) + ",\"data\":" + streams::to_json(state_.data) +
         ",\"exchange\":" + streams::to_json(state_.volumes) + ",\"file\":" + streams::to_json(state_.file) + "}";
}

} // namespace onecode::actors
