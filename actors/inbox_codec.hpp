// A message to an entity on another node, as an `inbox` record: where it is going, what started it (with the original
// record, in case the entity must refuse it), and the message. Internal: both ends are the engine, of the same or the
// next version (domain/archive.hpp says how it may grow).
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
