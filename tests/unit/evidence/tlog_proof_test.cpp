// Catches: a proof file that others cannot read, one that was tampered with and convinces, one of another log, key or entry.
#include "evidence/tlog_proof.hpp"

#include "tests/catch.hpp"
#include "tests/unit/evidence/by_the_book.hpp"
#include "tests/unit/evidence/log_world.hpp"

using namespace onecode::evidence;
using namespace onecode_test;

namespace {

const LogKey kKey;
const std::string& kOrigin = kKey.key.name;

TlogProof proof_of(std::uint64_t index, std::uint64_t size) {
  std::vector<TreeHash> leaves;
  for (std::uint64_t i = 0; i < size; ++i) leaves.push_back(leaf_hash(entry(i)));
  return {"", index, path_by_the_book(index, leaves), kKey.head(size, root_by_the_book(leaves))};
}

} // namespace

TEST_CASE("tlog proof: the format", "[tlog-proof]") {
  auto proof = proof_of(2, 3);
  proof.extra = "\xff\xfe";
  const auto text = to_text(proof);
  CHECK(text.starts_with("c2sp.org/tlog-proof@v1\nextra //4=\nindex 2\n"));
  CHECK(text.ends_with("=\n\n" + proof.checkpoint));
  for (std::uint64_t size = 1; size < 20; ++size)
    for (std::uint64_t i = 0; i < size; ++i) {
      const auto p = proof_of(i, size);
      const auto again = parse_tlog_proof(to_text(p));
      REQUIRE(again);
      CHECK(to_text(*again) == to_text(p));
      const auto head = proven(*again, entry(i), kOrigin, kKey.key);
      REQUIRE(head);
      CHECK(head->size == size);
    }
  const auto again = parse_tlog_proof(text);
  REQUIRE(again);
  CHECK(again->extra == proof.extra);
  CHECK(again->index == 2);
  CHECK(again->hashes == proof.hashes);
  CHECK(again->checkpoint == proof.checkpoint);
}

TEST_CASE("tlog proof: not one byte may be another, missing or more", "[tlog-proof]") {
  const std::string good = to_text(proof_of(5, 13));
  const auto convinces = [](const std::string& text) {
    const auto proof = parse_tlog_proof(text);
    return proof && proven(*proof, entry(5), kOrigin, kKey.key);
  };
  REQUIRE(convinces(good));
  for (std::size_t i = 0; i < good.size(); ++i) {
    INFO(i);
    for (int bit = 0; bit < 8; ++bit) {
      std::string bad = good;
      bad[i] ^= static_cast<char>(1 << bit);
      CHECK_FALSE(convinces(bad));
    }
    CHECK_FALSE(convinces(std::string(good).erase(i, 1)));
    CHECK_FALSE(convinces(std::string(good).insert(i, 1, good[i])));
    CHECK_FALSE(convinces(std::string(good).insert(i, 1, '\n')));
  }
}

TEST_CASE("tlog proof: of another entry, log or key", "[tlog-proof]") {
  const auto proof = proof_of(5, 13);
  REQUIRE(proven(proof, entry(5), kOrigin, kKey.key));
  CHECK_FALSE(proven(proof, entry(6), kOrigin, kKey.key));
  CHECK_FALSE(proven(proof, entry(5), "log.example/shard/4", kKey.key));
  auto key = kKey.key;
  key.public_key = onecode::streams::new_ed25519().public_key;
  CHECK_FALSE(proven(proof, entry(5), kOrigin, key));
  auto other = proof;
  other.checkpoint = proof_of(5, 14).checkpoint;
  CHECK_FALSE(proven(other, entry(5), kOrigin, kKey.key));
}

TEST_CASE("tlog proof: what is none", "[tlog-proof]") {
  const std::string hash = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", head = "c2sp.org/tlog-proof@v1\n";
  REQUIRE(parse_tlog_proof(head + "index 0\n\n"));
  REQUIRE(parse_tlog_proof(head + "extra AA==\nindex 0\n" + hash + "\n\nrest"));
  std::string many;
  for (int i = 0; i < 65; ++i) many += hash + '\n';
  REQUIRE(parse_tlog_proof(head + "index 0\n" + many.substr(45) + "\n"));
  for (const auto& bad : {std::string(),
                          std::string("\n\n"),
                          head,
                          head + "\n",
                          head + "index 0\n",
                          head + "index 00\n\n",
                          head + "index -1\n\n",
                          head + "index +1\n\n",
                          head + "index 1x\n\n",
                          head + "index \n\n",
                          head + "index 18446744073709551616\n\n",
                          head + "index 0\nextra AA==\n\n",
                          head + "extra \nindex 0\n\n",
                          head + "extra A\nindex 0\n\n",
                          head + "extra AA==\nextra AA==\nindex 0\n\n",
                          head + "extra AA==\n\n",
                          head + hash + "\n\n",
                          head + "index 0\nAAAA\n\n",
                          head + "index 0\n" + hash + "=\n\n",
                          head + "index 0\n" + many + "\n",
                          std::string("C2SP.org/tlog-proof@v1\nindex 0\n\n")}) {
    INFO(bad);
    CHECK_FALSE(parse_tlog_proof(bad));
  }
}
