// `data` of each event type into its struct (CONTRACT §4, §6). The origin is filled already. Internal to streams/.
#pragma once

#include <optional>

#include "streams/envelope.hpp"

namespace onecode::streams {

std::optional<DecodeError> read_scan(simdjson::dom::object data, Scan& scan);
std::optional<DecodeError> read_report(simdjson::dom::object data, DeviceReport& report);
std::optional<DecodeError> read_code_issued(simdjson::dom::object data, CodeIssued& issued);
std::optional<DecodeError> read_posting(simdjson::dom::object data, Posting& posting);
std::optional<DecodeError> read_data_access(simdjson::dom::object data, DataAccess& access);
std::optional<DecodeError> read_command(simdjson::dom::object data, Command& command);
/// Fills signed_bytes: they come from the text of `data`, not from its values.
std::optional<DecodeError> seal_command(std::string_view payload, bool structured, Command& command);

/// identity | payment | access | library | other:<name>
bool is_function(std::string_view s);

/// Position {lat, lon, accuracy_m} and the network facts of §4.2; `path` names them in errors.
std::optional<DecodeError> read_position(Element e, std::string_view path, Position& out);
std::optional<DecodeError> read_network(Element e, std::string_view path, NetworkFacts& out);

} // namespace onecode::streams
