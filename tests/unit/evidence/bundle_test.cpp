// Would catch: a bundle that is called sound although a byte of it was changed, or one that a reader with the right keys cannot use.
#include "evidence/bundle.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <random>

#include "evidence/tile_reader.hpp"
#include "evidence/tlog_proof.hpp"
#include "tests/catch.hpp"
#include "tests/unit/evidence/log_world.hpp"

using namespace onecode_test;
using onecode::Time;
using onecode::Topic;

namespace {

constexpr Time kReceived{1'772'409'492'345}; // 2026-03-02T07:58:12.345+08:00
const Hash kSubjectKey = sha256({"key of a-1"});

std::string payload(std::uint64_t i) { return fmt::format("payload {}", i); }

Leaf leaf_at(std::uint64_t i, std::string& id) {
  id = fmt::format("e-{}", i);
  const std::string text = payload(i);
  Leaf leaf;
  leaf.kind = LeafKind::scan;
  leaf.id = id;
  leaf.payload = sha256({text});
  leaf.time = leaf.received = kReceived;
  leaf.at = {Topic::scans, 3};
  leaf.offset = static_cast<std::int64_t>(i);
  leaf.subject = commit_to("a-1", kSubjectKey, leaf).value;
  return leaf;
}

std::string entry_of(std::uint64_t i) {
  std::string id, out;
  append(out, leaf_at(i, id));
  return out;
}

/// Entries 3 and 7 of a log of ten, the first with payload and subject.
struct Bundle {
  std::map<std::string, std::string> files;
  LogKey log;
  std::string exporter_private = std::string(31, 'e') + '1';
  NoteKey exporter{"campus.example/auditor", NoteKey::Type::ed25519,
                   onecode::streams::ed25519_from_private(exporter_private).public_key};
  std::vector<Verifier> verifiers{{log.key, {}, {}}, {exporter, {}, {}}};
  MemoryFiles tiles;

  Bundle() {
    publish_at(tiles, log, {10}, entry_of);
    add(1, 3);
    add(2, 7);
    files["records/0001.payload"] = payload(3);
    std::string id;
    const Leaf leaf = leaf_at(3, id);
    files["records/0001.subject"] = subject_line(commit_to("a-1", kSubjectKey, leaf).salt, "a-1");
    files["VERIFY.html"] = "<html>";
    files["explanation/0001.zh.txt"] = "决定 e-3:拒绝\n";
    files["explanation/0001.en.txt"] = "Decision e-3: refused\n";
    sign();
  }

  void add(int number, std::uint64_t place) {
    TileReader reader(reader_of(tiles), 10);
    const auto base = fmt::format("records/{:04}", number);
    files[base + ".leaf"] = reader.entry(place);
    files[base + ".tlog-proof"] =
        to_text(TlogProof{{}, place, reader.inclusion_proof(place), *tiles.get("checkpoint")});
  }

  void sign(Time made = kReceived) {
    files.erase("manifest");
    Manifest m{"account", "a-1", made, {}};
    for (const auto& [path, bytes] : files) m.files.push_back({path, bytes.size(), sha256({bytes})});
    const std::string text = to_text(m);
    files["manifest"] = to_text(SignedNote{text, {sign_note(exporter, exporter_private, text)}});
  }

  SoundBundle check() const {
    std::vector<std::string> paths;
    for (const auto& [path, bytes] : files) paths.push_back(path);
    return check_bundle(
        [&](const std::string& path) {
          const auto it = files.find(path);
          return it == files.end() ? std::nullopt : std::optional(it->second);
        },
        paths, verifiers);
  }

  /// "sound", or what it is not and why.
  std::string verdict() const {
    try {
      check();
      return "sound";
    } catch (const BundleTampered& e) {
      return std::string("tampered: ") + e.what();
    } catch (const BundleIncomplete& e) {
      return std::string("incomplete: ") + e.what();
    }
  }
};

} // namespace

TEST_CASE("A bundle tells whoever has the keys what is in it", "[evidence][bundle]") {
  const Bundle bundle;
  const auto sound = bundle.check();
  CHECK(sound.manifest.kind == "account");
  CHECK(sound.manifest.id == "a-1");
  CHECK(sound.manifest.made == kReceived);
  CHECK(sound.signer == "campus.example/auditor");
  REQUIRE(sound.records.size() == 2);
  CHECK(sound.records[0].place == 3);
  CHECK(sound.records[0].payload);
  CHECK(sound.records[0].subject == "a-1");
  CHECK(sound.records[1].place == 7);
  CHECK_FALSE(sound.records[1].payload);
  CHECK(sound.records[1].subject.empty());
  CHECK(sound.records[1].origin == "log.example/shard/3");
}

