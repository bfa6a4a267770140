// A value as the store has it.
#pragma once

#include <string>

#include "domain/archive.hpp"

namespace onecode::test {

template <class T>
std::string stored(const T& value) {
  std::string out;
  encode(out, value);
  return out;
}

} // namespace onecode::test
