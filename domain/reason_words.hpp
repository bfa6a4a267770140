// What a reason code means to the person it was said of, and what that person can do about it: the one wording of each, for whoever
// shows reasons to people.
#pragma once

#include "domain/decision.hpp"
#include "domain/facts.hpp"

namespace onecode {

struct ReasonWords {
  Text meaning; // a sentence without its full stop
  Text remedy;  // what to do: one sentence or two
};

const ReasonWords& words_of(Reason reason);

} // namespace onecode
