// A bundle: the evidence of one record, case or person as a folder. Functions of bytes, as in formats.hpp; the folder is read in verify.cpp.
//   manifest                  a signed note whose text is
//                               onecode-bundle/1
//                               about KIND ID            account, device, integration, issuer, case or record; ID without spaces
//                               made TIME                RFC 3339, UTC, milliseconds
//                               file SHA256 SIZE PATH    one for each file but this one, paths ascending as bytes
//   records/NNNN.leaf         0001 and on, without gaps
//   records/NNNN.tlog-proof   that the leaf is in its log
//   records/NNNN.payload      the bytes that the leaf has the SHA-256 of; may be missing, for it may have been erased
//   records/NNNN.subject      64 hexadecimal digits, a space, the subject, a newline: opens the leaf's subject; may be missing
//   PATH                      one to four parts of [A-Za-z0-9._:-]+ between slashes, none of them . or ..
//   Source                    docs/evidence.md
#pragma once

#include <map>
#include <set>

#include "verify/formats.hpp"

namespace verify {

struct ManifestFile {
  std::string path;
  std::uint64_t size = 0;
  Hash sha256{};
};

struct Manifest {
  std::string kind, id;
  std::int64_t made = 0; // ms since 1970
  std::vector<ManifestFile> files;
  std::string signers;  // names, of those that were given
  bool trusted = false; // all who signed it were given
};

inline bool is_bundle_path(std::string_view path) {
  for (int parts = 1;; ++parts) {
    const auto part = path.substr(0, path.find('/'));
    const bool ok = !part.empty() && part != "." && part != ".." && parts <= 4 &&
                    std::all_of(part.begin(), part.end(), [](char c) {
                      return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                             ".-_:"sv.find(c) != std::string_view::npos;
                    });
    if (!ok) return false;
    if (part.size() == path.size()) return true;
    path.remove_prefix(part.size() + 1);
  }
}

inline std::optional<Hash> read_hex_hash(std::string_view text) {
  Hash out{};
  if (text.size() != 2 * out.size()) return std::nullopt;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto digit = "0123456789abcdef"sv.find(text[i]);
    if (digit == std::string_view::npos) return std::nullopt;
    out[i / 2] = static_cast<char>(octets(view(out))[i / 2] << 4 | digit);
  }
  return out;
}

inline Manifest read_manifest(std::string_view bytes, const Keys& keys, const std::string& name) {
  const auto note = read_note(bytes, keys, name);
  auto rest = note.text;
  int n = 0;
  const auto bad = [&](const char* wanted) {
    tampered(name + ", line " + std::to_string(n) + " is not what a manifest has there: " + wanted);
  };
  const auto take = [&](std::string_view& line, std::string_view start, const char* wanted) {
    if (!line.starts_with(start)) bad(wanted);
    line.remove_prefix(start.size());
  };
  const auto line_after = [&](std::string_view start, const char* wanted) {
    ++n;
    auto line = next_line(rest).value_or("");
    take(line, start, wanted);
    return line;
  };
  /// Up to the next space, which goes too.
  const auto word = [&](std::string_view& line, const char* wanted) {
    const auto out = line.substr(0, line.find(' '));
    line.remove_prefix(out.size());
    take(line, " ", wanted);
    return out;
  };

  Manifest out;
  const auto version = number(line_after("onecode-bundle/", "onecode-bundle/1"));
  if (!version || *version == 0) bad("onecode-bundle/1");
  if (*version > 1) incomplete(name + " is of version " + std::to_string(*version) + ", which is not known here");

  constexpr std::string_view kinds[] = {"account", "device", "integration", "issuer", "case", "record"};
  auto line = line_after("about ", "about KIND ID");
  out.kind = word(line, "about KIND ID");
  out.id = line;
  if (std::find(std::begin(kinds), std::end(kinds), out.kind) == std::end(kinds)) bad("a known kind");
  if (out.id.empty() || out.id.find(' ') != std::string::npos) bad("an ID without spaces");

  line = line_after("made ", "made TIME");
  const auto made = read_time(line);
  if (!made || line.size() != "2026-11-30T05:00:00.000Z"sv.size())
    bad("made TIME, RFC 3339 in UTC with milliseconds");
  out.made = *made;

  while (!rest.empty()) {
    const auto wanted = "file SHA256 SIZE PATH";
    line = line_after("file ", wanted);
    const auto hash = read_hex_hash(word(line, wanted));
    const auto size = number(word(line, wanted));
    if (!hash || !size || !is_bundle_path(line) || line == "manifest") bad(wanted);
    if (!out.files.empty() && line <= out.files.back().path) bad("a path after the one before it");
    out.files.push_back({std::string(line), *size, *hash});
  }

  for (const auto* key : note.signers) {
    const bool in_time = std::any_of(note.signers.begin(), note.signers.end(), [&](const Key* k) {
      return k->name == key->name && k->id == key->id && k->from <= out.made && out.made <= k->until;
    });
    if (!in_time) tampered(name + " is signed by an expired key: " + key->name + " did not count when it was made");
    out.signers += (out.signers.empty() ? "" : ", ") + key->name;
  }
  out.trusted = !note.signers.empty() && !note.others && note.witnesses.empty();
  return out;
}

