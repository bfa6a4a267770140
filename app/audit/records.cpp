#include "app/audit/records.hpp"

#include <fmt/format.h>

#include "app/errors.hpp"
#include "evidence/bundle.hpp"
#include "evidence/tlog_proof.hpp"

namespace onecode::app {

using archive::Archive;
using evidence::Leaf;

RecordReader::RecordReader(std::vector<LogFolder> logs, Archive* archive, const evidence::SubjectKeys& keys)
    : archive_(archive), keys_(keys) {
  for (auto& folder : logs) {
    const auto shard = folder.shard;
    const auto size = folder.head.size;
    auto read = folder.read;
    logs_[shard] = std::make_unique<Log>(Log{std::move(folder), evidence::TileReader(std::move(read), size)});
  }
}

RecordReader::Log& RecordReader::log(std::int32_t shard) {
  const auto it = logs_.find(shard);
  if (it == logs_.end()) throw InputError(fmt::format("the log of shard {} was not exported", shard));
  return *it->second;
}

std::vector<Archive::Place> RecordReader::find(std::string_view id) {
  if (archive_ != nullptr) return archive_->by_id(id);
  std::vector<Archive::Place> out;
  for (auto& [shard, log] : logs_) {
    std::uint64_t place = 0;
    for (std::uint64_t tile = 0; const unsigned width = evidence::width_at(log->reader.size(), 0, tile); ++tile) {
      const std::string bundle = log->reader.bundle(tile);
      const auto entries = evidence::split_bundle(bundle, width);
      if (!entries)
        throw Failure(kAnswerIsNo,
                      fmt::format("{}: entries of tile {} cannot be read", log->folder.folder.string(), tile));
      for (const auto entry : *entries) {
        const auto leaf = evidence::parse_leaf(entry);
        if (leaf && leaf->id == id) out.push_back({shard, place});
        ++place;
      }
    }
  }
  return out;
}

std::string RecordReader::entry(const Archive::Place& at) {
  auto& of = log(at.shard);
  if (at.place >= of.reader.size())
    throw InputError(fmt::format("{}: entry {} was not exported yet", of.folder.folder.string(), at.place));
  return of.reader.entry(at.place);
}

ProvenRecord RecordReader::record(const Archive::Place& at) {
  auto& of = log(at.shard);
  ProvenRecord out;
  out.origin = of.folder.head.origin;
  out.shard = at.shard;
  out.place = at.place;
  out.leaf = entry(at);
  out.proof =
      evidence::to_text(evidence::TlogProof{{}, at.place, of.reader.inclusion_proof(at.place), of.folder.note});
  const auto leaf = evidence::parse_leaf(out.leaf);
  if (!leaf || archive_ == nullptr) return out;
  auto payload = archive_->payload(leaf->payload);
  if (auto* text = std::get_if<std::string>(&payload))
    out.payload = std::move(*text);
  else
    out.erased = std::get<Archive::Absent>(payload) == Archive::Absent::erased;
  const auto subject = archive_->subject(leaf->payload);
  out.about = subject.value_or("");
  if (const auto key = subject ? keys_.find(*subject) : std::nullopt) {
    const auto c = evidence::commit_to(*subject, *key, *leaf);
    if (c.value == leaf->subject) out.subject = evidence::subject_line(c.salt, *subject);
  }
  return out;
}

} // namespace onecode::app
