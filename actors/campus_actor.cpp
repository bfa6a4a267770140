#include "actors/campus_actor.hpp"

#include "actors/parts.hpp"
#include "streams/json_fields.hpp"

namespace onecode::actors {
namespace {

struct Facts {
  CampusState* state;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("breaker", s.state->breaker);
    v("serial", s.state->serial);
    v("registered", s.state->registered);
    v("file", s.state->file);
    v("foreign", s.state->foreign);
    v("precision", s.state->precision);
    v("facts", s.state->facts);
    v("network", s.state->network);
  }
};

} // namespace

void CampusActor::receive(const Message& message, const Context& context, Effects& out) {
  if (const auto* wanted = std::get_if<msg::FreezeWanted>(&message)) return step(state_, *wanted, context, out);
  if (const auto* opened = std::get_if<msg::AccountsOpened>(&message)) return step(state_, *opened, context, out);
  if (const auto* claim = std::get_if<msg::SerialClaimed>(&message)) return step(state_, *claim, context, out);
  if (const auto* code = std::get_if<msg::ForeignCode>(&message)) return step(state_, *code, context, out);
  if (const auto* judged = std::get_if<msg::RuleJudged>(&message)) return step(state_, *judged, context, out);
  if (const auto* doubted = std::get_if<msg::RuleDoubted>(&message)) return step(state_, *doubted, context, out);
  if (const auto* joined = std::get_if<msg::SwitchJoined>(&message)) return step(state_, *joined, context, out);
  if (const auto* tripped = std::get_if<msg::NetworkTripped>(&message)) return step(state_, *tripped, context, out);
  if (const auto* command = std::get_if<const Command*>(&message)) return step(state_, **command, context, out);
  if (const auto* timer = std::get_if<msg::TimerFired>(&message)) return step(state_, *timer, context, out);
  misdelivered("campus fact", message);
}

void CampusActor::load(std::string_view part, std::string_view bytes) {
  if (part != "r") throw Corrupt("campus fact: unknown part");
  Facts facts{&state_};
  decode(bytes, facts);
}

void CampusActor::save(PartWriter& out) {
  out.part("r", Facts{&state_}, state_.dirty);
  state_.dirty = {};
}

std::string CampusActor::describe() const {
  return "{\"kind\":\"campus\",\"id\":" + streams::to_json(state_.id) +
         ",\"breaker\":" + streams::to_json(state_.breaker) + ",\"serial\":" + streams::to_json(state_.serial) +
         ",\"registered\":" + streams::to_json(state_.registered) +
         ",\"foreign\":" + streams::to_json(state_.foreign) + ",\"precision\":" + streams::to_json(state_.precision) +
         ",\"facts\":" + streams::to_json(state_.facts) + ",\"network\":" + streams::to_json(state_.network) +
         ",\"file\":" + streams::to_json(state_.file) + "}";
}

} // namespace onecode::actors
