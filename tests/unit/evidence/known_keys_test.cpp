// Catches: a key that is another subject's, because the two share a place, a tag or a hash, or because a place is free; one that is found
// although it was destroyed; threads that see half a key.
#include "evidence/known_keys.hpp"

#include <random>
#include <string>
#include <thread>
#include <vector>

#include "domain/hash.hpp"
#include "tests/catch.hpp"

using namespace onecode::evidence;

namespace {

Hash keyed(const HmacKey& key) {
  Hash inner, out;
  const HashJob first{{}, "text", &inner, &key.inner}, second{{}, view(inner), &out, &key.outer};
  sha256({&first, 1});
  sha256({&second, 1});
  return out;
}
Hash expected(const SubjectKeys& keys, const std::string& subject) {
  return hmac_sha256(view(keys.find(subject).value_or(Hash{})), "text");
}

} // namespace

TEST_CASE("Known keys are the subjects' own, also where there is room for few", "[evidence][privacy]") {
  SubjectKeys keys("secret");
  keys.destroy("a-7");
  // Hashes: all one; of one place, of one tag, of neither; zero is what an empty table has, and the last is what shards give.
  const auto spread =
      GENERATE(std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 48, (std::uint64_t{1} << 48) + 1);
  const bool as_shards_do = GENERATE(false, true);
  const auto seed = GENERATE(range(0U, 20U));
  CAPTURE(spread, as_shards_do, seed);
  KnownKeys known(keys, 2); // eight of them
  std::mt19937 random(seed);
  for (int i = 0; i < 100; ++i) {
    const auto n = random() % 13;
    const std::string subject = n == 12   ? std::string(65, 'x')
                                : n == 11 ? std::string(64, 'x')
                                : n == 10 ? ""
                                          : "a-" + std::to_string(n);
    INFO(subject);
    const auto hash = as_shards_do ? onecode::hash64(subject) : n * spread;
    known.expect(hash);
    known.expect_slot(hash);
    HmacKey key;
    REQUIRE(known.find(subject, hash, key) == (subject != "a-7"));
    REQUIRE(keyed(key) == expected(keys, subject));
  }
}

TEST_CASE("Known keys are one node's, whichever shard asks", "[evidence][privacy]") {
  const SubjectKeys keys("secret");
  KnownKeys known(keys, 4);
  constexpr std::size_t kSubjects = 40;
  std::vector<Hash> right;
  for (std::size_t i = 0; i < kSubjects; ++i) right.push_back(expected(keys, std::to_string(i)));
  std::vector<int> wrong(4);
  std::vector<std::thread> shards;
  for (std::size_t shard = 0; shard < wrong.size(); ++shard)
    shards.emplace_back([&, shard] {
      std::mt19937 random(static_cast<unsigned>(shard));
      for (int i = 0; i < 3'000; ++i) {
        const std::size_t n = random() % kSubjects;
        const auto hash = onecode::hash64(std::to_string(n));
        known.expect_slot(hash);
        HmacKey key;
        if (!known.find(std::to_string(n), hash, key) || keyed(key) != right[n]) ++wrong[shard];
      }
    });
  for (auto& shard : shards) shard.join();
  for (const int n : wrong) CHECK(n == 0);
}

TEST_CASE("Without a secret nobody has a key", "[evidence][privacy]") { CHECK(KnownKeys(SubjectKeys()).empty()); }
