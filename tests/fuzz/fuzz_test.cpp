// Catches: input that crashes a reader, that one of two readers takes and the other does not, or that is believed and was never signed. Each target for
// a fixed number of inputs, in a program with sanitizers: its seeds, and seeds with one to eight changes. `./dev fuzz` looks for longer, and looks where it goes.
#include <chrono>
#include <cstdlib>
#include <random>

#include "tests/catch.hpp"
#include "tests/fuzz/target.hpp"

using namespace onecode_test::fuzz;

namespace {

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* given = std::getenv(name);
  return given != nullptr ? std::strtoull(given, nullptr, 10) : otherwise;
}

class Mutator {
public:
  Mutator(std::uint64_t seed, const std::vector<std::string>& seeds) : random_(seed), seeds_(seeds) {}

  std::string next() {
    auto out = any();
    for (auto n = 1 + below(8); n > 0; --n) change(out);
    return out;
  }

private:
  std::uint64_t below(std::uint64_t n) { return random_() % n; }
  const std::string& any() { return seeds_[below(seeds_.size())]; }
  std::string piece_of(const std::string& s) {
    const auto at = below(s.size() + 1);
    return s.substr(at, below(2) == 0 ? below(8) : below(s.size() + 1));
  }
  void change(std::string& s) {
    static const std::string likely("\0\1\xff\n +/=09AZaz.-\r\x80", 18);
    const auto at = below(s.size() + 1);
    switch (below(8)) {
      case 0:
        s.erase(at, below(2) == 0 ? 1 : below(s.size() + 1));
        break;
      case 1:
        s.insert(at, piece_of(s));
        break;
      case 2:
        s.insert(at, piece_of(any()));
        break;
      case 3: {
        const auto other = piece_of(any());
        s.replace(at, other.size(), other);
        break;
      }
      case 4:
        s.insert(at, 1, likely[below(likely.size())]);
        break;
      case 5:
        if (at < s.size()) s[at] = likely[below(likely.size())];
        break;
      default:
        if (at < s.size()) s[at] = static_cast<char>(s[at] ^ (1 << below(8)));
    }
  }

  std::mt19937_64 random_;
  const std::vector<std::string>& seeds_;
};

std::string shown(std::string_view bytes) {
  std::string out;
  for (const unsigned char c : bytes) {
    out += "0123456789abcdef"[c >> 4];
    out += "0123456789abcdef"[c & 15];
  }
  return out;
}

void try_out(const Target& target) {
  const auto seed = from_environment("ONECODE_SEED", 1);
  const auto runs = from_environment("ONECODE_FUZZ_RUNS", 6000) / static_cast<std::uint64_t>(target.cost);
  INFO("target " << target.name << ", seed " << seed);
  const auto seeds = target.seeds();
  Mutator mutator(seed, seeds);
  for (std::uint64_t i = 0; i < seeds.size() + runs; ++i) {
    const auto input = i < seeds.size() ? seeds[i] : mutator.next();
    try {
      target.run(input);
    } catch (const std::exception& e) {
      FAIL(e.what() << "\ninput " << i << ", as hex: " << shown(input));
    }
  }
  CHECK(seeds.size() > 1);
}

} // namespace

TEST_CASE("fuzz: leaves, by both readers") { try_out(kLeaf); }
TEST_CASE("fuzz: signed notes and checkpoints, by both readers") { try_out(kNote); }
TEST_CASE("fuzz: verifier keys, by both readers") { try_out(kKey); }
TEST_CASE("fuzz: proofs, by both readers") { try_out(kProof); }
TEST_CASE("fuzz: manifests have one spelling") { try_out(kManifest); }
TEST_CASE("fuzz: bundles that nobody made are not sound") { try_out(kBundle); }
TEST_CASE("fuzz: whole logs, by both readers") { try_out(kLog); }
TEST_CASE("fuzz: proofs out of hostile tiles prove nothing that is not so") { try_out(kProver); }
