#include "app/engine.hpp"
#include "app/access_log.hpp"

#include <fmt/format.h>

#include <chrono>
#include <future>
#include <mutex>
#include <nlohmann/json.hpp>

#include "actors/shard_actor.hpp"
#include "app/files.hpp"
#include "build_info.hpp"
#include "domain/campus.hpp"
#include "monitoring/http.hpp"
#include "monitoring/log.hpp"
#include "monitoring/metrics.hpp"
#include "storage/rocks_store.hpp"

namespace onecode::app {
namespace {

constexpr std::chrono::milliseconds kBreakerPatience{250};
/// A step of the node that takes longer stands still: the largest turns take a second.
constexpr std::chrono::milliseconds kLongStep{5000};

std::int64_t wall_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::int64_t monotonic_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

std::unique_ptr<actors::EngineClock> make_clock(const EngineOptions& o) {
  if (o.clock == actors::ClockMode::events) return std::make_unique<actors::EventClock>();
  return std::make_unique<actors::WallClock>(wall_ms, monotonic_ms, o.accept_clock);
}

/// Turns what the node tells into metrics and log lines.
class Reporter final : public actors::NodeObserver {
public:
  explicit Reporter(actors::NodeObserver* next) : metrics(version(), revision()), next_(next) {}

  void committed(const TurnReport& report) override {
    metrics.committed(report.stats, {report.began_ns, report.computed_ns, report.committed_ns, report.records});
    if (next_ != nullptr) next_->committed(report);
  }
  void aborted(std::string_view cause) override {
    metrics.aborted(cause);
    if (next_ != nullptr) next_->aborted(cause);
  }
  void restoring(std::int32_t shard, std::int64_t done, std::int64_t total) override {
    if (next_ != nullptr) next_->restoring(shard, done, total);
  }
  void log(int level, const std::string& text) override {
    constexpr monitoring::Level levels[] = {monitoring::Level::debug, monitoring::Level::info,
                                            monitoring::Level::warn, monitoring::Level::error};
    monitoring::log(levels[level], "node", text);
  }

  monitoring::Metrics metrics;

private:
  actors::NodeObserver* next_;
};

storage::RocksOptions rocks_options(const EngineOptions& o, Reporter& reporter) {
  storage::RocksOptions options;
  options.directory = o.data_dir;
  options.on_damage = [&reporter](const storage::Damage& damage) {
    reporter.metrics.store_damaged();
    monitoring::log_error("store", "damaged store set aside, restoring from the journal",
                          {{"shard", damage.shard}, {"moved_to", damage.moved_to.string()}, {"error", damage.error}});
  };
  options.log = [](std::int32_t shard, bool error, std::string_view line) {
    monitoring::log(error ? monitoring::Level::error : monitoring::Level::warn, "rocksdb", line, {{"shard", shard}});
  };
  return options;
}

actors::NodeOptions of_this_build(actors::NodeOptions options) {
  options.build = revision();
  return options;
}

} // namespace

struct Engine::Impl {
  Impl(EngineOptions o, streams::Broker& broker, streams::Secrets s, actors::NodeObserver* watching)
      : secrets(std::move(s)),
        reporter(watching),
        stores(storage::rocks_stores(rocks_options(o, reporter))),
        crew(actors::caf_crew(0)),
        clock(make_clock(o)),
        node(of_this_build(o.node), broker, *stores, *crew, secrets, *clock,
             actors::PolicyBook(std::move(o.policy), std::move(o.roots), false), reporter),
        node_id(o.node.id) {
    monitoring::HttpHandlers handlers;
    handlers.metrics = [this](bool open_metrics) {
      refresh();
      return open_metrics ? reporter.metrics.open_metrics() : reporter.metrics.text();
    };
    handlers.dead = [this] { return alive ? std::string{} : std::string("the node has ended"); };
    handlers.ready = [this] { return ready(node.status()); };
    handlers.status = [this] { return status_json(); };
    handlers.state = [this](Kind kind, std::string_view id) { return state(kind, id); };
    handlers.state_read = [this](const monitoring::StateRead& read) { record(read); };
    if (!o.token_file.empty()) handlers.token = read_secret(o.token_file);
    http = std::make_unique<monitoring::HttpServer>(monitoring::HttpOptions{o.listen, o.next_free_port},
                                                    std::move(handlers));
    thread = std::thread([this] {
      try {
        node.run(stopping);
      } catch (const std::exception& e) {
        monitoring::log_error("node", e.what());
        error = std::current_exception();
      }
      alive = false;
    });
  }

  ~Impl() {
    stopping = true;
    if (thread.joinable()) thread.join();
    http.reset();
    crew->clear();
  }

  monitoring::Ready ready(const actors::NodeStatus& status) const {
    monitoring::Ready out;
    out.trouble = status.trouble;
    for (const auto& s : status.shards)
      if (s.restoring) out.restoring.push_back(s.index);
    if (out.trouble.empty() && status.at_one_step > kLongStep)
      out.trouble = fmt::format("nothing has moved for {} s: the broker or the disk is slow or does not answer",
                                std::chrono::duration_cast<std::chrono::seconds>(status.at_one_step).count());
    if (status.shards.empty() && out.trouble.empty()) out.trouble = "no shard is assigned to this node yet";
    out.ready = alive && out.trouble.empty() && out.restoring.empty();
    return out;
  }

