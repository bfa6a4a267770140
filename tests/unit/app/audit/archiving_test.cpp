// Would catch: a record that is archived twice or passed over, a gap that nobody hears of, a forgotten person whose keys stay, a bundle that
// leaves out what a case rests on.
#include "app/audit/archiving.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "app/audit/bundle.hpp"
#include "app/errors.hpp"
#include "app/files.hpp"
#include "evidence/bundle.hpp"
#include "tests/unit/app/audit/audit_world.hpp"

using namespace onecode;
using namespace onecode::app;
using namespace onecode::test;
using evidence::LeafKind;

namespace {

/// What the engine says to the registrar when it has forgotten somebody.
void forgotten(World& w, const std::string& account, const std::string& notice) {
  w.publisher->publish(Topic::notices, 0, "reg-1",
                       event(notice, fmt::format(R"({{"kind":"account-forgotten","about":"{}"}})", account)));
  w.publisher->flush();
}

/// A lent code: two scans, a finding on the second, a hold on the finding, a case; and a scan that has nothing to do with it.
void lent_code(World& w) {
  const auto scan = [](const std::string& account, int n) {
    return fmt::format(R"({{"device":"d-1","account":"{}","seq":{},"function":"access"}})", account, n);
  };
  w.say(Topic::scans, LeafKind::scan, "a-1", "s-1", scan("a-1", 1));
  w.say(Topic::scans, LeafKind::scan, "a-2", "s-2", scan("a-2", 2));
  w.say(Topic::scans, LeafKind::scan, "a-1", "s-3", scan("a-1", 3));
  w.say(Topic::decisions, LeafKind::decision, "a-1", "dec-3",
        R"({"scan":{"source":"/t","id":"s-3"},"account":"a-1","verdict":"deny"})");
  w.say(
      Topic::alerts, LeafKind::finding, "a-1", "f-1",
      R"({"finding_info":{"uid":"f-1"},"evidences":[{"data":{"id":"s-3"}}],"unmapped":{"onecode":{"explanation":{"zh":"借给他人","en":"it was lent"}}}})");
  w.say(Topic::freezes, LeafKind::hold, "a-1", "h-1",
        R"({"account":"a-1","state":"frozen","holds":[{"id":"x","case":"c-7","evidence":["f-1"]}]})");
  w.say(Topic::commands, LeafKind::command, "a-1", "cmd-1",
        R"({"command":"case.open","target":"a-1","args":{"case":"c-7","act":"lend"}})");
}

std::vector<std::string> ids(RecordReader& reader, const std::vector<archive::Archive::Place>& places) {
  std::vector<std::string> out;
  for (const auto& at : places) {
    const std::string entry = reader.entry(at);
    out.emplace_back(evidence::parse_leaf(entry)->id);
  }
  std::ranges::sort(out);
  return out;
}

} // namespace

TEST_CASE("Archiving goes on where it stopped, and says what was gone before it came", "[app][audit]") {
  World w;
  auto archive = w.archive();
  w.say(Topic::scans, LeafKind::scan, "a-1", "s-1", R"({"account":"a-1"})");
  w.say(Topic::scans, LeafKind::scan, "a-1", "s-2", R"({"account":"a-1"})");
  CHECK(w.fill(archive) == 2);
  CHECK(w.fill(archive) == 0);
  w.say(Topic::decisions, LeafKind::decision, "a-1", "dec-1", R"({"account":"a-1"})");
  for (const auto* id : {"s-3", "s-4", "s-5"}) w.say(Topic::scans, LeafKind::scan, "a-1", id, R"({"account":"a-1"})");
  w.broker.trim({Topic::scans, 0}, 4);
  CHECK(w.fill(archive) == 2);
  CHECK(w.odd == std::vector<std::string>{"scans partition 0: offsets 2 to 3 were gone before they were archived"});
  w.export_log();
  CHECK(archive_leaves(open_logs(w.folder / "evidence"), archive) == 6);
  CHECK(archive_leaves(open_logs(w.folder / "evidence"), archive) == 0);
  const auto payload = [&](const std::string& id) {
    const auto entry = w.leaves.at(archive.by_id(id).at(0).place);
    return archive.payload(evidence::parse_leaf(entry)->payload);
  };
  CHECK(std::get<std::string>(payload("s-5")) == event("s-5", R"({"account":"a-1"})"));
  CHECK(std::get<archive::Archive::Absent>(payload("s-3")) == archive::Archive::Absent::unknown);
}

