// Catches: a root that others do not compute, a proof that does not convince, one that convinces of something else.
#include "evidence/merkle_tree.hpp"

#include <fmt/format.h>

#include <map>
#include <string>

#include "tests/catch.hpp"
#include "tests/unit/evidence/by_the_book.hpp"

using namespace onecode::evidence;
using onecode_test::root_by_the_book;

namespace {

std::string hex(const TreeHash& h) {
  std::string out;
  for (const auto byte : h) out += fmt::format("{:02x}", byte);
  return out;
}
std::string bytes(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 2)
    out += static_cast<char>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16));
  return out;
}

struct Log {
  std::vector<TreeHash> leaves;
  explicit Log(std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) leaves.push_back(leaf_hash("entry " + std::to_string(i)));
  }
  /// Complete subtrees of the first `size` leaves only, as a log that has no others.
  NodeReader reader(std::uint64_t size) const {
    return [this, size](const TreeNode& n) {
      const std::uint64_t first = n.index << n.level, count = std::uint64_t{1} << n.level;
      if (first + count > size) throw std::logic_error("asked for a subtree that the log does not have");
      return root_by_the_book(std::span(leaves).subspan(first, count));
    };
  }
  TreeHash root(std::size_t size) const { return root_by_the_book(std::span(leaves).first(size)); }
};

constexpr std::size_t kMost = 70;

} // namespace

TEST_CASE("merkle tree: the vectors that other logs are tested with", "[merkle]") {
  // Entries and roots of certificate-transparency's own tests, repeated in many implementations of RFC 6962.
  const struct {
    const char *entry, *root;
  } rows[] = {
      {"", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
      {"00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
      {"10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
      {"2021", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"},
      {"3031", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
      {"40414243", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"},
      {"5051525354555657", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"},
      {"606162636465666768696a6b6c6d6e6f", "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"},
  };
  Frontier f;
  CHECK(hex(f.root()) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  for (const auto& row : rows) {
    f.append(leaf_hash(bytes(row.entry)));
    INFO(f.size() << " entries");
    CHECK(hex(f.root()) == row.root);
  }
}

TEST_CASE("merkle tree: appending gives the root by the book", "[merkle]") {
  const Log log(kMost);
  Frontier f;
  for (std::size_t n = 0; n <= kMost; ++n) {
    INFO(n);
    CHECK(f.size() == n);
    CHECK(f.root() == log.root(n));
    CHECK(root_of(n, log.reader(n)) == log.root(n));
    if (n < kMost) f.append(log.leaves[n]);
  }
}

TEST_CASE("merkle tree: many leaves at once are appended as one by one", "[merkle]") {
  const Log log(300);
  for (std::size_t before = 0; before <= 40; ++before)
    for (const std::size_t more : {0, 1, 2, 3, 7, 8, 63, 64, 65, 200}) {
      INFO(before << " leaves and " << more << " more");
      Frontier f, one;
      for (std::size_t i = 0; i < before; ++i) f.append(log.leaves[i]);
      f.append(std::span(log.leaves).subspan(before, more));
      for (std::size_t i = 0; i < before + more; ++i) one.append(log.leaves[i]);
      REQUIRE(f.size() == before + more);
      REQUIRE(f.root() == log.root(before + more));
      // And go on as if they had been.
      f.append(log.leaves[299]);
      one.append(log.leaves[299]);
      REQUIRE(f.root() == one.root());
    }
  const std::vector<std::string_view> entries{"", "a", "entry 17"};
  std::vector<TreeHash> hashes(1);
  leaf_hashes(entries, hashes);
  hashes.erase(hashes.begin());
  for (std::size_t i = 0; i < entries.size(); ++i) CHECK(hashes[i] == leaf_hash(entries[i]));
}

TEST_CASE("merkle tree: an inclusion proof convinces of its own entry and place only", "[merkle]") {
  const Log log(kMost);
  for (std::size_t size = 1; size <= kMost; ++size) {
    const TreeHash root = log.root(size);
    for (std::size_t i = 0; i < size; ++i) {
      INFO(i << " of " << size);
      auto proof = inclusion_proof(i, size, log.reader(size));
      REQUIRE(includes(root, size, i, log.leaves[i], proof));
      if (size > 1) CHECK_FALSE(includes(root, size, i, log.leaves[(i + 1) % size], proof));
      for (std::size_t other = 0; other < size + 2; ++other)
        if (other != i) CHECK_FALSE(includes(root, size, other, log.leaves[i], proof));
      for (auto& h : proof) {
        h[i % 32] ^= 1;
        CHECK_FALSE(includes(root, size, i, log.leaves[i], proof));
        h[i % 32] ^= 1;
      }
      proof.push_back(root);
      CHECK_FALSE(includes(root, size, i, log.leaves[i], proof));
      proof.pop_back();
      if (proof.empty()) continue;
      proof.pop_back();
      CHECK_FALSE(includes(root, size, i, log.leaves[i], proof));
    }
  }
}

TEST_CASE("merkle tree: a consistency proof convinces of one past only", "[merkle]") {
  const Log log(kMost);
  Log other(kMost); // the same but for one entry
  other.leaves[2] = leaf_hash("another");
  for (std::size_t size = 0; size <= kMost; ++size) {
    const TreeHash root = log.root(size);
    for (std::size_t before = 0; before <= size; ++before) {
      INFO(before << " before " << size);
      auto proof = consistency_proof(before, size, log.reader(size));
      REQUIRE(consistent(before, log.root(before), size, root, proof));
      if (before > 2) CHECK_FALSE(consistent(before, other.root(before), size, root, proof));
      if (before > 0 && size > 2) CHECK_FALSE(consistent(before, log.root(before), size, other.root(size), proof));
      if (before > 0 && before < size) CHECK_FALSE(consistent(before - 1, log.root(before), size, root, proof));
      for (auto& h : proof) {
        h[size % 32] ^= 1;
        CHECK_FALSE(consistent(before, log.root(before), size, root, proof));
        h[size % 32] ^= 1;
      }
      proof.push_back(root);
      CHECK_FALSE(consistent(before, log.root(before), size, root, proof));
      proof.pop_back();
      if (proof.empty()) continue;
      proof.pop_back();
      CHECK_FALSE(consistent(before, log.root(before), size, root, proof));
    }
    CHECK_FALSE(consistent(size + 1, root, size, root, {}));
  }
}

TEST_CASE("merkle tree: a proof from a hundred million entries", "[merkle]") {
  // Every leaf is the same, so that a subtree's root depends on its level alone.
  std::vector<TreeHash> level{leaf_hash("x")};
  while (level.size() < 40) level.push_back(node_hash(level.back(), level.back()));
  const NodeReader read = [&](const TreeNode& n) { return level.at(n.level); };
  constexpr std::uint64_t kSize = 100'000'000;
  const TreeHash root = root_of(kSize, read);
  for (const std::uint64_t i : {std::uint64_t{0}, std::uint64_t{77'777'777}, kSize - 1}) {
    const auto proof = inclusion_proof(i, kSize, read);
    CHECK(proof.size() <= 27);
    CHECK(includes(root, kSize, i, level[0], proof));
  }
  CHECK(consistent(kSize / 3, root_of(kSize / 3, read), kSize, root, consistency_proof(kSize / 3, kSize, read)));
}