  void refresh() {
    const auto status = node.status();
    std::map<std::int32_t, double> restoring;
    for (const auto& s : status.shards)
      if (s.restoring)
        restoring[s.index] =
            s.restore_total == 0 ? 0.0 : static_cast<double>(s.restored) / static_cast<double>(s.restore_total);
    reporter.metrics.set_lag(status.lag);
    reporter.metrics.set_resident(status.resident);
    reporter.metrics.set_population(status.population);
    const auto stores_use = stores->usage();
    reporter.metrics.set_store_bytes(
        {stores_use.files, stores_use.write_buffers, stores_use.cache, stores_use.compaction_debt});
    reporter.metrics.set_shards(status.shards.size() - restoring.size(), restoring);
    reporter.metrics.set_ready(ready(status).ready);
    reporter.metrics.set_policy(status.policy);
    refresh_breaker();
  }

  /// The breaker is an entity like others: asked for when metrics are, so that its owner shows it after a restart too, and
  /// nobody else does.
  void refresh_breaker() {
    const std::lock_guard lock(breaker_mutex);
    if (!breaker.valid() && alive) breaker = node.ask(kBreaker);
    // A node that is busy answers at the next scrape.
    if (!breaker.valid() || breaker.wait_for(kBreakerPatience) != std::future_status::ready) return;
    bool open = false;
    try {
      if (const auto answer = breaker.get(); answer.state)
        open = nlohmann::json::parse(*answer.state).at("breaker").value("open", false);
    } catch (const std::exception& e) {
      // The node ended over the question, or another version of it answers otherwise: a scrape fails for neither.
      monitoring::log_debug("node", "the breaker gave no answer", {{"error", e.what()}});
    }
    reporter.metrics.set_breaker_open(open);
  }

  std::string status_json() const {
    const auto status = node.status();
    nlohmann::ordered_json out;
    out["node"] = node_id;
    const auto able = ready(status);
    out["ready"] = able.ready;
    if (!able.trouble.empty()) out["trouble"] = able.trouble;
    auto& shards = out["shards"] = nlohmann::ordered_json::array();
    for (const auto& s : status.shards) {
      nlohmann::ordered_json shard{{"shard", s.index}, {"state", s.restoring ? "restoring" : "live"}, {"lag", s.lag}};
      if (s.restoring) shard["restored"] = s.restored, shard["to_restore"] = s.restore_total;
      shards.push_back(std::move(shard));
    }
    auto& resident = out["resident"] = nlohmann::ordered_json::object();
    for (std::size_t k = 0; k < status.resident.size(); ++k)
      resident[std::string(to_string(static_cast<Kind>(k)))] = status.resident[k];
    out["policy"] = status.policy;
    if (!status.candidate.empty()) out["candidate"] = status.candidate;
    out["policy_offset"] = status.policy_offset;
    out["engine_time"] = format_time(status.engine_time);
    out["turns"] = status.turns;
    out["last_commit"] = status.last_commit.ms == 0 ? nlohmann::ordered_json(nullptr)
                                                    : nlohmann::ordered_json(format_time(status.last_commit));
    return out.dump();
  }

  monitoring::StateAnswer state(Kind kind, std::string_view id) {
    auto answer = node.ask({kind, std::string(id)});
    if (answer.wait_for(std::chrono::seconds(2)) != std::future_status::ready)
      return {std::nullopt, std::nullopt, "the node is busy (a shard restores or a turn is long); ask again"};
    auto got = answer.get();
    return {std::move(got.state), got.elsewhere, {}};
  }

  /// Access to personal records leaves a line of its own, whoever asked.
  void record(const monitoring::StateRead& read) {
    const auto answer = monitoring::to_string(read.answer);
    if (read.kind) reporter.metrics.state_read(*read.kind, answer);
    monitoring::log(monitoring::Level::info, "access", "state asked for",
                    {{"kind", read.kind ? to_string(*read.kind) : "none"},
                     {"subject", access_id(read.id)},
                     {"answer", answer},
                     {"from", read.from},
                     {"who", access_text(read.who)},
                     {"purpose", access_text(read.purpose)}});
  }

  streams::Secrets secrets;
  Reporter reporter;
  std::unique_ptr<storage::StoreFactory> stores;
  std::unique_ptr<actors::Crew> crew;
  std::unique_ptr<actors::EngineClock> clock;
  actors::Node node;
  std::string node_id;
  std::atomic<bool> stopping = false;
  std::atomic<bool> alive = true;
  std::exception_ptr error;
  std::mutex breaker_mutex;
  std::future<actors::Node::Answer> breaker;
  std::unique_ptr<monitoring::HttpServer> http;
  std::thread thread;
};

Engine::Engine(EngineOptions options, streams::Broker& broker, streams::Secrets secrets,
               actors::NodeObserver* observer)
    : impl_(std::make_unique<Impl>(std::move(options), broker, std::move(secrets), observer)) {}

Engine::~Engine() = default;

void Engine::stop() { impl_->stopping = true; }

void Engine::wait() {
  if (impl_->thread.joinable()) impl_->thread.join();
  if (impl_->error) std::rethrow_exception(impl_->error);
}

bool Engine::running() const { return impl_->alive; }
actors::NodeStatus Engine::status() const { return impl_->node.status(); }
void Engine::set_resident_limit(std::size_t entities) {
  impl_->node.between_turns([this, entities] { impl_->node.set_resident_limit(entities); });
}

void Engine::set_secrets(streams::Secrets secrets) {
  impl_->node.between_turns([this, s = std::move(secrets)] { impl_->secrets = s; });
}

void Engine::reloaded(monitoring::Reload result) { impl_->reporter.metrics.reloaded(result); }

std::string Engine::metrics_url() const { return impl_->http->url() + "/metrics"; }

} // namespace onecode::app
