// One file that proves, without a network, that a log holds an entry: where it stands, the way from its hash to the root, and the
// signed checkpoint with that root. The entry itself is not in it. Ends in .tlog-proof by custom.
//   Format  "c2sp.org/tlog-proof@v1", perhaps "extra BASE64", "index N", a line of base64 per hash, an empty line, the checkpoint.
//   Source  C2SP tlog-proof, https://c2sp.org/tlog-proof
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "evidence/merkle_tree.hpp"
#include "evidence/signed_note.hpp"

namespace onecode::evidence {

struct TlogProof {
  std::string extra; // for whoever knows what it is; nobody signed it
  std::uint64_t index = 0;
  std::vector<TreeHash> hashes;
  std::string checkpoint; // the whole signed note
};

std::string to_text(const TlogProof& proof);
/// nullopt: not a proof. What it proves is another matter.
std::optional<TlogProof> parse_tlog_proof(std::string_view text);

/// The checkpoint of this log, signed by this key, that has the entry; nullopt: the proof shows no such thing.
std::optional<Checkpoint> proven(const TlogProof& proof, std::string_view entry, std::string_view origin,
                                 const NoteKey& log);

} // namespace onecode::evidence
