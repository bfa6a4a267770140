// How places and networks are spelled in records: the same in registrations, maintenance orders and heartbeats.
#pragma once

#include <string>

#include "app/simulate/campus_map.hpp"

namespace onecode::app::simulate {

/// {"lat":…,"lon":…,"accuracy_m":…}, that many metres east and north of where the zone is.
std::string position_text(const Zone& zone, std::int64_t east, std::int64_t north);
void append_position(std::string& out, const Zone& zone, std::int64_t east, std::int64_t north);
std::string network_text(const Look& look, std::int64_t rtt_ms);
void append_network(std::string& out, const Look& look, std::int64_t rtt_ms);
/// ["…","…"]: the access points that are heard in a zone.
std::string access_points_text(std::uint32_t zone);
void append_access_points(std::string& out, std::uint32_t zone);
/// Degrees, seven places.
void append_degrees(std::string& out, std::int64_t e7);
std::int64_t latitude_e7(const Zone& zone, std::int64_t north = 0);
std::int64_t longitude_e7(const Zone& zone, std::int64_t east = 0);

} // namespace onecode::app::simulate
