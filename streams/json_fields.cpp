#include "streams/json_fields.hpp"

namespace onecode::streams {

void append_degrees(std::string& out, std::int64_t e7) {
  if (e7 < 0) out += '-';
  const auto magnitude = e7 < 0 ? 0 - static_cast<std::uint64_t>(e7) : static_cast<std::uint64_t>(e7);
  out += std::to_string(magnitude / 10'000'000);
  std::string fraction = std::to_string(magnitude % 10'000'000);
  fraction.insert(0, 7 - fraction.size(), '0');
  fraction.erase(fraction.find_last_not_of('0') + 1);
  if (!fraction.empty()) out += '.' + fraction;
}

} // namespace onecode::streams
