#include "streams/redact.hpp"

namespace onecode::streams {

std::string without_long_numbers(std::string_view text) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto date = [&](std::string_view s) {
    if (s.size() != 10 || s[4] != '-' || s[7] != '-') return false;
    return s[5] <= '1' && s[8] <= '3';
  };
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    if (!digit(text[i])) {
      out += text[i++];
      continue;
    }
    std::size_t end = i, digits = 0;
    for (std::size_t k = i; k < text.size(); ++k) {
      if (digit(text[k])) {
        ++digits;
        end = k + 1;
      } else if ((text[k] != ' ' && text[k] != '-') || k != end) {
        break;
      }
    }
    const auto run = text.substr(i, end - i);
    if (digits >= 7 && !date(run))
      out += "…";
    else
      out += run;
    i = end;
  }
  return out;
}

} // namespace onecode::streams
