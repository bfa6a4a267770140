#include "bench/common/cluster.hpp"

#include <librdkafka/rdkafka.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "app/engine.hpp"
#include "app/terminal.hpp"
#include "app/wire.hpp"
#include "monitoring/log.hpp"

namespace onecode::bench {
namespace {

constexpr const char* kRole = "--engine";
constexpr std::chrono::seconds kPatience{60};

const char* brokers_or_exit() {
  const char* brokers = std::getenv("ONECODE_TEST_KAFKA");
  if (brokers != nullptr) return brokers;
  std::fprintf(stderr, "this benchmark needs a broker: ./dev kafka start; eval \"$(./dev kafka env)\"\n");
  std::exit(2);
}

int run_engine(const std::string& brokers, const std::string& prefix, const std::string& data,
               const std::string& clock) {
  monitoring::set_up_log({});
  app::KafkaOptions kafka;
  kafka.brokers = brokers;
  kafka.prefix = prefix;
  const auto broker = app::connect(kafka);
  app::EngineOptions options;
  options.node.id = "bench";
  options.node.group = prefix + "engine";
  options.node.shard.unsigned_commands = true;
  options.clock = clock == "events" ? actors::ClockMode::events : actors::ClockMode::wall;
  options.policy = builtin_policy();
  options.data_dir = data;
  options.listen = "127.0.0.1:0";
  const app::Interrupt interrupt;
  app::Engine engine(std::move(options), *broker, {}, nullptr);
  while (engine.running() && !interrupt.asked()) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  engine.stop();
  engine.wait();
  return 0;
}

} // namespace

std::optional<int> engine_role(int argc, char** argv) {
  if (argc != 6 || std::string_view(argv[1]) != kRole) return std::nullopt;
  try {
    return run_engine(argv[2], argv[3], argv[4], argv[5]);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "engine: %s\n", e.what());
    return 1;
  }
}

Cluster::Cluster(const char* argv0, std::string clock) : clock_(std::move(clock)) {
  kafka_.brokers = brokers_or_exit();
  // Numbers of processes come back, topics stay.
  kafka_.prefix = "bench-" + std::to_string(std::time(nullptr)) + "-" + std::to_string(::getpid()) + ".";
  executable_ = std::filesystem::absolute(argv0);
  folder_ = std::filesystem::temp_directory_path() / ("onecode-" + kafka_.prefix + "d");
  std::filesystem::create_directories(folder_);
  broker_ = app::connect(kafka_);
  broker_->create_topics(kDefaultPartitions);
  publisher_ = broker_->publisher();
}

Cluster::~Cluster() {
  engine_.kill();
  publisher_.reset();
  delete_topics();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

/// Thousands of partitions that nobody reads are more than a broker on a laptop can carry.
void Cluster::delete_topics() const {
  char why[256];
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  rd_kafka_conf_set(conf, "bootstrap.servers", kafka_.brokers.c_str(), why, sizeof why);
  rd_kafka_t* client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
  if (client == nullptr) return;
  std::vector<rd_kafka_DeleteTopic_t*> topics;
  for (const auto& t : kTopics)
    topics.push_back(rd_kafka_DeleteTopic_new((kafka_.prefix + std::string(t.name)).c_str()));
  rd_kafka_queue_t* answers = rd_kafka_queue_new(client);
  rd_kafka_DeleteTopics(client, topics.data(), topics.size(), nullptr, answers);
  if (rd_kafka_event_t* answer = rd_kafka_queue_poll(answers, 10'000)) rd_kafka_event_destroy(answer);
  rd_kafka_DeleteTopic_destroy_array(topics.data(), topics.size());
  rd_kafka_queue_destroy(answers);
  rd_kafka_destroy(client);
}

void Cluster::publish(const LoadRecord& r) {
  publisher_->publish(r.topic, -1, r.key, r.value, {}, streams::kNoTimestamp);
}

void Cluster::publish(const std::vector<LoadRecord>& records) {
  for (const auto& r : records) publish(r);
}

void Cluster::start_engine() {
  engine_.start({executable_.string(), kRole, kafka_.brokers, kafka_.prefix, (folder_ / "data").string(), clock_},
                folder_ / "engine.log");
}

double Cluster::stop_engine() {
  const double began = wall_seconds();
  engine_.send(SIGTERM);
  std::optional<test::Ended> ended;
  while (!(ended = engine_.ended())) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  if (ended->code != 0)
    throw std::runtime_error("the engine ended with " + ended->text() + ", see " + (folder_ / "engine.log").string());
  return wall_seconds() - began;
}

void Cluster::lose_disk() { std::filesystem::remove_all(folder_ / "data"); }

double cpu_of(pid_t process) {
  std::ifstream in("/proc/" + std::to_string(process) + "/stat");
  std::string text;
  std::getline(in, text);
  // Fields 14 and 15, counted behind the name, which may hold spaces.
  const auto rest = text.substr(text.rfind(')') + 2);
  unsigned long user = 0, system = 0;
  if (std::sscanf(rest.c_str(), "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) != 2) return 0;
  return static_cast<double>(user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

double peak_memory_mib_of(pid_t process) {
  std::ifstream in("/proc/" + std::to_string(process) + "/status");
  for (std::string line; std::getline(in, line);)
    if (unsigned long kib = 0; std::sscanf(line.c_str(), "VmHWM: %lu", &kib) == 1)
      return static_cast<double>(kib) / 1024;
  return 0;
}

Decisions::Decisions(streams::Broker& broker) {
  for (std::int32_t p = 0; p < kDefaultPartitions; ++p) {
    const TopicPartition at{Topic::decisions, p};
    readers_.push_back(broker.reader(at, broker.watermarks(at, streams::Isolation::uncommitted).high,
                                     streams::Isolation::committed));
  }
}

std::size_t Decisions::wait(streams::Milliseconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  do {
    std::size_t count = 0;
    for (const auto& reader : readers_)
      if (const auto batch = reader->next(streams::Milliseconds(1))) count += batch->records.size();
    if (count > 0) return count;
  } while (std::chrono::steady_clock::now() < until);
  return 0;
}

void Decisions::await(std::size_t count) {
  for (std::size_t seen = 0; seen < count;) {
    const auto more = wait(kPatience);
    if (more == 0) throw std::runtime_error("no decision for a minute; " + std::to_string(seen) + " came before");
    seen += more;
  }
}

} // namespace onecode::bench
