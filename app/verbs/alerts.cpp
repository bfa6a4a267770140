#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <memory>
#include <unordered_map>

#include "app/alerts/filter.hpp"
#include "app/alerts/page.hpp"
#include "app/alerts/sources.hpp"
#include "app/alerts/syslog.hpp"
#include "app/alerts/syslog_sender.hpp"
#include "app/config.hpp"
#include "app/errors.hpp"
#include "app/files.hpp"
#include "app/terminal.hpp"
#include "app/verbs/verbs.hpp"
#include "app/wire.hpp"
#include "domain/rules/catalogue.hpp"

namespace onecode::app {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kTogether = 100; // messages that are delivered, and offsets committed, together
constexpr milliseconds kRetry{1000};   // while the receiver is away

struct Options {
  KafkaFlags kafka;
  std::vector<std::string> paths;
  std::string from = "now", group;
  bool once = false, open = false, json = false, syslog = false;
  std::string syslog_to, facility = "local0", language = "en";
  int enterprise = 32'473;
  std::string severity, since, until;
  std::vector<std::string> bands, rules, articles, accounts, devices, integrations, statuses;
};

Time wall_clock() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<milliseconds>(since_epoch).count()};
}

// ---- options ------------------------------------------------------------------------------------------------------

NewsFilter filter_of(const Options& o, Time now) {
  NewsFilter f;
  f.open = o.open;
  if (!o.severity.empty()) {
    const auto least = severity_of(o.severity);
    if (!least)
      throw UsageError(fmt::format("--severity {}: it is informational, low, medium, high or critical", o.severity));
    f.least_severity = *least;
  }
  for (const auto& word : o.bands) {
    if (word.size() != 1 || word[0] < '0' || word[0] > '4')
      throw UsageError(fmt::format("--band {}: a band is 0 (observe) to 4 (done automatically)", word));
    f.bands.push_back(word[0] - '0');
  }
  for (const auto& word : o.statuses) {
    const auto status = status_of(word);
    if (!status) throw UsageError(fmt::format("--status {}: it is new, in-progress or resolved", word));
    f.statuses.push_back(*status);
  }
  for (const auto& word : o.rules) {
    if (!rule_by_name(word)) throw UsageError(fmt::format("--rule {}: there is no such rule", word));
    f.rules.push_back(word);
  }
  const auto moment = [&](const char* option, const std::string& word, std::optional<Time>& out) {
    if (word.empty()) return;
    out = moment_of(word, now);
    if (!out)
      throw UsageError(fmt::format("{} {}: it is 2026-03-02, 2026-03-02T08:00, RFC 3339, or a time ago such as 12h",
                                   option, word));
  };
  moment("--since", o.since, f.since);
  moment("--until", o.until, f.until);
  f.articles = o.articles;
  f.accounts = o.accounts;
  f.devices = o.devices;
  f.integrations = o.integrations;
  return f;
}

streams::FollowConfig follow_of(const Options& o, Time now) {
  using Start = streams::FollowConfig::Start;
  streams::FollowConfig config;
  config.topics = {Topic::alerts, Topic::compliance};
  config.group = o.group;
  if (o.from == "beginning") {
    config.start = Start::beginning;
  } else if (o.from != "now") {
    const auto from = moment_of(o.from, now);
    if (!from)
      throw UsageError(fmt::format("--from {}: it is now, beginning, a time ago such as 12h, or a date", o.from));
    config.start = Start::time;
    config.from = *from;
  }
  return config;
}

void check(const Options& o) {
  if (o.json && (o.syslog || !o.syslog_to.empty())) throw UsageError("--json and syslog exclude each other");
  if (!o.paths.empty() && !o.group.empty()) throw UsageError("--group is for Kafka; files are read from the start");
  if (!o.paths.empty() && o.from != "now") throw UsageError("--from is for Kafka; use --since for files");
  if (o.language != "en" && o.language != "zh")
    throw UsageError(fmt::format("--lang {}: it is en or zh", o.language));
  if (o.open && !o.group.empty())
    throw UsageError("--open shows what is open at a moment; a --group is for passing everything on");
}

