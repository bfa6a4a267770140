#include "evidence/signed_note.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include "streams/authenticate.hpp"
#include "streams/base64.hpp"
#include "streams/sha256.hpp"

namespace onecode::evidence {
namespace {

using streams::base64_standard, streams::from_base64_any;

constexpr std::string_view kDash = "\xe2\x80\x94 "; // em dash, space
constexpr std::size_t kKeyId = 4, kTime = 8;

std::string type_of(NoteKey::Type type) {
  switch (type) {
    case NoteKey::Type::ed25519:
      return "\x01";
    case NoteKey::Type::cosignature:
      return "\x04";
    case NoteKey::Type::sm2:
      return "\xffonecode/sm2";
  }
  return {};
}

KeyAlgorithm algorithm_of(NoteKey::Type type) {
  return type == NoteKey::Type::sm2 ? KeyAlgorithm::sm2 : KeyAlgorithm::ed25519;
}

/// Neither spaces, those of Unicode among them, nor plus.
bool is_name(std::string_view name) {
  constexpr std::string_view spaces[] = {
      "\xc2\x85",     "\xc2\xa0",     "\xe1\x9a\x80", "\xe2\x80\x80", "\xe2\x80\x81", "\xe2\x80\x82", "\xe2\x80\x83",
      "\xe2\x80\x84", "\xe2\x80\x85", "\xe2\x80\x86", "\xe2\x80\x87", "\xe2\x80\x88", "\xe2\x80\x89", "\xe2\x80\x8a",
      "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80"};
  return !name.empty() && simdjson::validate_utf8(name.data(), name.size()) &&
         std::ranges::none_of(name, [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '+'; }) &&
         std::ranges::none_of(spaces, [&](auto space) { return name.find(space) != name.npos; });
}

/// Control characters, as C2SP counts them, could make a terminal show another text than the one that was signed.
bool is_signable(std::string_view text) {
  return text.ends_with('\n') && simdjson::validate_utf8(text.data(), text.size()) &&
         std::ranges::none_of(text, [](char c) { return c != '\n' && (static_cast<unsigned char>(c) < ' '); });
}

std::string cosigned_text(std::uint64_t seconds, std::string_view text) {
  return fmt::format("cosignature/v1\ntime {}\n{}", seconds, text);
}

std::string big_endian(std::uint64_t v) {
  std::string out;
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(v >> shift);
  return out;
}
std::uint64_t from_big_endian(std::string_view s) {
  std::uint64_t v = 0;
  for (const char c : s) v = v << 8 | static_cast<unsigned char>(c);
  return v;
}

std::optional<std::uint64_t> valid_at_seconds(const SignedNote& note, const NoteKey& key) {
  const auto id = key_id(key);
  const TrustedKey trusted = [&] {
    TrustedKey k;
    k.algorithm = algorithm_of(key.type);
    k.public_key = key.public_key;
    return k;
  }();
  for (const auto& s : note.signatures) {
    if (s.name != key.name || s.key_id != id) continue;
    if (key.type != NoteKey::Type::cosignature)
      return streams::verify_signature(trusted, note.text, s.bytes) ? std::optional<std::uint64_t>(0) : std::nullopt;
    if (s.bytes.size() < kTime) return std::nullopt;
    const std::uint64_t seconds = from_big_endian(std::string_view(s.bytes).substr(0, kTime));
    if (seconds > INT64_MAX) return std::nullopt;
    return streams::verify_signature(trusted, cosigned_text(seconds, note.text),
                                     std::string_view(s.bytes).substr(kTime))
               ? std::optional(seconds)
               : std::nullopt;
  }
  return std::nullopt;
}

/// A line without its newline, which must be there.
std::optional<std::string_view> take_line(std::string_view& text) {
  const auto end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const auto line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

} // namespace

std::string to_text(const SignedNote& note) {
  if (!is_signable(note.text))
    throw std::invalid_argument("a note is text that ends with a newline, without control characters");
  std::string out = note.text + '\n';
  for (const auto& s : note.signatures)
    out += fmt::format("{}{} {}\n", kDash, s.name, base64_standard(std::string(s.key_id.data(), kKeyId) + s.bytes));
  return out;
}

std::optional<SignedNote> parse_note(std::string_view text) {
  const auto split = text.rfind("\n\n");
  if (split == std::string_view::npos || !text.ends_with('\n')) return std::nullopt;
  if (!simdjson::validate_utf8(text.data(), text.size())) return std::nullopt; // signatures have names
  SignedNote note;
  note.text = text.substr(0, split + 1);
  if (!is_signable(note.text)) return std::nullopt;
  for (auto rest = text.substr(split + 2); !rest.empty();) {
    auto line = *take_line(rest);
    if (!line.starts_with(kDash)) return std::nullopt;
    line.remove_prefix(kDash.size());
    const auto space = line.find(' ');
    if (space == std::string_view::npos || !is_name(line.substr(0, space))) return std::nullopt;
    const auto encoded = line.substr(space + 1);
    const auto bytes = from_base64_any(encoded);
    if (!bytes || bytes->size() <= kKeyId || base64_standard(*bytes) != encoded) return std::nullopt;
    auto& s = note.signatures.emplace_back();
    s.name = line.substr(0, space);
    std::copy_n(bytes->begin(), kKeyId, s.key_id.begin());
    s.bytes = bytes->substr(kKeyId);
  }
  if (note.signatures.empty()) return std::nullopt;
  return note;
}

std::array<char, 4> key_id(const NoteKey& key) {
  streams::Sha256 hash;
  hash.add(key.name);
  hash.add("\n");
  hash.add(type_of(key.type));
  hash.add(key.public_key);
  const std::string digest = hash.finish();
  std::array<char, 4> id{};
  std::copy_n(digest.begin(), kKeyId, id.begin());
  return id;
}

std::string verifier_of(const NoteKey& key) {
  std::string id;
  for (const char c : key_id(key)) id += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return fmt::format("{}+{}+{}", key.name, id, base64_standard(type_of(key.type) + key.public_key));
}

std::optional<NoteKey> parse_verifier(std::string_view text) {
  const auto first = text.find('+');
  const auto second = first == std::string_view::npos ? first : text.find('+', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  const auto bytes = from_base64_any(text.substr(second + 1));
  if (!bytes || !is_name(text.substr(0, first))) return std::nullopt;
  for (const auto type : {NoteKey::Type::ed25519, NoteKey::Type::cosignature, NoteKey::Type::sm2}) {
    const std::string prefix = type_of(type);
    const std::size_t size = type == NoteKey::Type::sm2 ? 65 : 32;
    if (!bytes->starts_with(prefix) || bytes->size() != prefix.size() + size) continue;
    NoteKey key{std::string(text.substr(0, first)), type, bytes->substr(prefix.size())};
    if (verifier_of(key) == text) return key;
  }
  return std::nullopt;
}

NoteSignature sign_note(const NoteKey& key, std::string_view private_key, std::string_view text,
                        std::uint64_t seconds) {
  NoteSignature out{key.name, key_id(key), {}};
  out.bytes =
      key.type == NoteKey::Type::cosignature
          ? big_endian(seconds) + streams::sign(KeyAlgorithm::ed25519, private_key, cosigned_text(seconds, text))
          : streams::sign(algorithm_of(key.type), private_key, text);
  return out;
}

bool signed_by(const SignedNote& note, const NoteKey& key) { return valid_at_seconds(note, key).has_value(); }

std::optional<std::uint64_t> cosigned_at(const SignedNote& note, const NoteKey& witness) {
  return witness.type == NoteKey::Type::cosignature ? valid_at_seconds(note, witness) : std::nullopt;
}

std::string to_text(const Checkpoint& c) {
  std::string out = fmt::format("{}\n{}\n{}\n", c.origin, c.size,
                                base64_standard({reinterpret_cast<const char*>(c.root.data()), c.root.size()}));
  for (const auto& line : c.more) out += line + '\n';
  return out;
}

std::optional<Checkpoint> parse_checkpoint(std::string_view text) {
  Checkpoint c;
  const auto origin = take_line(text), size = take_line(text), root = take_line(text);
  if (!origin || !size || !root || origin->empty()) return std::nullopt;
  c.origin = *origin;
  const auto [end, error] = std::from_chars(size->data(), size->data() + size->size(), c.size);
  if (error != std::errc{} || end != size->data() + size->size() || (size->size() > 1 && size->front() == '0'))
    return std::nullopt;
  const auto bytes = from_base64_any(*root);
  if (!bytes || bytes->size() != c.root.size() || base64_standard(*bytes) != *root) return std::nullopt;
  std::ranges::copy(*bytes, reinterpret_cast<char*>(c.root.data()));
  while (!text.empty()) {
    const auto line = take_line(text);
    if (!line || line->empty()) return std::nullopt;
    c.more.emplace_back(*line);
  }
  return c;
}

std::optional<Checkpoint> signed_checkpoint(std::string_view text, std::string_view origin, const NoteKey& log) {
  const auto note = parse_note(text);
  if (!note || !signed_by(*note, log)) return std::nullopt;
  auto c = parse_checkpoint(note->text);
  if (c && c->origin != origin) return std::nullopt;
  return c;
}

} // namespace onecode::evidence
