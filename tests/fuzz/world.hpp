// Keys, a small log and its files that targets start from; the same in each run.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "domain/policy.hpp"
#include "evidence/leaf.hpp"
#include "evidence/signed_note.hpp"
#include "evidence/tile_reader.hpp"
#include "tests/fuzz/target.hpp"
#include "tests/unit/evidence/log_world.hpp"
#include "verify/formats.hpp"

namespace onecode_test::fuzz {

using Files = std::map<std::string, std::string>; // path, bytes

/// Two keys of one log: Ed25519, and SM2.
struct Keys {
  LogKey log;
  std::string sm2_private = std::string(31, 'k') + '2';
  NoteKey sm2{log.key.name, NoteKey::Type::sm2,
              onecode::streams::key_pair_from_private(onecode::KeyAlgorithm::sm2, sm2_private).public_key};
  verify::Keys second{verify::read_key(verifier_of(log.key), "key").value(),
                      verify::read_key(verifier_of(sm2), "key").value()};

  NoteSignature by_log(const std::string& text) const { return sign_note(log.key, log.private_key, text); }
  NoteSignature by_sm2(const std::string& text) const { return sign_note(sm2, sm2_private, text); }
};
inline const Keys& keys() {
  static const Keys k;
  return k;
}

/// Scan, decision, timer … as a shard logs them, whose payloads are payload_of(i) and whose subject is kSubject.
constexpr std::string_view kSubject = "a-0012345";
inline std::string payload_of(std::uint64_t i) { return "payload " + std::to_string(i); }
inline Commitment commitment_of(std::uint64_t i) {
  Leaf place;
  place.at = onecode::TopicPartition{onecode::Topic::scans, 3};
  place.offset = static_cast<std::int64_t>(i / 2);
  return commit_to(kSubject, sha256({"key"}), place);
}
inline std::string leaf_at(std::uint64_t i) {
  const std::string payload = payload_of(i), id = "id-" + std::to_string(i);
  Leaf leaf;
  leaf.kind = i % 2 == 0 ? LeafKind::scan : LeafKind::decision;
  leaf.id = id;
  leaf.subject = commitment_of(i).value;
  leaf.payload = sha256({payload});
  leaf.time = onecode::Time{1772424000123};
  leaf.received = onecode::Time{1772424000456};
  leaf.clock = LeafClock::synced;
  leaf.at = onecode::TopicPartition{onecode::Topic::scans, 3};
  leaf.offset = static_cast<std::int64_t>(i / 2);
  leaf.from = i % 2 == 0 ? leaf.offset : 0;
  leaf.policy = "p-1";
  leaf.build = "b";
  leaf.mac = i % 2 == 0 ? "mac" : "";
  std::string out;
  append(out, leaf);
  return out;
}

constexpr std::uint64_t kSmall = 3, kLarge = 300;
/// The log's files at that size, older partial tiles included.
inline const Files& log_files(std::uint64_t size) {
  static std::map<std::uint64_t, Files> made;
  auto& files = made[size];
  if (files.empty()) {
    MemoryFiles memory;
    publish_at(memory, keys().log, {1, kSmall, size}, leaf_at);
    files = memory.files;
  }
  return files;
}

inline ReadFile reader_of(const Files& files) {
  return [&files](const std::string& path) -> std::optional<std::string> {
    const auto found = files.find(path);
    return found == files.end() ? std::nullopt : std::optional(found->second);
  };
}

/// Files as a target gets them: a name in its list, 2 bytes of length, the bytes. Whoever mutates them moves, cuts and exchanges files too.
inline std::string packed(const Files& files, const std::vector<std::string>& names) {
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i)
    if (const auto found = files.find(names[i]); found != files.end())
      out += big_endian(i, 1) + big_endian(found->second.size(), 2) + found->second;
  return out;
}
inline Files unpacked(std::string_view input, const std::vector<std::string>& names) {
  Files out;
  Reader r(input);
  while (!r.rest().empty()) {
    const auto name = r.number(1) % names.size(), length = r.number(2);
    out[names[name]] = r.bytes(length);
  }
  return out;
}

/// What onecode-verify reads; nullopt: it refuses.
template <class Read>
auto second(Read read) -> std::optional<decltype(read())> {
  try {
    return read();
  } catch (const verify::Failure&) {
    return std::nullopt;
  }
}

inline std::string bytes_of(const TreeHash& h) { return {h.begin(), h.end()}; }

} // namespace onecode_test::fuzz
