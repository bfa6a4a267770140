// Catches: two readings of one format. onecode-verify was written a second time from the texts of C2SP and the leaf's comment; what is
// broken at random must be accepted by both or by neither, and say the same to both.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <stdexcept>
#include <string>

#include "evidence/leaf.hpp"
#include "evidence/tlog_proof.hpp"
#include "tests/catch.hpp"
#include "tests/unit/evidence/log_world.hpp"
#include "verify/formats.hpp"

using namespace onecode;
using namespace onecode_test;

namespace {

const LogKey kKey;
constexpr int kRounds = 3000;

class Spoiler {
public:
  Spoiler() {
    const char* given = std::getenv("ONECODE_SEED");
    seed = given != nullptr ? std::strtoull(given, nullptr, 10) : 1;
    random_.seed(seed);
  }
  std::uint64_t seed = 0;
  std::uint64_t below(std::uint64_t n) { return random_() % n; }

  /// Up to three changes. None makes or copies a byte above ASCII: elsewhere than in leaves these are dashes only.
  std::string broken(std::string s, std::string_view likely) {
    for (auto n = below(4); n > 0; --n) {
      const auto at = below(s.size() + 1), length = below(2) == 0 ? below(4) : below(s.size() + 1);
      switch (below(5)) {
        case 0: {
          const auto piece = s.substr(below(s.size() + 1), length);
          if (std::all_of(piece.begin(), piece.end(), [](char c) { return (c & 0x80) == 0; })) s.insert(at, piece);
          break;
        }
        case 1:
          s.erase(at, length);
          break;
        case 2:
          s.insert(at, 1, likely[below(likely.size())]);
          break;
        case 3:
          if (at < s.size()) s[at] = likely[below(likely.size())];
          break;
        default:
          if (at < s.size()) s[at] = static_cast<char>(s[at] ^ (1 << below(7)));
      }
    }
    return s;
  }

private:
  std::mt19937_64 random_;
};

/// What onecode-verify reads; nullopt: it refuses.
template <class Read>
auto second(Read read) -> std::optional<decltype(read())> {
  try {
    return read();
  } catch (const verify::Failure&) {
    return std::nullopt;
  }
}

std::string bytes_of(const TreeHash& h) { return {h.begin(), h.end()}; }

std::string some_note(const std::string& text) {
  return to_text(
      SignedNote{text, {sign_note(kKey.key, kKey.private_key, text), {"witness", {1, 2, 3, 4}, "unknown"}}});
}

} // namespace

TEST_CASE("second reader: leaves", "[leaf]") {
  Spoiler random;
  INFO("seed " << random.seed);
  int accepted = 0;
  for (int i = 0; i < kRounds; ++i) {
    Leaf leaf;
    leaf.kind = static_cast<LeafKind>(1 + random.below(6));
    leaf.id = "id";
    leaf.time = Time{static_cast<std::int64_t>(random.below(UINT64_MAX))};
    leaf.received = Time{1};
    leaf.clock = static_cast<LeafClock>(random.below(3));
    leaf.policy = "policy";
    leaf.mac = "mac";
    leaf.at = TopicPartition{Topic::scans, 3};
    if (random.below(2) == 0) leaf.payload_sm3.emplace().fill(7);
    leaf.offset = static_cast<std::int64_t>(random.below(1000));
    std::string bytes;
    append(bytes, leaf);
    bytes = random.broken(bytes, std::string_view("\0\1\2\3\7\377", 6));

    const auto one = parse_leaf(bytes);
    const auto two = second([&] { return verify::read_leaf(bytes, "leaf"); });
    // What one leaf alone cannot have right is the affair of whoever follows them, in the engine; and only it knows all topics.
    const bool order = one && (one->from != 0 || one->offset < 0 || !one->at);
    const bool place = two && two->topic != "scans";
    INFO(verify::hex(bytes));
    if (!order && !place) REQUIRE(one.has_value() == two.has_value());
    if (!one || !two) continue;
    ++accepted;
    CHECK(static_cast<std::uint64_t>(one->kind) == two->kind);
    CHECK(static_cast<std::uint64_t>(one->clock) == two->clock);
    CHECK(std::pair(one->time.ms, one->received.ms) == std::pair(two->time, two->received));
    CHECK(std::pair<std::uint64_t, std::uint64_t>(one->from, one->offset) == std::pair(two->from, two->offset));
    CHECK(bytes_of(one->subject) == two->subject);
    CHECK(bytes_of(one->payload) == two->payload);
    CHECK((one->payload_sm3 ? bytes_of(*one->payload_sm3) : std::string()) == two->payload_sm3);
    for (const auto& [a, b] :
         {std::pair(one->id, two->id), {one->policy, two->policy}, {one->build, two->build}, {one->mac, two->mac}})
      CHECK(a == b);
  }
  CHECK(accepted > kRounds / 10);
  CHECK(accepted < kRounds);
}

