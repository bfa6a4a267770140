// Gateways at work: the campus's scans at a steady rate, whatever happens to those who decide them.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <memory>
#include <set>
#include <string>
#include <thread>

#include "app/demo/campus.hpp"
#include "domain/time.hpp"
#include "streams/broker.hpp"

namespace onecode::chaos {

/// The event as if it had happened so much later; commands are signed anew.
std::string later(const std::string& event, Duration by, const app::SigningKey& key);

class Load {
public:
  /// Publishes at `per_second` from now on; campus times are moved by `shift`.
  Load(streams::Broker& broker, app::Campus& campus, unsigned per_second, Duration shift);
  ~Load();
  /// Ends, waits until all is acknowledged and gives the ids of all scans. Throws BrokerError: something was not.
  std::set<std::string> stop();

private:
  void run();
  void publish_one();

  app::Campus& campus_;
  unsigned per_second_;
  Duration shift_;
  std::unique_ptr<streams::Publisher> publisher_;
  std::set<std::string> published_; // the thread's until it has ended
  std::exception_ptr failure_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

} // namespace onecode::chaos
