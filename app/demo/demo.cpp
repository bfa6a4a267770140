#include "app/demo/demo.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "app/demo/campus.hpp"
#include "app/demo/watcher.hpp"
#include "app/engine.hpp"
#include "app/errors.hpp"
#include "app/files.hpp"
#include "app/terminal.hpp"
#include "app/wire.hpp"
#include "streams/local/local_broker.hpp"

namespace onecode::app {
namespace {

double steady_ms() {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Gone when the demo ends, however it ends.
struct TemporaryFolder {
  TemporaryFolder() : path(std::filesystem::temp_directory_path() / fmt::format("onecode-demo-{}", ::getpid())) {
    std::filesystem::create_directories(path);
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  std::filesystem::path path;
};

/// Three lines that are drawn over themselves on a terminal; elsewhere one line every five seconds.
class Summary {
public:
  Summary() : terminal_(::isatty(STDERR_FILENO) != 0) {}

  void show(const Watcher& w, double seconds, std::uint64_t scans, double scans_per_second, Time campus) {
    if (!terminal_) {
      tell_rest(w);
      if (seconds < next_) return;
      next_ = seconds + 5;
      fmt::print(
          stderr, "{:5.0f} s  {} scans, {} decisions, {:.0f}/s, latency p50 {:.1f} ms p99 {:.1f} ms, {} caught\n",
          seconds, scans, w.decisions, scans_per_second, w.latency_ms(500), w.latency_ms(990), w.caught.size());
      return;
    }
    if (drawn_) fmt::print(stderr, "\033[3A\033[J");
    for (; told_ < w.caught.size(); ++told_) tell(w.caught[told_]);
    fmt::print(stderr, "  {}  campus time {}\n", paint(stderr, Colour::bold, fmt::format("{:4.0f} s", seconds)),
               format_time(campus).substr(0, 16));
    fmt::print(stderr,
               "  {:>9} scans   {:>9} decisions   {:>7.0f} per second   latency p50 {:.1f} ms  p99 {:.1f} ms\n",
               scans, w.decisions, scans_per_second, w.latency_ms(500), w.latency_ms(990));
    fmt::print(stderr, "  allow {}   deny {}   challenge {}   alerts {}   freezes {}   findings {}\n",
               w.verdicts.at("allow"), w.verdicts.at("deny"), w.verdicts.at("challenge"), w.alerts, w.freezes,
               w.compliance);
    drawn_ = true;
  }

  void tell_rest(const Watcher& w) {
    for (; told_ < w.caught.size(); ++told_) tell(w.caught[told_]);
  }

private:
  static void tell(const Watcher::Caught& c) {
    fmt::print(stderr, "  {} {} {} (rule {}): {}\n", paint(stderr, Colour::red, "caught"), c.kind,
               paint(stderr, Colour::bold, c.subject), c.rule, c.why);
  }
  bool terminal_;
  bool drawn_ = false;
  std::size_t told_ = 0;
  double next_ = 2; // before that there is nothing to see yet
};

nlohmann::ordered_json report_json(const Watcher& w, std::uint64_t scans, double seconds, double rate,
                                   std::size_t missed) {
  nlohmann::ordered_json out;
  out["scans"] = scans;
  out["decisions"] = w.decisions;
  out["verdicts"] = w.verdicts;
  out["alerts"] = w.alerts;
  out["freezes"] = w.freezes;
  out["compliance"] = w.compliance;
  out["dead_letters"] = w.dead_letters;
  out["seconds"] = seconds;
  out["scans_per_second"] = rate;
  out["p50_ms"] = w.latency_ms(500);
  out["p99_ms"] = w.latency_ms(990);
  auto& caught = out["caught"] = nlohmann::ordered_json::array();
  for (const auto& c : w.caught) caught.push_back({{"subject", c.subject}, {"kind", c.kind}, {"rule", c.rule}});
  out["missed"] = missed;
  out["innocent_frozen"] = w.innocent_frozen.size();
  return out;
}

void report(const Watcher& w, const Campus& campus, std::uint64_t scans, double seconds, double rate,
            std::size_t missed, const std::string& metrics) {
  std::string text =
      fmt::format("\nThe campus ran for {:.1f} s and {} scans; each got its one decision: {}.\n", seconds, scans,
                  w.decisions == scans ? "yes" : fmt::format("NO, {} decisions", w.decisions));
  text += fmt::format(
      "  {:.0f} scans per second; from publishing to the committed decision p50 {:.1f} ms, p99 {:.1f} ms\n", rate,
      w.latency_ms(500), w.latency_ms(990));
  text += fmt::format("  allowed {}, denied {}, challenged {}; {} dead letters\n", w.verdicts.at("allow"),
                      w.verdicts.at("deny"), w.verdicts.at("challenge"), w.dead_letters);
  text += fmt::format("  misuse committed: {}; caught:\n",
                      std::ranges::count_if(campus.misuse(), [](const Misuse& m) { return m.committed; }));
  for (const auto& c : w.caught)
    text += fmt::format("    {:<20} {:<10} rule {:<4} {}\n", c.kind, c.subject, c.rule, c.why);
  text += fmt::format("  missed {}; innocent people frozen {}\n", missed, w.innocent_frozen.size());
  text += fmt::format("  metrics were at {}\n", metrics);
  print(text);
}

} // namespace

int run_demo(const DemoOptions& options) {
  const TemporaryFolder folder;
  CampusOptions campus_options;
  campus_options.seed = options.seed;
  campus_options.people = options.people;
  campus_options.misuse_from = options.rate;
  campus_options.misuse_every = options.rate;
  Campus campus(campus_options);
  const SigningKey key = new_signing_key(std::nullopt);

  std::unique_ptr<streams::Broker> broker;
  if (options.brokers.empty()) {
    streams::LocalBrokerOptions local;
    local.retain_bytes = 4U << 20; // per partition: memory that is used again stays in the caches
    broker = std::make_unique<streams::LocalBroker>(local);
  } else {
    KafkaOptions kafka = load_config(std::nullopt).kafka; // the environment may hold what a secured Kafka asks for
    kafka.brokers = options.brokers;
    kafka.prefix = fmt::format("onecode-demo-{}.", ::getpid());
    broker = connect(kafka);
    broker->create_topics(kDefaultPartitions);
  }

  EngineOptions engine_options;
  engine_options.node.id = "demo";
  engine_options.node.group = fmt::format("onecode-demo-{}", ::getpid());
  engine_options.clock = actors::ClockMode::events;
  engine_options.policy = campus.policy(key);
  engine_options.data_dir = folder.path.string();
  engine_options.next_free_port = true;
  Watcher watcher(*broker, campus.misuse());
  Engine engine(std::move(engine_options), *broker, streams::Secrets{}, nullptr);

  fmt::print(stderr, "onecode demo: {} people, 80 readers in 20 buildings, {}\n", options.people,
             options.brokers.empty() ? "in-process broker" : "Kafka at " + options.brokers);
  fmt::print(stderr,
             "  campus time runs fast, and the demo's policy has no learning period (usually 14 days per account)\n");
  fmt::print(stderr, "  metrics: {}\n", paint(stderr, Colour::bold, engine.metrics_url()));

  const Interrupt interrupt;
  const auto publisher = broker->publisher();
  const auto publish = [&](const streams::FileRecord& r) {
    publisher->publish(r.topic, -1, r.key, *r.value, {}, streams::kNoTimestamp);
  };
  {
    const auto commands = campus.registration(key);
    for (const auto& record : commands) publish(record);
    publisher->flush();
    const auto enough = engine.status().looks + 2; // the next may have been under way before all was there
    Progress progress("opening the campus (signed commands)", commands.size());
    for (;;) {
      if (interrupt.asked()) return kDone;
      if (!engine.running()) engine.wait();
      const auto status = engine.status();
      std::int64_t waiting = 0, shards = 0;
      for (const auto& [tp, lag] : status.lag)
        if (tp.topic == Topic::commands) waiting += lag, ++shards;
      if (status.looks >= enough && shards == kDefaultPartitions && waiting == 0) break;
      progress.at(commands.size() - static_cast<std::size_t>(waiting), 0);
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }

  Summary summary;
  const double began = steady_ms();
  std::uint64_t scans = 0;
  double shown = began, shown_scans = 0, rate_now = 0;
  const auto seconds = [&] { return (steady_ms() - began) / 1000; };
  const auto over = [&] {
    return interrupt.asked() || (options.seconds != 0 && seconds() >= static_cast<double>(options.seconds)) ||
           (options.events != 0 && scans >= options.events);
  };
  while (!over()) {
    if (!engine.running()) engine.wait();
    const auto due = static_cast<std::uint64_t>(seconds() * static_cast<double>(options.rate));
    for (std::uint64_t burst = 0; scans < due && burst < 5000 && (options.events == 0 || scans < options.events);
         ++burst) {
      const auto record = campus.next();
      watcher.published(campus.drawn(), steady_ms());
      publish(record);
      ++scans;
    }
    watcher.read();
    if (const double now = steady_ms(); now - shown >= 500) {
      rate_now = (static_cast<double>(watcher.decisions) - shown_scans) * 1000 / (now - shown);
      shown = now, shown_scans = static_cast<double>(watcher.decisions);
      summary.show(watcher, seconds(), scans, rate_now, campus.now());
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  publisher->flush();
  const double elapsed = seconds();
  const double patience = steady_ms() + 30'000;
  while (watcher.decisions < scans && steady_ms() < patience) {
    if (!engine.running()) engine.wait();
    watcher.read();
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  summary.tell_rest(watcher);
  engine.stop();
  engine.wait();
  watcher.read();

  std::size_t missed = 0;
  for (const auto& m : campus.misuse())
    if (m.committed && std::ranges::none_of(watcher.caught, [&](const auto& c) { return c.subject == m.subject; }))
      ++missed;
  const double rate = static_cast<double>(watcher.decisions) / std::max(0.001, elapsed);
  if (options.json)
    print(report_json(watcher, scans, elapsed, rate, missed).dump() + "\n");
  else
    report(watcher, campus, scans, elapsed, rate, missed, engine.metrics_url());
  return watcher.decisions == scans ? kDone : kAnswerIsNo;
}

} // namespace onecode::app