TEST_CASE("second reader: checkpoints, proofs and keys", "[note]") {
  Spoiler random;
  INFO("seed " << random.seed);
  const std::string_view likely = "\n\n +=/0A9\t";
  const auto verifier = verifier_of(kKey.key);
  const NoteKey witness{"w.example", NoteKey::Type::cosignature, kKey.key.public_key};
  const verify::Keys keys{verify::read_key(verifier, "key").value()};
  int notes = 0, proofs = 0, accepted_keys = 0;
  for (int i = 0; i < kRounds; ++i) {
    Checkpoint head{kKey.key.name, random.below(2000), {}, {}};
    for (auto& c : head.root) c = static_cast<std::uint8_t>(random.below(256));
    if (random.below(4) == 0) head.more = {"more"};
    const auto text = to_text(head);
    auto note = random.broken(some_note(text), likely);
    if (random.below(2) == 0) try { // or broken before it was signed
        note = some_note(random.broken(text, likely));
      } catch (const std::invalid_argument&) { // none that can be signed
      }
    const auto one = signed_checkpoint(note, kKey.key.name, kKey.key);
    const auto two = second([&] { return verify::read_checkpoint(note, keys, "note"); });
    {
      INFO(verify::printable(note));
      REQUIRE(one.has_value() == (two && two->trusted));
      if (one)
        CHECK(std::pair(one->size, verify::hex(bytes_of(one->root))) ==
              std::pair(two->size, verify::hex(verify::view(two->root))));
      notes += one ? 1 : 0;
    }

    TlogProof proof{random.below(2) == 0 ? "" : "extra", random.below(2000), {}, some_note(text)};
    for (auto n = random.below(5); n > 0; --n) proof.hashes.push_back(head.root);
    const auto whole = to_text(proof);
    const auto path = whole.substr(0, whole.size() - proof.checkpoint.size());
    const auto broken = random.broken(path, likely) + proof.checkpoint;
    const auto three = parse_tlog_proof(broken);
    const auto four = second([&] { return verify::read_proof(broken, keys, "proof"); });
    {
      INFO(verify::printable(broken));
      REQUIRE((three && signed_checkpoint(three->checkpoint, kKey.key.name, kKey.key)) ==
              (four && four->head.trusted));
      if (three && four)
        CHECK(std::pair(three->index, three->hashes.size()) == std::pair(four->index, four->path.size()));
      proofs += three && four ? 1 : 0;
    }

    const auto line = random.broken(random.below(2) == 0 ? verifier : verifier_of(witness), "+=/ 0aA");
    const auto five = parse_verifier(line);
    const auto six = second([&] { return verify::read_key(line, "key"); });
    INFO(verify::printable(line));
    REQUIRE((five && five->type != NoteKey::Type::sm2) == (six && *six));
    if (five && six && *six) CHECK((five->type == NoteKey::Type::cosignature) == (*six)->witness);
    accepted_keys += five ? 1 : 0;
  }
  for (const int n : {notes, proofs, accepted_keys}) CHECK((n > kRounds / 10 && n < kRounds));
}
