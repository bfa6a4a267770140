// An engine process under pressure, on a real Kafka: more input than it works off, a disk that is full, a broker that does
// not answer. What this would catch: memory that grows with what waits, a node that stands still or ends without saying
// why, a sound store that is set aside, a scan that is lost or decided twice when all is well again.
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <set>
#include <sstream>

#include "app/demo/campus.hpp"
#include "app/errors.hpp"
#include "app/wire.hpp"
#include "streams/policy_document.hpp"
#include "tests/catch.hpp"
#include "tests/support/accounts.hpp"
#include "tests/support/kafka.hpp"
#include "tests/support/nodes.hpp"
#include "tests/support/surroundings.hpp"
#include "tests/support/verdict.hpp"

namespace onecode::test {
namespace {

namespace fs = std::filesystem;

constexpr Milliseconds kPatience{120'000};
constexpr std::size_t kMiB = 1U << 20;

struct Options {
  std::size_t people = 500;
  std::int64_t resident_limit = app::Config::Node().resident_limit;
  std::int64_t drain_s = app::Config::Node().drain_s;
  std::map<std::string, std::string> properties; // of the engine's clients
};

app::CampusOptions campus_options(std::size_t people) {
  app::CampusOptions out;
  out.people = people;
  out.misuse_from = 500;
  out.misuse_every = 700;
  return out;
}

/// Topics of its own, a campus that is registered there, and a node that is not started yet.
class Cluster {
public:
  Cluster(const std::string& name, const Options& options) : campus_(campus_options(options.people)) {
    kafka_.brokers = from_environment("ONECODE_TEST_KAFKA");
    kafka_.prefix = name + "-" + std::to_string(::getpid()) + ".";
    kafka_.group = kafka_.prefix + "engine";
    kafka_.properties = {{"message.timeout.ms", "600000"}}; // of the test's own clients, which outlast every trouble
    folder_ = fs::temp_directory_path() / ("onecode-" + kafka_.prefix);
    fs::create_directories(folder_);
    broker_ = app::connect(kafka_);
    broker_->create_topics(kDefaultPartitions);
    publisher_ = broker_->publisher();
    decisions_ = std::make_unique<Decisions>(*broker_);
    const auto policy = campus_.policy(key_);
    const auto document = streams::sign_policy(streams::write_policy(policy), key_.private_key, key_.id);
    publisher_->publish(Topic::policy, 0, policy.version, streams::policy_event(document, policy.effective_from), {},
                        streams::kNoTimestamp);
    for (const auto& r : campus_.registration(key_)) publish(r);
    publisher_->flush();
    kafka_.properties = options.properties;
    node_ = std::make_unique<Node>(ClusterOptions{folder_, from_environment("ONECODE_BIN", "build/release/onecode"),
                                                  "events", kafka_, key_, options.resident_limit, options.drain_s},
                                   "n1");
  }
  ~Cluster() {
    node_.reset();
    fs::remove_all(folder_);
  }

  Node& node() { return *node_; }
  fs::path data() const { return folder_ / "n1.data"; }
  const fs::path& folder() const { return folder_; }
  std::string log() const { return content(node_->log()); }
  std::size_t decided() const { return decided_; }
  std::size_t scans() const { return published_.size(); }

  void publish(const streams::FileRecord& r) {
    publisher_->publish(r.topic, -1, r.key, *r.value, {}, streams::kNoTimestamp);
  }
  void publish_scans(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      publish(campus_.next());
      published_.insert("demo/" + std::to_string(campus_.drawn()));
    }
    publisher_->flush();
  }

  /// It may end; a supervisor starts it again. The test fails where nothing comes of it for too long.
  void look_after_node() {
    if (Clock::now() > deadline_) FAIL("nothing comes of it; the node's log ends with:\n" << node_->log_tail());
    if (const auto exit = node_->tick(Clock::now())) ends_.push_back(exit->how);
  }
  /// Looks after the node and reads decisions meanwhile.
  void wait(const std::function<bool()>& done) {
    for (deadline_ = Clock::now() + kPatience; !done(); look_after_node())
      decided_ = decisions_->read_on(Milliseconds(5));
    deadline_ = Clock::now() + kPatience;
  }
  /// Until every scan is decided and every input is in a turn. (The node's own word costs less than looking at all records.)
  void work_off() {
    wait([&] { return decided_ >= scans() && lag() == 0 && accounts_of(*broker_).missing == 0; });
  }
  /// How the node ended, each time.
  const std::vector<Ended>& ends() const { return ends_; }
  void leave() {
    node_->leave();
    wait([&] { return node_->state() == Node::State::absent; });
    CHECK(ends_.back().text() == "exit code 0");
  }
  /// Every scan has one decision, every output is what the history leads to.
  void check() {
    decided_ = decisions_->read_on(Milliseconds(100));
    const auto verdict = judge(*broker_, published_, *decisions_);
    for (const auto& text : verdict.texts) FAIL_CHECK(text);
    CHECK(verdict.lost == 0);
    CHECK(verdict.doubled == 0);
    CHECK(verdict.different == 0);
  }
  /// The same without the replay.
  void check_counts() {
    const auto& by_scan = decisions_->by_scan();
    CHECK(by_scan.size() == scans());
    CHECK(std::ranges::all_of(by_scan, [&](const auto& d) { return d.second == 1 && published_.contains(d.first); }));
    CHECK(accounts_of(*broker_).twice == 0);
  }

  /// What the running node answers: status and body; empty: nothing.
  std::string get(const char* path) const { return node_->get(path); }
  /// One sample of the running node's metrics, as text; empty: it is not there.
  std::string metric(const std::string& sample) const {
    std::istringstream lines(get("/metrics"));
    for (std::string line; std::getline(lines, line);)
      if (line.starts_with(sample + " ")) return line.substr(sample.size() + 1);
    return {};
  }
  /// How many entities the node has awake.
  std::size_t awake() const {
    const auto known = status();
    std::size_t sum = 0;
    if (known)
      for (const auto& kind : known->at("resident")) sum += kind.get<std::size_t>();
    return sum;
  }

  /// How many turns the running node has committed.
  std::uint64_t turns() const {
    const auto known = status();
    return known ? known->at("turns").get<std::uint64_t>() : 0;
  }

private:
  std::optional<nlohmann::json> status() const {
    constexpr std::string_view kSound = "200 ";
    const auto answer = get("/status");
    if (!answer.starts_with(kSound)) return std::nullopt;
    return nlohmann::json::parse(answer.substr(kSound.size()));
  }
  /// How many records wait, as the node knows it; nullopt: it does not know.
  std::optional<std::int64_t> lag() const {
    const auto known = status();
    if (!known || !known->at("ready").get<bool>()) return std::nullopt;
    std::int64_t sum = 0;
    for (const auto& shard : known->at("shards")) sum += shard.at("lag").get<std::int64_t>();
    return sum;
  }

  app::SigningKey key_ = app::new_signing_key("k-test");
  app::Campus campus_;
  app::KafkaOptions kafka_;
  fs::path folder_;
  std::unique_ptr<streams::Broker> broker_;
  std::unique_ptr<streams::Publisher> publisher_;
  std::unique_ptr<Decisions> decisions_;
  std::unique_ptr<Node> node_;
  std::set<std::string> published_;
  std::size_t decided_ = 0;
  std::vector<Ended> ends_;
  Clock::time_point deadline_ = Clock::now() + kPatience;
};

/// Sound events of the lesser input topics with a member that nobody reads and nobody can compress: 64 KiB each.
streams::FileRecord large_event(std::size_t n) {
  static const std::string noise = [] {
    constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-";
    std::mt19937_64 random(1);
    std::string out(4 * kMiB, ' ');
    for (auto& c : out) c = kLetters[random() % kLetters.size()];
    return out;
  }();
  const std::string id = std::to_string(n);
  const auto event = [&](Topic topic, const char* type, const std::string& key, const std::string& data) {
    streams::FileRecord r;
    r.topic = topic;
    r.key = key;
    r.value = R"({"specversion":"1.0","id":"large/)" + id + R"(","source":"/large","type":"onecode.)" + type +
              R"(.v1","time":"2026-03-02T08:00:00.000+08:00","data":{)" + data + R"(,"noise":")" +
              noise.substr(n * 104'729 % (3 * kMiB), 65'000) + R"("}})";
    return r;
  };
  switch (n % 4) {
    case 0:
      return event(Topic::codes_issued, "code-issued", "a-" + id,
                   R"("account":"a-)" + id + R"(","handset":"h","nonce":"n-)" + id + R"(","ttl_s":60)");
    case 1:
      return event(Topic::device_reports, "device-report", "x-" + id,
                   R"("device":"x-)" + id + R"(","kind":"heartbeat")");
    case 2:
      return event(Topic::ledger, "ledger", "a-" + id,
                   R"("account":"a-)" + id + R"(","posting":"p-)" + id + R"(","kind":"charge","amount":100)");
    default:
      return event(Topic::data_access, "data-access", "i-" + id,
                   R"("integration":"i-)" + id +
                       R"(","request":"r","endpoint":"e","fields":["f"],"operation":"read","subject_count":1)");
  }
}

} // namespace

