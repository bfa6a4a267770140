// How a shard comes to its state: the store as it was left, then the journal from there to its end (DESIGN §3, "Takeover").
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "actors/shard.hpp"
#include "streams/broker.hpp"

namespace onecode::actors {

struct Restored {
  std::int64_t records = 0; // journal records that the store had not seen
  std::int64_t journal_next = 0;
};

/// The shard's store. One that is older than what the journal still has is set aside and read again from the journal's
/// start; one beyond its end belongs to another cluster: StoreError.
std::unique_ptr<storage::Store> open_store(std::int32_t shard, storage::StoreFactory& stores, streams::Broker& broker,
                                           const std::function<void(const std::string&)>& report);

/// `progress(done, total)` in journal offsets. Call only after the committed offsets of the shard's inputs are known:
/// from then on no transaction of an older generation can commit. Throws BrokerError, StoreError.
Restored restore_shard(Shard& shard, streams::Broker& broker,
                       const std::function<void(std::int64_t, std::int64_t)>& progress);

} // namespace onecode::actors
