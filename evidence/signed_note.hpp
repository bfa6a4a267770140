// A text with signatures below it that people can read and machines check: what transparency logs publish their heads in.
//   Note        text ending in a newline, an empty line, then lines "— NAME BASE64(key id, signature)".
//               Source: C2SP signed-note, https://c2sp.org/signed-note
//   Key id      first 4 bytes of SHA-256(NAME "\n" type key); Ed25519 has type 0x01. SM2 has none assigned: 0xff and "onecode/sm2".
//   Verifier    how a public key is handed out: NAME+HEX(key id)+BASE64(type key).
//   Checkpoint  the note of a log's head: origin, size, base64 of the root, perhaps more lines.
//               Source: C2SP tlog-checkpoint, https://c2sp.org/tlog-checkpoint
//   Cosignature a witness's Ed25519 signature, type 0x04, over "cosignature/v1\ntime SECONDS\n" and the note's text; its time
//               stands before it, 8 bytes, big endian. Source: C2SP tlog-cosignature, https://c2sp.org/tlog-cosignature
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "evidence/merkle_tree.hpp"

namespace onecode::evidence {

struct NoteSignature {
  std::string name;
  std::array<char, 4> key_id{};
  std::string bytes; // after the key id
};

struct SignedNote {
  std::string text; // with its last newline
  std::vector<NoteSignature> signatures;
};

/// Throws std::invalid_argument: the text is none that can be signed (no last newline, a control character, not UTF-8).
std::string to_text(const SignedNote& note);
/// nullopt: not a signed note.
std::optional<SignedNote> parse_note(std::string_view text);

struct NoteKey {
  std::string name;
  enum class Type : std::uint8_t { ed25519, cosignature, sm2 } type{};
  std::string public_key; // raw: 32 bytes, of SM2 65
};
std::array<char, 4> key_id(const NoteKey& key);
std::string verifier_of(const NoteKey& key);
std::optional<NoteKey> parse_verifier(std::string_view text);

/// Requires a key of the same kind; `seconds` since 1970 of a cosignature, nothing else looks at it.
NoteSignature sign_note(const NoteKey& key, std::string_view private_key, std::string_view text,
                        std::uint64_t seconds = 0);
/// Has this key signed the text? Other signatures are passed over, as the format wants.
bool signed_by(const SignedNote& note, const NoteKey& key);
/// When a witness signed; nullopt: it did not.
std::optional<std::uint64_t> cosigned_at(const SignedNote& note, const NoteKey& witness);

struct Checkpoint {
  std::string origin;
  std::uint64_t size = 0;
  TreeHash root{};
  std::vector<std::string> more; // further lines, without their newlines
};
std::string to_text(const Checkpoint& c);
std::optional<Checkpoint> parse_checkpoint(std::string_view text);
/// What a signed note says, if it is this log's head by this log's key; cosignatures are another matter.
std::optional<Checkpoint> signed_checkpoint(std::string_view text, std::string_view origin, const NoteKey& log);

} // namespace onecode::evidence
