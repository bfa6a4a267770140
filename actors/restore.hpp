// How a shard comes to its state: the store as it was left, then the journal from there to its end, then the proof that this is
// the state of the last commit (DESIGN §3, "Takeover").
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "actors/shard.hpp"
#include "streams/broker.hpp"

namespace onecode::actors {

struct Restored {
  std::unique_ptr<storage::Store> store;
  std::int64_t journal_next = 0; // for Shard::open()
  std::int64_t records = 0;      // journal records that the store had not seen
};

/// Is an open shard's state still that of its journal? No: somebody else wrote it, and the shard must be restored.
bool nobody_else_wrote(const Shard& shard, streams::Broker& broker);

/// Call only after the committed offsets of the shard's inputs are known: from then on no transaction of an older generation
/// can commit. `progress(done, total)` in journal offsets; what it throws ends the restore.
/// A store that is older than what the journal still has (outdated), or whose digest is not that of the last commit (damaged),
/// is set aside, said to `report`, and the state read from the journal's start. Throws BrokerError; StoreError where the store
/// stands beyond the journal's end (it belongs to another cluster) and where the journal itself does not give the digest.
Restored restore_store(std::int32_t shard, storage::StoreFactory& stores, streams::Broker& broker,
                       const std::function<void(std::int64_t, std::int64_t)>& progress,
                       const std::function<void(storage::Aside, const std::string&)>& report);

} // namespace onecode::actors
