// The CAF actors that carry the shards. Each shard is one event-based actor: it performs one task at a time and answers
// Done, so that shards work in parallel on CAF's scheduler while the node waits. The node monitors them: a shard that dies
// fails the turn.
#pragma once

#include <map>
#include <memory>

#include "actors/crew.hpp"

namespace onecode::actors {

/// threads 0: as many as the machine has cores.
std::unique_ptr<Crew> caf_crew(std::size_t threads);

} // namespace onecode::actors
