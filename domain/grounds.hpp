// Why the engine did something by itself, as the numbers that it did it by. The sentence is made from them when somebody reads it
// (domain/explain.cpp).
#pragma once

#include <cstdint>
#include <vector>

#include "domain/facts.hpp"
#include "domain/rules/catalogue.hpp"

namespace onecode {

/// DETECTION §6.
enum class Band : std::uint8_t { observe, watch, challenge, propose, automatic };

enum class ProposedAction : std::uint8_t {
  none,
  watch,
  challenge,
  open_case,
  freeze,
  inspect,
  quarantine,
  suspend,
  terminate
};

struct Grounds {
  struct Share {
    Family family{};
    int points = 0; // thousandths
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("family", s.family);
      v("points", s.points);
    }
  };
  int score = 0;             // thousandths
  std::vector<Share> shares; // of each family above zero, in family order
  std::vector<Facts> facts;  // the strongest of up to three families
  Band band{};
  ProposedAction action{};

  /// One sentence each: the score with its families, what was seen, what follows.
  Text text() const;

  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("score", s.score);
    v("shares", s.shares);
    v("facts", s.facts);
    v("band", s.band);
    v("action", s.action);
  }
};

} // namespace onecode