// ---- where findings go --------------------------------------------------------------------------------------------

/// Takes findings one after the other. What flush() has confirmed is out of our hands.
class Sink {
public:
  virtual ~Sink() = default;
  virtual void take(const News& news) = 0;
  /// False: the receiver is away; the next call tries again.
  virtual bool flush() = 0;
};

class Printer final : public Sink {
public:
  Printer(const Options& o, const SyslogStyle& style)
      : json_(o.json), syslog_(o.syslog), style_(style), page_(style.language, colours(stdout)) {}
  void take(const News& n) override {
    text_ += json_ ? n.ocsf + '\n' : syslog_ ? syslog_message(n, style_) + '\n' : page_.block(n);
    if (text_.size() > 1 << 16) flush();
  }
  bool flush() override {
    if (!text_.empty()) print(text_);
    text_.clear();
    return true;
  }

private:
  bool json_, syslog_;
  SyslogStyle style_;
  NewsPage page_;
  std::string text_;
};

class Forwarder final : public Sink {
public:
  Forwarder(SyslogTarget target, SyslogStyle style)
      : name_(target.text), style_(std::move(style)), sender_(std::move(target)) {}
  void take(const News& n) override {
    sender_.add(syslog_message(n, style_));
    ++taken_;
  }
  bool flush() override {
    const bool delivered = sender_.deliver(milliseconds(500));
    if (!delivered && !away_)
      fmt::print(stderr, "onecode: {}: {}; waiting, {} messages are not delivered\n", name_, sender_.trouble(),
                 sender_.undelivered());
    if (delivered && away_) fmt::print(stderr, "onecode: {}: the receiver is back\n", name_);
    away_ = !delivered;
    return delivered;
  }
  std::size_t undelivered() const { return sender_.undelivered(); }
  std::size_t taken() const { return taken_; }

private:
  std::string name_;
  SyslogStyle style_;
  SyslogSender sender_;
  bool away_ = false;
  std::size_t taken_ = 0;
};

/// Filter and sink, and with `--open` what is kept until the end: the last word on each finding that is open then.
class Pipeline {
public:
  Pipeline(const Options& o, NewsFilter filter, Sink& sink, bool ends)
      : filter_(std::move(filter)), sink_(sink), snapshot_(o.open && ends), sorted_(ends && o.paths.empty()) {
    if (snapshot_) filter_.open = false; // a closing must be seen to be believed
  }
  void take(News n) {
    if (snapshot_) {
      last_[n.uid] = std::move(n);
    } else if (filter_.passes(n)) {
      if (sorted_)
        kept_.push_back(std::move(n));
      else
        pass(n);
    }
  }
  /// Nothing more comes.
  void end() {
    for (auto& [uid, n] : last_)
      if (!n.closed() && filter_.passes(n)) kept_.push_back(std::move(n));
    last_.clear();
    std::stable_sort(kept_.begin(), kept_.end(), [](const News& a, const News& b) {
      return std::pair(a.time, std::string_view(a.uid)) < std::pair(b.time, std::string_view(b.uid));
    });
    for (const auto& n : kept_) pass(n);
    kept_.clear();
  }
  std::uint64_t passed() const { return passed_; }

private:
  void pass(const News& n) {
    sink_.take(n);
    ++passed_;
  }

  NewsFilter filter_;
  Sink& sink_;
  bool snapshot_, sorted_;
  std::unordered_map<std::string, News> last_;
  std::vector<News> kept_;
  std::uint64_t passed_ = 0;
};

// ---- where they come from -----------------------------------------------------------------------------------------

using Wait = std::function<void(milliseconds)>;

/// Until the sink has taken everything; false: interrupted before.
bool flush(Sink& sink, const Interrupt& interrupt, const Wait& wait) {
  while (!sink.flush()) {
    if (interrupt.asked()) return false;
    for (milliseconds slept{0}; slept < kRetry && !interrupt.asked(); slept += milliseconds(100))
      wait(milliseconds(100));
  }
  return true;
}

