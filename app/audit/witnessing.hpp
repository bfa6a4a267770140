// Witnesses of logs as `audit` and `witness` meet them: their keys in files, their cosignatures over HTTP, and what they are worth in
// an exported folder. LOG/cosigned/SIZE keeps each cosigned head, whatever the log becomes.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "evidence/signed_note.hpp"
#include "evidence/tile_files.hpp"
#include "evidence/witness.hpp"

namespace onecode::app {

/// One verifier key a line, of whatever kind; throws InputError naming file and line. What follows a key behind a space is another's.
std::vector<evidence::NoteKey> read_log_keys(const std::string& file);
/// Throws InputError.
evidence::WitnessKey read_witness_key(const std::string& file);

struct WitnessAddress {
  std::string url; // what add-checkpoint is below
  evidence::NoteKey key;
};
/// URL=VERIFIER. Throws UsageError.
WitnessAddress parse_witness(const std::string& text);
/// By HTTP.
evidence::SendToWitness sender(const WitnessAddress& witness);

/// Asks each witness to cosign the log's head as its `checkpoint` has it, unless it has done so; adds what they answer to it. Gives the
/// names of those whose cosignature it has. `before`: the note that stood there before the last leaves were added, or empty.
/// `odd`: who did not cosign, and why. Throws TileError.
std::vector<std::string> have_cosigned(evidence::TileFiles& log, const std::string& before,
                                       const std::vector<WitnessAddress>& witnesses,
                                       const std::function<evidence::SendToWitness(const WitnessAddress&)>& send_to,
                                       const std::function<void(const std::string&)>& odd);

struct Witnessed {
  std::string name;
  std::uint64_t seconds = 0; // since 1970
};
struct Witnesses {
  std::vector<Witnessed> by; // each key counts once
  std::string forged;        // a cosignature by a key that is known, and not of this text; empty: none
};
Witnesses witnesses_of(const evidence::SignedNote& note, const std::vector<evidence::NoteKey>& keys);

} // namespace onecode::app
