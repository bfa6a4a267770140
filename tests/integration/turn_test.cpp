// Whole turns without a broker. What these would catch: an outcome that depends on threads, on what is awake, on an aborted
// attempt before it, or on whether a shard's state came from memory or from its journal.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <stdexcept>

#include "actors/shard_actor.hpp"
#include "tests/catch.hpp"
#include "tests/integration/engine_world.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

struct Run {
  std::vector<std::string> outputs;
  std::map<std::int32_t, std::vector<std::string>> journal;
};

Run run_all(const World& world, actors::Crew& crew, actors::ShardOptions options, std::size_t turn_size,
            bool abort_first = false) {
  const auto stores = storage::memory_stores();
  Engine engine(crew, *stores, world.policy, options);
  std::map<TopicPartition, std::int64_t> offsets, again;
  auto turns = cut(world.commands, turn_size, options.partitions, offsets);
  auto scans = cut(world.scans, turn_size, options.partitions, offsets);
  auto twice = cut(world.commands, turn_size, options.partitions, again);
  auto scans_twice = cut(world.scans, turn_size, options.partitions, again);
  std::move(scans.begin(), scans.end(), std::back_inserter(turns));
  std::move(scans_twice.begin(), scans_twice.end(), std::back_inserter(twice));
  for (std::size_t i = 0; i < turns.size(); ++i) {
    if (abort_first) engine.run(std::move(twice[i]), false);
    engine.run(std::move(turns[i]));
  }
  crew.clear();
  return {texts(engine.outputs), engine.journal};
}

} // namespace

TEST_CASE("a turn's outcome does not depend on threads") {
  const World world;
  actors::PlainCrew plain;
  const auto expected = run_all(world, plain, {}, 500);
  for (const std::size_t threads : {1, 2, 4}) {
    const auto caf = actors::caf_crew(threads);
    const auto got = run_all(world, *caf, {}, 500);
    CAPTURE(threads);
    CHECK(got.outputs == expected.outputs);
    CHECK(got.journal == expected.journal);
  }
}

TEST_CASE("putting entities to sleep changes nothing") {
  const World world;
  actors::PlainCrew awake, sleepy;
  const auto expected = run_all(world, awake, {}, 100);
  actors::ShardOptions options;
  options.resident_limit = 3;
  CHECK(run_all(world, sleepy, options, 100).outputs == expected.outputs);
}

TEST_CASE("an aborted turn leaves nothing behind") {
  const World world(100, 2000);
  actors::PlainCrew once, twice;
  const auto expected = run_all(world, once, {}, 100);
  const auto got = run_all(world, twice, {}, 100, true);
  CHECK(got.outputs == expected.outputs);
  CHECK(got.journal == expected.journal);
}

TEST_CASE("a shard's journal holds its whole state") {
  const World world(100, 2000);
  const auto stores = storage::memory_stores(), restored_stores = storage::memory_stores();
  actors::PlainCrew crew, restored;
  Engine engine(crew, *stores, world.policy);
  std::map<TopicPartition, std::int64_t> offsets;
  for (auto& turn : cut(world.commands, 200, kDefaultPartitions, offsets)) engine.run(std::move(turn));
  for (auto& turn : cut(world.scans, 200, kDefaultPartitions, offsets)) engine.run(std::move(turn));

  const streams::Secrets secrets;
  std::size_t compared = 0;
  for (const auto index : crew.shards()) {
    auto store = restored_stores->open(index);
    std::int64_t next = 0;
    for (const auto& batch : engine.journal[index]) store->write(batch, {++next});
    actors::Shard shard(index, {}, secrets, std::move(store));
    shard.open();
    REQUIRE(shard.last_commit());
    CHECK(shard.last_commit()->turn == crew.shard(index).last_commit()->turn);
    CHECK(shard.next_timer() == crew.shard(index).next_timer());
    for (const auto& command : world.commands) {
      const auto kind = command.key[0] == 'a'   ? Kind::account
                        : command.key[0] == 'd' ? Kind::device
                                                : Kind::integration;
      if (murmur2_partition(command.key, kDefaultPartitions) != index) continue;
      const auto live = crew.shard(index).describe({kind, command.key});
      REQUIRE(live);
      CHECK(shard.describe({kind, command.key}) == live);
      ++compared;
    }
  }
  CHECK(compared == world.commands.size());
}

