// The demo's campus on a real engine in this process, with everything in it that metrics tell of: misuse, freezes, a breaker that
// trips, a bad record, a refused command, a decided case, an order that is overdue.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "app/demo/campus.hpp"
#include "app/engine.hpp"
#include "app/signing.hpp"
#include "streams/local/local_broker.hpp"

namespace onecode::test {

class LiveCampus {
public:
  LiveCampus();
  ~LiveCampus();
  LiveCampus(const LiveCampus&) = delete;
  LiveCampus& operator=(const LiveCampus&) = delete;

  const std::filesystem::path& folder() const { return folder_; }
  /// host:port
  std::string target() const;
  /// /metrics as text.
  std::string metrics() const;
  /// The sum over the samples that begin so; 0 where there is none.
  double value(const std::string& sample) const;
  /// Publishes all of it, and returns when the engine has gone through it.
  void live();
  /// Another engine on the same stores; returns when it is ready.
  void restart();

private:
  void start();
  void publish(const streams::FileRecord& record);
  void command(const char* name, const std::string& target, const char* role, Time at, const std::string& args);
  /// Until value(sample) is at least this; fails the test after a minute.
  void wait_for(const std::string& sample, double least) const;

  std::filesystem::path folder_;
  app::SigningKey key_;
  app::Campus campus_;
  streams::LocalBroker broker_;
  std::unique_ptr<streams::Publisher> publisher_;
  std::unique_ptr<app::Engine> engine_;
  int commands_ = 0;
};

} // namespace onecode::test
