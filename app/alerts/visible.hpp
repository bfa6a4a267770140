// Text from outside, made harmless for terminals and log lines.
#pragma once

#include <string>
#include <string_view>

namespace onecode::app {

/// Control characters (C0, DEL, C1), line ends, marks that turn the writing direction and other invisible characters
/// stand as \x1b or \u202e, and bytes that are no UTF-8 as U+FFFD: what comes out is one line of valid UTF-8 that moves
/// no cursor and hides nothing.
std::string visible(std::string_view text);

/// At most so many bytes, cut between characters and with an ellipsis where something was cut.
std::string shortened(std::string_view text, std::size_t bytes);

} // namespace onecode::app
