// Whose signatures are believed, and until when: the file that a reader brings along.
//   Format  one key a line, a verifier (evidence/signed_note.hpp), perhaps followed by " from=TIME" and " until=TIME" (RFC 3339,
//           UTC, ending in Z). Empty lines are passed over.
//   Time    A head has none. What it covers has: it was signed when the last leaf was received, or later. So a key whose `until` is
//           before that did not sign in its time.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/time.hpp"
#include "evidence/signed_note.hpp"

namespace onecode::evidence {

struct Verifier {
  NoteKey key;
  std::optional<Time> from, until;
  bool in_time(Time t) const { return (!from || *from <= t) && (!until || t <= *until); }
};

/// RFC 3339 in UTC, to the millisecond, ending in Z; what parse_utc reads. nullopt: not such a text.
std::string utc_text(Time t);
std::optional<Time> parse_utc(std::string_view text);

/// Throws std::invalid_argument "line N is no verifier key (NAME+ID+KEY [from=TIME] [until=TIME])".
std::vector<Verifier> parse_verifiers(std::string_view text);

/// Who has signed a log's head, by the keys of this log; witnesses are another matter.
struct HeadSigners {
  bool good = false;         // one of them has
  bool forged = false;       // a signature by one of them is not of this text
  std::optional<Time> until; // of the good one that was in use for longest; nullopt: for ever
};
HeadSigners signers_of(const SignedNote& note, std::string_view origin, const std::vector<Verifier>& verifiers);

} // namespace onecode::evidence
