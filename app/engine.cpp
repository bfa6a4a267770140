#include "app/engine.hpp"

#include <chrono>
#include <mutex>

#include "actors/shard_actor.hpp"
#include "storage/rocks_store.hpp"

namespace onecode::app {
namespace {

std::int64_t wall_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::unique_ptr<actors::EngineClock> make_clock(actors::ClockMode mode) {
  if (mode == actors::ClockMode::events) return std::make_unique<actors::EventClock>();
  return std::make_unique<actors::WallClock>(wall_ms);
}

storage::RocksOptions rocks_options(const std::string& data_dir) {
  storage::RocksOptions options;
  options.directory = data_dir;
  return options;
}

}  // namespace

struct Engine::Impl {
  Impl(EngineOptions o, streams::Broker& broker, streams::Secrets s, actors::NodeObserver* watching)
      : secrets(std::move(s)),
        stores(storage::rocks_stores(rocks_options(o.data_dir))),
        crew(actors::caf_crew(0)),
        clock(make_clock(o.clock)),
        observer(watching),
        node(o.node, broker, *stores, *crew, secrets, *clock, actors::PolicyBook(std::move(o.policy), std::move(o.roots), false),
             *this_observer()) {
    thread = std::thread([this] {
      try {
        node.run(stopping);
      } catch (...) {
        error = std::current_exception();
      }
      alive = false;
    });
  }

  ~Impl() {
    stopping = true;
    if (thread.joinable()) thread.join();
    crew->clear();
  }

  actors::NodeObserver* this_observer() { return observer != nullptr ? observer : &silent; }

  streams::Secrets secrets;
  std::unique_ptr<storage::StoreFactory> stores;
  std::unique_ptr<actors::Crew> crew;
  std::unique_ptr<actors::EngineClock> clock;
  actors::NodeObserver silent;
  actors::NodeObserver* observer;
  actors::Node node;
  std::atomic<bool> stopping = false;
  std::atomic<bool> alive = true;
  std::exception_ptr error;
  std::thread thread;
};

Engine::Engine(EngineOptions options, streams::Broker& broker, streams::Secrets secrets, actors::NodeObserver* observer)
    : impl_(std::make_unique<Impl>(std::move(options), broker, std::move(secrets), observer)) {}

Engine::~Engine() = default;

void Engine::stop() { impl_->stopping = true; }

void Engine::wait() {
  if (impl_->thread.joinable()) impl_->thread.join();
  if (impl_->error) std::rethrow_exception(impl_->error);
}

bool Engine::running() const { return impl_->alive; }
actors::NodeStatus Engine::status() const { return impl_->node.status(); }
std::string Engine::metrics_url() const { return "http://127.0.0.1:9464/metrics"; }

}  // namespace onecode::app
