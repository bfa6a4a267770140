#include "bench/common/cluster.hpp"

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <stdexcept>
#include <thread>

#include "app/engine.hpp"
#include "app/terminal.hpp"
#include "bench/common/rdkafka.hpp"
#include "monitoring/log.hpp"

namespace onecode::bench {
namespace {

constexpr const char* kRole = "--engine";

const char* brokers_or_exit() {
  const char* brokers = std::getenv("ONECODE_TEST_KAFKA");
  if (brokers != nullptr) return brokers;
  std::fprintf(stderr, "this benchmark needs a broker: ./dev kafka start; eval \"$(./dev kafka env)\"\n");
  std::exit(2);
}

int run_engine(const std::string& brokers, const std::string& prefix, const std::string& data,
               const std::string& clock, std::size_t resident_limit) {
  monitoring::set_up_log({});
  app::KafkaOptions kafka;
  kafka.brokers = brokers;
  kafka.prefix = prefix;
  const auto broker = app::connect(kafka);
  app::EngineOptions options;
  options.node.id = "bench";
  options.node.group = prefix + "engine";
  options.node.resident_limit = resident_limit;
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
  if (argc != 7 || std::string_view(argv[1]) != kRole) return std::nullopt;
  try {
    return run_engine(argv[2], argv[3], argv[4], argv[5], std::stoull(argv[6]));
  } catch (const std::exception& e) {
    std::fprintf(stderr, "engine: %s\n", e.what());
    return 1;
  }
}

Cluster::Cluster(const char* argv0, std::string clock, std::size_t resident_limit)
    : clock_(std::move(clock)), resident_limit_(resident_limit) {
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
  try {
    delete_topics();
  } catch (const std::exception&) { // they stay
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

/// Thousands of partitions that nobody reads are more than a broker on a laptop can carry.
void Cluster::delete_topics() const {
  const auto client = make_client(RD_KAFKA_PRODUCER, {{"bootstrap.servers", kafka_.brokers}});
  std::vector<rd_kafka_DeleteTopic_t*> topics;
  for (const auto& t : kTopics)
    topics.push_back(rd_kafka_DeleteTopic_new((kafka_.prefix + std::string(t.name)).c_str()));
  rd_kafka_queue_t* answers = rd_kafka_queue_new(client.get());
  rd_kafka_DeleteTopics(client.get(), topics.data(), topics.size(), nullptr, answers);
  if (rd_kafka_event_t* answer = rd_kafka_queue_poll(answers, 10'000)) rd_kafka_event_destroy(answer);
  rd_kafka_DeleteTopic_destroy_array(topics.data(), topics.size());
  rd_kafka_queue_destroy(answers);
}

void Cluster::publish(const LoadRecord& r) {
  // A record's time would move the clock of an engine that lives by events; Kafka Streams takes no record without one.
  publisher_->publish(r.topic, -1, r.key, r.value, {}, clock_ == "events" ? streams::kNoTimestamp : streams::kNow);
}

void Cluster::publish(const std::vector<LoadRecord>& records) {
  for (const auto& r : records) publish(r);
}

void Cluster::start_engine() {
  engine_.start({executable_.string(), kRole, kafka_.brokers, kafka_.prefix, (folder_ / "data").string(), clock_,
                 std::to_string(resident_limit_)},
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

} // namespace onecode::bench