TEST_CASE("A bundle of a case has what names it, what that rests on, and nothing else", "[app][audit]") {
  World w;
  lent_code(w);
  w.export_log();
  auto archive = w.archive();
  w.fill(archive);
  archive_leaves(open_logs(w.folder / "evidence"), archive);
  RecordReader reader(open_logs(w.folder / "evidence"), &archive, w.keys);
  BundleRequest request;
  request.made = kTime;
  request.exporter = "campus.example/auditor";
  request.key = new_signing_key("auditor");
  request.kind = "case";
  request.id = "c-7";
  request.account = "a-1";
  CHECK(ids(reader, select(request, reader, archive)) ==
        std::vector<std::string>{"cmd-1", "dec-3", "f-1", "h-1", "s-3"});
  request.kind = "account";
  request.id = "a-1";
  CHECK(ids(reader, select(request, reader, archive)) ==
        std::vector<std::string>{"cmd-1", "dec-3", "f-1", "h-1", "s-1", "s-3"});
  request.kind = "record";
  request.id = "s-2";
  CHECK(ids(reader, select(request, reader, archive)) == std::vector<std::string>{"s-2"});
  request.id = "s-9";
  CHECK_THROWS_AS(select(request, reader, archive), InputError);

  request.kind = "account";
  request.id = "a-1";
  const auto made = make_bundle(request, reader, archive, w.folder / "bundle");
  CHECK(made.records == 6);
  CHECK(made.payloads == 6);
  const auto files = evidence::tile_folder(w.folder / "bundle");
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(w.folder / "bundle"))
    if (entry.is_regular_file())
      paths.push_back(std::filesystem::relative(entry.path(), w.folder / "bundle").string());
  const auto sound = evidence::check_bundle(
      evidence::reader_of(*files), paths,
      {{w.log_key, {}, {}}, {{request.exporter, evidence::NoteKey::Type::ed25519, request.key.public_key}, {}, {}}});
  REQUIRE(sound.records.size() == 6);
  for (const auto& r : sound.records) {
    CHECK(r.payload);
    CHECK(r.subject == "a-1");
  }
  const auto page = read_file((w.folder / "bundle/VERIFY.html").string());
  CHECK(page.find("借给他人") != std::string::npos);
  CHECK(page.find("it was lent") != std::string::npos);
}

TEST_CASE("Whom the engine has forgotten is forgotten here, and every proof stays", "[app][audit][privacy]") {
  World w;
  lent_code(w);
  w.export_log();
  auto archive = w.archive();
  w.fill(archive);
  archive_leaves(open_logs(w.folder / "evidence"), archive);
  w.publisher->publish(Topic::notices, 0, "reg-1", event("n-0", R"({"kind":"forgetting-proposed","about":"a-1"})"));
  w.publisher->flush();
  const auto secret = w.secret;
  CHECK(w.destroy(archive).subjects.empty());
  CHECK_FALSE(archive.by_subject("a-1").empty());
  forgotten(w, "a-1", "n-1");
  CHECK(w.destroy(archive).subjects == std::vector<std::string>{"a-1"});
  CHECK(w.destroy(archive).subjects.empty());
  CHECK(archive.by_subject("a-1").empty());
  CHECK(archive.by_subject("a-2").size() == 1);
  REQUIRE(archive.keys().destroyed().size() == 1);
  CHECK(archive.keys().destroyed()[0].why == "n-1");

  write_file(secret, "secret", 0600);
  CHECK(cut_subject_keys(secret, {"a-1"}));
  CHECK_FALSE(cut_subject_keys(secret, {"a-1"}));
  CHECK_FALSE(cut_subject_keys((w.folder / "none").string(), {"a-1"}));
  const evidence::SubjectKeys left(read_secret(secret));
  CHECK_FALSE(left.find("a-1").has_value());
  CHECK(left.find("a-2") == w.keys.find("a-2"));

  RecordReader reader(open_logs(w.folder / "evidence"), &archive, left);
  const auto places = reader.find("s-3");
  REQUIRE(places.size() == 1);
  const auto record = reader.record(places[0]);
  CHECK(record.erased);
  CHECK_FALSE(record.payload.has_value());
  CHECK_FALSE(record.subject.has_value());
  BundleRequest request;
  request.kind = "record";
  request.id = "s-3";
  request.made = kTime;
  request.exporter = "campus.example/auditor";
  request.key = new_signing_key("auditor");
  CHECK(make_bundle(request, reader, archive, w.folder / "bundle").erased == 1);
  const auto files = evidence::tile_folder(w.folder / "bundle");
  CHECK_NOTHROW(evidence::check_bundle(
      evidence::reader_of(*files),
      {"VERIFY.html", "keys.txt", "manifest", "records/0001.leaf", "records/0001.tlog-proof"},
      {{w.log_key, {}, {}}, {{request.exporter, evidence::NoteKey::Type::ed25519, request.key.public_key}, {}, {}}}));
}

