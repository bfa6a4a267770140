// Catches: a witness that cosigns two heads of which neither goes on from the other, whatever it is told and whenever it forgets; one
// that answers otherwise than C2SP tlog-witness says; a client that takes the answer for a cosignature when it is none, or gives up
// where the witness only knows another size.
#include "evidence/witness.hpp"

#include <map>
#include <random>

#include "tests/catch.hpp"
#include "tests/unit/evidence/log_world.hpp"

using namespace onecode;
using namespace onecode_test;

namespace {

const LogKey kLog;
constexpr std::uint64_t kNow = 1'772'424'000;

WitnessKey witness_key(char seed = 'w') {
  std::string secret(32, seed);
  return {{"witness.example/w1", NoteKey::Type::cosignature, streams::ed25519_from_private(secret).public_key},
          secret};
}

/// A log whose entries from `fork` on are others than those of the log without one.
class Tree {
public:
  explicit Tree(std::uint64_t size, std::uint64_t fork = UINT64_MAX) {
    for (std::uint64_t i = 0; i < size; ++i) leaves_.push_back(leaf_hash((i < fork ? "e" : "f") + std::to_string(i)));
  }
  TreeHash root(std::uint64_t size) const { return root_of(size, reader()); }
  std::vector<TreeHash> proof(std::uint64_t before, std::uint64_t size) const {
    return consistency_proof(before, size, reader());
  }
  std::string head(std::uint64_t size) const { return kLog.head(size, root(size)); }
  std::string request(std::uint64_t old, std::uint64_t size) const {
    return to_text(AddCheckpoint{old, proof(old, size), head(size)});
  }

private:
  NodeReader reader() const {
    return [this](const TreeNode& n) {
      Frontier part;
      for (auto i = n.index << n.level; i < (n.index + 1) << n.level; ++i) part.append(leaves_.at(i));
      return part.root();
    };
  }
  std::vector<TreeHash> leaves_;
};

class Witness {
public:
  std::map<std::string, Checkpoint> memory;
  std::vector<NoteKey> logs{kLog.key};

  WitnessAnswer asked(const std::string& request) {
    auto out = answer_add_checkpoint(
        request, witness_key(), logs,
        [this](const std::string& origin) {
          const auto found = memory.find(origin);
          return found == memory.end() ? std::nullopt : std::optional(found->second);
        },
        kNow);
    CHECK(out.cosigned.has_value() == (out.status == 200));
    if (out.cosigned) memory[out.cosigned->origin] = *out.cosigned;
    return out;
  }
};

SignedNote note_of(const std::string& text) { return parse_note(text).value(); }

} // namespace

TEST_CASE("A witness cosigns the first head, and each that goes on from the last", "[evidence][witness]") {
  const Tree tree(300);
  Witness w;
  std::uint64_t old = 0;
  for (const std::uint64_t size : {1, 2, 7, 8, 8, 255, 256, 300}) {
    const auto answer = w.asked(tree.request(old, size));
    INFO(old << " to " << size << ": " << answer.body);
    REQUIRE(answer.status == 200);
    const auto note = note_of(to_text(Checkpoint{kLog.key.name, size, tree.root(size), {}}) + "\n" + answer.body);
    CHECK(cosigned_at(note, witness_key().key) == kNow);
    CHECK_FALSE(signed_by(note, kLog.key)); // cosignatures only
    CHECK(w.memory.at(kLog.key.name).size == size);
    old = size;
  }
}

