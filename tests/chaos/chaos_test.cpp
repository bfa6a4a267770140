// Real processes, a real broker, real signals: a cluster under load while nodes and broker are killed, paused and
// restarted. What this would catch: a scan lost or decided twice, an output that the history does not explain, a
// node that does not find back into the group.
//   ONECODE_CHAOS_SECONDS, ONECODE_CHAOS_SEED   how long and what goes wrong; `./dev chaos` sets them
//   ONECODE_CHAOS_RATE, ONECODE_CHAOS_CLOCK     scans per second; events or wall
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <thread>

#include "app/wire.hpp"
#include "streams/policy_document.hpp"
#include "tests/catch.hpp"
#include "tests/chaos/chaos.hpp"
#include "tests/chaos/load.hpp"
#include "tests/support/accounts.hpp"
#include "tests/support/surroundings.hpp"
#include "tests/support/verdict.hpp"

namespace onecode::chaos {
namespace {

namespace fs = std::filesystem;
using test::Decisions, test::from_environment, test::Verdict;

constexpr Milliseconds kPatience{180'000};

struct Plan {
  std::uint64_t seed = std::stoull(from_environment("ONECODE_CHAOS_SEED", from_environment("ONECODE_SEED", "1")));
  std::chrono::seconds how_long{std::stol(from_environment("ONECODE_CHAOS_SECONDS", "40"))};
  unsigned rate = static_cast<unsigned>(std::stoul(from_environment("ONECODE_CHAOS_RATE", "1000")));
  std::string clock = from_environment("ONECODE_CHAOS_CLOCK", "events");
};

app::Config::Kafka kafka_config(const std::string& brokers) {
  app::Config::Kafka kafka;
  kafka.brokers = brokers;
  kafka.prefix = "chaos-" + std::to_string(::getpid()) + ".";
  kafka.group = kafka.prefix + "engine";
  kafka.properties = {{"session.timeout.ms", std::to_string(kSession.count())},
                      {"heartbeat.interval.ms", "1000"},
                      {"transaction.timeout.ms", "6000"}};
  return kafka;
}

/// The test's own clients outlast whatever it does to the broker.
std::unique_ptr<streams::Broker> patient_connection(app::Config::Kafka kafka) {
  kafka.properties = {{"message.timeout.ms", "600000"}};
  return app::connect(kafka);
}

/// So many people that campus time passes about a day while the test runs.
app::CampusOptions campus_options(const Plan& plan) {
  constexpr double kSecondsBetweenScans = 3300, kDay = 86'400;
  app::CampusOptions options;
  options.seed = plan.seed;
  options.people = 1000 + static_cast<std::size_t>(plan.rate * static_cast<double>(plan.how_long.count() + 60) *
                                                   kSecondsBetweenScans / kDay);
  options.misuse_from = 500;
  options.misuse_every = 700;
  return options;
}

/// In wall time the campus's day begins thirty hours ago: events may be a day ahead, and commands a week old.
Duration shift_for(const Plan& plan, Time campus_begins) {
  if (plan.clock == "events") return {};
  return app::clock_now() - hours(30) - campus_begins;
}

class World {
public:
  World(const Plan& plan, const std::string& brokers)
      : plan_(plan),
        kafka_(kafka_config(brokers)),
        folder_(fs::temp_directory_path() / ("onecode-" + kafka_.prefix + std::to_string(plan.seed))),
        key_(app::new_signing_key("k-chaos")),
        campus_(campus_options(plan)),
        shift_(shift_for(plan, campus_.now())) {
    fs::create_directories(folder_);
    broker_ = patient_connection(kafka_);
    broker_->create_topics(kDefaultPartitions);
  }

  ClusterOptions cluster() const {
    return {folder_, from_environment("ONECODE_BIN", "build/release/onecode"), plan_.clock, kafka_, key_};
  }

  void publish_what_comes_first() {
    const auto publisher = broker_->publisher();
    const auto policy = campus_.policy(key_);
    const auto document = streams::sign_policy(streams::write_policy(policy), key_.private_key, key_.id);
    publisher->publish(Topic::policy, 0, policy.version, streams::policy_event(document, policy.effective_from), {},
                       streams::kNoTimestamp);
    publisher->flush();
    for (const auto& r : campus_.registration(key_))
      publisher->publish(r.topic, -1, r.key, later(*r.value, shift_, key_), {}, streams::kNoTimestamp);
    publisher->flush();
  }

  std::unique_ptr<Load> load() { return std::make_unique<Load>(*broker_, campus_, plan_.rate, shift_); }
  streams::Broker& broker() { return *broker_; }
  const fs::path& folder() const { return folder_; }

private:
  const Plan& plan_;
  app::Config::Kafka kafka_;
  fs::path folder_;
  app::SigningKey key_;
  app::Campus campus_;
  Duration shift_;
  std::unique_ptr<streams::Broker> broker_;
};

/// Until every scan is decided and nothing waits to be read. False: not within the patience.
bool all_done(World& world, Chaos& chaos, Decisions& decisions, std::size_t scans) {
  const auto end = Clock::now() + kPatience;
  while (Clock::now() < end) {
    chaos.tick();
    if (decisions.read_on(Milliseconds(100)) < scans) continue;
    if (test::accounts_of(world.broker()).missing == 0) return true;
  }
  return false;
}

/// Says every ten seconds how far it is. Returns how many scans were decided while things went wrong.
std::size_t watch(Chaos& chaos, Decisions& decisions, std::chrono::seconds how_long) {
  long second = 0;
  chaos.rage(how_long, [&] {
    const auto decided = decisions.read_on(Milliseconds(0));
    if (++second % 10 == 0)
      fmt::print(stderr, "chaos: {} s, {} scans decided, {}\n", second, decided, chaos.standing());
  });
  return decisions.read_on(Milliseconds(0));
}

std::string summary(const Plan& plan, const Chaos& chaos, std::size_t scans, std::size_t in_time,
                    const Verdict& verdict) {
  std::string text = fmt::format("chaos: seed {}, {} s, clock {}, {} scans ({} decided in between), {} turns",
                                 plan.seed, plan.how_long.count(), plan.clock, scans, in_time, verdict.turns);
  for (const auto& [what, n] : chaos.happened()) text += fmt::format(", {} {}", what, n);
  return text + fmt::format("; {} lost, {} doubled, {} different", verdict.lost, verdict.doubled, verdict.different);
}

} // namespace

#if defined(__SANITIZE_THREAD__)
#define NEEDS_KAFKA(brokers) SKIP("librdkafka does not run under ThreadSanitizer")
#else
#define NEEDS_KAFKA(brokers) \
  if (brokers.empty()) SKIP("no real broker: ONECODE_TEST_KAFKA is not set")
#endif

TEST_CASE("a cluster whose nodes and broker are killed, stopped and paused decides every scan once", "[kafka]") {
  const auto brokers = from_environment("ONECODE_TEST_KAFKA");
  NEEDS_KAFKA(brokers);
  const Plan plan;
  std::cerr << "chaos: seed " << plan.seed << ", " << plan.how_long.count() << " s\n";
  World world(plan, brokers);
  world.publish_what_comes_first();
  Kafka kafka(from_environment("ONECODE_KAFKA_DIR"), from_environment("ONECODE_SOURCE_DIR", ".") + "/dev",
              world.folder() / "kafka.log");
  Chaos chaos(world.cluster(), kafka, plan.seed);
  chaos.begin();
  Decisions decisions(world.broker());
  CHECK(all_done(world, chaos, decisions, 0)); // what is registered now is known when the scans come
  const auto load = world.load();
  const auto in_time = watch(chaos, decisions, plan.how_long);
  CHECK(chaos.calm(kPatience));

  const auto published = load->stop();
  CHECK(all_done(world, chaos, decisions, published.size()));
  chaos.stop_all();
  chaos.look_into_logs();
  decisions.read_on(Milliseconds(100));
  const auto verdict = judge(world.broker(), published, decisions);

  std::cout << summary(plan, chaos, published.size(), in_time, verdict) << std::endl;
  for (const auto& trouble : chaos.troubles()) FAIL_CHECK(trouble);
  for (const auto& text : verdict.texts) FAIL_CHECK(text);
  CHECK(verdict.lost == 0);
  CHECK(verdict.doubled == 0);
  CHECK(verdict.different == 0);
  const bool sound = chaos.troubles().empty() && verdict.texts.empty();
  if (sound) fs::remove_all(world.folder());
  if (!sound) WARN("the nodes' logs and data are in " << world.folder());
}

} // namespace onecode::chaos
