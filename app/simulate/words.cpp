#include "app/simulate/words.hpp"

#include <fmt/format.h>

#include <iterator>

namespace onecode::app::simulate {
namespace {

constexpr std::int64_t kLatitude = 293'700'000, kLongitude = 1'131'000'000; // the centre of the map
constexpr std::int64_t kNorthE7 = 90, kEastE7 = 103;                        // of a metre, at this latitude

} // namespace

std::int64_t latitude_e7(const Zone& zone, std::int64_t north) { return kLatitude + (zone.y + north) * kNorthE7; }
std::int64_t longitude_e7(const Zone& zone, std::int64_t east) { return kLongitude + (zone.x + east) * kEastE7; }

void append_degrees(std::string& out, std::int64_t e7) {
  fmt::format_to(std::back_inserter(out), "{}.{:07}", e7 / 10'000'000, e7 % 10'000'000);
}

void append_position(std::string& out, const Zone& zone, std::int64_t east, std::int64_t north) {
  out += R"({"lat":)";
  append_degrees(out, latitude_e7(zone, north));
  out += R"(,"lon":)";
  append_degrees(out, longitude_e7(zone, east));
  out += R"(,"accuracy_m":8})";
}

void append_network(std::string& out, const Look& look, std::int64_t rtt_ms) {
  fmt::format_to(
      std::back_inserter(out),
      R"({{"src_ip":"10.{}.{}.{}","gateway_mac":"3c:8a:1f:00:{:02x}:{:02x}","vlan":"{}","switch_port":"sw-{:02}/{}","dns":"10.0.0.{}","path_hash":"p{:08x}","rtt_ms":{}}})",
      20 + look.address / 65'536, look.address / 256 % 256, look.address % 256, look.gateway / 256,
      look.gateway % 256, look.gateway < 500 ? 120 : 999, look.network_switch, look.port, look.dns,
      static_cast<std::uint32_t>(mixed(look.path)), rtt_ms);
}

void append_access_points(std::string& out, std::uint32_t zone) {
  out += '[';
  for (std::uint32_t i = 0; i < 4; ++i)
    fmt::format_to(std::back_inserter(out), R"({}"70:3a:0e:00:{:02x}:{:02x}")", i > 0 ? "," : "", zone, i);
  out += ']';
}

std::string position_text(const Zone& zone, std::int64_t east, std::int64_t north) {
  std::string out;
  append_position(out, zone, east, north);
  return out;
}
std::string network_text(const Look& look, std::int64_t rtt_ms) {
  std::string out;
  append_network(out, look, rtt_ms);
  return out;
}
std::string access_points_text(std::uint32_t zone) {
  std::string out;
  append_access_points(out, zone);
  return out;
}

} // namespace onecode::app::simulate
