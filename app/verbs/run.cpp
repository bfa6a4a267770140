#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "app/config.hpp"
#include "app/engine.hpp"
#include "app/errors.hpp"
#include "app/terminal.hpp"
#include "app/topic_check.hpp"
#include "app/verbs/verbs.hpp"
#include "app/wire.hpp"
#include "monitoring/http.hpp"
#include "monitoring/log.hpp"
#include "storage/store.hpp"

namespace onecode::app {
namespace {

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

int run_node(const Options& o) {
  const auto config = o.kafka.load();
  monitoring::LogOptions log;
  log.level = monitoring::level_by_name(config.log.level).value_or(monitoring::Level::info);
  log.format = config.log.format == "json" ? monitoring::LogFormat::json : monitoring::LogFormat::text;
  monitoring::set_up_log(std::move(log));

  const auto broker = connect(config.kafka, log_kafka);
  check_before_start(*broker, config.kafka.prefix);
  EngineOptions options;
  options.node.id = config.node.id;
  options.node.group = config.kafka.group;
  options.node.resident_limit = static_cast<std::size_t>(config.node.resident_limit);
  options.clock = o.clock == "events" ? actors::ClockMode::events : actors::ClockMode::wall;
  options.accept_clock = o.accept_clock;
  options.policy = builtin_policy();
  options.roots = config.trust.root;
  options.data_dir = config.node.data_dir;
  options.listen = config.http.listen;
  options.token_file = config.http.token_file;
  auto secrets =
      config.secrets.dir.empty() ? streams::Secrets{} : streams::Secrets::from_directory(config.secrets.dir);

  const Interrupt interrupt;
  try {
    Engine engine(std::move(options), *broker, std::move(secrets), nullptr);
    monitoring::log_info("node", "started", {{"node", config.node.id}, {"metrics", engine.metrics_url()}});
    while (engine.running() && !interrupt.asked()) std::this_thread::sleep_for(std::chrono::milliseconds(50));
    engine.stop();
    engine.wait();
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
      "Example:\n  onecode run --config node.toml");
  return [options] { return run_node(*options); };
}

} // namespace onecode::app
