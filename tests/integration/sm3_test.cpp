// Catches: a history that does not say whether leaves had SM3, so that its replay writes another log than the cluster did; an SM3 that
// is not that of the record.
#include <unistd.h>

#include <chrono>
#include <filesystem>

#include "app/audit/logs.hpp"
#include "app/engine.hpp"
#include "app/history.hpp"
#include "app/replay.hpp"
#include "evidence/leaf.hpp"
#include "evidence/tiles.hpp"
#include "streams/local/local_broker.hpp"
#include "tests/catch.hpp"
#include "tests/integration/engine_world.hpp"
#include "tests/unit/storage/temp_folder.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

using Logs = std::map<std::int32_t, std::vector<std::string>>; // leaves by shard

} // namespace

TEST_CASE("SM3 that was switched on is in every leaf since, and in those of a replay", "[sm3][R9.2]") {
  const World world(60, 700);
  const onecode_test::TempFolder folder;
  streams::LocalBroker broker;
  const streams::Secrets secrets({{"evidence", std::string(32, 'e')}});
  const auto publisher = broker.publisher();
  const auto publish = [&](const std::vector<streams::FileRecord>& records, std::size_t from, std::size_t to) {
    for (auto i = from; i < to; ++i)
      publisher->publish(records[i].topic, -1, records[i].key, *records[i].value, {}, streams::kNoTimestamp);
    publisher->flush();
  };
  const auto leaves = [&] {
    Logs out;
    app::each_leaf(broker, {},
                   [&](std::int32_t shard, std::uint64_t, std::string_view leaf) { out[shard].emplace_back(leaf); });
    return out;
  };
  const auto scans_in = [](const Logs& logs) {
    std::size_t n = 0;
    for (const auto& [shard, all] : logs)
      for (const auto& bytes : all) n += evidence::parse_leaf(bytes).value().kind == evidence::LeafKind::scan;
    return n;
  };
  const auto run_until = [&](std::size_t scans, bool sm3) {
    app::EngineOptions options;
    options.node.id = "n1";
    options.node.group = "engine";
    options.node.sm3 = sm3;
    options.clock = actors::ClockMode::events;
    options.policy = builtin_policy();
    options.roots = {{world.key.id, KeyAlgorithm::ed25519, world.key.public_key, {}, std::nullopt, std::nullopt}};
    options.data_dir = (folder.path() / "data").string();
    options.listen = "127.0.0.1:0";
    app::Engine engine(std::move(options), broker, secrets, nullptr);
    const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(90);
    while (scans_in(leaves()) < scans) {
      if (!engine.running()) engine.wait();
      REQUIRE(std::chrono::steady_clock::now() < patience);
    }
    engine.stop();
    engine.wait();
  };

  const auto document =
      streams::sign_policy(streams::write_policy(world.policy), world.key.private_key, world.key.id);
  publisher->publish(Topic::policy, 0, world.policy.version,
                     streams::policy_event(document, world.policy.effective_from), {}, streams::kNoTimestamp);
  publish(world.commands, 0, world.commands.size());
  publish(world.scans, 0, 300);
  run_until(300, false);
  const Logs before = leaves();
  publish(world.scans, 300, 700);
  run_until(700, true);

  const Logs written = leaves();
  std::size_t with = 0, scans = 0;
  for (const auto& [shard, all] : written) {
    const std::size_t old = before.contains(shard) ? before.at(shard).size() : 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
      const auto leaf = evidence::parse_leaf(all[i]).value();
      CHECK(leaf.payload_sm3.has_value() == (i >= old));
      with += i >= old;
      if (leaf.kind != evidence::LeafKind::scan || !leaf.payload_sm3 || ++scans % 20 != 0) continue;
      app::read_whole(broker, *leaf.at, [&](const streams::Record& r) {
        if (r.offset == leaf.offset) CHECK(evidence::payload_sm3(r) == leaf.payload_sm3);
      });
    }
  }
  CHECK(with > 400);
  CHECK(scans == 400);

  Logs replayed;
  app::ReplayOptions options;
  options.policy = builtin_policy();
  app::Replayer replayer(options, secrets, [&](const streams::OutRecord& out) {
    if (out.topic != Topic::evidence) return;
    std::string_view rest = out.value;
    while (!rest.empty()) {
      const std::size_t size = static_cast<unsigned char>(rest[0]) * 256U + static_cast<unsigned char>(rest[1]);
      replayed[std::stoi(out.key)].emplace_back(rest.substr(2, size));
      rest.remove_prefix(2 + size);
    }
  });
  app::History(broker).each([&](streams::FileLine& line) { replayer.line(std::move(line)); },
                            [](auto, auto) { return true; });
  replayer.finish();
  CHECK_FALSE(replayer.difference());
  CHECK(replayed == written);
}