TEST_CASE("Whatever bit of a bundle is flipped, it is not sound", "[evidence][bundle]") {
  const Bundle good;
  std::size_t flips = 0;
  for (const auto& [path, bytes] : good.files) {
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      for (int bit = 0; bit < 8; ++bit) {
        Bundle bad = good;
        bad.files[path][at] = static_cast<char>(bad.files[path][at] ^ 1 << bit);
        ++flips;
        if (bad.verdict() == "sound") FAIL_CHECK(path << ": byte " << at << ", bit " << bit);
      }
    }
  }
  CHECK(flips > 15'000);
}

TEST_CASE("Forgeries of a bundle, and what is said of them", "[evidence][bundle]") {
  struct Row {
    const char* name;
    std::function<void(Bundle&)> forge;
    std::string verdict;
  };
  const auto swap = [](Bundle& b, const std::string& one, const std::string& two) {
    std::swap(b.files[one], b.files[two]);
  };
  for (
      const auto& row : std::vector<Row>{
          {"a payload replaced", [](Bundle& b) { b.files["records/0001.payload"] = payload(4); },
           "tampered: records/0001.payload: is not the file that the manifest names"},
          {"a payload replaced by the exporter",
           [](Bundle& b) {
             b.files["records/0001.payload"] = payload(4);
             b.sign();
           },
           "tampered: records/0001.payload: is not what the leaf commits to"},
          {"another person named",
           [](Bundle& b) {
             auto& line = b.files["records/0001.subject"];
             line.replace(line.size() - 2, 1, "2");
             b.sign();
           },
           "tampered: records/0001.subject: is not whom the leaf is about"},
          {"proofs swapped",
           [&](Bundle& b) {
             swap(b, "records/0001.tlog-proof", "records/0002.tlog-proof");
             b.sign();
           },
           "tampered: records/0001.tlog-proof: does not prove that the leaf is in the log log.example/shard/3"},
          {"a leaf made up",
           [](Bundle& b) {
             b.files["records/0002.leaf"] = entry_of(11);
             b.sign();
           },
           "tampered: records/0002.tlog-proof: does not prove that the leaf is in the log log.example/shard/3"},
          {"the same entry twice",
           [](Bundle& b) {
             b.add(2, 3);
             b.sign();
           },
           "tampered: records/0002.leaf: is the same entry as another record"},
          {"a record cut out",
           [](Bundle& b) {
             b.files.erase("records/0001.leaf");
             b.sign();
           },
           "tampered: records/0001.payload: belongs to no record"},
          {"a proof gone",
           [](Bundle& b) {
             b.files.erase("records/0002.tlog-proof");
             b.sign();
           },
           "tampered: records/0002.tlog-proof: is not in the manifest"},
          {"a file gone", [](Bundle& b) { b.files.erase("VERIFY.html"); }, "incomplete: VERIFY.html: is missing"},
          {"a file put in", [](Bundle& b) { b.files["records/0003.leaf"] = entry_of(1); },
           "tampered: records/0003.leaf: the manifest knows nothing of it"},
          {"no manifest", [](Bundle& b) { b.files.erase("manifest"); }, "incomplete: manifest: is missing"},
          {"not signed",
           [](Bundle& b) {
             auto& text = b.files["manifest"];
             text.resize(text.find("\n\n") + 2);
           },
           "tampered: manifest: is no signed manifest of a bundle"},
          {"signed by somebody else",
           [](Bundle& b) {
             b.exporter_private = std::string(31, 'f') + '1';
             b.sign();
           },
           "tampered: manifest: the signature of campus.example/auditor is not of this text"},
          {"signed by nobody known", [](Bundle& b) { b.verifiers.pop_back(); },
           "incomplete: manifest: is signed by campus.example/auditor, whose key nobody gave"},
          {"the log's key not given", [](Bundle& b) { b.verifiers.erase(b.verifiers.begin()); },
           "incomplete: records/0001.tlog-proof: the head of log.example/shard/3 is signed by no key that was given"},
          {"a log signed by another key",
           [](Bundle& b) {
             b.verifiers[0].key.public_key = onecode::streams::ed25519_from_private(std::string(32, 'z')).public_key;
           },
           "incomplete: records/0001.tlog-proof: the head of log.example/shard/3 is signed by no key that was given"},
          {"an expired key of the log",
           [](Bundle& b) { b.verifiers[0].until = kReceived - onecode::milliseconds(1); },
           "tampered: records/0001.tlog-proof: expired key: the leaf was received at 2026-03-01T23:58:12.345Z, when "
           "the key of "
           "log.example/shard/3 was out of use"},
          {"an expired key of the exporter",
           [](Bundle& b) { b.verifiers[1].until = kReceived - onecode::milliseconds(1); },
           "tampered: manifest: expired key: campus.example/auditor signed outside its time"},
          {"a key of the exporter that was not in use yet",
           [](Bundle& b) { b.verifiers[1].from = kReceived + onecode::milliseconds(1); },
           "tampered: manifest: expired key: campus.example/auditor signed outside its time"},
          {"keys in their time",
           [](Bundle& b) {
             for (auto& v : b.verifiers) v.from = v.until = kReceived;
           },
           "sound"},
          {"two heads of one log",
           [](Bundle& b) {
             publish_at(b.tiles, b.log, {10, 12}, entry_of);
             TileReader reader(reader_of(b.tiles), 12);
             b.files["records/0002.tlog-proof"] =
                 to_text(TlogProof{{}, 7, reader.inclusion_proof(7), *b.tiles.get("checkpoint")});
             b.sign();
           },
           "tampered: records/0002.tlog-proof: the log log.example/shard/3 has two heads in this bundle"},
      }) {
    Bundle bundle;
    row.forge(bundle);
    INFO(row.name);
    CHECK(bundle.verdict() == row.verdict);
  }
}

