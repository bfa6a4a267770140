// Ids of neighbouring events as state keeps them. A gateway's ids in a row begin alike, so a text says how much it has in
// common with the one before: ids such as gw-03/d-0417/3/182731 take 8 bytes each instead of 22.
//   Format  empty where no event has an id; else a byte with two bits for each event, the first lowest (0 none, 1 text,
//           2 UUID, 3 ULID), then of each event that has one: of a text a byte each for how many characters it has in
//           common with the text before and how many follow, then those; of the others 16 bytes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace onecode {

inline constexpr std::size_t kIdGroup = 4;

/// Empty where the event has none, or where the bytes are damaged.
std::string id_in(std::string_view group, std::size_t event);
/// An id that evidence does not keep (domain/evidence.hpp) is left out.
void set_id(std::string& group, std::size_t event, std::string_view id);

} // namespace onecode
