#include "monitoring/log.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <unistd.h>

#include <atomic>
#include <cmath>
#include <iterator>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <utility>

namespace onecode::monitoring {

namespace {

constexpr std::string_view kLevels[] = {"trace", "debug", "info", "warn", "error"};
constexpr std::string_view kOwnFields[] = {"ts", "level", "component", "msg"};

class FunctionSink : public spdlog::sinks::base_sink<std::mutex> {
public:
  explicit FunctionSink(std::function<void(std::string_view)> to) : to_(std::move(to)) {}

protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    to_(std::string_view(message.payload.data(), message.payload.size()));
  }
  void flush_() override {}

private:
  std::function<void(std::string_view)> to_;
};

/// What set_up_log decided; replaced as a whole, so that a line is never half one and half the other.
struct Setup {
  bool json = true;
  std::shared_ptr<spdlog::logger> logger;
};

std::shared_ptr<const Setup> make_setup(const LogOptions& options) {
  auto setup = std::make_shared<Setup>();
  setup->json = options.format == LogFormat::json ||
                (options.format == LogFormat::automatic && (options.to != nullptr || isatty(STDERR_FILENO) == 0));
  spdlog::sink_ptr sink;
  if (options.to) {
    sink = std::make_shared<FunctionSink>(options.to);
  } else {
    sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    sink->set_pattern("%v");
  }
  setup->logger = std::make_shared<spdlog::logger>("onecode", std::move(sink));
  setup->logger->set_level(spdlog::level::trace); // levels are looked at before a line is made
  setup->logger->flush_on(spdlog::level::trace);
  return setup;
}

std::atomic<Level> threshold{Level::info};
std::mutex setup_mutex;
std::shared_ptr<const Setup>& setup_slot() {
  // Never destroyed: threads may still speak while the program ends.
  static auto& slot = *new std::shared_ptr<const Setup>(make_setup({}));
  return slot;
}
std::shared_ptr<const Setup> current() {
  const std::lock_guard lock(setup_mutex);
  return setup_slot();
}

/// As a JSON string with quotes; bytes that are not UTF-8 become U+FFFD, so that a line is always valid.
std::string json_string(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// For people: as it is where it is harmless, else escaped. A message must not move the cursor or forge a second
/// line.
std::string plain(std::string_view text) {
  auto q = json_string(text);
  q = q.substr(1, q.size() - 2);
  // DEL and the C1 controls of UTF-8 pass JSON unescaped but not a terminal.
  std::string out;
  for (std::size_t i = 0; i < q.size(); ++i) {
    const auto c = static_cast<unsigned char>(q[i]);
    const auto next = i + 1 < q.size() ? static_cast<unsigned char>(q[i + 1]) : 0;
    if (c == '\\' && next == '"') continue; // a quote needs no escape here
    if (c == 0x7f) {
      out += "\\u007f";
    } else if (c == 0xc2 && next >= 0x80 && next < 0xa0) {
      out += fmt::format("\\u{:04x}", next);
      ++i;
    } else {
      out += q[i];
    }
  }
  return out;
}

std::string json_value(const Field& field) {
  return std::visit(
      [](const auto& v) -> std::string {
        using T = std::decay_t<decltype(v)>;
        if constexpr (std::is_same_v<T, std::string_view>) {
          return json_string(v);
        } else if constexpr (std::is_same_v<T, bool>) {
          return v ? "true" : "false";
        } else if constexpr (std::is_same_v<T, double>) {
          return std::isfinite(v) ? fmt::format("{}", v) : "null"; // JSON has no infinity
        } else {
          return fmt::to_string(v);
        }
      },
      field.value);
}

std::string text_value(const Field& field) {
  if (const auto* s = std::get_if<std::string_view>(&field.value)) {
    const bool bare = !s->empty() && s->find_first_of(" =\"\\") == std::string_view::npos;
    return bare ? plain(*s) : json_string(*s);
  }
  return json_value(field);
}

std::string json_line(std::chrono::system_clock::time_point now, Level level, std::string_view component,
                      std::string_view message, Fields fields, std::uint64_t left_out) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count();
  const auto seconds = static_cast<std::time_t>(ms / 1000);
  auto line =
      fmt::format(R"({{"ts":"{:%Y-%m-%dT%H:%M:%S}.{:03}Z","level":"{}","component":{},"msg":{})",
                  fmt::gmtime(seconds), ms % 1000, to_string(level), json_string(component), json_string(message));
  for (const Field& f : fields) {
    std::string name(f.name);
    for (const auto own : kOwnFields)
      if (name == own) name += '_'; // a second "msg" would hide the first from most readers
    fmt::format_to(std::back_inserter(line), ",{}:{}", json_string(name), json_value(f));
  }
  if (left_out > 0) fmt::format_to(std::back_inserter(line), ",\"left_out\":{}", left_out);
  line += '}';
  return line;
}

std::string text_line(std::chrono::system_clock::time_point now, Level level, std::string_view component,
                      std::string_view message, Fields fields, std::uint64_t left_out) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count();
  const auto seconds = static_cast<std::time_t>(ms / 1000);
  auto line = fmt::format("{:%H:%M:%S}.{:03} {:<5} {:<9} {}", fmt::localtime(seconds), ms % 1000, to_string(level),
                          plain(component), plain(message));
  if (fields.size() > 0 || left_out > 0) line += ' ';
  for (const Field& f : fields) fmt::format_to(std::back_inserter(line), " {}={}", plain(f.name), text_value(f));
  if (left_out > 0) fmt::format_to(std::back_inserter(line), " left_out={}", left_out);
  return line;
}

void write(Level level, std::string_view component, std::string_view message, Fields fields, std::uint64_t left_out) {
  const auto setup = current();
  const auto now = std::chrono::system_clock::now();
  const auto line = setup->json ? json_line(now, level, component, message, fields, left_out)
                                : text_line(now, level, component, message, fields, left_out);
  setup->logger->log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
}

} // namespace

std::string_view to_string(Level level) { return kLevels[static_cast<std::size_t>(level)]; }

std::optional<Level> level_by_name(std::string_view name) {
  for (std::size_t i = 0; i < std::size(kLevels); ++i)
    if (kLevels[i] == name) return static_cast<Level>(i);
  return std::nullopt;
}

void set_up_log(LogOptions options) {
  auto setup = make_setup(options);
  const std::lock_guard lock(setup_mutex);
  setup_slot() = std::move(setup);
  threshold = options.level;
}

bool log_enabled(Level level) { return level >= threshold.load(std::memory_order_relaxed); }

void log(Level level, std::string_view component, std::string_view message, Fields fields) {
  if (log_enabled(level)) write(level, component, message, fields, 0);
}

std::optional<std::uint64_t> LogLimit::ask(Clock::time_point now) {
  if (last_ && now - *last_ < every_) {
    ++left_out_;
    return std::nullopt;
  }
  last_ = now;
  return std::exchange(left_out_, 0);
}

void log_limited(LogLimit& limit, Level level, std::string_view component, std::string_view message, Fields fields) {
  if (!log_enabled(level)) return;
  static std::mutex mutex;
  std::optional<std::uint64_t> left_out;
  {
    const std::lock_guard lock(mutex);
    left_out = limit.ask(LogLimit::Clock::now());
  }
  if (left_out) write(level, component, message, fields, *left_out);
}

} // namespace onecode::monitoring
