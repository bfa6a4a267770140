// Catches: a hash that others do not compute, of any length, from any of the sixteen lanes, whether many or few go at once; a prefix
// that falls on the wrong side of a block; a keyed state that is not HMAC's.
#include "evidence/sha256_many.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <random>
#include <string>
#include <vector>

#include "tests/catch.hpp"

using namespace onecode::evidence;

namespace {

/// By OpenSSL's other interface, which shares no code with what is tested.
Hash by_openssl(const std::string& text) {
  Hash out;
  REQUIRE(EVP_Digest(text.data(), text.size(), out.data(), nullptr, EVP_sha256(), nullptr) == 1);
  return out;
}

std::string random_text(std::mt19937_64& random, std::size_t size) {
  std::string out(size, '\0');
  for (auto& c : out) c = static_cast<char>(random());
  return out;
}

struct Texts {
  std::vector<std::string> prefixes, texts;
  void check() const {
    std::vector<Hash> out(texts.size());
    std::vector<HashJob> jobs;
    for (std::size_t i = 0; i < texts.size(); ++i) jobs.push_back({prefixes[i], texts[i], &out[i]});
    sha256(jobs);
    for (std::size_t i = 0; i < texts.size(); ++i) {
      INFO("text " << i << " of " << texts.size() << ", " << prefixes[i].size() << " + " << texts[i].size()
                   << " bytes");
      REQUIRE(out[i] == by_openssl(prefixes[i] + texts[i]));
    }
  }
};

} // namespace

TEST_CASE("SHA-256 of many: every length around its blocks, alone and among others", "[evidence][hash]") {
  INFO("side by side: " << hashes_side_by_side());
  std::mt19937_64 random(1);
  const auto count = GENERATE(std::size_t{1}, std::size_t{6}, std::size_t{7}, std::size_t{16}, std::size_t{33});
  for (std::size_t size = 0; size <= 200; ++size) {
    Texts all;
    for (std::size_t i = 0; i < count; ++i) {
      all.prefixes.emplace_back();
      all.texts.push_back(random_text(random, size));
    }
    all.check();
  }
}

TEST_CASE("SHA-256 of many: every prefix, before every length", "[evidence][hash]") {
  std::mt19937_64 random(2);
  for (std::size_t prefix = 0; prefix <= 64; ++prefix) {
    Texts all;
    for (std::size_t size = 0; size <= 140; ++size) {
      all.prefixes.push_back(random_text(random, prefix));
      all.texts.push_back(random_text(random, size));
    }
    all.check();
  }
}

TEST_CASE("SHA-256 of many: as many and as long as it comes", "[evidence][hash]") {
  const unsigned seed = 4'711;
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  for (int run = 0; run < 300; ++run) {
    Texts all;
    for (auto n = random() % 90; n > 0; --n) {
      all.prefixes.push_back(random_text(random, random() % 3 == 0 ? random() % 65 : 0));
      all.texts.push_back(random_text(random, random() % 16 == 0 ? random() % 5'000 : random() % 500));
    }
    all.check();
  }
}

TEST_CASE("SHA-256 of many: a text that is none, of no place at all", "[evidence][hash]") {
  for (const std::size_t prefix : {0, 1, 63, 64}) {
    const std::string before(prefix, 'p');
    std::vector<Hash> out(20);
    std::vector<HashJob> jobs;
    for (auto& hash : out) jobs.push_back({before, {}, &hash});
    sha256(jobs);
    for (const auto& hash : out) REQUIRE(hash == by_openssl(before));
  }
}

TEST_CASE("SHA-256 of many: more bytes than a lane counts", "[evidence][hash]") {
  const std::string text = "text";
  for (const std::uint64_t bytes : {std::uint64_t{1} << 28, std::uint64_t{1} << 29, std::uint64_t{1} << 40}) {
    const HashState state{kHashStart.words, bytes}; // as if so many had been
    std::vector<Hash> out(17);
    std::vector<HashJob> jobs;
    for (std::size_t i = 0; i < 16; ++i) jobs.push_back({{}, text, &out[i], i % 3 == 0 ? &kHashStart : &state});
    sha256(jobs);
    const HashJob alone{{}, text, &out[16], &state};
    sha256({&alone, 1});
    for (std::size_t i = 0; i < 16; ++i) {
      INFO(bytes << " bytes, job " << i);
      REQUIRE(out[i] == (i % 3 == 0 ? by_openssl(text) : out[16]));
    }
  }
}

TEST_CASE("SHA-256 goes on from a state, and HMAC is two of them", "[evidence][hash]") {
  std::mt19937_64 random(3);
  const std::string begin = random_text(random, 192), rest = random_text(random, 77);
  const HashState state = go_on(kHashStart, begin);
  Hash out;
  const HashJob job{std::string_view(rest).substr(0, 5), std::string_view(rest).substr(5), &out, &state};
  sha256({&job, 1});
  CHECK(out == by_openssl(begin + rest));

  for (const std::size_t size : {0, 1, 63, 64, 65, 200}) {
    const std::string key = random_text(random, size), text = random_text(random, 3 * size);
    Hash expected;
    unsigned bytes = 0;
    REQUIRE(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                 reinterpret_cast<const unsigned char*>(text.data()), text.size(), expected.data(),
                 &bytes) != nullptr);
    INFO("a key of " << size << " bytes");
    CHECK(hmac_sha256(key, text) == expected);
  }
}