/// records/0001: how the files of a record begin.
inline std::string record_stem(std::uint64_t number) {
  const auto digits = std::to_string(number);
  return "records/" + std::string(4 - std::min<std::size_t>(digits.size(), 4), '0') + digits;
}

/// nullopt: no file of a record.
inline std::optional<std::uint64_t> record_number(std::string_view path) {
  constexpr auto folder = "records/"sv;
  if (!path.starts_with(folder)) return std::nullopt;
  const auto stem = path.substr(0, path.find('.'));
  auto digits = stem.substr(folder.size());
  if (stem == path || digits.size() < 4 || digits.find_first_not_of("0123456789") != digits.npos) return std::nullopt;
  digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
  const auto n = number(digits);
  if (!n || record_stem(*n) != stem) tampered(std::string(path) + " is not how a record is numbered");
  return n;
}

/// What a bundle has of one record. nullopt: there is no such file.
struct Record {
  std::string name; // of its files without what ends them
  std::optional<std::string> leaf, proof, subject;
  std::optional<Hash> payload, payload_sm3; // of the file: SHA-256, SM3
};

/// The records of one bundle: each by itself, and that they do not contradict each other.
class Records {
public:
  explicit Records(const Keys& keys) : keys_(keys) {}

  struct Read {
    Leaf leaf; // views of the record
    std::uint64_t index;
    Checkpoint head;
  };
  Read check(const Record& r) {
    const auto leaf_name = r.name + ".leaf", proof_name = r.name + ".tlog-proof";
    if (!r.leaf) tampered(leaf_name + " is not in the bundle, and other files of that record are");
    if (!r.proof) tampered(proof_name + " is not in the bundle: nothing shows that the leaf was in a log");
    const auto proof = read_proof(*r.proof, keys_, proof_name);
    const auto& head = proof.head;
    if (!included(proof.index, leaf_hash(*r.leaf), proof.path, head.size, head.root))
      tampered(proof_name + " does not prove that " + leaf_name + " is entry " + std::to_string(proof.index) +
               " of the " + std::to_string(head.size) + " of the log " + head.origin);
    const auto leaf = read_leaf(*r.leaf, leaf_name);
    if (r.payload && *r.payload != to_hash(leaf.payload))
      tampered(r.name + ".payload is not what " + leaf_name + " has the SHA-256 of");
    if (r.payload && !leaf.payload_sm3.empty() && *r.payload_sm3 != to_hash(leaf.payload_sm3))
      tampered(r.name + ".payload is not what " + leaf_name + " has the SM3 of");
    if (r.subject) check_subject(*r.subject, leaf, r.name + ".subject");
    if (!head.trusted) incomplete("no key was given that has the name " + head.origin + " and signed " + proof_name);
    head.need_time(leaf.received, proof_name, leaf_name);
    const auto& [first, first_name] = heads_.try_emplace(head.origin, head, proof_name).first->second;
    if (first.size != head.size || first.root != head.root)
      tampered("the log forks: " + proof_name + " has another head of " + head.origin + " than " + first_name);
    const auto [entry, fresh] = entries_.try_emplace({head.origin, proof.index}, leaf_name);
    if (!fresh) tampered(leaf_name + " is the same entry as " + entry->second);
    return {leaf, proof.index, head};
  }

private:
  static void check_subject(std::string_view text, const Leaf& leaf, const std::string& name) {
    const auto line = next_line(text).value_or("");
    const auto salt = read_hex_hash(line.substr(0, 64));
    if (!text.empty() || !salt || line.size() < 66 || line[64] != ' ')
      tampered(name + " is no salt, a space, a subject and a newline");
    if (view(sha256({view(*salt), line.substr(65)})) != leaf.subject)
      tampered(name + " does not open the subject that the leaf commits to");
  }

  const Keys& keys_;
  std::map<std::string, std::pair<Checkpoint, std::string>> heads_;      // by origin; the file it stood in first
  std::map<std::pair<std::string, std::uint64_t>, std::string> entries_; // by origin and index
};

} // namespace verify