TEST_CASE("A witness refuses with the code that says why", "[evidence][witness]") {
  const Tree tree(20), fork(20, 9);
  Witness w;
  REQUIRE(w.asked(tree.request(0, 10)).status == 200);
  const auto before = w.memory;
  const auto refused = [&](const std::string& request) {
    const auto answer = w.asked(request);
    CHECK(w.memory.at(kLog.key.name).root == before.at(kLog.key.name).root);
    return answer;
  };

  SECTION("400: it is no request") {
    const std::string good = tree.request(10, 20);
    std::vector<std::string> bad{"",
                                 "old 10",
                                 "old 10\n",
                                 "old 10\n\n",
                                 "old 010\n\n" + tree.head(20),
                                 "old -1\n\n" + tree.head(20),
                                 "OLD 10\n\n" + tree.head(20),
                                 "old 10 \n\n" + tree.head(20),
                                 "old 99999999999999999999\n\n" + tree.head(20),
                                 "old 10\nAAAA\n\n" + tree.head(20),
                                 "old 10\n" + tree.head(20),
                                 good.substr(0, good.size() - 1),
                                 "old 10\n\nno checkpoint\n\n\xe2\x80\x94 " + kLog.key.name + " AAAAAAAA\n"};
    std::string many = "old 10\n";
    for (int i = 0; i < 64; ++i) many += "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
    bad.push_back(many + "\n" + tree.head(20));
    for (const auto& request : bad) {
      INFO(request);
      CHECK(refused(request).status == 400);
    }
  }
  SECTION("400: the proof begins behind the head") {
    CHECK(refused(to_text(AddCheckpoint{11, {}, tree.head(10)})).status == 400);
  }
  SECTION("404: an origin that it does not know") {
    w.logs[0].name = "another.example/log";
    CHECK(refused(tree.request(10, 20)).status == 404);
  }
  SECTION("404: the key of a witness is none of a log") {
    w.logs = {witness_key().key};
    w.logs[0].name = kLog.key.name;
    CHECK(refused(tree.request(10, 20)).status == 404);
  }
  SECTION("403: none of its keys has signed") {
    w.logs[0].public_key = witness_key().key.public_key;
    CHECK(refused(tree.request(10, 20)).status == 403);
  }
  SECTION("409 and the size: the proof is from another size than the last") {
    for (const std::uint64_t old : {0, 9, 11}) {
      const auto answer = refused(tree.request(old, 20));
      CHECK(answer.status == 409);
      CHECK(answer.body == "10\n");
      CHECK(answer.content_type == "text/x.tlog.size");
      CHECK_FALSE(answer.contradicts);
    }
    CHECK(refused(tree.request(5, 9)).body == "10\n"); // never back
  }
  SECTION("409: another head of the same size, and it is told apart") {
    for (const auto& request : {fork.request(10, 10), fork.request(0, 10)}) {
      const auto answer = refused(request);
      CHECK(answer.status == 409);
      CHECK(answer.contradicts);
    }
  }
  SECTION("422: the proof is of a log that has forked, or is none") {
    CHECK(refused(fork.request(10, 20)).status == 422);
    CHECK(refused(to_text(AddCheckpoint{10, {}, tree.head(20)})).status == 422);
    CHECK(refused(to_text(AddCheckpoint{10, tree.proof(10, 20), tree.head(10)})).status ==
          422); // the same needs none
    auto longer = tree.proof(10, 20);
    longer.push_back(longer.back());
    CHECK(refused(to_text(AddCheckpoint{10, longer, tree.head(20)})).status == 422);
    Witness fresh;
    CHECK(fresh.asked(to_text(AddCheckpoint{0, tree.proof(10, 20), tree.head(20)})).status == 422);
  }
}

TEST_CASE("Nobody who has the log's key gets two heads cosigned that contradict each other", "[evidence][witness]") {
  const char* given = std::getenv("ONECODE_SEED");
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : 1;
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  const std::vector<Tree> trees{Tree(40), Tree(40, 5), Tree(40, 17), Tree(40, 33)};
  std::size_t lives_with_several = 0; // a life that begins with the largest head gives no other
  for (int life = 0; life < 30; ++life) {
    Witness w;
    std::vector<std::pair<std::uint64_t, std::size_t>> cosigned; // size, tree
    for (int i = 0; i < 400; ++i) {
      const auto t = random() % trees.size();
      const auto size = random() % 41, last = w.memory.empty() ? 0 : w.memory.begin()->second.size;
      const auto old = std::min(random() % 3 == 0 ? random() % 41 : last, size);
      if (w.asked(trees[t].request(old, size)).status == 200) cosigned.emplace_back(size, t);
    }
    if (cosigned.size() > 1) ++lives_with_several;
    for (const auto& [size, t] : cosigned)
      for (const auto& [other, u] : cosigned) {
        const auto both = std::min(size, other);
        CHECK(trees[t].root(both) == trees[u].root(both));
      }
  }
  CHECK(lives_with_several > 0);
}

