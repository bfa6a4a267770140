// The engine on the real broker: publish, run, read the committed decisions, and the replay of the recorded history. What
// this would catch: a scan lost or decided twice, an output that the history does not explain, a restart that forgets, a record that
// is in no log, or in one that its signed head does not cover.
#include <unistd.h>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "app/cli.hpp"
#include "app/engine.hpp"
#include "app/history.hpp"
#include "app/replay.hpp"
#include "app/wire.hpp"
#include "evidence/check_log.hpp"
#include "evidence/leaf.hpp"
#include "streams/policy_document.hpp"
#include "tests/catch.hpp"
#include "tests/integration/engine_world.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

constexpr Topic kOutputs[] = {Topic::decisions, Topic::freezes,    Topic::device_status, Topic::integration_status,
                              Topic::alerts,    Topic::compliance, Topic::notices,       Topic::dead_letters,
                              Topic::evidence};

using Written = std::map<std::pair<Topic, std::string>, std::vector<std::string>>;

std::string headers_text(const auto& headers) {
  std::string out;
  for (const auto& [name, value] : headers) out += std::string(name) + "=" + std::string(value) + ";";
  return out;
}

std::size_t count_of(streams::Broker& broker, Topic topic) {
  std::size_t n = 0;
  for (std::int32_t p = 0; p < kDefaultPartitions; ++p) {
    const auto end = broker.watermarks({topic, p}, streams::Isolation::committed).high;
    const auto reader = broker.reader({topic, p}, 0, streams::Isolation::committed);
    while (reader->position() < end)
      if (const auto batch = reader->next(streams::Milliseconds(500))) n += batch->records.size();
  }
  return n;
}

/// A shard's leaves stand in a partition of their turn, so theirs is the order of what they say of themselves.
void by_place(Written& written) {
  for (auto& [at, records] : written)
    if (at.first == Topic::evidence) std::ranges::sort(records);
}

Written committed(streams::Broker& broker) {
  Written out;
  for (const Topic topic : kOutputs)
    for (std::int32_t p = 0; p < kDefaultPartitions; ++p) {
      const auto end = broker.watermarks({topic, p}, streams::Isolation::committed).high;
      const auto reader = broker.reader({topic, p}, 0, streams::Isolation::committed);
      while (reader->position() < end)
        if (const auto batch = reader->next(streams::Milliseconds(500)))
          for (const auto& r : batch->records) {
            std::vector<std::pair<std::string, std::string>> headers;
            for (const auto& h : r.headers) headers.emplace_back(h.name, h.value);
            out[{topic, std::string(r.key)}].push_back(headers_text(headers) +
                                                       std::string(r.value.value_or("(none)")));
          }
    }
  by_place(out);
  return out;
}

struct Cluster {
  Cluster(const std::string& brokers, const World& of) : world(of) {
    kafka.brokers = brokers;
    kafka.prefix = "run-test-" + std::to_string(::getpid()) + "-" + std::to_string(++made()) + ".";
    kafka.group = kafka.prefix + "engine";
    folder = std::filesystem::temp_directory_path() / kafka.prefix;
    std::filesystem::create_directories(folder / "secrets");
    broker = app::connect(kafka);
    broker->create_topics(kDefaultPartitions);
    publisher = broker->publisher();
  }
  ~Cluster() { std::filesystem::remove_all(folder); }
  static int& made() {
    static int n = 0;
    return n;
  }

  void publish(const std::vector<streams::FileRecord>& records) {
    for (const auto& r : records) publisher->publish(r.topic, -1, r.key, *r.value, {}, streams::kNoTimestamp);
    publisher->flush();
  }
  void publish_policy() {
    const auto signed_document =
        streams::sign_policy(streams::write_policy(world.policy), world.key.private_key, world.key.id);
    publisher->publish(Topic::policy, 0, world.policy.version,
                       streams::policy_event(signed_document, world.policy.effective_from), {},
                       streams::kNoTimestamp);
    publisher->flush();
  }
  std::unique_ptr<app::Engine> start(bool sm3 = false) {
    app::EngineOptions options;
    options.node.id = "n1";
    options.node.group = kafka.group;
    options.clock = actors::ClockMode::events;
    options.policy = builtin_policy();
    options.roots = {{world.key.id, KeyAlgorithm::ed25519, world.key.public_key, {}, std::nullopt, std::nullopt}};
    options.node.log_origin = "campus.example/onecode";
    options.node.sm3 = sm3;
    options.data_dir = (folder / "data").string();
    options.listen = "127.0.0.1:0";
    return std::make_unique<app::Engine>(std::move(options), *broker, secrets(), nullptr);
  }
  streams::Secrets secrets() const { return streams::Secrets::from_directory((folder / "secrets").string()); }
  int onecode(std::vector<std::string> words) const {
    words.insert(words.end(), {"--brokers", kafka.brokers, "--prefix", kafka.prefix});
    return app::run_command_line(std::move(words));
  }
  /// Until so many decisions are committed; the engine's own end is rethrown.
  void wait_for(app::Engine& engine, std::size_t decisions) {
    const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(90);
    while (count_of(*broker, Topic::decisions) < decisions) {
      if (!engine.running()) engine.wait();
      REQUIRE(std::chrono::steady_clock::now() < patience);
    }
  }

