// `onecode import`: someone's own log becomes an event file. First the registration commands for every integration,
// device and account that the log names, then one scan per distinct row, in the order of collection (docs/import.md).
//   Always  the same log, mapping and key give the same bytes: ids, nonces and sequence numbers come from the rows.
#pragma once

#include <cstddef>
#include <functional>
#include <istream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "app/mapping.hpp"
#include "app/signing.hpp"
#include "streams/event_file.hpp"

namespace onecode::app {

struct ImportSummary {
  struct Skipped {
    std::size_t line;
    std::string why;
  };
  std::size_t rows = 0, scans = 0, repeated = 0, lost_clocks = 0, late = 0;
  std::size_t accounts = 0, devices = 0, integrations = 0, commands = 0;
  Time first, last;             // of the scans whose clock was not lost
  std::vector<Skipped> skipped; // in the order of the file
  /// Values that stood in no value table and became a made-up identifier: column → value → identifier.
  std::map<std::string, std::map<std::string, std::string>> invented;
};

struct ImportOptions {
  const SigningKey* key = nullptr; // signs the registration commands
  bool skip_bad = false;           // bad rows are counted instead of refused
};

/// Gives every record to `sink` in the order of the event file. Throws InputError: the mapping does not fit the log,
/// or (without skip_bad) rows are bad, each named by file and line.
ImportSummary import_log(const Mapping& mapping, std::istream& csv, const std::string& csv_file,
                         const ImportOptions& options, const std::function<void(streams::FileRecord&&)>& sink);

/// A policy document with the mapping's zones that trusts the key for the roles which the registration commands need.
std::string import_policy(const Mapping& mapping, const SigningKey* key);

} // namespace onecode::app
