// The output folder of `replay`: one event file per output topic, and summary.json with counts and a digest of all of
// it, whether written or not.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>

#include "monitoring/turn_stats.hpp"
#include "streams/authenticate.hpp"
#include "streams/encode.hpp"
#include "streams/sha256.hpp"

namespace onecode::app {

class OutputFiles {
public:
  /// Makes the folder; topics outside `wanted` are counted, not written (empty: all are). Throws InputError: it is not
  /// empty (and not `force`), or cannot be written.
  OutputFiles(const std::string& folder, bool force, std::set<Topic> wanted = {});
  ~OutputFiles();
  void write(const streams::OutRecord& record);
  /// Writes summary.json and returns it; throws InputError when something could not be written.
  nlohmann::ordered_json finish(std::uint64_t records, const monitoring::TurnStats& stats);

private:
  struct File {
    std::ofstream stream;
    std::uint64_t count = 0;
  };
  std::filesystem::path folder_;
  const std::set<Topic> wanted_;
  std::map<Topic, File> files_;
  streams::Sha256 digest_;
};

/// `alerts,freezes`: topics that a replay writes. Throws UsageError, with the topic that was probably meant.
std::set<Topic> output_topics(std::string_view list);

/// An output record as an event-file line (no offset: it never was in a log).
std::string output_line(const streams::OutRecord& record);

} // namespace onecode::app
