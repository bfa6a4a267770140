// SHA-256 of many short texts at once: sixteen side by side where the processor has AVX-512, in half the time that its SHA instructions
// take one after another; elsewhere, and for a few, OpenSSL. Why not a library: docs/decisions/0037. Source: FIPS 180-4 §6.2.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "evidence/sha256.hpp"

namespace onecode::evidence {

/// What SHA-256 has become of whole blocks of 64 bytes; the rest of a text can be hashed from there again and again.
struct HashState {
  std::array<std::uint32_t, 8> words;
  std::uint64_t bytes; // so far
};
/// Of nothing yet.
extern const HashState kHashStart;
/// Requires `text` of whole blocks.
HashState go_on(HashState from, std::string_view text);

/// One text, in two pieces.
struct HashJob {
  std::string_view prefix; // at most 64 bytes
  std::string_view text;
  Hash* out = nullptr; // not within what any job reads
  const HashState* from = &kHashStart;
};
void sha256(std::span<const HashJob> jobs);

/// RFC 2104, of a key that is used often.
struct HmacKey {
  HashState inner, outer;
};
HmacKey hmac_key(std::string_view key);
Hash hmac_sha256(std::string_view key, std::string_view text);

/// Is this processor one that hashes sixteen at once?
bool hashes_side_by_side();

} // namespace onecode::evidence
