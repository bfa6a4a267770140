// `onecode alerts` on a real Kafka. Would catch: a finding that a restart, a dead receiver or a group that began at the end
// makes it skip; a follower that does not stop at the end; aborted findings shown.
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <thread>

#include "app/wire.hpp"
#include "tests/catch.hpp"
#include "tests/support/listening_socket.hpp"
#include "tests/support/process.hpp"
#include "tests/support/surroundings.hpp"

using namespace onecode;
using namespace onecode::test;
using Json = nlohmann::json;
using Start = streams::FollowConfig::Start;

namespace {

struct Topics {
  explicit Topics(const char* brokers) {
    static int made = 0;
    kafka.brokers = brokers;
    kafka.prefix = "alerts-test-" + std::to_string(::getpid()) + "-" + std::to_string(++made) + ".";
    folder = std::filesystem::temp_directory_path() / kafka.prefix;
    std::filesystem::create_directories(folder);
    broker = app::connect(kafka);
    broker->create_topics(kDefaultPartitions);
    publisher = broker->publisher();
    std::ifstream in(from_environment("ONECODE_SOURCE_DIR") + "/docs/schemas/examples/alert/created.json");
    finding = Json::parse(in);
  }
  ~Topics() { std::filesystem::remove_all(folder); }

  void publish(int count, std::int64_t timestamp = streams::kNow) {
    for (int i = 0; i < count; ++i) {
      const auto uid = "f-" + std::to_string(++published);
      finding["data"]["finding_info"]["uid"] = uid;
      publisher->publish(i % 3 == 0 ? Topic::compliance : Topic::alerts, -1, uid, finding.dump(), {}, timestamp);
    }
    publisher->flush();
  }
  std::vector<std::string> command(std::vector<std::string> more) const {
    const auto config = folder / "onecode.toml";
    // Who was killed is missed sooner than after ten seconds.
    std::ofstream(config) << "[kafka]\nbrokers = \"" << kafka.brokers << "\"\nprefix = \"" << kafka.prefix
                          << "\"\n[kafka.properties]\n\"session.timeout.ms\" = \"1500\"\n"
                          << "\"heartbeat.interval.ms\" = \"300\"\n";
    more.insert(more.begin(), {from_environment("ONECODE_BIN"), "alerts", "--config", config.string()});
    return more;
  }
  std::unique_ptr<streams::Follower> follow(const std::string& group, Start start, Time from = {}) const {
    return app::follow(kafka, {{Topic::alerts, Topic::compliance}, group, start, from});
  }
  /// What a follower gives until it is at the end.
  static std::size_t count(streams::Follower& follower) {
    std::size_t n = 0;
    while (follower.next(streams::Milliseconds(200)) || !follower.at_end()) ++n;
    return n;
  }

