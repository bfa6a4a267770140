// The refusals that every entity's commands share (CONTRACT §8), each with a sentence for the clerk in both languages.
#pragma once

#include <string>
#include <utility>

#include "domain/effects.hpp"

namespace onecode {

inline void bad_field(Effects& out, std::string zh, std::string en) {
  out.refuse("BAD_FIELD", {std::move(zh), std::move(en)});
}
inline void illegal(Effects& out, std::string zh, std::string en) {
  out.refuse("ILLEGAL_TRANSITION", {std::move(zh), std::move(en)});
}
inline void same_person(Effects& out, std::string zh, std::string en) {
  out.refuse("SAME_PERSON", {std::move(zh), std::move(en)});
}

} // namespace onecode
