// The figures for people (a table on a terminal, the same in Markdown) and for machines (JSON).
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "app/evaluate/measure.hpp"

namespace onecode::app::evaluate {

nlohmann::ordered_json to_json(const Figures& figures);
std::string to_text(const Figures& figures);
std::string to_markdown(const Figures& figures);

inline constexpr std::string_view kBegin = "<!-- evaluate: begin -->", kEnd = "<!-- evaluate: end -->";

/// `document` with `figures` instead of what stands between the two marker lines. Throws InputError naming `file` when the
/// markers are not there exactly once and in this order.
std::string put_between_markers(const std::string& file, const std::string& document, const std::string& figures);

} // namespace onecode::app::evaluate