bool read_files(const Options& o, Pipeline& pipeline, Sink& sink, const Interrupt& interrupt) {
  const Wait wait = [](milliseconds time) { ::usleep(static_cast<useconds_t>(time.count() * 1000)); };
  std::uint64_t flushed = 0;
  bool delivered = true;
  each_news(news_files(o.paths), [&](News n) {
    pipeline.take(std::move(n));
    if (pipeline.passed() >= flushed + kTogether) {
      delivered = flush(sink, interrupt, wait);
      flushed = pipeline.passed();
    }
    return delivered && !interrupt.asked();
  });
  pipeline.end();
  return flush(sink, interrupt, wait);
}

bool follow_topics(const Options& o, Pipeline& pipeline, Sink& sink, const Interrupt& interrupt) {
  const auto config = o.kafka.load();
  const auto follower = follow(config.kafka, follow_of(o, wall_clock()));
  const Wait wait = [&](milliseconds time) { follower->keep(time); };
  NewsReader reader;
  std::size_t taken = 0; // since the last commit
  bool delivered = true;
  const auto deliver = [&] {
    delivered = flush(sink, interrupt, wait);
    if (!delivered || taken == 0) return delivered;
    if (!follower->commit())
      fmt::print(stderr, "onecode: group {}: Kafka did not take the offsets; {} records may come again\n", o.group,
                 taken);
    taken = 0;
    return true;
  };
  while (delivered && !interrupt.asked()) {
    const auto record = follower->next(milliseconds(taken > 0 ? 0 : 200));
    if (record) {
      ++taken;
      std::string why = "it has no value";
      auto news = record->value ? reader.read(record->at.topic, *record->value, why) : std::nullopt;
      if (news)
        pipeline.take(std::move(*news));
      else
        fmt::print(stderr, "onecode: {}{}/{} at offset {}: no finding: {}\n", config.kafka.prefix,
                   name(record->at.topic), record->at.partition, record->offset, why);
    }
    if (!record || taken >= kTogether) deliver();
    if (!record && o.once && follower->at_end()) break;
  }
  pipeline.end();
  if (delivered) deliver();
  follower->close();
  return delivered;
}

int run_alerts(const Options& o) {
  check(o);
  SyslogStyle style;
  style.language = o.language == "zh" ? Language::zh : Language::en;
  style.enterprise = o.enterprise;
  if (o.enterprise < 1) throw UsageError("--enterprise: it is a positive number");
  style.hostname = syslog_hostname();
  const auto facility = facility_of(o.facility);
  if (!facility) throw UsageError(fmt::format("--facility {}: there is no such syslog facility", o.facility));
  style.facility = *facility;

  const bool ends = !o.paths.empty() || o.once;
  std::unique_ptr<Forwarder> forwarder;
  std::unique_ptr<Sink> printer;
  if (o.syslog_to.empty())
    printer = std::make_unique<Printer>(o, style);
  else
    forwarder = std::make_unique<Forwarder>(syslog_target(o.syslog_to), style);
  Sink& sink = forwarder ? static_cast<Sink&>(*forwarder) : *printer;
  Pipeline pipeline(o, filter_of(o, wall_clock()), sink, ends && o.group.empty());

  const Interrupt interrupt;
  const bool delivered =
      o.paths.empty() ? follow_topics(o, pipeline, sink, interrupt) : read_files(o, pipeline, sink, interrupt);
  if (!delivered)
    throw Failure(kUnreachable,
                  fmt::format("{}: ended before {} messages were delivered{}", o.syslog_to, forwarder->undelivered(),
                              o.group.empty() ? "" : "; group " + o.group + " begins with them the next time"));
  if (forwarder) fmt::print(stderr, "{} messages delivered to {}\n", forwarder->taken(), o.syslog_to);
  return kDone;
}

} // namespace