#if defined(__SANITIZE_THREAD__)
#define NEEDS_KAFKA() SKIP("librdkafka does not run under ThreadSanitizer")
#else
#define NEEDS_KAFKA() \
  if (from_environment("ONECODE_TEST_KAFKA").empty()) SKIP("no real broker: ONECODE_TEST_KAFKA is not set")
#endif

TEST_CASE("what waits costs a node no memory, however much it is", "[kafka]") {
  NEEDS_KAFKA();
  constexpr std::size_t kScans = 20'000, kLarge = 12'288;
  // What the clients of a node with all partitions fetch ahead of four topics and of scans, about 2 MiB each (a queue of one,
  // and the fetch or batch that came on top), as much in the turn at hand, and as much again for what an allocator keeps and
  // a busy machine has not yet worked off. It is less than half of what waits.
  [[maybe_unused]] constexpr double kMayGrow = 5 * kDefaultPartitions * 2 * 2 * 2;
  // The node finds everything there when it starts. Commands come first: nothing else is taken until it has done them.
  const auto peak = [&](const char* name, std::size_t large) {
    Options options;
    options.people = 3000;
    Cluster cluster(name, options);
    for (std::size_t i = 0; i < large; ++i) cluster.publish(large_event(i));
    cluster.publish_scans(kScans);
    cluster.node().start();
    cluster.work_off();
    const auto memory = cluster.node().process().peak_mib();
    cluster.leave();
    CHECK(cluster.ends().size() == 1);
    cluster.check_counts();
    return memory;
  };
  const auto without = peak("little", 0), with = peak("much", kLarge);
  INFO("memory in MiB: " << without << ", and where 768 MiB more wait: " << with);
#if !defined(__SANITIZE_ADDRESS__) // whose own memory is a multiple of this
  CHECK(with < without + kMayGrow);
#endif
}

