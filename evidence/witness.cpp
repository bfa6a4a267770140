#include "evidence/witness.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "streams/authenticate.hpp"
#include "streams/base64.hpp"

namespace onecode::evidence {
namespace {

using streams::base64_standard, streams::from_base64_any;

constexpr std::string_view kOld = "old ", kPrivate = "PRIVATE+KEY+";
constexpr std::size_t kMostHashes = 63;
constexpr const char* kPlain = "text/plain; charset=utf-8";
constexpr unsigned kTries = 3; // others may ask the same witness in between

/// Decimal, one spelling only.
std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc{} || end != text.data() + text.size() || std::to_string(n) != text) return std::nullopt;
  return n;
}

std::optional<TreeHash> hash_in(std::string_view line) {
  const auto bytes = from_base64_any(line);
  if (!bytes || bytes->size() != sizeof(TreeHash) || base64_standard(*bytes) != line) return std::nullopt;
  TreeHash out;
  std::ranges::copy(*bytes, reinterpret_cast<char*>(out.data()));
  return out;
}

WitnessAnswer refuse(int status, std::string_view why) {
  return {status, fmt::format("{}\n", why), kPlain, std::nullopt, false};
}

/// NAME+ID+ of a key in text; what follows is base64, which may have a plus itself. Empty: it is none.
std::string_view before_key(std::string_view text) {
  const auto first = text.find('+');
  const auto second = first == std::string_view::npos ? first : text.find('+', first + 1);
  return second == std::string_view::npos ? std::string_view{} : text.substr(0, second + 1);
}

std::string lines_of(const SignedNote& note) {
  const std::string all = to_text(note);
  return all.substr(note.text.size() + 1);
}

} // namespace

std::string to_text(const AddCheckpoint& request) {
  std::string out = fmt::format("{}{}\n", kOld, request.old);
  for (const auto& h : request.proof) out += base64_standard(view(h)) + '\n';
  return out + '\n' + request.checkpoint;
}

std::optional<AddCheckpoint> parse_add_checkpoint(std::string_view text) {
  AddCheckpoint out;
  for (bool first = true;; first = false) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    const auto line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (first) {
      const auto old = line.starts_with(kOld) ? number(line.substr(kOld.size())) : std::nullopt;
      if (!old) return std::nullopt;
      out.old = *old;
    } else if (line.empty()) {
      break;
    } else {
      const auto hash = hash_in(line);
      if (!hash || out.proof.size() == kMostHashes) return std::nullopt;
      out.proof.push_back(*hash);
    }
  }
  out.checkpoint = text;
  return out;
}

std::string to_text(const WitnessKey& key) {
  // A verifier key with the private half where the public one stands.
  const std::string verifier = verifier_of(key.key);
  return fmt::format("{}{}{}\n", kPrivate, before_key(verifier), base64_standard("\x04" + key.private_key));
}

std::optional<WitnessKey> parse_witness_key(std::string_view text) {
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  if (!text.starts_with(kPrivate)) return std::nullopt;
  text.remove_prefix(kPrivate.size());
  const auto name = before_key(text);
  const auto bytes = from_base64_any(text.substr(name.size()));
  if (!bytes || bytes->size() != 33 || bytes->front() != '\x04') return std::nullopt;
  WitnessKey out{{std::string(text.substr(0, text.find('+'))), NoteKey::Type::cosignature, {}}, bytes->substr(1)};
  out.key.public_key = streams::ed25519_from_private(out.private_key).public_key;
  // Name and key id are those of this very key, or the file is none.
  const std::string verifier = verifier_of(out.key);
  if (!parse_verifier(verifier) || before_key(verifier) != name) return std::nullopt;
  return out;
}

WitnessAnswer answer_add_checkpoint(std::string_view request, const WitnessKey& witness,
                                    const std::vector<NoteKey>& logs, const LastCosigned& last,
                                    std::uint64_t seconds) {
  const auto asked = parse_add_checkpoint(request);
  if (!asked) return refuse(400, "wanted: old N, the proof, an empty line, a signed checkpoint");
  const auto note = parse_note(asked->checkpoint);
  const auto head = note ? parse_checkpoint(note->text) : std::nullopt;
  if (!head) return refuse(400, "what follows the proof is no signed checkpoint");

  bool known = false, good = false;
  for (const auto& key : logs) {
    if (key.name != head->origin || key.type == NoteKey::Type::cosignature) continue;
    known = true;
    good = good || signed_by(*note, key);
  }
  if (!known) return refuse(404, "this log is not known here");
  if (!good) return refuse(403, "no key that is known here for this log has signed");
  if (asked->old > head->size) return refuse(400, "the checkpoint is of fewer entries than the proof begins with");

  const auto seen = last(head->origin);
  const std::uint64_t size = seen ? seen->size : 0;
  const auto conflict = [&](bool contradicts) {
    return WitnessAnswer{409, fmt::format("{}\n", size), kLogSizeType, std::nullopt, contradicts};
  };
  const bool other = head->size == size && head->root != (seen ? seen->root : empty_root());
  if (asked->old != size || other) return conflict(other);
  if (!consistent(size, seen ? seen->root : empty_root(), head->size, head->root, asked->proof))
    return refuse(422, "the proof does not show that this checkpoint goes on from the last one");

  WitnessAnswer out{200, {}, kPlain, *head, false};
  out.body = lines_of({note->text, {sign_note(witness.key, witness.private_key, note->text, seconds)}});
  return out;
}

Cosigning ask_witness(const SignedNote& head, const NoteKey& witness, std::uint64_t seen,
                      const std::function<std::vector<TreeHash>(std::uint64_t before)>& proof_from,
                      const SendToWitness& send) {
  const auto checkpoint = parse_checkpoint(head.text);
  if (!checkpoint || seen > checkpoint->size) return {std::nullopt, "there is no head to be cosigned"};
  const std::string text = to_text(head);
  for (unsigned tried = 0; tried < kTries; ++tried) {
    const auto reply = send(to_text(AddCheckpoint{seen, proof_from(seen), text}));
    if (!reply) return {std::nullopt, "does not answer"};
    if (reply->status == 200) {
      const auto answered = parse_note(head.text + '\n' + reply->body);
      if (answered && cosigned_at(*answered, witness))
        for (const auto& s : answered->signatures)
          if (s.name == witness.name && s.key_id == key_id(witness)) return {s, {}};
      return {std::nullopt, "answers without a cosignature of this head by its key"};
    }
    const auto size =
        reply->status == 409 ? number(std::string_view(reply->body).substr(0, reply->body.find('\n'))) : std::nullopt;
    if (!size)
      return {std::nullopt,
              fmt::format("refuses: {} {}", reply->status, reply->body.substr(0, reply->body.find('\n')))};
    if (*size > checkpoint->size)
      return {std::nullopt,
              fmt::format("has cosigned a head of {} entries, and this one is of {}", *size, checkpoint->size)};
    if (*size == seen)
      return {std::nullopt,
              fmt::format("has cosigned another head of {} entries: one of the two is of a forged log", *size)};
    seen = *size;
  }
  return {std::nullopt, "is asked by others at the same time"};
}

} // namespace onecode::evidence
