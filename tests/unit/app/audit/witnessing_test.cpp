// Catches: a cosignature that the next export loses or writes over; a witness that is away and takes the export with it; one that is
// asked again for what it has given; the same key counted as two witnesses.
#include "app/audit/witnessing.hpp"

#include <map>

#include "app/errors.hpp"
#include "app/witness/server.hpp"
#include "evidence/tile_reader.hpp"
#include "tests/catch.hpp"
#include "tests/unit/evidence/log_world.hpp"
#include "tests/unit/storage/temp_folder.hpp"

using namespace onecode;
using namespace onecode_test;
using app::have_cosigned;

namespace {

const LogKey kLog;

/// Witnesses without a network.
struct World {
  struct Witness {
    WitnessKey key;
    std::map<std::string, Checkpoint> memory;
    int asked = 0;
    bool away = false;
  };
  std::map<std::string, Witness> witnesses;
  std::vector<app::WitnessAddress> addresses;
  std::vector<std::string> warnings;
  MemoryFiles files;
  std::string before;

  void witness(const std::string& name) {
    const std::string secret(32, name.back());
    witnesses[name].key = {{name, NoteKey::Type::cosignature, streams::ed25519_from_private(secret).public_key},
                           secret};
    addresses.push_back({"http://" + name, witnesses[name].key.key});
  }
  void publish(std::uint64_t size) {
    before = files.get(kCheckpointPath).value_or(std::string{});
    publish_at(files, kLog, {size});
  }
  std::vector<std::string> cosign() {
    warnings.clear();
    return have_cosigned(
        files, before, addresses,
        [this](const app::WitnessAddress& address) -> SendToWitness {
          return [this, name = address.key.name](const std::string& request) -> std::optional<WitnessReply> {
            auto& w = witnesses.at(name);
            ++w.asked;
            if (w.away) return std::nullopt;
            const auto answer = answer_add_checkpoint(
                request, w.key, {kLog.key},
                [&](const std::string& origin) {
                  return w.memory.contains(origin) ? std::optional(w.memory[origin]) : std::nullopt;
                },
                1'772'424'000);
            if (answer.cosigned) w.memory[answer.cosigned->origin] = *answer.cosigned;
            return WitnessReply{answer.status, answer.body};
          };
        },
        [this](const std::string& text) { warnings.push_back(text); });
  }
  SignedNote note(const std::string& path) { return parse_note(files.files.at(path)).value(); }
  std::size_t seen(const std::string& path) {
    std::vector<NoteKey> keys;
    for (const auto& a : addresses) keys.push_back(a.key);
    return app::witnesses_of(note(path), keys).by.size();
  }
};

using Names = std::vector<std::string>;

} // namespace

TEST_CASE("witnessing: a head is cosigned, and stays so beside those that follow") {
  World w;
  w.witness("w.example/1");
  w.witness("w.example/2");
  w.publish(10);
  CHECK(w.cosign() == Names{"w.example/1", "w.example/2"});
  CHECK(w.warnings.empty());
  CHECK(w.seen("checkpoint") == 2);
  CHECK(signed_checkpoint(w.files.files["checkpoint"], kLog.key.name, kLog.key)->size == 10);
  const auto first = w.files.files.at("cosigned/10");
  CHECK(first == w.files.files["checkpoint"]);

  w.publish(300);
  CHECK(w.seen("checkpoint") == 0);
  CHECK(w.cosign().size() == 2);
  CHECK(w.seen("checkpoint") == 2);
  CHECK(w.files.files.at("cosigned/10") == first);
  CHECK(w.seen("cosigned/300") == 2);
  CHECK(w.witnesses["w.example/1"].asked == 2); // from the size that it had cosigned

  CHECK(w.cosign().size() == 2); // nothing is new
  CHECK(w.witnesses["w.example/1"].asked == 2);
}

TEST_CASE("witnessing: who is away is warned of, and asked the next time") {
  World w;
  w.witness("w.example/1");
  w.witness("w.example/2");
  w.witnesses["w.example/2"].away = true;
  w.publish(10);
  CHECK(w.cosign() == Names{"w.example/1"});
  REQUIRE(w.warnings.size() == 1);
  CHECK(w.warnings[0] ==
        kLog.key.name + ": not cosigned: the witness w.example/2 at http://w.example/2 does not answer");
  CHECK(w.seen("cosigned/10") == 1);
  const auto first = w.files.files.at("cosigned/10");
  w.witnesses["w.example/2"].away = false;
  CHECK(w.cosign().size() == 2);
  CHECK(w.seen("checkpoint") == 2);
  CHECK(w.files.files.at("cosigned/10") == first); // never written over
  CHECK(w.seen("cosigned/10-2") == 2);

  // One that comes later, and one that was away for some heads.
  w.witnesses["w.example/1"].away = true;
  w.publish(20);
  w.cosign();
  w.witnesses["w.example/1"].away = false;
  w.witness("w.example/3");
  w.publish(700);
  CHECK(w.cosign().size() == 3);
  CHECK(w.warnings.empty());
}

TEST_CASE("witnessing: a witness that has seen more than the export has is told") {
  World w;
  w.witness("w.example/1");
  w.publish(20);
  w.cosign();
  w.files.files.clear();
  w.publish(10);
  CHECK(w.cosign().empty());
  REQUIRE(w.warnings.size() == 1);
  CHECK(w.warnings[0].find("has cosigned a head of 20 entries, and this one is of 10") != std::string::npos);
  CHECK_FALSE(w.files.files.contains("cosigned/10"));
}

TEST_CASE("witnessing: what a cosignature is worth") {
  World w;
  w.witness("w.example/1");
  w.publish(10);
  w.cosign();
  auto note = w.note("checkpoint");
  const auto key = w.addresses[0].key;
  CHECK(app::witnesses_of(note, {}).by.empty());
  CHECK(app::witnesses_of(note, {kLog.key}).by.empty()); // a log is no witness
  REQUIRE(app::witnesses_of(note, {key, key}).by.size() == 1);
  CHECK(app::witnesses_of(note, {key}).by[0].seconds == 1'772'424'000);
  auto renamed = key;
  renamed.name = "w.example/9";
  note.signatures.push_back(sign_note(renamed, w.witnesses["w.example/1"].key.private_key, note.text, 5));
  CHECK(app::witnesses_of(note, {key, renamed}).by.size() == 1); // one key, two names
  CHECK(app::witnesses_of(note, {key, renamed}).forged.empty());
  auto late = note;
  late.signatures.back() = sign_note(renamed, w.witnesses["w.example/1"].key.private_key, note.text, UINT64_MAX);
  CHECK(app::witnesses_of(late, {renamed}).forged == "w.example/9"); // beyond what the format allows
  note.signatures.back().bytes.back() ^= 1;
  CHECK(app::witnesses_of(note, {key, renamed}).forged == "w.example/9");
}

TEST_CASE("witnessing: over HTTP, with a witness that remembers when it comes back") {
  World w;
  w.witness("w.example/1");
  const TempFolder folder;
  const auto options = [&] {
    return app::WitnessOptions{
        "127.0.0.1:0", folder.path() / "memory", w.witnesses["w.example/1"].key, {kLog.key}, [] {
          return std::uint64_t{1'772'424'000};
        }};
  };
  const auto cosign = [&](const std::string& url) {
    w.warnings.clear();
    return have_cosigned(w.files, w.before, {{url, w.addresses[0].key}}, app::sender,
                         [&](const std::string& text) { w.warnings.push_back(text); });
  };
  std::string url;
  {
    app::WitnessServer server(options());
    url = server.url();
    w.publish(10);
    CHECK(cosign(url) == Names{"w.example/1"});
  }
  w.publish(20);
  CHECK(cosign(url).empty());
  REQUIRE(w.warnings.size() == 1);
  CHECK(w.warnings[0].find("does not answer") != std::string::npos);
  app::WitnessServer server(options());
  CHECK(server.add_checkpoint(to_text(AddCheckpoint{0, {}, w.files.files.at("checkpoint")})).body == "10\n");
  w.before.clear(); // it is asked from nothing, and says where it is
  CHECK(cosign(server.url()) == Names{"w.example/1"});
  CHECK(w.seen("checkpoint") == 1);
  w.publish(30);
  CHECK(cosign(server.url() + "/elsewhere").empty());
  CHECK(w.warnings[0].find("refuses: 404") != std::string::npos);
}

TEST_CASE("witnessing: a witness is named by URL and verifier key") {
  World w;
  w.witness("w.example/1");
  const auto verifier = verifier_of(w.addresses[0].key);
  const auto read = app::parse_witness("http://127.0.0.1:9465/w/=" + verifier);
  CHECK(read.url == "http://127.0.0.1:9465/w");
  CHECK(verifier_of(read.key) == verifier);
  for (const auto& bad : {std::string("http://127.0.0.1:9465"), verifier, "ftp://x=" + verifier,
                          "http://x=" + verifier + "A", "http://x=" + verifier_of(kLog.key)})
    CHECK_THROWS_AS(app::parse_witness(bad), app::UsageError);
}
