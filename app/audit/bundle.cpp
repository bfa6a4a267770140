#include "app/audit/bundle.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

#include "app/audit/plain.hpp"
#include "app/audit/verify_page.hpp"
#include "app/errors.hpp"
#include "app/files.hpp"
#include "archive/about.hpp"

namespace onecode::app {
namespace {

using archive::Archive;
using evidence::LeafKind;
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

// -- explanations -----------------------------------------------------------------------------------------------------

/// What `audit explain` has something to say of: what was decided, held and found, and a scan whose decision is not in the bundle, for
/// else the scan's explanation is the decision's.
class Explaining {
public:
  explicit Explaining(const BundleRequest& request) : request_(request) {}

  /// Records in the order of the bundle. Of what was erased nothing is told again.
  void add(std::uint64_t number, const ProvenRecord& record, const evidence::Leaf& leaf) {
    if (!record.payload) return;
    const bool scan = leaf.kind == LeafKind::scan;
    PackedRecord packed{{std::string(leaf.id), {}}, std::nullopt, std::nullopt, {}};
    streams::FileRecord as;
    as.topic = scan                              ? Topic::scans
               : leaf.kind == LeafKind::decision ? Topic::decisions
               : leaf.kind == LeafKind::hold     ? Topic::freezes
                                                 : Topic::alerts;
    as.value = *record.payload;
    if (scan) {
      packed.question.source = plain_record(*record.payload).source;
      scans_[{packed.question.source, packed.question.id}] = number;
    } else if (leaf.kind == LeafKind::decision || leaf.kind == LeafKind::hold || leaf.kind == LeafKind::finding) {
      packed.committed = asked_about(packed.question, as);
      if (!packed.committed) return;
      packed.leaf = {std::to_string(record.shard), record.leaf, record.place};
      if (leaf.kind == LeafKind::finding) findings_.push_back(as);
    } else {
      return;
    }
    packed.subject = record.about;
    records_.push_back(std::move(packed));
    numbers_.push_back(number);
  }

  void explain() {
    if (request_.history == nullptr || records_.empty()) return;
    decisions_of_scans();
    const PackedRequest request{records_, *request_.history,
                                [this](Topic topic, const std::function<void(const streams::FileRecord&)>& each) {
                                  if (topic == Topic::alerts)
                                    for (const auto& f : findings_) each(f);
                                },
                                request_.kind != "case" && request_.kind != "record",
                                request_.kind == "case" ? request_.id : std::string()};
    told_ = explain_packed(request);
  }

  /// Writes the texts, and says in the rows where they are.
  void write(Folder& folder, std::vector<PageRow>& rows, BundleMade& made) const {
    if (request_.history == nullptr) return;
    std::map<std::uint64_t, PageRow*> by_number;
    for (auto& row : rows) by_number[row.number] = &row;
    for (std::size_t i = 0; i < records_.size(); ++i) {
      const auto& e = told_.explanations[i];
      auto& row = *by_number.at(numbers_[i]);
      if (e.is_null()) {
        row.explained = PageRow::Explained::not_reached;
        made.unexplained.push_back(records_[i].question.id);
        continue;
      }
      row.explained = PageRow::Explained::yes;
      row.explanation = numbers_[i];
      for (const bool zh : {true, false})
        folder.add(explanation_path(numbers_[i], zh),
                   told_.others.left_out(explanation_page(e, zh ? "zh" : "en"), records_[i].subject, zh));
      ++made.explained;
      if (e.contains("recompute") && e["recompute"]["identical"] != true)
        made.different.push_back(records_[i].question.id);
    }
    for (const auto& [scan, decision] : same_) {
      by_number.at(scan)->explained = by_number.at(decision)->explained;
      by_number.at(scan)->explanation = by_number.at(decision)->explanation;
    }
  }

private:
  /// A scan is explained by its decision, where that is here.
  void decisions_of_scans() {
    std::set<std::uint64_t> with_decision;
    for (std::size_t i = 0; i < records_.size(); ++i) {
      const auto& c = records_[i].committed;
      if (!c || c->about != About::decision) continue;
      const auto scan = c->event["data"].value("scan", nlohmann::ordered_json::object());
      const auto it = scans_.find({scan.value("source", ""), scan.value("id", "")});
      if (it == scans_.end()) continue;
      same_[it->second] = numbers_[i];
      with_decision.insert(it->second);
    }
    std::vector<PackedRecord> records;
    std::vector<std::uint64_t> numbers;
    for (std::size_t i = 0; i < records_.size(); ++i) {
      if (with_decision.contains(numbers_[i])) continue;
      records.push_back(std::move(records_[i]));
      numbers.push_back(numbers_[i]);
    }
    records_ = std::move(records);
    numbers_ = std::move(numbers);
  }

  const BundleRequest& request_;
  std::vector<PackedRecord> records_;
  std::vector<std::uint64_t> numbers_; // of these
  std::vector<streams::FileRecord> findings_;
  std::map<std::pair<std::string, std::string>, std::uint64_t> scans_; // by source and id
  std::map<std::uint64_t, std::uint64_t> same_;                        // scan to decision
  PackedExplanations told_;
};

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
  using Order = std::tuple<Time, Time, LeafKind>;
  std::vector<std::pair<Order, ProvenRecord>> records;
  for (const auto& at : places) {
    auto record = reader.record(at);
    const auto leaf = evidence::parse_leaf(record.leaf);
    records.emplace_back(leaf ? Order{leaf->received, leaf->time, leaf->kind} : Order{}, std::move(record));
  }
  std::ranges::stable_sort(records, {}, [](const auto& r) { return r.first; });

  // Before anything is written: it takes longest, and may fail.
  Explaining explaining(request);
  for (std::uint64_t number = 0; const auto& [order, record] : records)
    if (const auto leaf = evidence::parse_leaf(record.leaf); ++number, leaf) explaining.add(number, record, *leaf);
  explaining.explain();

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
  explaining.write(folder, rows, made);
  folder.add("VERIFY.html",
             verify_page(request.kind, request.id, request.made, request.exporter, rows, request.history != nullptr));

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
