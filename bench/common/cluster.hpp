// A benchmark's own topics on a real Kafka, and engines in processes of their own: the benchmark's executable in another
// role, wired as `onecode run` is, but it takes unsigned commands.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/node.hpp"
#include "app/wire.hpp"
#include "bench/common/load.hpp"
#include "streams/broker.hpp"
#include "tests/support/process.hpp"

namespace onecode::bench {

/// Was this process started by a Cluster as an engine? Then it has been one and this is its exit code.
std::optional<int> engine_role(int argc, char** argv);

class Cluster {
public:
  /// Topics on the broker of ONECODE_TEST_KAFKA; without that variable says how to get one and ends the process. An engine
  /// keeps as many as `resident_limit` awake.
  Cluster(const char* argv0, std::string clock, std::size_t resident_limit = actors::NodeOptions{}.resident_limit);
  ~Cluster();
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  streams::Broker& broker() { return *broker_; }
  const app::KafkaOptions& kafka() const { return kafka_; }
  const std::filesystem::path& folder() const { return folder_; }

  void publish(const std::vector<LoadRecord>& records);
  void publish(const LoadRecord& record);
  void flush() { publisher_->flush(); }

  void start_engine();
  /// SIGTERM, and waits until it has left. Throws if it ends with anything but 0. Returns the seconds that took.
  double stop_engine();
  void kill_engine() { engine_.kill(); }
  void lose_disk();
  const test::Process& engine() const { return engine_; }

private:
  void delete_topics() const;

  app::KafkaOptions kafka_;
  std::filesystem::path folder_, executable_;
  std::string clock_;
  std::size_t resident_limit_;
  std::unique_ptr<streams::Broker> broker_;
  std::unique_ptr<streams::Publisher> publisher_;
  test::Process engine_;
};

/// Committed decisions as a gateway sees them, from the moment of construction on, also from behind a transaction that
/// is still open then.
class Decisions {
public:
  explicit Decisions(streams::Broker& broker);
  /// How many came within `patience`; returns with the first.
  std::size_t wait(streams::Milliseconds patience);

private:
  std::vector<std::unique_ptr<streams::LogReader>> readers_;
};

} // namespace onecode::bench
