#include "app/audit/archiving.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "app/errors.hpp"
#include "app/files.hpp"
#include "app/history.hpp"
#include "app/signing.hpp"
#include "evidence/leaf.hpp"
#include "evidence/subject_keys.hpp"
#include "evidence/tile_reader.hpp"

namespace onecode::app {
namespace {

constexpr Topic kTopics[] = {Topic::policy,    Topic::commands, Topic::ledger, Topic::scans,
                             Topic::decisions, Topic::freezes,  Topic::alerts, Topic::compliance};
/// So many records are lost by a crash at most, and read again.
constexpr std::uint64_t kAtOnce = 20'000;

const nlohmann::json::json_pointer kNoticeKind("/data/kind");
const nlohmann::json::json_pointer kNoticeAbout("/data/about");

} // namespace

std::uint64_t archive_topics(streams::Broker& broker, archive::Archive& archive,
                             const std::function<bool(std::uint64_t)>& go_on,
                             const std::function<void(const std::string&)>& odd) {
  std::uint64_t done = 0;
  const auto topics = broker.describe_topics();
  for (const auto topic : kTopics) {
    const auto it = topics.find(topic);
    for (std::int32_t p = 0; it != topics.end() && p < it->second.partitions; ++p) {
      const TopicPartition at{topic, p};
      const auto marks = broker.watermarks(at, streams::Isolation::committed);
      auto next = archive.position(at);
      if (next < marks.low) {
        if (next > 0 || marks.low > 0)
          odd(fmt::format("{} partition {}: offsets {} to {} were gone before they were archived", name(topic), p,
                          next, marks.low - 1));
        next = marks.low;
      }
      if (next >= marks.high) continue;
      const auto reader = broker.reader(at, next, streams::Isolation::committed);
      while (reader->position() < marks.high) {
        const auto batch = reader->next(streams::Milliseconds(1000), 1000);
        if (!batch) continue;
        for (const auto& record : batch->records) archive.add(topic, record);
        const auto before = done;
        done += batch->records.size();
        archive.set_position(at, reader->position());
        if (done / kAtOnce != before / kAtOnce) archive.commit();
        if (!go_on(done)) {
          archive.commit();
          return done;
        }
      }
      archive.set_position(at, reader->position());
    }
  }
  archive.commit();
  return done;
}

Forgotten destroy_forgotten(streams::Broker& broker, archive::Archive& archive, const std::string& secret_file,
                            const std::function<void(const std::string&)>& odd) {
  Forgotten out;
  std::vector<std::string> notices;
  std::map<TopicPartition, std::int64_t> read;
  const auto topics = broker.describe_topics();
  const auto it = topics.find(Topic::notices);
  for (std::int32_t p = 0; it != topics.end() && p < it->second.partitions; ++p) {
    const TopicPartition at{Topic::notices, p};
    read[at] = read_from(broker, at, archive.position(at), [&](const streams::Record& record) {
      const auto notice = nlohmann::json::parse(record.value.value_or("null"), nullptr, false);
      if (!notice.is_object() || !notice.contains(kNoticeKind) || notice[kNoticeKind] != "account-forgotten") return;
      out.subjects.push_back(notice.value(kNoticeAbout, ""));
      notices.push_back(notice.value("id", ""));
    });
  }
  if (!out.subjects.empty())
    archive_topics(
        broker, archive, [](auto) { return true; }, odd);
  for (std::size_t i = 0; i < out.subjects.size(); ++i)
    archive.keys().destroy(out.subjects[i], clock_now(), notices[i]);
  out.another_secret = cut_subject_keys(secret_file, out.subjects);
  // Last: whoever dies before this does it again.
  for (const auto& [at, next] : read) archive.set_position(at, next);
  archive.commit();
  return out;
}

std::int64_t destroy_expired(const Policy& policy, archive::Archive& archive, Time now) {
  // A month is over for the last of its records when it is over for the first of the next one.
  const auto kept_from = archive::period_of(now - days(policy.retention.evidence_days));
  return archive.keys().destroy_before(
      kept_from, now,
      fmt::format("retention.evidence_days {} of policy {}", policy.retention.evidence_days, policy.version));
}

bool cut_subject_keys(const std::string& file, const std::vector<std::string>& subjects) {
  if (!std::filesystem::exists(file)) return false;
  try {
    evidence::SubjectKeys keys(read_secret(file));
    bool cut = false;
    for (const auto& subject : subjects) cut = keys.destroy(subject) || cut;
    if (cut) write_file(file, keys.secret(), 0600);
    return cut;
  } catch (const std::runtime_error& e) {
    throw InputError(file + ": " + e.what());
  }
}

std::uint64_t archive_leaves(const std::vector<LogFolder>& logs, archive::Archive& archive) {
  std::uint64_t done = 0;
  for (const auto& log : logs) {
    if (log.shard < 0)
      throw InputError(fmt::format("{}: the log {} names no shard", log.folder.string(), log.head.origin));
    evidence::TileReader reader(log.read, log.head.size);
    std::uint64_t place = archive.leaves(log.shard);
    for (std::uint64_t tile = place / evidence::kTileWidth;
         const unsigned width = evidence::width_at(log.head.size, 0, tile); ++tile) {
      const std::string bundle = reader.bundle(tile);
      const auto entries = evidence::split_bundle(bundle, width);
      if (!entries) throw InputError(fmt::format("{}: entries of tile {} cannot be read", log.folder.string(), tile));
      for (auto at = tile * evidence::kTileWidth; const auto entry : *entries) {
        const auto leaf = at++ < place ? std::nullopt : evidence::parse_leaf(entry);
        if (!leaf) continue;
        archive.add(log.shard, at - 1, *leaf);
        ++done;
      }
      if (tile % 256 == 255) archive.commit();
    }
  }
  archive.commit();
  return done;
}

} // namespace onecode::app
