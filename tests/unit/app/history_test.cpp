// The order of a cluster's turns, however its commit records lie in the partitions of `history`.
// What these would catch: turns in the order of partitions, a missing or doubled record that nobody names.
#include "app/history.hpp"

#include "app/errors.hpp"
#include "domain/archive.hpp"
#include "streams/authenticate.hpp"
#include "streams/local/local_broker.hpp"
#include "tests/catch.hpp"

using namespace onecode;

namespace {

constexpr std::int32_t kPartitions = 3;

streams::LocalBrokerOptions options() {
  streams::LocalBrokerOptions o;
  o.partitions = kPartitions;
  return o;
}

struct Fixture {
  streams::LocalBroker broker{options()};
  std::unique_ptr<streams::Publisher> publisher = broker.publisher();
  std::map<std::int32_t, std::string> last; // digest of a shard's newest record
  std::uint64_t turns = 0;

  /// A turn of these shards, its records in one partition; `lost`: they never arrive.
  void turn(std::int32_t partition, const std::vector<std::int32_t>& shards, bool lost = false) {
    ++turns;
    for (const auto shard : shards) {
      actors::CommitRecord commit;
      commit.turn = "n-" + std::to_string(turns);
      commit.number = turns;
      commit.partitions = kPartitions;
      commit.parts = shards;
      commit.now = Time{1'700'000'000'000 + static_cast<std::int64_t>(turns)};
      commit.previous = last[shard];
      std::string bytes;
      encode(bytes, commit);
      last[shard] = streams::sha256(bytes);
      if (!lost) publisher->publish(Topic::history, partition, std::to_string(shard), bytes);
    }
    publisher->flush();
  }

  static std::vector<std::string> order(const app::History& history) {
    std::vector<std::string> out;
    history.each(
        [&](streams::FileLine& line) {
          if (const auto* facts = std::get_if<streams::FileTurn>(&line)) out.push_back(facts->turn);
        },
        [](auto, auto) { return true; });
    return out;
  }
};

} // namespace

TEST_CASE("turns come in the order in which each shard's records name each other") {
  Fixture f;
  f.turn(2, {2});
  f.turn(0, {0, 1, 2}); // behind the one before, in an earlier partition
  f.turn(1, {1});
  f.turn(0, {0, 1});
  f.turn(2, {2});
  const app::History history(f.broker);
  CHECK(history.broken_links().empty());
  CHECK(history.turns() == 5);
  CHECK(Fixture::order(history) == std::vector<std::string>{"n-1", "n-2", "n-3", "n-4", "n-5"});
}

TEST_CASE("a commit record that follows none is named") {
  Fixture f;
  f.turn(0, {0, 1});
  f.turn(0, {0}, true);
  f.turn(0, {0});
  f.turn(1, {1});
  const app::History history(f.broker);
  REQUIRE(history.broken_links().size() == 1);
  CHECK(history.broken_links()[0] ==
        "history partition 0, offset 2: turn n-3 does not follow the one before it on shard 0");
}

TEST_CASE("a commit record that stands there twice is named") {
  Fixture f;
  const auto before = f.last;
  f.turn(0, {0});
  f.last = before;
  --f.turns;
  f.turn(1, {0});
  const app::History history(f.broker);
  REQUIRE(history.broken_links().size() == 1);
  CHECK(history.broken_links()[0] ==
        "history partition 1, offset 0: turn n-1 does not follow the one before it on shard 0");
}

TEST_CASE("a key in the history that is no shard is bad input") {
  Fixture f;
  f.publisher->publish(Topic::history, 0, "gate-7", "");
  f.publisher->flush();
  CHECK_THROWS_AS(app::History(f.broker), app::InputError);
}