Run add_alerts(CLI::App& verb) {
  auto options = std::make_shared<Options>();
  auto& o = *options;
  verb.add_option("PATH", o.paths, "read files instead of Kafka: a folder of replay --out, or event files");
  verb.add_option("--from", o.from, "where to begin: now (default), beginning, a time ago such as 12h, a date")
      ->type_name("WHEN");
  verb.add_flag("--once", o.once, "stop at what is the end now");
  verb.add_option("--group", o.group,
                  "go on where this consumer group stopped (its offsets are committed after output)")
      ->type_name("NAME");

  verb.add_option("--severity", o.severity, "at least: informational, low, medium, high, critical")
      ->type_name("LEVEL")
      ->group("Only these findings");
  const auto filter = [&](const char* option, std::vector<std::string>& into, const char* type, const char* what) {
    verb.add_option(option, into, what)->delimiter(',')->type_name(type)->group("Only these findings");
  };
  filter("--band", o.bands, "0-4", "0 observe, 1 watch, 2 challenge, 3 propose, 4 done automatically");
  filter("--rule", o.rules, "ID", "A2, D1, R6.4, ...");
  filter("--article", o.articles, "ARTICLE", "8, 11(1), or 11 for all its clauses");
  filter("--account", o.accounts, "ID", "about this account");
  filter("--device", o.devices, "ID", "about this device");
  filter("--integration", o.integrations, "ID", "about this integration");
  filter("--status", o.statuses, "STATUS", "new, in-progress, resolved");
  verb.add_flag("--open", o.open,
                "no closings; with files and --once only what is still open, the last word on each finding")
      ->group("Only these findings");
  verb.add_option("--since", o.since, "recorded at or after: a date, RFC 3339, or a time ago such as 7d")
      ->type_name("WHEN")
      ->group("Only these findings");
  verb.add_option("--until", o.until, "recorded before")->type_name("WHEN")->group("Only these findings");

  verb.add_option("--lang", o.language, "language of the explanations: en (default) or zh")
      ->type_name("en|zh")
      ->group("Output");
  verb.add_flag("--json", o.json, "the OCSF records as they are, one a line")->group("Output");
  verb.add_flag("--syslog", o.syslog, "print RFC 5424 messages")->group("Output");
  verb.add_option("--syslog-to", o.syslog_to, "send them: tcp://HOST:PORT, udp://HOST:PORT, unix:///dev/log")
      ->type_name("WHERE")
      ->group("Output");
  verb.add_option("--facility", o.facility, "syslog facility (default local0)")->type_name("NAME")->group("Output");
  verb.add_option("--enterprise", o.enterprise,
                  "private enterprise number in finding@N (default 32473, for examples)")
      ->type_name("N")
      ->group("Output");
  o.kafka.add_to(verb);
  verb.footer(
      "\nFollows the topics alerts (about accounts) and compliance (about devices, integrations, the campus). One "
      "block\n"
      "a record: when it was recorded on campus, severity, who, rule, article, score, what is proposed, and why. A\n"
      "finding keeps its id: `new` once, then `update`, at the end `closed` with the reason. Ctrl-C ends it.\n\n"
      "From Kafka the order holds inside a partition; --once and files are in the order of time.\n\n"
      "--syslog-to waits and tries again while the receiver is away; with --group it commits an offset only once "
      "the\n"
      "receiver's machine has the message, so a restart goes on there and may repeat some. UDP tells nothing of "
      "what\n"
      "is lost.\n\n"
      "Examples:\n"
      "  what happens now, from high on        onecode alerts --severity high --brokers localhost:9092\n"
      "  what is open                          onecode alerts --from beginning --once --open --brokers "
      "localhost:9092\n"
      "  one person, in Chinese                onecode alerts --from 30d --once --account a-0012345 --lang zh\n"
      "  everything under Article 11           onecode alerts decided/ --article 11\n"
      "  into jq                               onecode alerts decided/ --json | jq .finding_info.title\n"
      "  into a SIEM, for good                 onecode alerts --group siem --from beginning --syslog-to "
      "tcp://siem:601");
  return [options] { return run_alerts(*options); };
}

} // namespace onecode::app