  const World& world;
  app::KafkaOptions kafka;
  std::filesystem::path folder;
  std::unique_ptr<streams::Broker> broker;
  std::unique_ptr<streams::Publisher> publisher;
};

} // namespace

TEST_CASE("on a real Kafka every scan has one committed decision and the history replays to the same records",
          "[kafka][R9.2]") {
  const char* brokers = std::getenv("ONECODE_TEST_KAFKA");
  if (brokers == nullptr) SKIP("no real broker: ONECODE_TEST_KAFKA is not set");
  const World world(300, 12'000);
  Cluster cluster(brokers, world);
  const auto verifiers = (cluster.folder / "verifiers.txt").string();
  REQUIRE(app::run_command_line({"keys", "evidence", (cluster.folder / "secrets").string(), "--origin",
                                 "campus.example/onecode", "--out", verifiers}) == 0);
  cluster.publish_policy();
  cluster.publish(world.commands);
  const std::vector<streams::FileRecord> first(world.scans.begin(), world.scans.begin() + 7000);
  const std::vector<streams::FileRecord> rest(world.scans.begin() + 7000, world.scans.end());
  cluster.publish(first);
  {
    const auto engine = cluster.start();
    cluster.wait_for(*engine, first.size());
    engine->stop();
    engine->wait();
  }
  // A node that comes back, its disk lost, goes on where it was. Somebody has switched SM3 on meanwhile.
  std::filesystem::remove_all(cluster.folder / "data");
  cluster.publish(rest);
  {
    const auto engine = cluster.start(true);
    cluster.wait_for(*engine, world.scans.size());
    engine->stop();
    engine->wait();
  }

  const Written written = committed(*cluster.broker);
  std::set<std::string> decided;
  std::size_t decisions = 0;
  for (const auto& [at, records] : written) {
    if (at.first != Topic::decisions) continue;
    for (const auto& r : records) {
      ++decisions;
      decided.insert(nlohmann::json::parse(r).at("data").at("scan").at("id").get<std::string>());
    }
  }
  CHECK(decisions == world.scans.size());
  CHECK(decided.size() == world.scans.size());

  const auto history = (cluster.folder / "history.ndjson").string();
  REQUIRE(app::run_command_line({"history", "--out", history, "--brokers", cluster.kafka.brokers, "--prefix",
                                 cluster.kafka.prefix}) == 0);
  Written replayed;
  app::ReplayOptions options;
  options.policy = builtin_policy();
  const streams::Secrets secrets = cluster.secrets();
  app::Replayer replayer(options, secrets, [&](const streams::OutRecord& out) {
    if (out.topic == Topic::inbox) return; // shards that were not there yet were written to: inputs, and no outputs
    replayed[{out.topic, out.key}].push_back(headers_text(out.headers) + out.value);
  });
  streams::EventFileReader reader(history);
  while (auto line = reader.next()) replayer.line(std::move(*line));
  replayer.finish();
  by_place(replayed);
  CHECK(replayed.size() == written.size());
  for (const auto& [at, records] : written) {
    CAPTURE(name(at.first), at.second);
    CHECK(replayed[at] == records);
  }
  CHECK_FALSE(replayer.difference());
  CHECK(replayer.digests_compared() > 0);
  ::setenv("ONECODE__SECRETS__DIR", (cluster.folder / "secrets").c_str(), 1);
  CHECK(cluster.onecode({"state", "verify"}) == 0);

  // The decision of the last scan explained and computed again, with its leaf: from the cluster, and from files alone.
  const auto in_folder = [&](const char* file) { return (cluster.folder / file).string(); };
  const std::string scan = nlohmann::json::parse(*world.scans.back().value).at("id");
  CHECK(cluster.onecode({"audit", "explain", scan, "--recompute", "--access-log", in_folder("access.ndjson")}) == 0);
  CHECK(app::run_command_line({"audit", "access", in_folder("access.ndjson")}) == 0);
  ::unsetenv("ONECODE__SECRETS__DIR");
  const auto write_outputs = [&](const std::string& from, const std::string& to) {
    std::ofstream out(in_folder("outputs.ndjson"), std::ios::binary);
    for (const Topic topic : {Topic::decisions, Topic::alerts, Topic::compliance, Topic::evidence})
      for (std::int32_t p = 0; p < kDefaultPartitions; ++p)
        app::read_whole(*cluster.broker, {topic, p}, [&](const streams::Record& r) {
          std::string line = streams::to_line(app::file_record({topic, p}, r));
          if (const auto at = line.find(from); !from.empty() && line.find('"' + scan + '"') < at && at != line.npos)
            line.replace(at, from.size(), to);
          out << line << "\n";
        });
  };
  const auto recomputed = [&](const std::string& from_history) {
    return app::run_command_line(
        {"audit", "explain", scan, from_history, "--outputs", in_folder("outputs.ndjson"), "--recompute"});
  };
  write_outputs("", "");
  CHECK(recomputed(history) == 0);
  write_outputs("\"policy\":\"", "\"policy\":\"other-");
  CHECK(recomputed(history) == 1);
  write_outputs("", "");
  {
    // Any input that changed the state is missed by the digests.
    std::ifstream whole(history, std::ios::binary);
    std::ofstream holed(in_folder("holed.ndjson"), std::ios::binary);
    const std::string missing = nlohmann::json::parse(*world.scans.front().value).at("id");
    for (std::string line; std::getline(whole, line);)
      if (line.find('"' + missing + '"') == line.npos) holed << line << "\n";
  }
  CHECK(recomputed(in_folder("holed.ndjson")) == 3);

  // Every scan and every decision is in a log that anybody with the verifier keys can check.
  const auto folder = cluster.folder / "evidence";
  REQUIRE(cluster.onecode({"audit", "export", "--out", folder.string()}) == 0);
  CHECK(app::run_command_line({"audit", "verify", folder.string(), "--keys", verifiers}) == 0);
  CHECK(app::run_command_line({"audit", "verify", folder.string()}) == 2);
  const std::string id = nlohmann::json::parse(written.begin()->second.front()).at("id");
  CHECK(app::run_command_line(
            {"audit", "prove", id, folder.string(), "--out", (cluster.folder / "proof").string()}) == 0);
  std::size_t scans = 0, decided_there = 0, with_sm3 = 0;
  for (const auto& log : std::filesystem::directory_iterator(folder)) {
    const auto files = evidence::tile_folder(log.path());
    const auto head =
        evidence::parse_checkpoint(evidence::parse_note(files->get("checkpoint").value())->text).value();
    evidence::check_log(evidence::reader_of(*files), head, [&](std::string_view entry) {
      const auto leaf = evidence::parse_leaf(entry).value();
      scans += leaf.kind == evidence::LeafKind::scan;
      decided_there += leaf.kind == evidence::LeafKind::decision;
      with_sm3 += leaf.kind == evidence::LeafKind::scan && leaf.payload_sm3;
    });
  }
  CHECK(scans == world.scans.size());
  CHECK(decided_there == world.scans.size());
  CHECK(with_sm3 == rest.size());

  const auto judged = [&] {
    return app::run_command_line({"audit", "verify", folder.string(), "--keys", verifiers});
  };
  const auto read = [](const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
  };
  for (const auto& file : std::filesystem::recursive_directory_iterator(folder / "3")) {
    if (!file.is_regular_file()) continue;
    CAPTURE(file.path());
    const std::string bytes = read(file.path());
    std::string other = bytes;
    other[other.size() / 2] = static_cast<char>(other[other.size() / 2] ^ 1);
    std::ofstream(file.path(), std::ios::binary) << other;
    const bool head = file.path().filename() == "checkpoint"; // another key's name or id is a key that nobody gave
    const int is = judged();
    CHECK((is == 1 || (head && is == 2)));
    std::ofstream(file.path(), std::ios::binary) << bytes;
    if (head) continue;
    std::filesystem::rename(file.path(), folder / "gone");
    CHECK(judged() == 2);
    std::filesystem::rename(folder / "gone", file.path());
  }
  // Each shard's log is there, and one that is gone whole is missed.
  const std::set<std::filesystem::path> logs(std::filesystem::directory_iterator{folder},
                                             std::filesystem::directory_iterator{});
  CHECK(logs.size() == kDefaultPartitions);
  for (const auto& log : logs) {
    CAPTURE(log);
    std::filesystem::rename(log, cluster.folder / "gone");
    CHECK(judged() == 2);
    std::filesystem::rename(cluster.folder / "gone", log);
  }
  CHECK(judged() == 0);
  REQUIRE(cluster.onecode({"audit", "export", "--out", folder.string()}) == 0); // nothing is new
  CHECK(judged() == 0);
}