TEST_CASE(
    "a store that lags gives the state with the journal from its position on, whatever sleeps and whatever was "
    "aborted") {
  const World world(100, 3000);
  for (const std::size_t lag : {std::size_t{0}, std::size_t{5'000}, std::size_t{60'000}, std::size_t{1} << 30}) {
    for (const std::size_t resident : {std::size_t{2}, std::size_t{1000}}) {
      CAPTURE(lag, resident);
      actors::ShardOptions options;
      options.store_lag_limit = lag;
      options.resident_limit = resident;
      const auto stores = storage::memory_stores();
      actors::PlainCrew crew;
      Engine engine(crew, *stores, world.policy, options);
      std::map<TopicPartition, std::int64_t> offsets, again;
      std::size_t n = 0;
      for (const auto* records : {&world.commands, &world.scans}) {
        auto turns = cut(*records, 70, options.partitions, offsets),
             twice = cut(*records, 70, options.partitions, again);
        for (std::size_t i = 0; i < turns.size(); ++i) {
          if (++n % 3 == 0) engine.run(std::move(twice[i]), false);
          engine.run(std::move(turns[i]));
        }
      }
      std::map<std::string, std::string> live;
      for (const auto& command : world.commands) {
        const auto kind = command.key[0] == 'a'   ? Kind::account
                          : command.key[0] == 'd' ? Kind::device
                                                  : Kind::integration;
        const auto state =
            crew.shard(murmur2_partition(command.key, options.partitions)).describe({kind, command.key});
        REQUIRE(state);
        live[command.key] = *state;
      }
      // As after kill -9: what was not written to the store is gone, the journal has it.
      std::int64_t read_again = 0;
      crew.clear();
      const streams::Secrets secrets;
      for (std::int32_t index = 0; index < options.partitions; ++index) {
        auto store = stores->open(index);
        const auto& journal = engine.journal[index];
        const auto end = static_cast<std::int64_t>(journal.size());
        for (auto at = store->journal_next().value_or(0); at < end; ++at) {
          store->write(journal[static_cast<std::size_t>(at)], {at + 1});
          ++read_again;
        }
        actors::Shard shard(index, options, secrets, std::move(store));
        shard.open();
        for (const auto& [key, state] : live) {
          if (murmur2_partition(key, options.partitions) != index) continue;
          const auto kind = key[0] == 'a' ? Kind::account : key[0] == 'd' ? Kind::device : Kind::integration;
          CHECK(shard.describe({kind, key}) == state);
        }
      }
      if (lag == 0) CHECK(read_again == 0);
      if (lag > 1'000'000 && resident == 1000) CHECK(read_again > 100);
    }
  }
}

