#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "app/config.hpp"
#include "app/engine.hpp"
#include "app/errors.hpp"
#include "app/hangup.hpp"
#include "app/reload.hpp"
#include "app/terminal.hpp"
#include "app/topic_check.hpp"
#include "app/verbs/verbs.hpp"
#include "app/wire.hpp"
#include "evidence/sm3.hpp"
#include "monitoring/http.hpp"
#include "monitoring/log.hpp"
#include "storage/store.hpp"

namespace onecode::app {
namespace {

constexpr std::chrono::milliseconds kSignalTick{20};

struct Options {
  KafkaFlags kafka;
  std::string clock = "wall";
  bool accept_clock = false;
};

/// A node on such topics would lose what it committed; better none.
void check_before_start(streams::Broker& broker, const std::string& prefix) {
  const auto topics = broker.describe_topics();
  if (const auto lossy = lossy_topics(topics, prefix); !lossy.empty()) throw InputError(lossy);
  for (const auto& w : policy_warnings(topics, prefix)) monitoring::log_warn("node", w);
}

/// What the client library says. While a broker is away it repeats itself without end: each subject once in ten seconds.
void log_kafka(int syslog_level, std::string_view subject, std::string_view text) {
  constexpr int kNotice = 5, kInfo = 6;
  // What the library calls an error it mostly gets over; what it does not, the node says itself.
  const auto level = syslog_level <= kNotice ? monitoring::Level::warn
                     : syslog_level == kInfo ? monitoring::Level::info
                                             : monitoring::Level::debug;
  static std::mutex mutex;
  static std::map<std::string, monitoring::LogLimit, std::less<>> limits;
  monitoring::LogLimit* limit = nullptr;
  {
    const std::lock_guard lock(mutex);
    auto known = limits.find(subject);
    if (known == limits.end()) known = limits.try_emplace(std::string(subject), std::chrono::seconds(10)).first;
    limit = &known->second;
  }
  monitoring::log_limited(*limit, level, "kafka", text, {{"subject", subject}});
}

void set_up_log(const Config::Log& options) {
  monitoring::LogOptions log;
  log.level = monitoring::level_by_name(options.level).value_or(monitoring::Level::info);
  log.format = options.format == "json" ? monitoring::LogFormat::json : monitoring::LogFormat::text;
  monitoring::set_up_log(std::move(log));
}

std::string listed(const std::vector<std::string>& words) {
  return words.empty() ? "nothing" : fmt::format("{}", fmt::join(words, ", "));
}

void reload(Reloader& reloader, Engine& engine, const std::string& file) {
  const auto outcome = reloader.reload();
  engine.reloaded(outcome.result);
  if (outcome.result == monitoring::Reload::refused) {
    for (const auto& error : outcome.errors) monitoring::log_error("node", "configuration refused: " + error);
    monitoring::log_error("node", "nothing has changed; `onecode config check` says when it is right",
                          {{"file", file}});
    return;
  }
  set_up_log(reloader.config().log);
  engine.set_resident_limit(static_cast<std::size_t>(reloader.config().node.resident_limit));
  if (!outcome.added.empty()) engine.set_secrets(reloader.secrets());
  monitoring::log_info(
      "node", "configuration read again",
      {{"file", file}, {"changed", listed(outcome.changed)}, {"new_secrets", listed(outcome.added)}});
  if (!outcome.restart.empty())
    monitoring::log_warn("node", "needs a restart, and is as before until then: " + listed(outcome.restart));
  for (const auto& name : outcome.kept)
    monitoring::log_warn("node", "the secret " + name +
                                     " has another content than before, which is not taken: decisions made with the "
                                     "old one could not be replayed. A new key needs a new name");
}

/// Ends the process when it takes longer to leave than it may: nothing that waits for a broker or a disk can be told to stop
/// waiting. As after a crash, what was not committed is read again, and what the stores lack is in the journal.
class DrainLimit {
public:
  DrainLimit(std::int64_t seconds, const Engine& engine)
      : seconds_(seconds), engine_(&engine), thread_([this] { watch(); }) {}
  ~DrainLimit() {
    {
      const std::lock_guard lock(mutex_);
      left_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }
  DrainLimit(const DrainLimit&) = delete;
  DrainLimit& operator=(const DrainLimit&) = delete;

  /// The engine is about to be destroyed.
  void node_has_left() {
    const std::lock_guard lock(mutex_);
    engine_ = nullptr;
  }

private:
  void watch() {
    std::unique_lock lock(mutex_);
    if (changed_.wait_for(lock, std::chrono::seconds(seconds_), [this] { return left_; })) return;
    std::string at = "cleaning up";
    if (engine_ != nullptr) at = engine_->status().leaving;
    monitoring::log_error(
        "node", "did not leave in time, ends as it stands: nothing is lost, the next start reads on from the journal",
        {{"drain_s", seconds_},
         {"at", at.empty() ? "ending a turn or a takeover: the broker or the disk does not answer" : at}});
    std::_Exit(kNotDrained);
  }

  const std::int64_t seconds_;
  std::mutex mutex_;
  std::condition_variable changed_;
  const Engine* engine_;
  bool left_ = false;
  std::thread thread_;
};

/// Before it would stop each turn.
void check_sm3() {
  try {
    evidence::sm3({});
  } catch (const std::runtime_error& e) {
    throw InputError(std::string("evidence.sm3: ") + e.what());
  }
}

int run_node(const Options& o) {
  Hangup hangup;
  const auto config = o.kafka.load();
  if (config.evidence.sm3) check_sm3();
  set_up_log(config.log);

  const auto broker = connect(config.kafka, log_kafka);
  check_before_start(*broker, config.kafka.prefix);
  EngineOptions options;
  options.node.id = config.node.id;
  options.node.group = config.kafka.group;
  options.node.resident_limit = static_cast<std::size_t>(config.node.resident_limit);
  options.node.log_origin = config.evidence.origin;
  options.node.sm3 = config.evidence.sm3;
  options.clock = o.clock == "events" ? actors::ClockMode::events : actors::ClockMode::wall;
  options.accept_clock = o.accept_clock;
  options.policy = builtin_policy();
  options.roots = config.trust.root;
  options.data_dir = config.node.data_dir;
  options.listen = config.http.listen;
  options.token_file = config.http.token_file;
  Reloader reloader(o.kafka, config);
  for (const auto& [name, without] : {std::pair{"evidence", "no transparency log is kept"},
                                      std::pair{"evidence-key", "no head of the transparency logs is signed"}})
    if (!reloader.secrets().find(name))
      monitoring::log_info("node", fmt::format("there is no secret `{}`: {}", name, without));

  const Interrupt interrupt;
  std::optional<DrainLimit> limit;
  try {
    Engine engine(std::move(options), *broker, reloader.secrets(), nullptr);
    monitoring::log_info("node", "started", {{"node", config.node.id}, {"metrics", engine.metrics_url()}});
    while (engine.running() && !interrupt.asked()) {
      if (hangup.take()) reload(reloader, engine, o.kafka.config.value_or("none: environment and flags only"));
      std::this_thread::sleep_for(kSignalTick);
    }
    const auto drain_s = reloader.config().node.drain_s;
    if (interrupt.asked())
      monitoring::log_info("node", "told to leave", {{"node", config.node.id}, {"drain_s", drain_s}});
    limit.emplace(drain_s, engine);
    engine.stop();
    const auto left = [&] { limit->node_has_left(); };
    try {
      engine.wait();
    } catch (...) {
      left();
      throw;
    }
    left();
  } catch (const storage::StoreError& e) {
    throw InputError(e.what());
  } catch (const monitoring::HttpError& e) {
    throw InputError(e.what());
  }
  monitoring::log_info("node", "left the group cleanly", {{"node", config.node.id}});
  return kDone;
}

} // namespace

Run add_run(CLI::App& verb) {
  auto options = std::make_shared<Options>();
  options->kafka.add_to(verb);
  verb.add_option("--clock", options->clock,
                  "where engine time comes from: the wall clock, or the events (reprocessing history)")
      ->check(CLI::IsMember({"wall", "events"}))
      ->capture_default_str();
  verb.add_flag(
      "--accept-clock", options->accept_clock,
      "work although engine time is more than 5 minutes away from the wall clock; where it is ahead it stands "
      "still until the wall clock has caught up");
  verb.footer(
      "\nOne engine node: joins the consumer group, works until SIGTERM or Ctrl-C, leaves cleanly. Its topics must "
      "exist\n"
      "(onecode topics create). /metrics, /readyz and /status are on [http] listen.\n\n"
      "SIGHUP reads the configuration again: [log], [node] resident_limit and drain_s, and new secrets are in\n"
      "force at once, the rest is named and waits for a restart. SIGTERM gives the node [node] drain_s seconds to\n"
      "leave; then it ends with exit code 5, and nothing is lost. A second SIGTERM or Ctrl-C ends it at once.\n\n"
      "Example:\n  onecode run --config node.toml");
  return [options] { return run_node(*options); };
}

} // namespace onecode::app
