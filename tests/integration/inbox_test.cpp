// Messages within a node are delivered inside the turn, others travel through `inbox`. Which of the two must make no difference to
// anybody outside: verdicts and final findings are the same.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/catch.hpp"
#include "tests/integration/engine_world.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

struct Seen {
  std::map<std::string, std::string> decisions; // by scan: verdict, reasons, findings, score
  std::map<std::string, std::string> last;      // by topic and key: the last freeze, status and finding
  std::size_t through_inbox = 0;
  bool operator==(const Seen& o) const { return decisions == o.decisions && last == o.last; }
};

Seen seen(const std::vector<streams::OutRecord>& outputs) {
  Seen out;
  for (const auto& o : outputs) {
    if (o.topic == Topic::inbox) {
      ++out.through_inbox;
      continue;
    }
    const auto value = nlohmann::json::parse(o.value);
    const auto& data = value.at("data");
    if (o.topic == Topic::decisions) {
      out.decisions[data.at("scan").at("id")] =
          nlohmann::json{data.at("verdict"), data.at("reasons"), data.at("findings"), data.at("score")}.dump();
    } else if (o.topic != Topic::notices && o.topic != Topic::dead_letters) {
      const bool finding = o.topic == Topic::alerts || o.topic == Topic::compliance;
      out.last[std::string(name(o.topic)) + " " + o.key] =
          finding
              ? nlohmann::json{data.at("finding_info").at("uid"), data.at("status_id"), data.at("risk_score")}.dump()
              : data.dump();
    }
  }
  return out;
}

/// `here`: the shards that the turn counts as its own node's.
Seen run(const World& world, std::vector<std::int32_t> here, std::size_t turn_size) {
  const auto stores = storage::memory_stores();
  actors::PlainCrew crew;
  Engine engine(crew, *stores, world.policy);
  engine.here = std::move(here);
  std::map<TopicPartition, std::int64_t> offsets;
  for (const auto* records : {&world.commands, &world.scans})
    for (auto& turn : cut(*records, turn_size, kDefaultPartitions, offsets)) {
      auto from = engine.outputs.size();
      engine.run(std::move(turn));
      // What went into the inbox is the next turn's input, until nothing is left.
      for (;;) {
        std::vector<streams::FileRecord> sent;
        for (; from < engine.outputs.size(); ++from)
          if (const auto& o = engine.outputs[from]; o.topic == Topic::inbox) {
            streams::FileRecord r;
            r.topic = Topic::inbox;
            r.key = o.key;
            r.value = o.value;
            sent.push_back(std::move(r));
          }
        if (sent.empty()) break;
        for (auto& inbox : cut(sent, sent.size(), kDefaultPartitions, offsets)) engine.run(std::move(inbox));
      }
    }
  return seen(engine.outputs);
}

} // namespace

TEST_CASE("verdicts and findings are the same, whether messages stay in the turn or go through inbox") {
  for (const std::uint64_t seed : {1, 2, 3}) {
    CAPTURE(seed);
    const World world(80, 2500, seed);
    std::vector<std::int32_t> all(kDefaultPartitions);
    for (std::int32_t p = 0; p < kDefaultPartitions; ++p) all[static_cast<std::size_t>(p)] = p;
    const auto within = run(world, all, 60);
    CHECK(within.through_inbox == 0);
    CHECK(within.decisions.size() == world.scans.size());
    const auto across = run(world, {}, 60);
    CHECK(across.through_inbox > world.scans.size());
    CHECK(across.decisions == within.decisions);
    CHECK(across.last == within.last);
    const auto half = run(world, {0, 2, 4, 6}, 60);
    CHECK(half.through_inbox > 0);
    CHECK(half.through_inbox < across.through_inbox);
    CHECK(half.decisions.size() == world.scans.size());
  }
}
