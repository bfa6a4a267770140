#include "app/output_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "app/errors.hpp"
#include "app/files.hpp"
#include "app/toml_reader.hpp"
#include "streams/event_file.hpp"

namespace onecode::app {

std::string output_line(const streams::OutRecord& record) {
  streams::FileRecord line;
  line.topic = record.topic;
  if (record.partition >= 0) line.partition = record.partition;
  line.key = record.key;
  if (!record.tombstone) line.value = record.value;
  line.headers = record.headers;
  return streams::to_line(line);
}

std::set<Topic> output_topics(std::string_view list) {
  std::vector<std::string_view> names;
  for (const auto& t : kTopics) // `inbox` is an output, too, where a history is replayed
    if ((!t.input || t.topic == Topic::inbox) && t.topic != Topic::policy && t.topic != Topic::journal &&
        t.topic != Topic::history)
      names.push_back(t.name);
  std::set<Topic> out;
  for (std::string_view rest = list;;) {
    const auto end = rest.find(',');
    const auto word = rest.substr(0, end);
    if (std::ranges::find(names, word) == names.end()) {
      const auto meant = nearest(word, names);
      throw UsageError(fmt::format("--topics: '{}' is not an output topic{} (there are: {})", word,
                                   meant.empty() ? "" : fmt::format(", did you mean '{}'?", meant),
                                   fmt::join(names, ", ")));
    }
    out.insert(*topic_by_name(word));
    if (end == std::string_view::npos) return out;
    rest.remove_prefix(end + 1);
  }
}

OutputFiles::OutputFiles(const std::string& folder, bool force, std::set<Topic> wanted)
    : folder_(folder), wanted_(std::move(wanted)) {
  make_output_folder(folder, force);
  // What an earlier run left would pass for this one's.
  std::error_code error;
  for (const auto& t : kTopics) std::filesystem::remove(folder_ / (std::string(t.name) + ".ndjson"), error);
}

OutputFiles::~OutputFiles() = default;

void OutputFiles::write(const streams::OutRecord& record) {
  auto& file = files_[record.topic];
  const bool written = wanted_.empty() || wanted_.contains(record.topic);
  if (written && !file.stream.is_open()) {
    const auto path = folder_ / (std::string(name(record.topic)) + ".ndjson");
    file.stream.open(path, std::ios::binary);
    if (!file.stream) throw InputError(path.string() + ": cannot be written");
  }
  const std::string line = output_line(record) + "\n";
  if (written) file.stream << line;
  digest_.add(line);
  ++file.count;
}

nlohmann::ordered_json OutputFiles::finish(std::uint64_t records, const monitoring::TurnStats& stats) {
  nlohmann::ordered_json summary;
  summary["records"] = records;
  auto& topics = summary["topics"] = nlohmann::ordered_json::object();
  for (auto& [topic, file] : files_) {
    if (file.stream.is_open()) file.stream.close();
    if (file.stream.fail())
      throw InputError((folder_ / std::string(name(topic))).string() + ".ndjson: could not be written");
    topics[std::string(name(topic))] = file.count;
  }
  auto& verdicts = summary["verdicts"] = nlohmann::ordered_json::object();
  for (std::size_t v = 0; v < stats.decisions.size(); ++v)
    verdicts[std::string(to_string(static_cast<Verdict>(v)))] = stats.decisions[v];
  auto& reasons = summary["reasons"] = nlohmann::ordered_json::object();
  for (std::size_t r = 0; r < kReasons; ++r)
    if (stats.reasons[r] != 0) reasons[std::string(to_string(static_cast<Reason>(r)))] = stats.reasons[r];
  auto& rules = summary["rule_hits"] = nlohmann::ordered_json::object();
  for (std::size_t r = 0; r < kRuleIds; ++r)
    if (stats.rule_hits[r] != 0) rules[std::string(to_string(static_cast<RuleId>(r)))] = stats.rule_hits[r];
  // A version in shadow: what it would have decided, and what its own settings saw.
  nlohmann::ordered_json foreseen, hits;
  for (std::size_t live = 0; live < stats.candidate_verdicts.size(); ++live)
    for (std::size_t other = 0; other < stats.candidate_verdicts.size(); ++other)
      if (const auto n = stats.candidate_verdicts[live][other]; n != 0)
        foreseen[fmt::format("{}->{}", to_string(static_cast<Verdict>(live)),
                             to_string(static_cast<Verdict>(other)))] = n;
  for (std::size_t r = 0; r < kRuleIds; ++r)
    if (stats.candidate_hits[r] != 0) hits[std::string(to_string(static_cast<RuleId>(r)))] = stats.candidate_hits[r];
  if (!foreseen.empty()) summary["candidate"]["verdicts"] = std::move(foreseen);
  if (!hits.empty()) summary["candidate"]["rule_hits"] = std::move(hits);
  // For the revision of the rules (R13.1): what each of them led to.
  auto& revision = summary["rules"] = nlohmann::ordered_json::object();
  for (std::size_t r = 0; r < kRuleIds; ++r) {
    if (stats.rule_hits[r] + stats.shadow_hits[r] + stats.findings_closed[r] + stats.rule_upheld[r] +
            stats.rule_not_upheld[r] ==
        0)
      continue;
    revision[std::string(to_string(static_cast<RuleId>(r)))] = {{"hits", stats.rule_hits[r]},
                                                                {"shadow_hits", stats.shadow_hits[r]},
                                                                {"findings_opened", stats.findings_opened[r]},
                                                                {"findings_closed", stats.findings_closed[r]},
                                                                {"cases_upheld", stats.rule_upheld[r]},
                                                                {"cases_not_upheld", stats.rule_not_upheld[r]}};
  }
  auto& dead = summary["dead_letters"] = nlohmann::ordered_json::object();
  for (const auto& [what, count] : stats.dead_letters) {
    auto& n = dead[std::string(what.first)];
    n = n.is_null() ? count : n.get<std::uint64_t>() + count;
  }
  summary["retransmissions"] = stats.retransmissions;
  summary["automatic_freezes"] = stats.automatic_freezes;
  summary["digest"] = "sha256:" + streams::to_hex(digest_.finish());
  write_file((folder_ / "summary.json").string(), summary.dump(2) + "\n");
  return summary;
}

} // namespace onecode::app