TEST_CASE("Records are read for as long as the policy says, and not longer", "[app][audit][privacy]") {
  World w;
  lent_code(w); // in March
  auto archive = w.archive();
  w.fill(archive);
  Policy policy = builtin_policy();
  policy.version = "p-7";
  policy.retention.evidence_days = 30;
  CHECK(destroy_expired(policy, archive, *parse_time("2026-04-30T00:00:00.000+08:00")) == 0);
  CHECK_FALSE(archive.keys().of("a-1").empty());
  CHECK(destroy_expired(policy, archive, *parse_time("2026-05-01T00:00:00.000+08:00")) ==
        2); // a-1's and a-2's of March
  CHECK(archive.keys().of("a-1").empty());
  REQUIRE(archive.keys().destroyed().size() == 1);
  CHECK(archive.keys().destroyed()[0].why == "retention.evidence_days 30 of policy p-7");
}

TEST_CASE("Forgetting that ended half-way is done again, down to the secret", "[app][audit][privacy]") {
  World w;
  lent_code(w);
  auto archive = w.archive();
  w.fill(archive);
  forgotten(w, "a-1", "n-1");
  const auto secret = w.secret;
  write_file(secret, "onecode-key-tree/1\nnonsense\n", 0600);
  CHECK_THROWS_AS(w.destroy(archive), InputError);
  write_file(secret, "secret", 0600);
  const auto gone = w.destroy(archive);
  CHECK(gone.subjects == std::vector<std::string>{"a-1"});
  CHECK(gone.another_secret);
  CHECK_FALSE(evidence::SubjectKeys(read_secret(secret)).find("a-1").has_value());
  CHECK(archive.keys().destroyed().size() == 1); // of keys that were gone already nothing is noted
}

TEST_CASE("What was not archived when somebody was forgotten is not read after it either", "[app][audit][privacy]") {
  World w;
  lent_code(w);
  auto archive = w.archive();
  w.fill(archive);
  w.say(Topic::scans, LeafKind::scan, "a-1", "s-last", R"({"account":"a-1","seq":9})"); // after the last export
  w.say(Topic::commands, LeafKind::command, "a-1", "cmd-forget",
        R"({"command":"account.forget.confirm","target":"a-1","actor":{"id":"ic-1","role":"information-centre"}})");
  forgotten(w, "a-1", "n-1");
  CHECK(w.destroy(archive).subjects == std::vector<std::string>{"a-1"});
  w.fill(archive);
  CHECK(archive.keys().of("a-1").empty());
  // Who did it stays, among what they did.
  std::vector<std::string> theirs;
  archive.each("ic-1", [&](const std::string& payload) { theirs.push_back(payload); });
  REQUIRE(theirs.size() == 1);
  CHECK(theirs[0].find("account.forget.confirm") != std::string::npos);
}
