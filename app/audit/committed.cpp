#include "app/audit/committed.hpp"

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <map>

#include "app/errors.hpp"
#include "app/history.hpp"

namespace onecode::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array kAskedTopics{Topic::decisions, Topic::freezes, Topic::alerts, Topic::compliance};

std::string text_of(const Json& object, const char* member) {
  const auto it = object.find(member);
  return it != object.end() && it->is_string() ? it->get<std::string>() : std::string();
}

void each_line(const std::string& path, Topic topic, const std::function<void(const streams::FileRecord&)>& each) {
  streams::EventFileReader reader(path);
  while (const auto line = reader.next())
    if (const auto* record = std::get_if<streams::FileRecord>(&*line); record != nullptr && record->topic == topic)
      each(*record);
}

} // namespace

CommittedRecords committed_on(streams::Broker& broker) {
  return [&broker](Topic topic, const std::function<void(const streams::FileRecord&)>& each) {
    for (std::int32_t p = 0; p < broker.describe_topics()[topic].partitions; ++p)
      read_whole(broker, {topic, p}, [&](const streams::Record& r) { each(file_record({topic, p}, r)); });
  };
}

CommittedRecords committed_in(const std::string& path) {
  std::error_code error;
  const bool folder = std::filesystem::is_directory(path, error);
  if (!folder && !std::filesystem::is_regular_file(path, error))
    throw InputError(path + ": there is no such file or folder");
  return [path, folder](Topic topic, const std::function<void(const streams::FileRecord&)>& each) {
    if (!folder) return each_line(path, topic, each);
    const auto file = std::filesystem::path(path) / (std::string(name(topic)) + ".ndjson");
    std::error_code gone; // a topic without records has no file
    if (std::filesystem::exists(file, gone)) each_line(file.string(), topic, each);
  };
}

std::string_view to_string(About about) {
  switch (about) {
    case About::decision:
      return "decision";
    case About::hold:
      return "hold";
    default:
      return "finding";
  }
}

std::optional<Asked> asked_about(const Question& question, const streams::FileRecord& record) {
  // Most records are not: they are told by their bytes, before anything is read.
  if (!record.value || record.value->find(question.id) == std::string::npos) return std::nullopt;
  Asked asked;
  asked.event = Json::parse(*record.value, nullptr, false);
  if (!asked.event.is_object() || !asked.event.contains("data") || !asked.event["data"].is_object())
    return std::nullopt;
  asked.record_id = text_of(asked.event, "id");
  const Json& data = asked.event["data"];
  bool meant = asked.record_id == question.id;
  if (record.topic == Topic::decisions) {
    asked.about = About::decision;
    const Json scan = data.value("scan", Json::object());
    meant = meant || text_of(scan, "id") == question.id;
    meant = meant && (question.source.empty() || text_of(scan, "source") == question.source);
  } else if (record.topic == Topic::freezes) {
    asked.about = About::hold;
  } else if (record.topic == Topic::alerts || record.topic == Topic::compliance) {
    asked.about = About::finding;
    meant = meant || text_of(data.value("finding_info", Json::object()), "uid") == question.id;
  } else {
    return std::nullopt;
  }
  if (!meant) return std::nullopt;
  asked.record = record;
  return asked;
}

std::optional<Asked> find_asked(const CommittedRecords& records, const Question& question) {
  std::optional<Asked> found;
  std::map<std::string, std::string> by_source; // of decisions: to the record's id
  for (const auto topic : kAskedTopics) {
    records(topic, [&](const streams::FileRecord& record) {
      auto asked = asked_about(question, record);
      if (!asked) return;
      if (asked->about == About::decision)
        by_source.emplace(text_of(asked->event["data"]["scan"], "source"), asked->record_id);
      found = std::move(asked);
    });
    if (found) break;
  }
  if (by_source.size() > 1) {
    std::string all;
    for (const auto& [source, id] : by_source) all += fmt::format("\n  --source {}   (decision {})", source, id);
    throw UsageError(fmt::format("{} scans have the id {}; say which:{}", by_source.size(), question.id, all));
  }
  return found;
}

std::string_view finding_uid_in(std::string_view value) {
  constexpr std::string_view kBefore = R"("finding_info":{"uid":")";
  const auto at = value.find(kBefore);
  if (at == value.npos) return {};
  const auto begin = at + kBefore.size();
  const auto end = value.find('"', begin);
  return end == value.npos ? std::string_view{} : value.substr(begin, end - begin);
}

} // namespace onecode::app
