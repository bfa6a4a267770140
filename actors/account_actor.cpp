#include "actors/account_actor.hpp"

#include "actors/parts.hpp"
#include "domain/account_size.hpp"
#include "streams/json_fields.hpp"

namespace onecode::actors {
namespace {

using PostingSeen = AccountState::PostingSeen;

/// `r` and the slot of the ring: each sighting is stored by itself.
constexpr char slot_name(std::size_t slot) { return static_cast<char>('a' + slot); }

/// `q` and the group: neighbouring postings, stored together.
struct PostingGroup {
  std::vector<PostingSeen>* postings;
  std::size_t number;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    const std::size_t end = (s.number + 1) * PostingSeen::kGroup;
    if (s.postings->size() < end) s.postings->resize(end);
    for (std::size_t i = end - PostingSeen::kGroup; i < end; ++i) v("posting", (*s.postings)[i]);
  }
};

} // namespace

void AccountActor::receive(const Message& message, const Context& context, Effects& out) {
  if (const auto* seen = std::get_if<msg::ScanSeen>(&message)) return step(state_, *seen, context, out);
  if (const auto* command = std::get_if<const Command*>(&message)) return step(state_, **command, context, out);
  if (const auto* issued = std::get_if<const CodeIssued*>(&message)) return step(state_, **issued, context, out);
  if (const auto* crowded = std::get_if<msg::HandsetCrowded>(&message)) return step(state_, *crowded, context, out);
  if (const auto* permit = std::get_if<msg::FreezePermit>(&message)) return step(state_, *permit, context, out);
  if (const auto* timer = std::get_if<msg::TimerFired>(&message)) return step(state_, *timer, context, out);
  if (const auto* read = std::get_if<msg::DataRead>(&message)) return step(state_, *read, context, out);
  if (const auto* gone = std::get_if<msg::EvidenceWithdrawn>(&message)) return step(state_, *gone, context, out);
  if (const auto* told = std::get_if<msg::WayTold>(&message)) return step(state_, *told, context, out);
  if (const auto* posting = std::get_if<const Posting*>(&message)) return step(state_, **posting, context, out);
  misdelivered("account", message);
}

void AccountActor::load(std::string_view part, std::string_view bytes) {
  if (part == "p") return decode(bytes, state_.profile);
  if (part == "h") return decode(bytes, state_.hot);
  if (part == "u") return decode(bytes, state_.usage);
  if (part == "i") return decode(bytes, state_.codes);
  if (part == "v") return decode(bytes, state_.visits);
  if (part == "b") return decode(bytes, state_.habits);
  if (part == "d") return decode(bytes, state_.hands);
  if (part == "w") return decode(bytes, state_.company);
  if (part == "f") return decode(bytes, state_.file);
  if (part == "l") return decode(bytes, state_.ledger);
  if (part == "c") return decode(bytes, state_.procedures);
  if (part.size() == 2 && part[0] == 'q' && part[1] >= '0' &&
      part[1] < static_cast<char>('0' + PostingSeen::kGroups)) {
    PostingGroup group{&state_.postings, static_cast<std::size_t>(part[1] - '0')};
    return decode(bytes, group);
  }
  if (part.size() == 2 && part[0] == 'r' && part[1] >= slot_name(0) && part[1] < slot_name(SightingRing::kSlots))
    return decode(bytes, state_.ring.at(static_cast<std::size_t>(part[1] - slot_name(0))));
  throw Corrupt("account: unknown part");
}

void AccountActor::save(PartWriter& out) {
  const auto& dirty = state_.dirty;
  if (dirty.forgotten) out.erase_all_but("p");
  out.part("p", state_.profile, dirty.profile);
  out.part("h", state_.hot, dirty.hot);
  out.part("u", state_.usage, dirty.usage);
  out.part("i", state_.codes, dirty.codes);
  out.part("v", state_.visits, dirty.visits);
  out.part("b", state_.habits, dirty.habits);
  out.part("d", state_.hands, dirty.hands);
  out.part("w", state_.company, dirty.company);
  out.part("f", state_.file, dirty.file);
  out.part("l", state_.ledger, dirty.ledger);
  out.part("c", state_.procedures, dirty.procedures);
  for (std::size_t g = 0; g < PostingSeen::kGroups; ++g) {
    const char name[] = {'q', static_cast<char>('0' + g)};
    out.part({name, sizeof name}, PostingGroup{&state_.postings, g}, dirty.postings[g]);
  }
  const auto& sightings = state_.ring.sightings();
  for (std::size_t i = 0; i < sightings.size(); ++i) {
    const char name[] = {'r', slot_name(i)};
    out.part({name, sizeof name}, sightings[i], dirty.ring[i]);
  }
  saved(state_);
}

std::string AccountActor::describe() const {
  std::string out =
      "{\"kind\":\"account\",\"id\":" + streams::to_json(state_.id) +
      ",\"profile\":" + streams::to_json(state_.profile) + ",\"hot\":" + streams::to_json(state_.hot) +
      ",\"usage\":" + streams::to_json(state_.usage) + ",\"codes\":" + streams::to_json(state_.codes) +
      ",\"visits\":" + streams::to_json(state_.visits) + ",\"habits\":" + streams::to_json(state_.habits) +
      ",\"hands\":" + streams::to_json(state_.hands) + ",\"company\":" + streams::to_json(state_.company) +
      ",\"file\":" + streams::to_json(state_.file) + ",\"ledger\":" + streams::to_json(state_.ledger) +
      ",\"procedures\":" + streams::to_json(state_.procedures) + ",\"sightings\":[";
  bool first = true;
  for (const auto& s : state_.ring.sightings()) {
    if (!first) out += ',';
    first = false;
    out += streams::to_json(s);
  }
  return out + "]}";
}

} // namespace onecode::actors
