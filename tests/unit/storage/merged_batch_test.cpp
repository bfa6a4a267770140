// What would be lost here is lost in every restore: an entry, the newest of its values, an erasure.
#include "storage/merged_batch.hpp"

#include <map>
#include <random>
#include <string>

#include "storage/digest.hpp"
#include "tests/catch.hpp"

using namespace onecode::storage;

namespace {

std::string key(std::uint64_t n) { return "e0k" + std::to_string(n); }

WriteBatch random_batch(std::mt19937_64& random) {
  WriteBatch out;
  for (auto n = random() % 20; n > 0; --n) {
    if (random() % 4 == 0)
      out.erase(key(random() % 30));
    else
      out.put(key(random() % 30), std::string(random() % 9, static_cast<char>('a' + random() % 26)));
  }
  return out;
}

} // namespace

TEST_CASE("batches merged are the batches one after the other, each key once and in order") {
  const auto seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  const auto stores = memory_stores();
  const auto each = stores->open(0), merged = stores->open(1);
  MergedBatch gathered;
  Digest digest = 0;
  std::int64_t next = 0;
  for (int round = 0; round < 200; ++round) {
    std::vector<WriteBatch> batches;
    for (auto n = random() % 6; n > 0; --n) batches.push_back(random_batch(random));
    std::size_t size = 0;
    for (const auto& b : batches) {
      each->write(b.bytes(), {++next});
      gathered.add(b.bytes());
      size += b.bytes().size();
    }
    CHECK(gathered.size() == size);
    const auto bytes = gathered.merge();
    CHECK(gathered.size() == 0);
    std::string before;
    WriteBatch::each(bytes, [&](std::string_view k, auto) {
      CHECK(before < k);
      before = k;
    });
    digest += digest_change(*merged, bytes);
    merged->write(bytes, {next});

    std::map<std::string, std::string> left, right;
    each->scan("", [&](auto k, auto v) { return left.emplace(k, v), true; });
    merged->scan("", [&](auto k, auto v) { return right.emplace(k, v), true; });
    REQUIRE(left == right);
    REQUIRE(digest == digest_of(*merged));
  }
}
