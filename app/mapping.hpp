// The mapping of `onecode import`: what the columns of someone's own log mean. A TOML file, documented in
// docs/import.md.
//   Templates   texts with columns in braces: "{building}-{direction}". A column's value passes through the value
//   table of
//               its own name where there is one ([values.building]), or through the one named after a bar:
//               {gate|zones}.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/events.hpp"
#include "domain/policy.hpp"

namespace onecode::app {

/// One value table: what stands in the log → what the engine is told.
struct ValueTable {
  std::map<std::string, std::string, std::less<>> values;
};

struct Template {
  struct Part {
    std::string text; // literal, when `column` is empty
    std::string column;
    std::string table; // name of the value table, empty: none
  };
  std::vector<Part> parts;
  std::string where; // file:line: key, for errors
  bool empty() const { return parts.empty(); }
};

struct Mapping {
  std::string file;

  std::string name;           // event ids are <name>/<row>
  std::string source;         // CloudEvents source of the scans
  std::string id_column;      // empty: the order column, else the line number
  std::string order_column;   // empty: as in the file
  bool drop_repeated = false; // rows that agree in everything that is read are one scan
  char separator = ',';

  Template time; // usually one column
  std::string time_format = "rfc3339";
  Duration zone_offset = kCampusOffset;
  std::int64_t resolution_ms = 0;
  std::vector<std::string> lost; // a whole text or a time of day that means: the clock was lost
  std::int64_t lost_accuracy_ms = 86'400'000;
  std::int64_t late_after_ms = 0; // 0: never marked offline

  Template account, device, function, auth, direction, outcome, integration, handset, operator_id, amount;
  bool amount_in_yuan = false;

  Time registered_at;
  std::map<std::string, std::string> actors; // role → actor id
  std::string reason;

  Template category;
  Time account_from;
  std::optional<Time> account_to;
  std::optional<std::string> approver;

  Template zone, serial, model, certificate;
  std::string device_kind = "fixed";
  Time certified_to{4'070'908'800'000}; // 2099-01-01
  std::string network_json = "{}";
  std::optional<Position> position; // of devices whose zone has no coordinates

  struct Integration {
    std::string unit;
    std::vector<std::string> owners;
    std::string plan_json;
    std::string manifest_json; // what the mapping adds to devices, zones and functions seen in the log
  };
  std::map<std::string, Integration> integrations;

  std::string policy_version;
  Time policy_from;
  std::map<std::string, Zone> zones;
  struct Walk {
    std::string a, b;
    std::int64_t seconds;
  };
  std::vector<Walk> walks;

  std::map<std::string, ValueTable, std::less<>> values;
};

/// Throws InputError with everything that is wrong, each with file, line and key.
Mapping read_mapping(const std::string& path, const std::string& text);

/// A local time as `format` has it: %Y %y %m %d %H %M %S %f (fraction) %s (epoch seconds) %z (offset) %%, everything
/// else stands for itself; `rfc3339` is the format of the contract. nullopt: not such a text.
std::optional<Time> parse_local_time(std::string_view text, std::string_view format, Duration zone_offset);

} // namespace onecode::app
