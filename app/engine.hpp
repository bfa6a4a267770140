// A running engine: stores, shards on CAF, the node on its own thread, metrics and the HTTP port. `run` and `demo` are built
// from this; it is wired in order of need and torn down in reverse.
#pragma once

#include <atomic>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "actors/node.hpp"
#include "monitoring/metrics.hpp"
#include "storage/store.hpp"
#include "streams/authenticate.hpp"
#include "streams/broker.hpp"

namespace onecode::app {

struct EngineOptions {
  actors::NodeOptions node;
  actors::ClockMode clock = actors::ClockMode::wall;
  bool accept_clock = false; // although engine time and the wall clock are far apart
  Policy policy;             // in force before the first policy record
  std::vector<TrustedKey> roots;
  std::string data_dir; // the shards' stores
  std::string listen = "127.0.0.1:9464";
  bool next_free_port = false; // the demo takes the next one where this is taken
  std::string token_file;
};

class Engine {
public:
  /// `observer` may be null; it is called on the node's thread after the metrics.
  Engine(EngineOptions options, streams::Broker& broker, streams::Secrets secrets, actors::NodeObserver* observer);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Asks the node to leave; wait() then returns.
  void stop();
  /// Returns when the node has left; throws what ended it.
  void wait();
  bool running() const;
  actors::NodeStatus status() const;
  /// From any thread, in force before the next turn.
  void set_resident_limit(std::size_t entities);
  void set_secrets(streams::Secrets secrets);
  /// A configuration was read again; what came of it.
  void reloaded(monitoring::Reload result);
  /// Where /metrics is, e.g. `http://127.0.0.1:9464/metrics`.
  std::string metrics_url() const;

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace onecode::app
