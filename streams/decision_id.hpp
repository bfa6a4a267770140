// The CloudEvents id of a scan's decision: of the scan's `source` and `id`, so that one is found from the other.
#pragma once

#include <string>

#include "domain/events.hpp"
#include "domain/hash.hpp"

namespace onecode::streams {

inline Hash128 decision_id(const Origin& scan) {
  thread_local std::string name; // keeps its memory
  name.assign(scan.source);
  name += '\0';
  name += scan.id;
  return hash128(name);
}

} // namespace onecode::streams