TEST_CASE("a node whose disk is full ends, says why, and goes on when there is room", "[kafka]") {
  NEEDS_KAFKA();
  constexpr std::uint64_t kRoom = 32 * 1024; // less than a flush takes, more than the log and RocksDB's small files
  constexpr std::size_t kAtOnce = 1000;      // many turns: stores are flushed when journals are to be trimmed
  constexpr int kTimes = 100;                // about fifteen will do
  Options options;
  options.resident_limit = 8; // all changes go to the stores
  Cluster cluster("full", options);
  cluster.node().start();
  cluster.publish_scans(5000);
  cluster.work_off();
  cluster.leave();

  cluster.node().limit_files(kRoom);
  cluster.node().start();
  const auto ended = [&] { return cluster.ends().size() == 2; };
  for (int n = 0; n < kTimes && !ended(); ++n) {
    cluster.publish_scans(kAtOnce);
    cluster.wait([&] { return ended() || cluster.decided() >= cluster.scans(); });
  }
  REQUIRE(ended());
  cluster.node().limit_files(std::nullopt);
  CHECK(cluster.ends().back().text() == "exit code " + std::to_string(app::kBadInput));
  const auto log = cluster.log();
  const auto complaint = log.find("onecode: store " + cluster.data().string() + "/shard-");
  REQUIRE(complaint != std::string::npos);
  CHECK(log.find("File too large", complaint) != std::string::npos);

  cluster.publish_scans(5000);
  cluster.work_off();
  cluster.leave();
  CHECK(cluster.ends().size() == 3);
  CHECK(cluster.log().find("set aside") == std::string::npos);
  for (const auto& entry : fs::directory_iterator(cluster.data()))
    CHECK(entry.path().filename().string().find("damaged") == std::string::npos);
  cluster.check();
}

