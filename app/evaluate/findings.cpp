#include "app/evaluate/findings.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <functional>
#include <unordered_map>

#include "app/errors.hpp"
#include "app/evaluate/fields.hpp"
#include "app/files.hpp"
#include "app/terminal.hpp"
#include "domain/finding.hpp"
#include "streams/event_file.hpp"

namespace onecode::app::evaluate {
namespace {

constexpr std::string_view kResponsePolicy = "response-policy";

/// Every record of a topic. `replay` writes no file for a topic without records, so summary.json says what should be there.
void each(const std::filesystem::path& folder, Topic topic, const nlohmann::json& counts,
          const std::function<void(const streams::FileRecord&, const std::string& where)>& take) {
  const std::string topic_name(name(topic)), file = (folder / (topic_name + ".ndjson")).string();
  const auto expected = counts.value(topic_name, std::uint64_t{0});
  std::error_code error;
  if (!std::filesystem::exists(file, error)) {
    if (expected == 0) return;
    throw InputError(
        fmt::format("{}: is missing, but summary.json counts {} records; was it left out with "
                    "`replay --topics`?",
                    file, expected));
  }
  streams::EventFileReader reader(file);
  Progress progress("reading " + file, reader.bytes_total());
  const Interrupt interrupt;
  std::uint64_t records = 0;
  while (const auto line = reader.next()) {
    if (interrupt.asked()) throw Failure(130, "interrupted");
    const auto where = fmt::format("{}:{}", file, reader.line());
    const auto* record = std::get_if<streams::FileRecord>(&*line);
    if (record == nullptr) throw InputError(where + ": turn: the outputs of a replay have no such lines");
    if (record->topic != topic)
      throw InputError(fmt::format("{}: topic: must be {}, is {}", where, topic_name, name(record->topic)));
    ++records;
    if (record->value) take(*record, where);
    progress.at(reader.bytes_read(), records);
  }
  if (records != expected)
    throw InputError(fmt::format("{}: holds {} records, summary.json counts {}", file, records, expected));
}

nlohmann::json counts_of(const std::filesystem::path& folder) {
  const auto file = (folder / "summary.json").string();
  std::error_code error;
  if (!std::filesystem::exists(file, error))
    throw InputError(folder.string() +
                     ": holds no summary.json; --out names a folder that `onecode replay --out` wrote");
  const auto summary = nlohmann::json::parse(read_file(file), nullptr, false);
  if (!summary.is_object() || !summary.contains("topics") || !summary["topics"].is_object())
    throw InputError(file + ": topics: must be an object of counts");
  for (const auto& [topic, count] : summary["topics"].items())
    if (!count.is_number_unsigned()) throw InputError(fmt::format("{}: topics.{}: must be a count", file, topic));
  return summary["topics"];
}

class Reader {
public:
  explicit Reader(Findings& out) : out_(out) {}

  void finding(const streams::FileRecord& record, const std::string& where) {
    const Fields event(*record.value, where, "value");
    const auto uid = event.text("data.finding_info.uid");
    const auto activity = event.number("data.activity_id", 1, 3);
    const auto recorded = event.stamp("data.time");
    const auto band = static_cast<int>(event.number("data.unmapped.onecode.band", 0, 4));
    const auto& resources = event.list("data.resources");
    if (resources.empty() || !resources[0].is_object() || !resources[0].value("type", nlohmann::json()).is_string())
      event.wrong("data.resources", "must name the subject with its type");
    out_.policies.insert(event.text("data.unmapped.onecode.policy"));

    const bool alert = record.topic == Topic::alerts;
    auto subject = resources[0]["type"].get<std::string>() + ":" + event.text("data.unmapped.onecode.subject");
    const auto [it, is_new] = places_.try_emplace(uid, out_.lives.size());
    if (is_new) {
      auto& life = out_.lives.emplace_back();
      life.uid = uid;
      life.subject = std::move(subject);
      life.alert = alert;
    } else if (out_.lives[it->second].subject != subject) {
      event.wrong("data.finding_info.uid", fmt::format("is a finding of {} already", out_.lives[it->second].subject));
    }
    auto& life = out_.lives[it->second];
    if (activity == static_cast<int>(FindingActivity::close)) return;
    life.stages.push_back({recorded, band});
    if (band <= life.band) return;
    life.band = band;
    life.score = static_cast<int>(event.number("data.unmapped.onecode.score", 0, 1000));
    life.rule = event.text("data.finding_info.analytic.uid");
    life.article = event.text(alert ? "data.unmapped.onecode.article" : "data.compliance.control");
    life.act = event.text("data.unmapped.onecode.act");
    life.explanation = event.text("data.unmapped.onecode.explanation.en");
    life.events.clear();
    for (const auto& e : event.list("data.evidences")) {
      if (!e.is_object() || !e.contains("data") || !e["data"].is_object() ||
          !e["data"].value("event_id", nlohmann::json()).is_string())
        event.wrong("data.evidences", "each must name its data.event_id");
      life.events.push_back(e["data"]["event_id"].get<std::string>());
    }
  }

  void freeze(const streams::FileRecord& record, const std::string& where) {
    const Fields event(*record.value, where, "value");
    const auto account = event.text("data.account");
    for (const auto& h : event.list("data.holds")) {
      const Fields hold(h.dump(), where, "value.data.holds[]");
      if (hold.text("decided_by.role") != kResponsePolicy) continue;
      AutomaticHold out{"account:" + account, hold.text("id"), hold.text("article"), hold.text("reason"),
                        hold.time("since")};
      if (known_.insert(account + '\n' + out.id).second) out_.holds.push_back(std::move(out));
    }
  }

private:
  Findings& out_;
  std::unordered_map<std::string, std::size_t> places_; // uid -> in lives
  std::set<std::string> known_;                         // holds
};

} // namespace

Findings read_findings(const std::string& folder) {
  Findings out;
  out.folder = folder;
  const std::filesystem::path path(folder);
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) throw InputError(folder + ": is not a folder");
  const auto counts = counts_of(path);
  Reader reader(out);
  for (const Topic t : {Topic::alerts, Topic::compliance})
    each(path, t, counts, [&](const auto& record, const auto& where) { reader.finding(record, where); });
  each(path, Topic::freezes, counts, [&](const auto& record, const auto& where) { reader.freeze(record, where); });
  return out;
}

} // namespace onecode::app::evaluate
