// Both sides of asking a witness to cosign a log's head, as functions of bytes: whoever calls them has the network, the clock and the
// files.
//   Source     C2SP tlog-witness, https://c2sp.org/tlog-witness: POST PREFIX/add-checkpoint
//   Request    "old N", a line of base64 for each hash of the consistency proof from N, an empty line, the signed checkpoint.
//   Answer     200 and cosignature lines; 400 it is no such request; 403 no key of that log signed; 404 the log is not known;
//              409 N is not what the witness cosigned last, whose size is the body (text/x.tlog.size), or it cosigned another head
//              of that size; 422 the proof does not show that the head goes on from it.
//   Key file   a line "PRIVATE+KEY+NAME+HEX(key id)+BASE64(type key)", as golang.org/x/mod/sumdb/note has it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "evidence/merkle_tree.hpp"
#include "evidence/signed_note.hpp"

namespace onecode::evidence {

inline constexpr const char* kAddCheckpointPath = "/add-checkpoint";
inline constexpr const char* kLogSizeType = "text/x.tlog.size";

struct AddCheckpoint {
  std::uint64_t old = 0;
  std::vector<TreeHash> proof;
  std::string checkpoint; // the whole signed note
};
std::string to_text(const AddCheckpoint& request);
/// nullopt: it is no such request. What the checkpoint says is another matter.
std::optional<AddCheckpoint> parse_add_checkpoint(std::string_view text);

/// A witness's key with its private half.
struct WitnessKey {
  NoteKey key; // a cosignature
  std::string private_key;
};
std::string to_text(const WitnessKey& key);
std::optional<WitnessKey> parse_witness_key(std::string_view text);

// -- the witness ---------------------------------------------------------------------------------------------------------

struct WitnessAnswer {
  int status = 0; // of HTTP
  std::string body, content_type;
  /// The head that was cosigned, to be durable before the answer is given; nullopt: nothing changes.
  std::optional<Checkpoint> cosigned;
  /// Signed by the log, and never to be in one history with what was cosigned before.
  bool contradicts = false;
};

/// What was cosigned last of a log; nullopt: nothing.
using LastCosigned = std::function<std::optional<Checkpoint>(const std::string& origin)>;

/// From `last` to the record of what was cosigned nobody else may answer. `logs`: the keys by which logs sign, named like them.
WitnessAnswer answer_add_checkpoint(std::string_view request, const WitnessKey& witness,
                                    const std::vector<NoteKey>& logs, const LastCosigned& last,
                                    std::uint64_t seconds);

// -- who asks it -----------------------------------------------------------------------------------------------------------

struct WitnessReply {
  int status = 0;
  std::string body;
};
/// Sends a request; nullopt: nobody answers.
using SendToWitness = std::function<std::optional<WitnessReply>(const std::string& request)>;

struct Cosigning {
  std::optional<NoteSignature> cosignature; // valid
  std::string why_not;
};
/// Asks for a cosignature of this head. `seen`: of how many entries the witness is thought to have cosigned the head; where it says
/// otherwise, its word counts. `proof_from`: the consistency proof from that many entries.
Cosigning ask_witness(const SignedNote& head, const NoteKey& witness, std::uint64_t seen,
                      const std::function<std::vector<TreeHash>(std::uint64_t before)>& proof_from,
                      const SendToWitness& send);

} // namespace onecode::evidence
