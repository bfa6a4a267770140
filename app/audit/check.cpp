#include "app/audit/check.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "app/files.hpp"
#include "evidence/check_log.hpp"
#include "evidence/leaf.hpp"
#include "evidence/tile_reader.hpp"

namespace onecode::app {
namespace {

namespace fs = std::filesystem;
using evidence::Verifier;

Judgement judge_log(const LogFolder& log, const std::vector<Verifier>& keys) {
  const auto by = evidence::signers_of(*evidence::parse_note(log.note), log.head.origin, keys);
  if (by.forged) return {kAnswerIsNo, "the checkpoint has a signature that is not of it", {}};
  std::uint64_t place = 0;
  std::string unreadable;
  Time last;
  try {
    evidence::check_log(log.read, log.head, [&](std::string_view entry) {
      const auto leaf = evidence::parse_leaf(entry);
      if (leaf)
        last = leaf->received;
      else if (unreadable.empty())
        unreadable = fmt::format("leaf {} cannot be read", place);
      ++place;
    });
  } catch (const evidence::TileMissing& e) {
    return {kUsage, e.what(), {}};
  } catch (const evidence::TileError& e) {
    return {kAnswerIsNo, e.what(), {}};
  }
  if (!unreadable.empty()) return {kAnswerIsNo, unreadable, {}};
  if (by.until && *by.until < last)
    return {kAnswerIsNo,
            fmt::format("expired key: the last leaf was received at {}, when the key was out of use",
                        evidence::utc_text(last)),
            {}};
  if (!by.good)
    return {kUsage,
            fmt::format("{} leaves fit the checkpoint, which no key that was given has signed (--keys)", place),
            {}};
  return {kDone, fmt::format("{} leaves, signed", place), {}};
}

std::vector<evidence::NoteKey> note_keys(const std::vector<Verifier>& keys) {
  std::vector<evidence::NoteKey> out;
  for (const auto& v : keys) out.push_back(v.key);
  return out;
}

} // namespace

std::string time_text(const Witnessed& w) {
  constexpr std::uint64_t kLast = 4'102'444'800; // 2100: it says so of itself
  return w.seconds < kLast ? format_time(Time{static_cast<std::int64_t>(w.seconds) * 1000})
                           : std::to_string(w.seconds);
}

Judgement judge(const LogFolder& log, const std::vector<Verifier>& keys, std::size_t wanted) {
  auto out = judge_log(log, keys);
  if (out.code == kAnswerIsNo) return out;
  auto witnesses = witnesses_of(*evidence::parse_note(log.note), note_keys(keys));
  if (!witnesses.forged.empty())
    return {kAnswerIsNo, fmt::format("the cosignature by {} is not of this checkpoint", witnesses.forged), {}};
  out.witnesses = std::move(witnesses.by);
  for (const auto& w : out.witnesses)
    out.text += fmt::format("{} {} at {}", &w == out.witnesses.data() ? ", witnessed by" : ",", w.name, time_text(w));
  if (log.head.size > 0 && out.witnesses.size() < wanted && out.code == kDone) {
    out.code = kUsage;
    out.text += fmt::format(", and {} witnesses are wanted", wanted);
  }
  return out;
}

Judgement judge_since(const LogFolder& log, const std::string& file, const std::vector<Verifier>& keys) {
  const std::string text = read_file(file);
  const auto note = evidence::parse_note(text);
  const auto old = note ? evidence::parse_checkpoint(note->text) : std::nullopt;
  if (!old) return {kAnswerIsNo, file + ": is no signed checkpoint", {}};
  const auto by = evidence::signers_of(*note, old->origin, keys);
  if (by.forged) return {kAnswerIsNo, file + ": has a signature that is not of it", {}};
  if (!by.good) return {kUsage, file + ": is signed by no key that was given (--keys)", {}};
  if (old->size > log.head.size)
    return {kUsage, fmt::format("{}: is of {} leaves, the export has {}", file, old->size, log.head.size), {}};
  evidence::TileReader reader(log.read, log.head.size);
  try {
    const auto proof = reader.consistency_proof(old->size);
    if (!evidence::consistent(old->size, old->root, log.head.size, log.head.root, proof))
      return {
          kAnswerIsNo, fmt::format("the log forks: its first {} leaves are not those of {}", old->size, file), {}};
  } catch (const evidence::TileMissing& e) {
    return {kUsage, e.what(), {}};
  } catch (const evidence::TileError& e) {
    return {kAnswerIsNo, e.what(), {}};
  }
  return {kDone, fmt::format("it goes on from the {} leaves of {}", old->size, file), {}};
}

std::string origin_of(const std::string& file) {
  const auto note = evidence::parse_note(read_file(file));
  const auto head = note ? evidence::parse_checkpoint(note->text) : std::nullopt;
  return head ? head->origin : std::string{};
}

bool is_bundle(const fs::path& folder) {
  return fs::exists(fs::symlink_status(folder / evidence::kManifestPath)) || fs::is_directory(folder / "records");
}

JudgedBundle judge_bundle(const fs::path& folder, const std::vector<Verifier>& keys) {
  std::vector<std::string> paths;
  std::error_code error;
  for (fs::recursive_directory_iterator i(folder, error), end; !error && i != end; i.increment(error)) {
    const auto status = i->symlink_status();
    if (fs::is_directory(status)) continue;
    const auto path = i->path().lexically_relative(folder).generic_string();
    if (!fs::is_regular_file(status)) return {{kAnswerIsNo, path + ": is no regular file", {}}, {}};
    paths.push_back(path);
  }
  if (error) throw InputError(folder.string() + ": " + error.message());
  try {
    const auto files = evidence::tile_folder(folder);
    auto sound = evidence::check_bundle(evidence::reader_of(*files), paths, keys);
    const auto& m = sound.manifest;
    auto text = fmt::format("{} {}, {} records, made {}, signed by {}", m.kind, m.id, sound.records.size(),
                            evidence::utc_text(m.made), sound.signer);
    return {{kDone, std::move(text), {}}, std::move(sound)};
  } catch (const evidence::BundleTampered& e) {
    return {{kAnswerIsNo, e.what(), {}}, {}};
  } catch (const evidence::BundleIncomplete& e) {
    return {{kUsage, e.what(), {}}, {}};
  }
}

} // namespace onecode::app
