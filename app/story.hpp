// What the engine holds about somebody, told to a clerk: from the JSON of Entity::describe() and of status records. Members that
// are not known here are shown under their own names, so that new state appears without a change.
#pragma once

#include <string>
#include <string_view>

#include "domain/time.hpp"

namespace onecode::app {

/// The whole story, several lines. `now`: validity and deadlines are told as of then.
std::string story(std::string_view described_json, Time now);
/// A status record's `data` in one line: "frozen (8 until 2026-03-05 08:00)", "active, usable".
std::string state_line(std::string_view data_json);

} // namespace onecode::app