TEST_CASE("A client proves from the size that the witness names", "[evidence][witness]") {
  const Tree tree(300);
  const auto key = witness_key().key;
  Witness w;
  int asked = 0;
  const SendToWitness send = [&](const std::string& request) {
    ++asked;
    const auto answer = w.asked(request);
    return WitnessReply{answer.status, answer.body};
  };
  const auto get = [&](std::uint64_t size, std::uint64_t seen) {
    asked = 0;
    return ask_witness(
        note_of(tree.head(size)), key, seen, [&](std::uint64_t before) { return tree.proof(before, size); }, send);
  };
  CHECK(get(100, 0).cosignature);
  CHECK(asked == 1);
  CHECK(get(200, 0).cosignature); // it knows better
  CHECK(asked == 2);
  CHECK(get(300, 200).cosignature);
  CHECK(asked == 1);
  CHECK(get(300, 300).cosignature);
  const auto behind = get(250, 200);
  CHECK_FALSE(behind.cosignature);
  CHECK(behind.why_not == "has cosigned a head of 300 entries, and this one is of 250");
}

TEST_CASE("A client takes nothing for a cosignature that is none of this head by this key", "[evidence][witness]") {
  const Tree tree(10), fork(10, 3);
  const auto key = witness_key();
  const auto head = note_of(tree.head(10));
  const auto answered = [&](std::optional<WitnessReply> reply) {
    return ask_witness(
        head, key.key, 0, [](std::uint64_t) { return std::vector<TreeHash>(); },
        [&](const std::string&) { return reply; });
  };
  const auto line = [](const NoteSignature& s) { return to_text(SignedNote{"x\n", {s}}).substr(3); };
  const auto good = sign_note(key.key, key.private_key, head.text, kNow);
  auto log_line = head.signatures[0];
  CHECK(answered(WitnessReply{200, line(good)}).cosignature);
  CHECK(answered(WitnessReply{200, line(log_line) + line(good)}).cosignature); // others are passed over
  CHECK(answered(WitnessReply{200, line(good)}).cosignature->bytes == good.bytes);

  const auto other = sign_note(key.key, key.private_key, note_of(fork.head(10)).text, kNow);
  const auto stranger = sign_note(witness_key('x').key, witness_key('x').private_key, head.text, kNow);
  for (const auto& body : {std::string(), std::string("ok\n"), line(other), line(stranger), line(log_line),
                           line(good).substr(0, line(good).size() - 1)}) {
    INFO(body);
    CHECK_FALSE(answered(WitnessReply{200, body}).cosignature);
  }
  CHECK(answered(std::nullopt).why_not == "does not answer");
  CHECK(answered(WitnessReply{403, "no\n"}).why_not == "refuses: 403 no");
  CHECK(answered(WitnessReply{409, "ten\n"}).why_not == "refuses: 409 ten");
  CHECK(answered(WitnessReply{409, "0\n"}).why_not ==
        "has cosigned another head of 0 entries: one of the two is of a forged log");
  int times = 0; // somebody is always faster
  CHECK_FALSE(ask_witness(
                  head, key.key, 0, [](std::uint64_t) { return std::vector<TreeHash>(); },
                  [&](const std::string&) {
                    return WitnessReply{409, std::to_string(++times) + "\n"};
                  })
                  .cosignature);
  CHECK(times < 10);
}

TEST_CASE("A witness's key file is read whatever its bytes are", "[evidence][witness]") {
  for (int seed = 0; seed < 256; ++seed) { // base64 with a plus is among it
    const auto key = witness_key(static_cast<char>(seed));
    const auto back = parse_witness_key(to_text(key));
    INFO(to_text(key));
    REQUIRE(back);
    CHECK(back->private_key == key.private_key);
  }
}

TEST_CASE("A witness's key file is read as it was written, and as nothing else", "[evidence][witness]") {
  const auto key = witness_key();
  const std::string text = to_text(key);
  const std::string id = verifier_of(key.key).substr(key.key.name.size() + 1, 8);
  CHECK(text.starts_with("PRIVATE+KEY+witness.example/w1+" + id + "+"));
  const auto back = parse_witness_key(text);
  REQUIRE(back);
  CHECK(back->private_key == key.private_key);
  CHECK(verifier_of(back->key) == verifier_of(key.key));
  CHECK_FALSE(parse_witness_key(verifier_of(key.key)));
  for (std::size_t n = 0; n + 1 < text.size(); ++n) {
    auto other = text;
    other[n] = static_cast<char>(other[n] ^ 1);
    INFO(other);
    CHECK_FALSE(parse_witness_key(other));
    CHECK_FALSE(parse_witness_key(text.substr(0, n)));
  }
}
