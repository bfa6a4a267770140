// Signed heads of the shards' transparency logs (C2SP tlog-checkpoint), to `checkpoints`, key = the log's origin.
//   Empty    a log without leaves has a head too: where one is missing, something is.
//   When     at least a second after the last one of this shard, and only of what is committed: a head that was signed is one that
//            stays, so that no two of them can contradict each other, whoever owned the shard when.
//   Origin   NAME/shard; the keys are named like it.
//   Keys     the secrets `evidence-key` (Ed25519, 32 raw bytes), and if there is one `evidence-key-sm2`. Without the first nothing is signed.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "actors/crew.hpp"
#include "streams/authenticate.hpp"
#include "streams/encode.hpp"

namespace onecode::actors {

inline constexpr std::int64_t kCheckpointEveryMs = 1000;

class Checkpoints {
public:
  Checkpoints(std::string name, const streams::Secrets& secrets);

  /// A node that leaves does not wait for the second to be over.
  enum class Due : std::uint8_t { now, all };
  /// Of the shards that are due; `now_ms`: EngineClock::elapsed_ms().
  std::vector<streams::OutRecord> sign(Crew& crew, std::int64_t now_ms, Due due);
  /// Those of the last sign() are out.
  void published();

private:
  struct Signed {
    std::uint64_t size = 0;
    std::int64_t at_ms = 0;
  };
  std::string name_;
  std::string ed25519_, sm2_; // private; empty: none
  std::map<std::int32_t, Signed> published_, signed_;
};

} // namespace onecode::actors
