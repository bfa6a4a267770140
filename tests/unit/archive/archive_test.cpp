// Would catch: a payload that is read by somebody without its key, one that is not what was put in, one of a forgotten person.
#include "archive/archive.hpp"

#include <set>

#include "streams/authenticate.hpp"
#include "tests/catch.hpp"
#include "tests/unit/archive/archive_world.hpp"

using namespace onecode_test;
using onecode::Topic;
using onecode::evidence::Hash;
using onecode::evidence::sha256;

namespace {

Hash put(Archive& archive, const std::string& text) {
  archive.add(Topic::scans, record_of("d-1", text));
  return sha256({text});
}

onecode::evidence::Leaf leaf_of(std::string_view id, const Hash& payload) {
  onecode::evidence::Leaf leaf;
  leaf.kind = onecode::evidence::LeafKind::scan;
  leaf.id = id;
  leaf.payload = payload;
  return leaf;
}

} // namespace

TEST_CASE("A payload is found by its hash, also by the next who opens the archive", "[archive]") {
  ArchiveFiles files;
  const std::string text = scan_text("a-1", 1);
  Hash hash;
  {
    Archive archive(files.archive(), files.keys(), *files.wrapper);
    hash = put(archive, text);
    archive.set_position({Topic::scans, 3}, 17);
    archive.commit();
    put(archive, scan_text("a-1", 2)); // not committed
  }
  Archive archive(files.archive(), files.keys(), *files.wrapper);
  CHECK(std::get<std::string>(archive.payload(hash)) == text);
  CHECK(archive.subject(hash) == "a-1");
  CHECK(std::get<Archive::Absent>(archive.payload(sha256({scan_text("a-1", 2)}))) == Archive::Absent::unknown);
  CHECK(archive.position({Topic::scans, 3}) == 17);
  CHECK(archive.position({Topic::scans, 4}) == 0);
}

TEST_CASE("A record with CloudEvents headers is kept with them, as its leaf has the hash of both", "[archive]") {
  ArchiveFiles files;
  Archive archive(files.archive(), files.keys(), *files.wrapper);
  const onecode::streams::Header headers[] = {
      {"ce_time", "2026-03-02T07:58:12.345+08:00"}, {"ce_specversion", "1.0"}, {"other", "x"}, {"ce_id", "e-1"}};
  auto record = record_of("d-1", R"({"device":"d-1","seq":1,"account":"a-7","function":"access"})");
  record.headers = headers;
  archive.add(Topic::scans, record);
  const auto hash = onecode::evidence::payload_hash(record);
  const auto text = std::get<std::string>(archive.payload(hash));
  CHECK(text == std::string("ce_id\0e-1\0ce_specversion\0"
                            "1.0\0ce_time\0"
                            "2026-03-02T07:58:12.345+08:00\0",
                            67) +
                    std::string(*record.value));
  CHECK(sha256({text}) == hash);
  CHECK(archive.subject(hash) == "a-7");
}

TEST_CASE("Neither file tells anything without the master key, and the archive nothing without the key store",
          "[archive][privacy]") {
  ArchiveFiles files;
  Hash hash;
  {
    Archive archive(files.archive(), files.keys(), *files.wrapper);
    hash = put(archive, scan_text("a-sought", 1));
    archive.commit();
  }
  CHECK(file_bytes(files.archive()).find("a-sought") == std::string::npos);
  CHECK(file_bytes(files.archive()).find("onecode.scan") == std::string::npos);
  const auto another = aes_key_wrapper(std::string(32, 'n'));
  Archive archive(files.archive(), files.keys(), *another);
  CHECK_THROWS_WITH(archive.payload(hash), Catch::Matchers::Matches(".*cannot be unwrapped.*"));
  Archive without(files.archive(), files.folder() / "other.db", *files.wrapper);
  CHECK(std::get<Archive::Absent>(without.payload(hash)) == Archive::Absent::erased);
}

