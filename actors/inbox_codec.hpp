// A message to an entity on another node, as an `inbox` record: where it is going, what started it, and the message. Internal: both
// ends are the engine, of the same or the next version (domain/archive.hpp says how it may grow).
//   Original  the record that started it goes along where the entity over there may refuse it: commands and what follows from them,
//             and what arrived at the wrong shard. Else only its place and key do: what somebody put into it besides stays in the topic
//             it was sent to, and a dead letter from over there (the entity failed) names the place and has no value.
#pragma once

#include <string>

#include "actors/arena.hpp"
#include "actors/envelope.hpp"

namespace onecode::actors {

void encode_inbox(const Envelope& envelope, std::string& out);
/// Everything it points to lives in `arena`. The order is left for the caller: it follows from the inbox record's own
/// place. Throws Corrupt.
Envelope decode_inbox(std::string_view bytes, std::int64_t received_ns, Arena& arena);

} // namespace onecode::actors