  app::KafkaOptions kafka;
  std::filesystem::path folder;
  std::unique_ptr<streams::Broker> broker;
  std::unique_ptr<streams::Publisher> publisher;
  Json finding;
  int published = 0;
};

/// A syslog receiver that is bound, and listens when it is told.
class Siem : public ListeningSocket {
public:
  Siem() {
    const timeval patience{60, 0}; // an end to the test, whoever is to blame
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  ~Siem() { hang_up(); }
  void hang_up() {
    if (peer_ >= 0) ::close(peer_);
    peer_ = -1;
  }
  /// Reads frames until so many different findings have come, in all.
  void read_until(std::size_t findings) {
    if (peer_ < 0) peer_ = ::accept(socket_, nullptr, nullptr);
    const timeval patience{60, 0};
    ::setsockopt(peer_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    while (seen.size() < findings) {
      std::string length;
      for (char c = 0; c != ' ';) {
        REQUIRE(::recv(peer_, &c, 1, 0) == 1);
        length += c;
      }
      std::string frame(std::stoul(length), '\0');
      REQUIRE(::recv(peer_, frame.data(), frame.size(), MSG_WAITALL) == static_cast<ssize_t>(frame.size()));
      const auto at = frame.find("uid=\"") + 5;
      seen.insert(frame.substr(at, frame.find('"', at) - at));
      ++frames;
    }
  }
  std::set<std::string> seen;
  std::size_t frames = 0;

private:
  int peer_ = -1;
};

void wait_for(Process& process, const std::filesystem::path& log, const std::string& text) {
  while (content(log).find(text) == std::string::npos) {
    INFO(content(log));
    REQUIRE(!process.ended());
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

} // namespace

TEST_CASE("alerts: a SIEM that is away, a kill and restarts of a group lose no finding", "[kafka][alerts]") {
  const char* brokers = std::getenv("ONECODE_TEST_KAFKA");
  if (brokers == nullptr) SKIP("no real broker: ONECODE_TEST_KAFKA is not set");
  Topics topics(brokers);
  topics.publish(2000);
  Siem siem;
  const auto command = topics.command({"--group", "siem", "--from", "beginning", "--syslog-to", siem.to});

  Process first;
  first.start(command, topics.folder / "first");
  wait_for(first, topics.folder / "first", "; waiting, ");
  first.kill(); // with messages in its hands

  Process second;
  second.start(command, topics.folder / "second");
  wait_for(second, topics.folder / "second", "; waiting, ");
  siem.listen();
  siem.read_until(2000);
  topics.publish(500);
  siem.read_until(2500);
  second.send(SIGTERM);
  CHECK(second.wait()->code == 0);
  CHECK(siem.frames == 2500); // nobody died with something delivered and not committed: none came twice
  siem.hang_up();

  // Everything is committed: the next one begins behind it.
  topics.publish(3);
  Process third;
  auto once = command;
  once.push_back("--once");
  third.start(once, topics.folder / "third");
  CHECK(third.wait()->code == 0);
  CHECK(content(topics.folder / "third").find("3 messages delivered") != std::string::npos);
  siem.read_until(2503);
}

TEST_CASE("alerts: a group that began at the end goes on from there, whatever happened to its first member",
          "[kafka][alerts]") {
  const char* brokers = std::getenv("ONECODE_TEST_KAFKA");
  if (brokers == nullptr) SKIP("no real broker: ONECODE_TEST_KAFKA is not set");
  Topics topics(brokers);
  topics.publish(40);
  {
    const auto member = topics.follow("g", Start::end);
    CHECK(Topics::count(*member) == 0);
  }
  topics.publish(5);
  {
    const auto member = topics.follow("g", Start::end);
    CHECK(Topics::count(*member) == 5); // and does not commit them
    member->close();
  }
  const auto member = topics.follow("g", Start::end);
  CHECK(Topics::count(*member) == 5);
  CHECK(member->commit());
  member->close();
  CHECK(Topics::count(*topics.follow("g", Start::beginning)) == 0);
  CHECK(Topics::count(*topics.follow("other", Start::beginning)) == 45);
}

TEST_CASE("alerts: following begins where it was told, and sees committed findings only", "[kafka][alerts]") {
  const char* brokers = std::getenv("ONECODE_TEST_KAFKA");
  if (brokers == nullptr) SKIP("no real broker: ONECODE_TEST_KAFKA is not set");
  Topics topics(brokers);
  const std::int64_t day = 1'772'424'000'000;
  topics.publish(10, day);
  topics.publish(7, day + 3'600'000);
  const auto producer = topics.broker->transactional(topics.kafka.prefix + "engine");
  producer->init();
  producer->begin();
  producer->produce(Topic::alerts, -1, "a-1", topics.finding.dump());
  producer->abort();

  CHECK(Topics::count(*topics.follow("", Start::beginning)) == 17);
  CHECK(Topics::count(*topics.follow("", Start::end)) == 0);
  CHECK(Topics::count(*topics.follow("", Start::time, Time{day + 1})) == 7);
  CHECK(Topics::count(*topics.follow("", Start::time, Time{day + 7'200'000})) == 0);

  Process once;
  once.start(topics.command({"--from", "beginning", "--once", "--json"}), topics.folder / "once");
  CHECK(once.wait()->code == 0);
  std::set<std::string> uids;
  std::istringstream lines(content(topics.folder / "once"));
  for (std::string line; std::getline(lines, line);) uids.insert(Json::parse(line).at("finding_info").at("uid"));
  CHECK(uids.size() == 17);

  // In a terminal, until somebody has seen enough.
  Process follow;
  follow.start(topics.command({"--from", "beginning"}), topics.folder / "follow");
  wait_for(follow, topics.folder / "follow", "finding f-17\n");
  follow.send(SIGINT);
  CHECK(follow.wait()->code == 0);
}
