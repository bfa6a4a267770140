#include "evidence/bundle.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "evidence/hex.hpp"
#include "evidence/sm3.hpp"
#include "evidence/tlog_proof.hpp"
#include "streams/authenticate.hpp"

namespace onecode::evidence {
namespace {

constexpr std::string_view kFormatName = "onecode-bundle/", kFormat = "onecode-bundle/1", kAbout = "about ",
                           kMade = "made ", kFile = "file ";
constexpr std::string_view kKinds[] = {"account", "device", "integration", "issuer", "case", "record"};
constexpr std::size_t kMostParts = 4;

std::string_view take_line(std::string_view& rest) {
  const auto line = rest.substr(0, rest.find('\n'));
  rest.remove_prefix(std::min(line.size() + 1, rest.size()));
  return line;
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  return error == std::errc{} && std::to_string(n) == text ? std::optional(n) : std::nullopt;
}

bool is_part(std::string_view part) {
  return !part.empty() && part != "." && part != ".." && std::ranges::all_of(part, [](char c) {
    return ('A' <= c && c <= 'Z') || ('a' <= c && c <= 'z') || ('0' <= c && c <= '9') || c == '.' || c == '_' ||
           c == ':' || c == '-';
  });
}

bool is_path(std::string_view path) {
  for (std::size_t n = 1; n <= kMostParts; ++n) {
    const auto slash = path.find('/');
    if (!is_part(path.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    path.remove_prefix(slash + 1);
  }
  return false;
}

std::optional<Manifest::File> parse_file(std::string_view line) {
  if (!line.starts_with(kFile)) return std::nullopt;
  line.remove_prefix(kFile.size());
  const auto one = line.find(' '), two = one == std::string_view::npos ? one : line.find(' ', one + 1);
  if (two == std::string_view::npos) return std::nullopt;
  const auto hash = hash_from_hex(line.substr(0, one));
  const auto size = number(line.substr(one + 1, two - one - 1));
  const auto path = line.substr(two + 1);
  if (!hash || !size || !is_path(path) || path == kManifestPath) return std::nullopt;
  return Manifest::File{std::string(path), *size, *hash};
}

std::string needed(const ReadFile& read, const std::string& path) {
  auto bytes = read(path);
  if (!bytes) throw BundleIncomplete(path + ": is missing");
  return std::move(*bytes);
}

bool of_later_version(std::string_view text) {
  auto line = take_line(text);
  if (!line.starts_with(kFormatName)) return false;
  line.remove_prefix(kFormatName.size());
  return number(line).value_or(0) > 1;
}

/// Each of its signatures must be good: one by an unknown key could be changed unseen.
Manifest signed_manifest(const ReadFile& read, const std::vector<Verifier>& verifiers, std::string& signer) {
  const std::string text = needed(read, kManifestPath);
  const auto note = parse_note(text);
  const auto manifest = note && to_text(*note) == text ? parse_manifest(note->text) : std::nullopt;
  if (!manifest && note && of_later_version(note->text))
    throw BundleIncomplete(std::string(kManifestPath) + ": is of a later version");
  if (!manifest) throw BundleTampered(std::string(kManifestPath) + ": is no signed manifest of a bundle");
  for (const auto& signature : note->signatures) {
    bool known = false, in_time = false;
    for (const auto& v : verifiers) {
      if (v.key.name != signature.name || v.key.type == NoteKey::Type::cosignature ||
          key_id(v.key) != signature.key_id)
        continue;
      known = true;
      if (!signed_by({note->text, {signature}}, v.key))
        throw BundleTampered(
            fmt::format("{}: the signature of {} is not of this text", kManifestPath, signature.name));
      in_time = in_time || v.in_time(manifest->made);
    }
    if (!known)
      throw BundleIncomplete(
          fmt::format("{}: is signed by {}, whose key nobody gave", kManifestPath, signature.name));
    if (!in_time)
      throw BundleTampered(fmt::format("{}: expired key: {} signed outside its time", kManifestPath, signature.name));
    signer += (signer.empty() ? "" : ", ") + signature.name;
  }
  if (note->signatures.empty()) throw BundleTampered(std::string(kManifestPath) + ": is not signed");
  return *manifest;
}

void check_files(const ReadFile& read, const std::vector<std::string>& paths, const Manifest& manifest) {
  // What was changed outweighs what is missing.
  std::set<std::string> there(paths.begin(), paths.end());
  there.erase(kManifestPath);
  std::string missing;
  for (const auto& file : manifest.files) {
    there.erase(file.path);
    const auto bytes = read(file.path);
    if (!bytes && missing.empty()) missing = file.path;
    if (bytes && (bytes->size() != file.size || sha256({*bytes}) != file.hash))
      throw BundleTampered(file.path + ": is not the file that the manifest names");
  }
  if (!there.empty()) throw BundleTampered(*there.begin() + ": the manifest knows nothing of it");
  if (!missing.empty()) throw BundleIncomplete(missing + ": is missing");
}

/// The log's head that a proof ends in, by a key that was given and in its time.
Checkpoint trusted_head(const std::string& path, const TlogProof& proof, const Leaf& leaf,
                        const std::vector<Verifier>& verifiers) {
  const auto note = parse_note(proof.checkpoint);
  const auto head = note ? parse_checkpoint(note->text) : std::nullopt;
  if (!head) throw BundleTampered(path + ": holds no signed checkpoint");
  const auto by = signers_of(*note, head->origin, verifiers);
  if (by.forged)
    throw BundleTampered(fmt::format("{}: the head of {} has a signature that is not of it", path, head->origin));
  if (!by.good)
    throw BundleIncomplete(fmt::format("{}: the head of {} is signed by no key that was given", path, head->origin));
  const bool in_time = !by.until || leaf.received <= *by.until;
  if (!in_time)
    throw BundleTampered(
        fmt::format("{}: expired key: the leaf was received at {}, when the key of {} was out of use", path,
                    utc_text(leaf.received), head->origin));
  return *head;
}

class Records {
public:
  Records(const ReadFile& read, const std::vector<Verifier>& verifiers) : read_(read), verifiers_(verifiers) {}

  std::vector<BundleRecord> check(const Manifest& manifest) {
    std::set<std::string> files;
    for (const auto& file : manifest.files)
      if (file.path.starts_with("records/")) files.insert(file.path);
    std::vector<BundleRecord> out;
    for (;;) {
      const std::string base = fmt::format("records/{:04}", out.size() + 1);
      if (!files.contains(base + ".leaf")) break;
      out.push_back(record(base, files));
      for (const auto* end : {".leaf", ".tlog-proof", ".payload", ".subject"}) files.erase(base + end);
    }
    if (!files.empty()) throw BundleTampered(*files.begin() + ": belongs to no record");
    return out;
  }

private:
  BundleRecord record(const std::string& base, const std::set<std::string>& files) {
    BundleRecord out{base + ".leaf", needed(read_, base + ".leaf"), {}, 0, 0, false, {}};
    const auto leaf = parse_leaf(out.leaf);
    if (!leaf && !out.leaf.empty() && static_cast<unsigned char>(out.leaf[0]) > kLastLeafVersion)
      throw BundleIncomplete(out.path + ": is of a later version");
    if (!leaf) throw BundleTampered(out.path + ": is no leaf");
    const std::string proof_path = base + ".tlog-proof";
    if (!files.contains(proof_path)) throw BundleTampered(proof_path + ": is not in the manifest");
    const std::string text = needed(read_, proof_path);
    const auto proof = parse_tlog_proof(text);
    if (!proof) throw BundleTampered(proof_path + ": is no proof");
    const auto head = trusted_head(proof_path, *proof, *leaf, verifiers_);
    if (!includes(head.root, head.size, proof->index, leaf_hash(out.leaf), proof->hashes))
      throw BundleTampered(fmt::format("{}: does not prove that the leaf is in the log {}", proof_path, head.origin));
    const auto& first = heads_.emplace(head.origin, head).first->second;
    if (first.size != head.size || first.root != head.root)
      throw BundleTampered(fmt::format("{}: the log {} has two heads in this bundle", proof_path, head.origin));
    if (!places_.emplace(head.origin, proof->index).second)
      throw BundleTampered(fmt::format("{}: is the same entry as another record", out.path));
    out.origin = head.origin;
    out.place = proof->index;
    out.size = head.size;
    if (files.contains(base + ".payload")) {
      const std::string bytes = needed(read_, base + ".payload");
      if (sha256({bytes}) != leaf->payload || (leaf->payload_sm3 && sm3({bytes}) != *leaf->payload_sm3))
        throw BundleTampered(base + ".payload: is not what the leaf commits to");
      out.payload = true;
    }
    if (files.contains(base + ".subject")) out.subject = opened(base + ".subject", *leaf);
    return out;
  }

  std::string opened(const std::string& path, const Leaf& leaf) const {
    const std::string text = needed(read_, path);
    constexpr std::size_t kSalt = 2 * sizeof(Hash);
    const auto salt = hash_from_hex(std::string_view(text).substr(0, kSalt));
    if (!salt || text.size() < kSalt + 2 || text[kSalt] != ' ' || text.find('\n') != text.size() - 1)
      throw BundleTampered(path + ": is no salt and subject");
    auto subject = text.substr(kSalt + 1, text.size() - kSalt - 2);
    if (!opens(leaf.subject, *salt, subject)) throw BundleTampered(path + ": is not whom the leaf is about");
    return subject;
  }

  const ReadFile& read_;
  const std::vector<Verifier>& verifiers_;
  std::map<std::string, Checkpoint> heads_;
  std::set<std::pair<std::string, std::uint64_t>> places_;
};

} // namespace

bool is_bundle_kind(std::string_view kind) { return std::ranges::find(kKinds, kind) != std::end(kKinds); }

std::string to_text(const Manifest& m) {
  std::string out = fmt::format("{}\n{}{} {}\n{}{}\n", kFormat, kAbout, m.kind, m.id, kMade, utc_text(m.made));
  for (const auto& f : m.files)
    out += fmt::format("{}{} {} {}\n", kFile, streams::to_hex(view(f.hash)), f.size, f.path);
  return out;
}

std::optional<Manifest> parse_manifest(std::string_view text) {
  const auto whole = text;
  if (!text.ends_with('\n') || take_line(text) != kFormat) return std::nullopt;
  Manifest out;
  auto line = take_line(text);
  if (!line.starts_with(kAbout)) return std::nullopt;
  line.remove_prefix(kAbout.size());
  const auto space = line.find(' ');
  if (space == std::string_view::npos || line.find(' ', space + 1) != std::string_view::npos) return std::nullopt;
  out.kind = line.substr(0, space);
  out.id = line.substr(space + 1);
  if (!is_bundle_kind(out.kind) || out.id.empty()) return std::nullopt;
  line = take_line(text);
  const auto made = line.starts_with(kMade) ? parse_utc(line.substr(kMade.size())) : std::nullopt;
  if (!made) return std::nullopt;
  out.made = *made;
  while (!text.empty()) {
    auto file = parse_file(take_line(text));
    if (!file || (!out.files.empty() && file->path <= out.files.back().path)) return std::nullopt;
    out.files.push_back(std::move(*file));
  }
  return to_text(out) == whole ? std::optional(std::move(out)) : std::nullopt;
}

std::string subject_line(const Hash& salt, std::string_view subject) {
  return fmt::format("{} {}\n", streams::to_hex(view(salt)), subject);
}

SoundBundle check_bundle(const ReadFile& read, const std::vector<std::string>& paths,
                         const std::vector<Verifier>& verifiers) {
  SoundBundle out;
  out.manifest = signed_manifest(read, verifiers, out.signer);
  check_files(read, paths, out.manifest);
  out.records = Records(read, verifiers).check(out.manifest);
  return out;
}

} // namespace onecode::evidence
