// The keys that hide whom a leaf is about: one for each subject, all from one secret, and each of them can be destroyed alone.
//   Tree     A subject has its place in a tree of 16 ways and 12 levels: the first 48 bits of SHA-256(subject). A node's child is
//            SHA-256("onecode/key-tree" node way), a subject's key SHA-256("onecode/subject" node subject) of the node at its place.
//   Destroy  The secret is replaced by the siblings along the way (a puncturable pseudorandom function, after Goldreich, Goldwasser and
//            Micali, "How to construct random functions", 1986): every other key is as before, this one cannot be computed any more.
//            Two subjects of one place go together: with 100,000 of them, once in three billion.
//   Secret   any bytes, which are hashed to the root; or, once something is destroyed, the text "onecode-key-tree/1" and a line
//            "WAY KEY" (hexadecimal, one digit a level; 64 digits) for each node that is left.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "evidence/sha256.hpp"

namespace onecode::evidence {

class SubjectKeys {
public:
  SubjectKeys() = default; // has none
  /// Throws std::runtime_error naming the line that is no node.
  explicit SubjectKeys(std::string_view secret);

  bool empty() const { return nodes_.empty(); }
  /// nullopt: destroyed.
  std::optional<Hash> find(std::string_view subject) const;
  /// Destroys it here; false: it was already. What is kept of secret() elsewhere must be replaced.
  bool destroy(std::string_view subject);
  std::string secret() const;

private:
  std::map<std::string, Hash> nodes_; // by way; none is below another
};

} // namespace onecode::evidence
