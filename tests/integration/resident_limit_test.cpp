// A limit of awake entities that changes while the engine works. What this would catch: a turn that waits until thousands have
// been put to sleep, a limit that is never reached, a decision that depends on who is awake.
#include <numeric>

#include "storage/store.hpp"
#include "tests/catch.hpp"
#include "tests/integration/engine_world.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

std::size_t awake(const actors::Shard& shard) {
  const auto& counts = shard.resident();
  return std::accumulate(counts.begin(), counts.end(), std::size_t{0});
}

} // namespace

TEST_CASE("a limit that is lowered is reached little by little, and changes nothing else") {
  constexpr std::size_t kPeople = 2500, kLow = 100, kTurn = 50;
  const World world(kPeople, 3000);
  actors::ShardOptions options;
  options.partitions = 1;
  const auto stores = storage::memory_stores(), other_stores = storage::memory_stores();
  actors::PlainCrew crew, other_crew;
  Engine engine(crew, *stores, world.policy, options), other(other_crew, *other_stores, world.policy, options);
  std::map<TopicPartition, std::int64_t> offsets, other_offsets;
  for (auto& turn : cut(world.commands, 500, 1, offsets)) engine.run(std::move(turn));
  for (auto& turn : cut(world.commands, 500, 1, other_offsets)) other.run(std::move(turn));
  auto& shard = crew.shard(0);
  const auto before = awake(shard);
  REQUIRE(before > kPeople);

  shard.set_resident_limit(kLow);
  CHECK(awake(shard) == before); // nobody waited
  std::vector<std::size_t> counts{before};
  const auto turns = cut(world.scans, kTurn, 1, offsets), other_turns = cut(world.scans, kTurn, 1, other_offsets);
  std::size_t n = 0;
  for (; n < 4; ++n) { // while there is work
    engine.run(turns.at(n));
    counts.push_back(awake(shard));
  }
  CHECK(counts.back() > kLow);
  while (awake(shard) > kLow && counts.size() < 100) { // and while there is none
    shard.sink();
    counts.push_back(awake(shard));
  }
  CHECK(counts.back() == kLow);
  for (std::size_t i = 1; i < counts.size(); ++i) {
    CAPTURE(i);
    CHECK(counts[i] < counts[i - 1]);
    CHECK(counts[i - 1] - counts[i] < kPeople / 4); // a small part of them at once
  }
  shard.sink();
  CHECK(awake(shard) == kLow);

  shard.set_resident_limit(kPeople * 2);
  for (; n < turns.size(); ++n) engine.run(turns[n]);
  CHECK(awake(shard) > kLow);
  for (const auto& turn : other_turns) other.run(turn);
  CHECK(texts(engine.outputs) == texts(other.outputs));
  CHECK(shard.digest() == other_crew.shard(0).digest());
}