TEST_CASE("a broker that does not answer for longer than a transaction lasts is named, and nothing is lost",
          "[kafka]") {
  NEEDS_KAFKA();
  const auto folder = from_environment("ONECODE_KAFKA_DIR");
  if (folder.empty()) SKIP("the broker is not ours to pause: ONECODE_KAFKA_DIR is not set");
  Options options;
  options.properties = {{"transaction.timeout.ms", "2000"}};
  Cluster cluster("silent", options);
  Kafka kafka(folder, from_environment("ONECODE_SOURCE_DIR", ".") + "/dev", cluster.folder() / "kafka.log");
  cluster.node().start();
  cluster.work_off();
  cluster.leave();
  cluster.publish_scans(60'000);
  cluster.node().start();
  while (cluster.turns() == 0) cluster.look_after_node();
  kafka.pause(kPatience); // a turn takes 32768 at most: there is more to do, and it is already fetched

  const auto log_says = [&](std::string_view words) { return cluster.log().find(words) != std::string::npos; };
  cluster.wait([&] { return log_says("turn aborted") || log_says("transaction lost"); });
  CHECK(log_says("warn  kafka")); // the client library's own complaint
  cluster.wait([&] {
    const auto answer = cluster.get("/readyz");
    return answer.starts_with("503") && answer.find("the broker or the disk") != std::string::npos;
  });
  kafka.go_on();

  cluster.work_off();
  cluster.wait([&] { return cluster.get("/readyz") == "200 ready\n"; });
  cluster.leave();
  // It may have given up; nothing else ends it.
  for (const auto& end : cluster.ends()) CHECK((end.code == app::kDone || end.code == app::kUnreachable));
  cluster.check();
}

TEST_CASE("a node takes over a changed configuration while it works", "[kafka]") {
  NEEDS_KAFKA();
  constexpr std::size_t kPeople = 3000, kLow = 200;
  Options options;
  options.people = kPeople;
  Cluster cluster("reload", options);
  auto& node = cluster.node();
  node.start();
  cluster.publish_scans(5000);
  cluster.work_off();
  cluster.wait([&] { return cluster.awake() > kPeople; });
  const auto sound = content(node.config());
  const auto with = [&](const std::string& setting, const std::string& value) {
    const auto at = sound.find("\n" + setting + " = ") + 1;
    REQUIRE(at != 0);
    auto text = sound;
    std::ofstream(node.config()) << text.replace(at, text.find('\n', at) - at, setting + " = " + value);
  };
  const auto reloaded = [&](const char* result, int times) {
    node.reload();
    const auto sample = std::string("onecode_config_reloads_total{result=\"") + result + "\"}";
    cluster.wait([&] { return cluster.metric(sample) == std::to_string(times); });
  };
  const auto log_says = [&](const std::string& words) { return cluster.log().find(words) != std::string::npos; };

  with("resident_limit", std::to_string(kLow));
  reloaded("applied", 1);
  CHECK(log_says("changed=node.resident_limit"));
  cluster.wait([&] { return cluster.awake() <= kLow + kDefaultPartitions; });
  cluster.publish_scans(5000);
  cluster.work_off();

  with("level", "\"loud\"");
  reloaded("refused", 1);
  CHECK(log_says("configuration refused: " + node.config().string() + ":"));
  CHECK(log_says("log.level: must be one of"));
  CHECK(cluster.awake() <= kLow + kDefaultPartitions); // the sound part of a wrong file is not taken either

  with("listen", "\"127.0.0.1:1\"");
  reloaded("restart", 1);
  CHECK(log_says("needs a restart, and is as before until then: http.listen"));
  CHECK(log_says("changed=node.resident_limit new_secrets"));
  cluster.publish_scans(1000);
  cluster.work_off();
  cluster.leave();
  CHECK(cluster.ends().size() == 1);
  cluster.check();

  with("drain_s", "25");
  node.start();
  cluster.publish_scans(1000);
  cluster.work_off();
  cluster.leave();
  CHECK_FALSE(log_says(" restored from ")); // who left cleanly has nothing to read
  cluster.check();
}

TEST_CASE("a node that is told to leave while the broker does not answer ends in time, and nothing is lost",
          "[kafka]") {
  NEEDS_KAFKA();
  const auto folder = from_environment("ONECODE_KAFKA_DIR");
  if (folder.empty()) SKIP("the broker is not ours to pause: ONECODE_KAFKA_DIR is not set");
  Options options;
  options.drain_s = 3;
  Cluster cluster("drain", options);
  Kafka kafka(folder, from_environment("ONECODE_SOURCE_DIR", ".") + "/dev", cluster.folder() / "kafka.log");
  cluster.node().start();
  cluster.work_off();
  cluster.leave();
  cluster.publish_scans(60'000);
  cluster.node().start();
  while (cluster.turns() == 0) cluster.look_after_node();
  kafka.pause(kPatience); // a turn takes 32768 at most: there is more to do
  cluster.node().leave();
  // It ends although nobody answers: the client alone would wait for more than a minute and a half.
  while (cluster.node().state() != Node::State::absent) cluster.look_after_node();
  CHECK(cluster.ends().back().text() == "exit code " + std::to_string(app::kNotDrained));
  CHECK(cluster.log().find("did not leave in time") != std::string::npos);
  kafka.go_on();

  cluster.node().start();
  cluster.publish_scans(1000);
  cluster.work_off();
  cluster.leave();
  CHECK(cluster.ends().size() == 3);
  cluster.check();
}

} // namespace onecode::test