TEST_CASE("every scan gets exactly one decision, misuse is caught and nobody innocent is frozen") {
  const World world(200, 8000);
  actors::PlainCrew crew;
  const auto stores = storage::memory_stores();
  Engine engine(crew, *stores, world.policy);
  std::map<TopicPartition, std::int64_t> offsets;
  for (auto& turn : cut(world.commands, 300, kDefaultPartitions, offsets)) engine.run(std::move(turn));
  for (auto& turn : cut(world.scans, 300, kDefaultPartitions, offsets)) engine.run(std::move(turn));

  std::set<std::string> decided;
  for (const auto& d : engine.of(Topic::decisions)) {
    const auto id = nlohmann::json::parse(d.value).at("data").at("scan").at("id").get<std::string>();
    CHECK(decided.insert(id).second);
  }
  CHECK(decided.size() == world.scans.size());
  CHECK(engine.of(Topic::dead_letters).empty());

  std::set<std::string> frozen, quarantined, found;
  for (const auto& f : engine.of(Topic::freezes))
    if (nlohmann::json::parse(f.value).at("data").at("state") == "frozen") frozen.insert(f.key);
  for (const auto& s : engine.of(Topic::device_status))
    if (nlohmann::json::parse(s.value).at("data").at("state") == "quarantined") quarantined.insert(s.key);
  for (const auto& c : engine.of(Topic::compliance)) found.insert(c.key);
  std::set<std::string> lent;
  for (const auto& m : world.misuse) {
    if (!m.committed) continue;
    CAPTURE(m.subject, m.kind);
    if (m.kind == "lent code") {
      lent.insert(m.subject);
      CHECK(frozen.contains(m.subject));
    } else if (m.kind == "cloned reader") {
      CHECK(quarantined.contains(m.subject));
    } else {
      CHECK(found.contains(m.subject));
    }
  }
  CHECK(lent.size() == 3);
  CHECK(frozen == lent);
}

TEST_CASE("a policy in shadow goes on and off between turns and changes no byte of what is in force", "[candidate]") {
  const World world(120, 4000);
  std::mt19937 random(20260302);
  const auto any = [&](int below) { return static_cast<int>(random() % static_cast<unsigned>(below)); };
  const auto candidate = [&](std::string version, Time from) {
    Policy p = world.policy;
    p.version = std::move(version);
    p.effective_from = from;
    p.shadow = true;
    for (const auto& info : rule_catalogue()) {
      RuleSettings& r = p.rule(info.id);
      r.mode = any(8) == 0 ? Mode::off : any(8) == 0 ? Mode::shadow : Mode::enforce;
      r.weight = any(1001);
      for (std::size_t i = 0; i < info.param_count(); ++i)
        r.params[i] = std::clamp<std::int64_t>(r.params[i] * any(9) / 4, 1, 1000);
    }
    auto& a9 = p.rule(RuleId::A9).params;
    if (a9[1] < a9[0]) std::swap(a9[0], a9[1]);
    p.thresholds = {100, 200, 300, 400, 1};
    return p;
  };
  const auto run = [&](auto&& publish) {
    actors::PlainCrew crew;
    const auto stores = storage::memory_stores();
    Engine engine(crew, *stores, world.policy);
    std::map<TopicPartition, std::int64_t> offsets;
    for (auto& turn : cut(world.commands, 300, kDefaultPartitions, offsets)) engine.run(std::move(turn));
    auto turns = cut(world.scans, 200, kDefaultPartitions, offsets);
    for (std::size_t i = 0; i < turns.size(); ++i) {
      publish(engine, i, turns.size());
      engine.run(std::move(turns[i]));
    }
    crew.clear();
    return std::pair(engine.outputs, engine.stats);
  };
  const auto time_of = [&](std::size_t scan) {
    return *parse_time(nlohmann::json::parse(*world.scans[scan].value).at("time").get<std::string>());
  };
  Policy live = world.policy;
  live.version = "live-2";
  live.effective_from = time_of(3000);
  const auto [expected, without] = run([&](Engine& engine, std::size_t turn, std::size_t of) {
    if (turn == of / 2) REQUIRE(engine.publish(live, world.key));
  });
  const auto [got, with] = run([&](Engine& engine, std::size_t turn, std::size_t of) {
    if (turn == 1) REQUIRE(engine.publish(candidate("cand-1", time_of(500)), world.key));
    if (turn == 2) REQUIRE_FALSE(engine.publish(candidate("cand-1", time_of(600)), world.key)); // never replaced
    if (turn == of / 4) REQUIRE(engine.publish(candidate("cand-2", time_of(1500)), world.key));
    if (turn == of / 2) REQUIRE(engine.publish(live, world.key)); // from scan 3000 on there is no candidate
  });

  std::map<std::string, int> by_candidate, by_policy;
  REQUIRE(got.size() == expected.size());
  int different = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    std::string value = got[i].value;
    if (got[i].topic == Topic::decisions) {
      const auto data = nlohmann::json::parse(value).at("data");
      ++by_policy[data.at("policy")];
      if (data.contains("candidate")) {
        ++by_candidate[data["candidate"].at("policy")];
        CHECK(data.at("policy") != "live-2");
        different += data["candidate"].at("verdict") != data.at("verdict");
        const auto begins = value.find(R"(,"candidate":{)");
        value.erase(begins, value.find('}', begins) + 1 - begins);
      }
    }
    if (value != expected[i].value || got[i].key != expected[i].key || got[i].topic != expected[i].topic) {
      CAPTURE(i, value, expected[i].value);
      FAIL("not the same");
    }
  }
  CHECK(by_candidate["cand-1"] > 500);
  CHECK(by_candidate["cand-2"] > 500);
  CHECK(by_policy["live-2"] > 500);
  CHECK(different > 10);
  CHECK(with.decisions == without.decisions);
  CHECK(with.rule_hits == without.rule_hits);
  std::uint64_t foreseen = 0, hits = 0;
  for (const auto& row : with.candidate_verdicts)
    for (const auto n : row) foreseen += n;
  for (const auto n : with.candidate_hits) hits += n;
  CHECK(foreseen == static_cast<std::uint64_t>(by_candidate["cand-1"] + by_candidate["cand-2"]));
  CHECK(hits > 10);
}

