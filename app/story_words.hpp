// Words of the stories that app/story.cpp tells: labels, what is left out, values as a person reads them.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "domain/time.hpp"

namespace onecode::app {

using Json = nlohmann::ordered_json;

/// How the engine works, not what it holds about somebody; --json shows these members.
bool hidden(std::string_view member);
/// Its own members stand for themselves.
bool transparent(std::string_view member);
/// A deadline or an end: how far away it is is what matters.
bool is_end(std::string_view member);

std::string label(std::string_view member);
/// Not set: nothing that a person need read.
bool empty(std::string_view member, const Json& v);
/// A text for people in both languages.
bool bilingual(const Json& v);
/// One value, a list of such, or a text in both languages: fits on a line.
bool flat(const Json& v);
std::string flat_text(std::string_view member, const Json& v);
/// Times in campus minutes, money in yuan.
std::string scalar(std::string_view member, const Json& v);
/// " (in 12 days)", " (3 days ago)"; empty for what is further away than a year.
std::string distance(Time then, Time now);

} // namespace onecode::app
