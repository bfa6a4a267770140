#include "app/audit/witnessing.hpp"

#include <fmt/format.h>
#include <httplib.h>

#include <algorithm>
#include <memory>
#include <set>

#include "app/errors.hpp"
#include "app/files.hpp"
#include "evidence/tile_reader.hpp"
#include "evidence/tiles.hpp"

namespace onecode::app {
namespace {

constexpr const char* kCosigned = "cosigned/";

/// The first of these names that is free.
std::string free_name(evidence::TileFiles& log, std::uint64_t size) {
  for (unsigned n = 1;; ++n) {
    auto path = n == 1 ? fmt::format("{}{}", kCosigned, size) : fmt::format("{}{}-{}", kCosigned, size, n);
    if (!log.get(path)) return path;
  }
}

} // namespace

std::vector<evidence::NoteKey> read_log_keys(const std::string& file) {
  std::vector<evidence::NoteKey> out;
  const std::string text = read_file(file);
  std::size_t number = 1;
  for (std::string_view rest = text; !rest.empty(); ++number) {
    const auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    if (line.empty()) continue;
    auto key = evidence::parse_verifier(line.substr(0, line.find(' ')));
    if (!key) throw InputError(fmt::format("{}:{}: is no verifier key (NAME+ID+KEY)", file, number));
    out.push_back(std::move(*key));
  }
  return out;
}

evidence::WitnessKey read_witness_key(const std::string& file) {
  auto key = evidence::parse_witness_key(read_file(file));
  if (!key) throw InputError(file + ": is no witness key (onecode keys witness)");
  return std::move(*key);
}

WitnessAddress parse_witness(const std::string& text) {
  const auto equals = text.find('=');
  WitnessAddress out;
  out.url = text.substr(0, equals);
  while (out.url.ends_with('/')) out.url.pop_back();
  const auto key = equals == std::string::npos ? std::nullopt : evidence::parse_verifier(text.substr(equals + 1));
  if (!key || key->type != evidence::NoteKey::Type::cosignature ||
      (!out.url.starts_with("http://") && !out.url.starts_with("https://")))
    throw UsageError(fmt::format(
        "--witness wants URL=VERIFIER, as in http://w1.example:9465=w1.example+ID+KEY; \"{}\" is not", text));
  out.key = *key;
  return out;
}

evidence::SendToWitness sender(const WitnessAddress& witness) {
  const auto path = witness.url.find('/', witness.url.find("://") + 3);
  const auto client = std::make_shared<httplib::Client>(witness.url.substr(0, path));
  client->set_connection_timeout(5);
  client->set_read_timeout(15);
  client->set_keep_alive(true);
  return [client, prefix = path == std::string::npos ? std::string() : witness.url.substr(path)](
             const std::string& request) -> std::optional<evidence::WitnessReply> {
    const auto answer = client->Post(prefix + evidence::kAddCheckpointPath, request, "text/plain; charset=utf-8");
    if (!answer) return std::nullopt;
    return evidence::WitnessReply{answer->status, answer->body};
  };
}

std::vector<std::string> have_cosigned(evidence::TileFiles& log, const std::string& before,
                                       const std::vector<WitnessAddress>& witnesses,
                                       const std::function<evidence::SendToWitness(const WitnessAddress&)>& send_to,
                                       const std::function<void(const std::string&)>& odd) {
  std::vector<std::string> out;
  auto note = evidence::parse_note(log.get(evidence::kCheckpointPath).value_or(std::string{}));
  const auto head = note ? evidence::parse_checkpoint(note->text) : std::nullopt;
  if (!head || head->size == 0) return out; // nothing to vouch for, and not every witness goes on from nothing
  const auto note_before = evidence::parse_note(before);
  const auto head_before = note_before ? evidence::parse_checkpoint(note_before->text) : std::nullopt;
  evidence::TileReader reader(evidence::reader_of(log), head->size);
  bool added = false;
  for (const auto& w : witnesses) {
    if (!evidence::cosigned_at(*note, w.key)) {
      const bool seen = head_before && head_before->size <= head->size && evidence::cosigned_at(*note_before, w.key);
      const auto answer = evidence::ask_witness(
          *note, w.key, seen ? head_before->size : 0,
          [&](std::uint64_t from) { return reader.consistency_proof(from); }, send_to(w));
      if (!answer.cosignature) {
        odd(fmt::format("{}: not cosigned: the witness {} at {} {}", head->origin, w.key.name, w.url,
                        answer.why_not));
        continue;
      }
      std::erase_if(note->signatures, [&](const auto& s) {
        return s.name == answer.cosignature->name && s.key_id == answer.cosignature->key_id;
      });
      note->signatures.push_back(*answer.cosignature);
      added = true;
    }
    out.push_back(w.key.name);
  }
  if (added) {
    const std::string text = evidence::to_text(*note);
    log.put(free_name(log, head->size), text);
    log.put(evidence::kCheckpointPath, text);
  }
  return out;
}

Witnesses witnesses_of(const evidence::SignedNote& note, const std::vector<evidence::NoteKey>& keys) {
  Witnesses out;
  std::set<std::string> counted; // the same key under two names is one witness
  for (const auto& key : keys) {
    if (key.type != evidence::NoteKey::Type::cosignature) continue;
    const auto seconds = evidence::cosigned_at(note, key);
    if (seconds && counted.insert(key.public_key).second) out.by.push_back({key.name, *seconds});
    const auto id = evidence::key_id(key);
    if (!seconds &&
        std::ranges::any_of(note.signatures, [&](const auto& s) { return s.name == key.name && s.key_id == id; }))
      out.forged = key.name;
  }
  return out;
}

} // namespace onecode::app
