// No output may name a person's telephone or student number (CONTRACT §1), and what people write as a reason is repeated to
// others.
#pragma once

#include <string>
#include <string_view>

namespace onecode::streams {

/// Seven or more digits in a row, single spaces and hyphens between them allowed, become an ellipsis; dates stay.
std::string without_long_numbers(std::string_view text);

} // namespace onecode::streams