TEST_CASE("Who is forgotten is gone from the archive, all months, and nobody else", "[archive][privacy]") {
  ArchiveFiles files;
  Archive archive(files.archive(), files.keys(), *files.wrapper);
  const std::vector<std::string> theirs = {scan_text("a-1", 1), scan_text("a-1", 2, "2026-04-02T07:58:12.345+08:00")};
  const std::string other = scan_text("a-2", 3);
  for (const auto& text : theirs) put(archive, text);
  put(archive, other);
  for (std::uint64_t n = 0; const auto& text : {theirs[0], theirs[1], other}) {
    archive.add(4, n, leaf_of(fmt::format("gw/d-1/0/{}", n + 1), sha256({text})));
    ++n;
  }
  archive.commit();
  CHECK(archive.by_subject("a-1").size() == 2);
  std::set<std::string> all;
  archive.each("a-1", [&](const std::string& payload) { all.insert(payload); });
  CHECK(all == std::set<std::string>(theirs.begin(), theirs.end()));

  archive.keys().destroy("a-1", kNow, "order 17");
  for (const auto& text : theirs) {
    CHECK(std::get<Archive::Absent>(archive.payload(sha256({text}))) == Archive::Absent::erased);
    CHECK_FALSE(archive.subject(sha256({text})).has_value());
  }
  CHECK(archive.by_subject("a-1").empty());
  // The leaves are still found: they are what proofs are of.
  REQUIRE(archive.by_id("gw/d-1/0/2").size() == 1);
  CHECK(archive.by_id("gw/d-1/0/2")[0].place == 1);
  CHECK(std::get<std::string>(archive.payload(sha256({other}))) == other);
  CHECK(archive.by_subject("a-2").size() == 1);
}

TEST_CASE("A payload that was changed in the file is not given out", "[archive]") {
  ArchiveFiles files;
  const std::string text = scan_text("a-1", 1);
  {
    Archive archive(files.archive(), files.keys(), *files.wrapper);
    put(archive, text);
    put(archive, scan_text("a-1", 2));
    archive.commit();
  }
  {
    Database file(files.archive(), "");
    Statement swap(file, "UPDATE payloads SET bytes = (SELECT max(bytes) FROM payloads)"); // one has the other's
    swap.step();
  }
  Archive archive(files.archive(), files.keys(), *files.wrapper);
  int refused = 0;
  for (const int n : {1, 2}) try {
      archive.payload(sha256({scan_text("a-1", n)}));
    } catch (const std::runtime_error& e) {
      CHECK_THAT(e.what(), Catch::Matchers::Matches(".*was changed.*"));
      ++refused;
    }
  CHECK(refused == 1);
}

TEST_CASE("Records and leaves that come again change nothing", "[archive]") {
  ArchiveFiles files;
  Archive archive(files.archive(), files.keys(), *files.wrapper);
  const auto hash = put(archive, scan_text("a-1", 1));
  archive.add(0, 0, leaf_of("e-1", hash));
  archive.commit();
  const auto before = file_bytes(files.archive());
  put(archive, scan_text("a-1", 1));
  archive.add(0, 0, leaf_of("e-1", hash));
  archive.commit();
  CHECK(archive.leaves(0) == 1);
  CHECK(archive.by_id("e-1").size() == 1);
  CHECK(std::get<std::string>(archive.payload(hash)) == scan_text("a-1", 1));
}

TEST_CASE("Whom a record is about, by topic", "[archive]") {
  struct Row {
    Topic topic;
    std::string key, value, subject;
  };
  const auto data = [](const std::string& members) {
    return R"({"id":"e-1","time":"2026-03-02T07:58:12.345+08:00","data":{)" + members + "}}";
  };
  const std::string code = "OC1." + onecode::streams::base64url(R"({"account":"a-5"})") + ".x";
  for (const auto& row :
       std::vector<Row>{{Topic::scans, "d-1", data(R"("device":"d-1","account":"a-1")"), "a-1"},
                        {Topic::scans, "d-1", data(R"("device":"d-1","code":")" + code + "\""), "a-5"},
                        {Topic::scans, "d-1", data(R"("device":"d-1","code":"nonsense")"), "d-1"},
                        {Topic::scans, "d-1", "not json", "d-1"},
                        {Topic::ledger, "x", data(R"("account":"a-1")"), "a-1"},
                        {Topic::commands, "x", data(R"("target":"i-1")"), "i-1"},
                        {Topic::decisions, "d-1", data(R"("device":"d-1","account":"a-1")"), "a-1"},
                        {Topic::decisions, "d-1", data(R"("device":"d-1")"), "d-1"},
                        {Topic::freezes, "a-3", data(R"("state":"active")"), "a-3"},
                        {Topic::alerts, "a-4", data(""), "a-4"},
                        {Topic::compliance, "d-9", data(""), "d-9"},
                        {Topic::policy, "7", data(""), "policy 7"}}) {
    CAPTURE(row.value);
    CHECK(about(row.topic, record_of(row.key, row.value)).subject == row.subject);
  }
  const auto read = about(Topic::scans, record_of("d-1", scan_text("a-1", 1)));
  CHECK(read.time == kNow);
  CHECK(read.id == "gw/d-1/0/1");
}
