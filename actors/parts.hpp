// How a shell stores the parts of its state.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

#include "domain/archive.hpp"
#include "domain/messages.hpp"
#include "storage/store.hpp"

namespace onecode::actors {

/// Puts `part` under prefix + name when `changed`, and marks it unchanged.
template <class T>
void save_part(std::string& prefix, std::string_view name, const T& part, bool& changed, storage::WriteBatch& batch) {
  if (!changed) return;
  thread_local std::string bytes;
  bytes.clear();
  encode(bytes, part);
  const auto length = prefix.size();
  prefix += name;
  batch.put(prefix, bytes);
  prefix.resize(length);
  changed = false;
}

[[noreturn]] inline void misdelivered(std::string_view kind, const Message& message) {
  throw std::logic_error(std::string(kind) + " got a message that is not for it (kind " +
                         std::to_string(message.index()) + ")");
}

}  // namespace onecode::actors
