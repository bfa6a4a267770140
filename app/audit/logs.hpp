// The shards' transparency logs as the broker has them: leaves from `evidence`, signed heads from `checkpoints`; what is committed
// when it is asked for, and nothing later.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "evidence/signed_note.hpp"
#include "streams/broker.hpp"

namespace onecode::app {

/// What a record of `checkpoints` says, and the whole note.
struct SignedHead {
  evidence::Checkpoint head;
  std::string note;
  std::int64_t at_ms = 0; // the broker's time
};

/// The last part of a log's origin; nullopt: that is no number.
std::optional<std::int32_t> shard_of(std::string_view origin);

/// By shard, the one with the most leaves; each record that is no checkpoint goes to `odd` with its place. The shard is the last part
/// of the origin.
std::map<std::int32_t, SignedHead> newest_heads(streams::Broker& broker,
                                                const std::function<void(const std::string&)>& odd);

/// Each shard's leaves in order, from the place that `from` names (0 where it names none). `progress`: records read, and of how many.
/// Throws InputError: a leaf is missing, or a record is none of these.
void each_leaf(streams::Broker& broker, const std::map<std::int32_t, std::uint64_t>& from,
               const std::function<void(std::int32_t shard, std::uint64_t place, std::string_view leaf)>& each,
               const std::function<void(std::uint64_t done, std::uint64_t total)>& progress = {});

} // namespace onecode::app
