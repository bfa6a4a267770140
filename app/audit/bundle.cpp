#include "app/audit/bundle.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

#include "app/audit/verify_page.hpp"
#include "app/errors.hpp"
#include "app/files.hpp"
#include "archive/about.hpp"

namespace onecode::app {
namespace {

using archive::Archive;
using nlohmann::json;

/// What is behind the headers of a record in binary mode.
json parsed(std::string_view payload) {
  const auto start = payload.find('{');
  return start == std::string_view::npos ? json() : json::parse(payload.substr(start), nullptr, false);
}

/// Every text under members of this name, at whatever depth.
void texts_under(const json& value, const std::set<std::string>& names, bool inside, std::set<std::string>& out) {
  if (value.is_string() && inside) out.insert(value.get<std::string>());
  if (value.is_array())
    for (const auto& v : value) texts_under(v, names, inside, out);
  if (value.is_object())
    for (const auto& [name, v] : value.items()) texts_under(v, names, inside || names.contains(name), out);
}

struct Candidate {
  Archive::Place at;
  std::string id;
  Time time;
  std::set<std::string> named, rests_on; // cases; ids of events
};

std::vector<Candidate> candidates(RecordReader& reader, Archive& archive, const std::string& account) {
  std::vector<Candidate> out;
  for (const auto& at : archive.by_subject(account)) {
    const std::string entry = reader.entry(at);
    const auto leaf = evidence::parse_leaf(entry);
    if (!leaf) continue;
    auto& c = out.emplace_back(Candidate{at, std::string(leaf->id), leaf->time, {}, {}});
    const auto payload = archive.payload(leaf->payload);
    if (const auto* text = std::get_if<std::string>(&payload)) {
      const auto value = parsed(*text);
      texts_under(value, {"case"}, false, c.named);
      texts_under(value, {"evidence", "evidences", "findings", "scan"}, false, c.rests_on);
    }
  }
  return out;
}

std::vector<Archive::Place> of_case(const std::vector<Candidate>& all, const std::string& name) {
  std::set<std::string> ids;
  std::vector<bool> taken(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    taken[i] = all[i].named.contains(name);
    if (taken[i]) ids.insert(all[i].rests_on.begin(), all[i].rests_on.end());
  }
  // The findings that it rests on, then the scans that those rest on, then what was decided about these.
  for (int step = 0; step < 3; ++step)
    for (std::size_t i = 0; i < all.size(); ++i) {
      const bool decided =
          step == 2 && std::ranges::any_of(all[i].rests_on, [&](const auto& id) { return ids.contains(id); });
      if (taken[i] || (!ids.contains(all[i].id) && !decided)) continue;
      taken[i] = true;
      if (step < 2) ids.insert(all[i].rests_on.begin(), all[i].rests_on.end());
    }
  std::vector<Archive::Place> out;
  for (std::size_t i = 0; i < all.size(); ++i)
    if (taken[i]) out.push_back(all[i].at);
  return out;
}

/// Written at once and remembered for the manifest.
class Folder {
public:
  explicit Folder(std::filesystem::path path) : path_(std::move(path)) {}
  void add(const std::string& path, std::string_view bytes) {
    std::filesystem::create_directories((path_ / path).parent_path());
    write_file((path_ / path).string(), bytes);
    files_.push_back({path, bytes.size(), evidence::sha256({bytes})});
  }
  std::vector<evidence::Manifest::File> files() {
    std::ranges::sort(files_, {}, &evidence::Manifest::File::path);
    return files_;
  }

private:
  std::filesystem::path path_;
  std::vector<evidence::Manifest::File> files_;
};

void add_policies(Folder& folder, Archive& archive, const std::set<std::string>& versions) {
  for (const auto& version : versions)
    archive.each(archive::policy_subject(version),
                 [&](const std::string& payload) { folder.add(fmt::format("policy/{}.json", version), payload); });
}

} // namespace

std::vector<Archive::Place> select(const BundleRequest& request, RecordReader& reader, Archive& archive) {
  std::vector<Archive::Place> out;
  if (request.kind == "record") {
    out = reader.find(request.id);
  } else if (request.kind == "case") {
    out = of_case(candidates(reader, archive, request.account), request.id);
  } else {
    out = archive.by_subject(request.id);
  }
  if (out.empty())
    throw InputError(fmt::format("nothing can be read of {} {}: there is nothing, or its keys were destroyed",
                                 request.kind, request.id));
  return out;
}

BundleMade make_bundle(const BundleRequest& request, RecordReader& reader, Archive& archive,
                       const std::filesystem::path& path) {
  auto places = select(request, reader, archive);
  // As a reader tells it: when it came to be known, then when it happened, what was received before what followed.
  using Order = std::tuple<Time, Time, evidence::LeafKind>;
  std::vector<std::pair<Order, ProvenRecord>> records;
  for (const auto& at : places) {
    auto record = reader.record(at);
    const auto leaf = evidence::parse_leaf(record.leaf);
    records.emplace_back(leaf ? Order{leaf->received, leaf->time, leaf->kind} : Order{}, std::move(record));
  }
  std::ranges::stable_sort(records, {}, [](const auto& r) { return r.first; });

  BundleMade made;
  Folder folder(path);
  std::set<std::string> policies;
  std::vector<PageRow> rows;
  for (const auto& [order, record] : records) {
    const std::string base = fmt::format("records/{:04}", ++made.records);
    folder.add(base + ".leaf", record.leaf);
    folder.add(base + ".tlog-proof", record.proof);
    if (record.payload) folder.add(base + ".payload", *record.payload);
    if (record.subject) folder.add(base + ".subject", *record.subject);
    made.payloads += record.payload ? 1 : 0;
    made.erased += record.erased ? 1 : 0;
    const auto leaf = evidence::parse_leaf(record.leaf);
    if (!leaf) continue;
    if (!leaf->policy.empty()) policies.insert(std::string(leaf->policy));
    rows.push_back(page_row(made.records, record, *leaf));
  }
  add_policies(folder, archive, policies);
  folder.add("keys.txt", request.verifiers);
  folder.add("VERIFY.html", verify_page(request.kind, request.id, request.made, request.exporter, rows));

  const evidence::NoteKey key{
      request.exporter,
      request.key.algorithm == KeyAlgorithm::sm2 ? evidence::NoteKey::Type::sm2 : evidence::NoteKey::Type::ed25519,
      request.key.public_key};
  evidence::SignedNote note{
      evidence::to_text(evidence::Manifest{request.kind, request.id, request.made, folder.files()}), {}};
  note.signatures.push_back(evidence::sign_note(key, request.key.private_key, note.text));
  write_file((path / evidence::kManifestPath).string(), evidence::to_text(note));
  made.verifier = evidence::verifier_of(key);
  return made;
}

} // namespace onecode::app
