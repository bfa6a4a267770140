#include "actors/checkpoints.hpp"

#include "actors/planted.hpp"
#include "evidence/signed_note.hpp"

namespace onecode::actors {
namespace {

using evidence::NoteKey;

std::string origin_of(const std::string& name, std::int32_t shard) { return name + '/' + std::to_string(shard); }

NoteKey note_key(const std::string& origin, KeyAlgorithm algorithm, const std::string& private_key) {
  return {origin, algorithm == KeyAlgorithm::sm2 ? NoteKey::Type::sm2 : NoteKey::Type::ed25519,
          streams::key_pair_from_private(algorithm, private_key).public_key};
}

} // namespace

Checkpoints::Checkpoints(std::string name, const streams::Secrets& secrets)
    : name_(std::move(name)),
      ed25519_(secrets.find("evidence-key").value_or(std::string{})),
      sm2_(secrets.find("evidence-key-sm2").value_or(std::string{})) {}

std::vector<streams::OutRecord> Checkpoints::sign(Crew& crew, std::int64_t now_ms, Due due) {
  std::vector<streams::OutRecord> out;
  signed_.clear();
  if (ed25519_.empty()) return out;
  for (const auto shard : crew.shards()) {
    const auto& log = crew.shard(shard).log();
    const auto& tree = planted(Mistake::head_signed_before_commit) ? log.head().tree : log.committed_head().tree;
    const auto last = published_.find(shard);
    if (tree.size() == 0 && !log.kept()) continue;
    if (last != published_.end() &&
        (tree.size() == last->second.size || (due == Due::now && now_ms < last->second.at_ms + kCheckpointEveryMs)))
      continue;
    const std::string origin = origin_of(name_, shard);
    evidence::SignedNote note{evidence::to_text(evidence::Checkpoint{origin, tree.size(), tree.root(), {}}), {}};
    const auto sign = [&](KeyAlgorithm algorithm, const std::string& key) {
      if (!key.empty())
        note.signatures.push_back(evidence::sign_note(note_key(origin, algorithm, key), key, note.text));
    };
    sign(KeyAlgorithm::ed25519, ed25519_);
    sign(KeyAlgorithm::sm2, sm2_);
    auto& record = out.emplace_back();
    record.topic = Topic::checkpoints;
    record.key = origin;
    record.value = evidence::to_text(note);
    record.headers = {{"content-type", "text/plain; charset=utf-8"}};
    signed_[shard] = {tree.size(), now_ms};
  }
  return out;
}

void Checkpoints::published() {
  for (const auto& [shard, head] : signed_) published_[shard] = head;
  signed_.clear();
}

} // namespace onecode::actors