TEST_CASE("an exception of the rules costs its event and nothing else") {
  const World world(100, 1500);
  actors::PlainCrew hurt;
  const auto hurt_stores = storage::memory_stores();
  // Every 97th scan at an account fails on its way, and every 101st at its device.
  std::set<std::string> at_account, at_device;
  actors::ShardOptions options;
  std::size_t seen = 0, scans = 0;
  options.before_receive = [&](const actors::Entity&, const Message& message) {
    if (const auto* s = std::get_if<msg::ScanSeen>(&message); s != nullptr && ++seen % 97 == 0) {
      at_account.insert(s->scan->origin.id);
      throw std::runtime_error("planted");
    }
    if (const auto* s = std::get_if<const Scan*>(&message); s != nullptr && ++scans % 101 == 0) {
      at_device.insert((*s)->origin.id);
      throw std::runtime_error("planted");
    }
  };
  Engine engine(hurt, *hurt_stores, world.policy, options);
  std::map<TopicPartition, std::int64_t> offsets;
  for (auto& turn : cut(world.commands, 300, kDefaultPartitions, offsets)) engine.run(std::move(turn));
  for (auto& turn : cut(world.scans, 300, kDefaultPartitions, offsets)) engine.run(std::move(turn));
  REQUIRE(at_account.size() > 5);
  REQUIRE(at_device.size() > 5);

  std::map<std::string, nlohmann::json> decisions;
  for (const auto& d : engine.of(Topic::decisions)) {
    const auto data = nlohmann::json::parse(d.value).at("data");
    CHECK(decisions.emplace(data.at("scan").at("id"), data).second);
  }
  CHECK(decisions.size() == world.scans.size() - at_device.size());
  for (const auto& id : at_account) {
    CHECK(decisions.at(id).at("reasons").back() == "ENGINE_FAULT");
    CHECK((decisions.at(id).at("verdict") == "deny" || decisions.at(id).at("verdict") == "allow"));
  }
  for (const auto& id : at_device) CHECK_FALSE(decisions.contains(id));
  const auto dead = engine.of(Topic::dead_letters);
  CHECK(dead.size() == at_account.size() + at_device.size());
  for (const auto& letter : dead) {
    CHECK(std::ranges::find(letter.headers, std::pair<std::string, std::string>("error-code", "ENTITY_FAULT")) !=
          letter.headers.end());
    CHECK(nlohmann::json::parse(letter.value).at("type") == "onecode.scan.v1");
  }
}
