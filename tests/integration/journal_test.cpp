// What a shard's journal promises: it carries the whole state and its digest, and it trims itself without losing any of it.
// What these would catch: an older value swept over a newer one, something trimmed that nobody journalled again, an erased entry
// that comes back, a digest that drifts from the state, a chain of commit records with a link missing.
#include <algorithm>
#include <random>

#include "storage/digest.hpp"
#include "streams/authenticate.hpp"
#include "tests/catch.hpp"
#include "tests/integration/engine_world.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

using Entries = std::map<std::string, std::string>;

Entries entries_of(storage::Store& store) {
  Entries out;
  store.scan("", [&](std::string_view key, std::string_view value) {
    if (storage::in_digest(key)) out.emplace(key, value);
    return true;
  });
  return out;
}

std::size_t bytes_of(const Entries& entries) {
  std::size_t out = 0;
  for (const auto& [key, value] : entries) out += key.size() + value.size();
  return out;
}

/// What a node without a store makes of the journal from `from` on.
Entries restored(const std::vector<std::string>& journal, std::int64_t from) {
  const auto stores = storage::memory_stores();
  const auto store = stores->open(0);
  for (auto at = static_cast<std::size_t>(from); at < journal.size(); ++at) store->write(journal[at], {1});
  return entries_of(*store);
}

storage::Digest digest_of(const Entries& entries) {
  storage::Digest out = 0;
  for (const auto& [key, value] : entries) out += storage::entry_digest(key, value);
  return out;
}

} // namespace

TEST_CASE("each commit record names the digest of the state after it, and the record before it") {
  const World world(60, 1200);
  const auto stores = storage::memory_stores();
  actors::PlainCrew crew;
  actors::ShardOptions options;
  options.resident_limit = 5;
  options.sweep_step = 1000;
  Engine engine(crew, *stores, world.policy, options);
  std::map<TopicPartition, std::int64_t> offsets, again;
  std::map<std::int32_t, std::string> last;
  std::size_t compared = 0, turn = 0;
  for (const auto* records : {&world.commands, &world.scans}) {
    auto turns = cut(*records, 100, options.partitions, offsets),
         twice = cut(*records, 100, options.partitions, again);
    for (std::size_t i = 0; i < turns.size(); ++i) {
      if (++turn % 4 == 0) engine.run(std::move(twice[i]), false);
      engine.histories.clear();
      engine.run(std::move(turns[i]));
      for (const auto& [shard, history] : engine.histories) {
        actors::CommitRecord commit;
        decode(history, commit);
        CHECK(commit.digest == crew.shard(shard).digest());
        CHECK(commit.digest == digest_of(restored(engine.journal[shard], 0)));
        CHECK(commit.previous == (last.contains(shard) ? streams::sha256(last[shard]) : std::string{}));
        last[shard] = history;
        ++compared;
      }
    }
  }
  CHECK(compared > 100);
}

TEST_CASE("a journal trims itself, and what is left gives the whole state") {
  const World world(150, 40'000);
  std::mt19937_64 random(7);
  for (const std::size_t lag : {std::size_t{0}, std::size_t{20'000}, std::size_t{1} << 30}) {
    for (const std::size_t resident : {std::size_t{2}, std::size_t{12}, std::size_t{1000}}) {
      CAPTURE(lag, resident);
      actors::ShardOptions options;
      options.store_lag_limit = lag;
      options.resident_limit = resident;
      options.sweep_step = 1000;
      const auto stores = storage::memory_stores();
      actors::PlainCrew crew;
      Engine engine(crew, *stores, world.policy, options);
      std::map<TopicPartition, std::int64_t> offsets;
      std::vector<std::int64_t> trimmed(static_cast<std::size_t>(options.partitions));
      const auto run = [&](std::vector<actors::Turn::Inputs> turns) {
        for (auto& turn : turns) {
          auto same = turn;
          if (random() % 5 == 0) engine.run(std::move(same), false);
          engine.run(std::move(turn));
          for (const auto shard : crew.shards()) {
            auto& to = trimmed[static_cast<std::size_t>(shard)];
            const auto wanted = crew.shard(shard).trim_to();
            REQUIRE(wanted >= to);
            const bool moved = wanted > to;
            to = wanted;
            if (!moved || random() % 8 != 0) continue;
            REQUIRE(digest_of(restored(engine.journal[shard], to)) == crew.shard(shard).digest());
          }
        }
      };
      run(cut(world.commands, 40, options.partitions, offsets));
      // The same people, over and over: the state stays about as large as it is and is written ten times.
      std::size_t live = 0, written = 0, kept = 0;
      constexpr std::ptrdiff_t kRound = 1000;
      for (auto from = world.scans.begin(); from + kRound <= world.scans.end(); from += kRound) {
        run(cut({from, from + kRound}, 40, options.partitions, offsets));
        live = written = kept = 0;
        for (const auto shard : crew.shards()) {
          const auto& journal = engine.journal[shard];
          live += bytes_of(restored(journal, 0));
          for (std::size_t i = 0; i < journal.size(); ++i) {
            written += journal[i].size();
            if (static_cast<std::int64_t>(i) >= trimmed[static_cast<std::size_t>(shard)]) kept += journal[i].size();
          }
        }
        if (written > 10 * live) break;
      }
      CAPTURE(live, written, kept);
      CHECK(written > 10 * live);
      CHECK(kept <= 3 * live);
      for (const auto shard : crew.shards()) {
        const auto& journal = engine.journal[shard];
        CHECK(restored(journal, trimmed[static_cast<std::size_t>(shard)]) == restored(journal, 0));
      }
    }
  }
}