TEST_CASE("A manifest is read back as it was written, and nothing else is one", "[evidence][bundle]") {
  const Bundle bundle;
  const std::string text = parse_note(bundle.files.at("manifest"))->text;
  const auto manifest = parse_manifest(text);
  REQUIRE(manifest);
  CHECK(to_text(*manifest) == text);
  const auto with = [&](const std::string& what, const std::string& by) {
    std::string out = text;
    return out.replace(out.find(what), what.size(), by);
  };
  for (const auto& bad :
       {with("bundle/1", "bundle/2"), with("about account", "about person"), with("a-1\n", "a 1\n"),
        with("Z\n", "+08:00\n"), with(" VERIFY.html", " ../VERIFY.html"), with(" VERIFY.html", " /VERIFY.html"),
        with(" VERIFY.html", " a//b"), with(" VERIFY.html", " a/b/c/d/e"), with(" VERIFY.html", " manifest"),
        with(" VERIFY.html", " z"), with("file ", "file  "), with(" 6 VERIFY", " 06 VERIFY"), text + "\n",
        text.substr(0, text.size() - 1)})
    CHECK_FALSE(parse_manifest(bad).has_value());
}

TEST_CASE("Verifier keys with the time that they are good for", "[evidence][bundle]") {
  const LogKey log;
  const std::string key = verifier_of(log.key);
  const auto read =
      parse_verifiers(key + "\n\n" + key + " from=2026-01-01T00:00:00Z until=2026-12-31T23:59:59.999Z\n");
  REQUIRE(read.size() == 2);
  CHECK_FALSE(read[0].from.has_value());
  CHECK(read[0].in_time(Time{}));
  CHECK(read[1].in_time(kReceived));
  CHECK_FALSE(read[1].in_time(*read[1].from - onecode::milliseconds(1)));
  CHECK_FALSE(read[1].in_time(*read[1].until + onecode::milliseconds(1)));
  for (const auto& bad :
       {"nonsense", " until=2026", " since=2026-01-01T00:00:00Z", " until=2026-01-01T00:00:00+08:00",
        " until=2026-01-01T00:00:00Z until=2026-01-01T00:00:00Z"})
    CHECK_THROWS_WITH(parse_verifiers(key + "\n" + (bad[0] == ' ' ? key : "") + bad),
                      "line 2 is no verifier key (NAME+ID+KEY [from=TIME] [until=TIME])");
}
