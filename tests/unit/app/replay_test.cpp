// Would catch: a turn of a history judged by other policies than those that its node had read.
#include "app/replay.hpp"

#include <nlohmann/json.hpp>

#include "domain/hash.hpp"
#include "streams/policy_document.hpp"
#include "tests/catch.hpp"

using namespace onecode;
using namespace onecode::app;

namespace {

constexpr Time kNow{1'772'409'600'000};

/// An id that lives in that one of two shards.
std::string id_in(std::int32_t shard, const std::string& prefix) {
  for (int i = 0;; ++i)
    if (auto id = prefix + std::to_string(i); murmur2_partition(id, 2) == shard) return id;
}

streams::FileTurn turn(const std::string& id, std::int32_t shard, Time now, std::int64_t policy_offset) {
  streams::FileTurn out;
  out.turn = id;
  out.partitions = 2;
  out.shards = {shard};
  out.now = now;
  out.policy_offset = policy_offset;
  return out;
}

streams::FileRecord scan(const std::string& turn_id, std::int32_t shard, int seq) {
  const auto device = id_in(shard, "d-"), account = id_in(shard, "a-");
  streams::FileRecord out;
  out.topic = Topic::scans;
  out.partition = shard;
  out.key = device;
  out.turn = turn_id;
  out.value =
      nlohmann::json{
          {"specversion", "1.0"},
          {"id", turn_id},
          {"source", "/gw"},
          {"type", "onecode.scan.v1"},
          {"time", format_time(kNow)},
          {"data",
           {{"device", device}, {"seq", seq}, {"account", account}, {"function", "access"}, {"auth", "present"}}}}
          .dump();
  return out;
}

streams::FileRecord policy(const std::string& turn_id, std::int64_t offset, const std::string& version) {
  const nlohmann::json document = {{"version", version}, {"effective_from", format_time(kNow - days(1))}};
  streams::FileRecord out;
  out.topic = Topic::policy;
  out.partition = 0;
  out.offset = offset;
  out.key = version;
  out.turn = turn_id;
  out.value = streams::policy_event(document.dump(), kNow - days(1));
  return out;
}

/// The policy that each decision names, in order.
std::vector<std::string> policies_of(const std::vector<streams::FileLine>& lines, bool foresee) {
  ReplayOptions options;
  options.policy = builtin_policy();
  options.unsigned_commands = true;
  const streams::Secrets secrets;
  std::vector<std::string> out;
  Replayer replayer(options, secrets, [&](const streams::OutRecord& r) {
    if (r.topic == Topic::decisions) out.push_back(nlohmann::json::parse(r.value).at("data").at("policy"));
  });
  if (foresee)
    for (const auto& line : lines) replayer.foresee(line);
  for (const auto& line : lines) replayer.line(line);
  replayer.finish();
  return out;
}

} // namespace

TEST_CASE("a turn of a history is judged by the policies below its offset, whichever turn accounts for them") {
  using Names = std::vector<std::string>;
  const std::vector<streams::FileLine> lines = {
      // One node has read the first policy before the owner of shard 0 accounts for it, and a third has read none.
      turn("b-1", 1, kNow, 1), scan("b-1", 1, 1), //
      turn("a-1", 0, kNow, 2), policy("a-1", 0, "v1"),  policy("a-1", 1, "v2"),
      scan("a-1", 0, 1),       turn("c-1", 1, kNow, 0), scan("c-1", 1, 2), //
      turn("c-2", 1, kNow, 1), scan("c-2", 1, 3),                          //
      turn("c-3", 1, kNow, 2), scan("c-3", 1, 4),
  };
  CHECK(policies_of(lines, true) == Names{"v1", "v2", "builtin-1", "v1", "v2"});
  // Without looking ahead only the turn that stands before its policy cannot know it.
  CHECK(policies_of(lines, false) == Names{"builtin-1", "v2", "builtin-1", "v1", "v2"});
}
