// Records that an engine committed, from a cluster or from the files that `tail` and `replay` write; and which of them somebody asks
// about.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "streams/broker.hpp"
#include "streams/event_file.hpp"

namespace onecode::app {

/// Calls the function for each record of the topic, in the order of its partitions; of files, of the lines.
using CommittedRecords = std::function<void(Topic, const std::function<void(const streams::FileRecord&)>&)>;

/// What is committed when it is asked for. The broker outlives it.
CommittedRecords committed_on(streams::Broker& broker);
/// A folder with a file for each topic, or one file. Throws InputError: there is none.
CommittedRecords committed_in(const std::string& path);

/// Whom somebody asks about: the CloudEvents id of a decision, or of its scan; of a record of holds or of a finding; or a finding's uid.
struct Question {
  std::string id;
  std::string source; // of the scan, where its id alone names several; empty: any
};

enum class About { decision, hold, finding };
std::string_view to_string(About about);

/// A record that a question is about.
struct Asked {
  About about{};
  std::string record_id; // its CloudEvents id
  streams::FileRecord record;
  nlohmann::ordered_json event;
};

/// Is this record of an output topic what is asked about? nullopt: it is not.
std::optional<Asked> asked_about(const Question& question, const streams::FileRecord& record);
/// The one record; of a finding's uid the last. nullopt: there is none. Throws UsageError: the id names several, and their sources.
std::optional<Asked> find_asked(const CommittedRecords& records, const Question& question);

/// The uid of a record of `alerts` or `compliance`, without reading all of it; empty: it has none.
std::string_view finding_uid_in(std::string_view value);

} // namespace onecode::app
