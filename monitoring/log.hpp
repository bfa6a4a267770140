// What the program says about itself: one line per message on stderr, JSON for machines or short text for people.
// Other folders call these functions; which library writes the lines is nobody's business.
//   JSON      {"ts":"2026-03-02T07:58:12.345Z","level":"info","component":"shard","msg":"restored","partition":3}
//   Text      07:58:12.345 info  shard  restored  partition=3
//   Privacy   no personal data: never a name, a student number, an account or handset id, a payload, a token. A line
//             that needs to point at somebody names topic, partition and offset; who may read those may look there.
//             Nothing checks texts; whoever writes a message keeps this rule.
//   Threads   any; lines do not mix.
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace onecode::monitoring {

enum class Level : std::uint8_t { trace, debug, info, warn, error };
std::string_view to_string(Level level);
std::optional<Level> level_by_name(std::string_view name);

enum class LogFormat : std::uint8_t { automatic, json, text }; // automatic: text on a terminal, else JSON

struct LogOptions {
  Level level = Level::info;
  LogFormat format = LogFormat::automatic;
  /// Gets each line, without its end, instead of stderr. One call at a time.
  std::function<void(std::string_view line)> to;
};

/// Until it is called: automatic, from info up. May be called again at any time.
void set_up_log(LogOptions options);
bool log_enabled(Level level);

/// A named value of a message. Holds views: for use in the call only.
struct Field {
  std::string_view name;
  std::variant<std::int64_t, std::uint64_t, double, bool, std::string_view> value;

  Field(std::string_view n, std::string_view v) : name(n), value(v) {}
  Field(std::string_view n, const std::string& v) : name(n), value(std::string_view(v)) {}
  Field(std::string_view n, const char* v) : name(n), value(std::string_view(v)) {}
  Field(std::string_view n, bool v) : name(n), value(v) {}
  Field(std::string_view n, std::floating_point auto v) : name(n), value(static_cast<double>(v)) {}
  Field(std::string_view n, std::signed_integral auto v) : name(n), value(static_cast<std::int64_t>(v)) {}
  Field(std::string_view n, std::unsigned_integral auto v) : name(n), value(static_cast<std::uint64_t>(v)) {}
};
using Fields = std::initializer_list<Field>;

void log(Level level, std::string_view component, std::string_view message, Fields fields = {});

inline void log_debug(std::string_view component, std::string_view message, Fields fields = {}) {
  log(Level::debug, component, message, fields);
}
inline void log_info(std::string_view component, std::string_view message, Fields fields = {}) {
  log(Level::info, component, message, fields);
}
inline void log_warn(std::string_view component, std::string_view message, Fields fields = {}) {
  log(Level::warn, component, message, fields);
}
inline void log_error(std::string_view component, std::string_view message, Fields fields = {}) {
  log(Level::error, component, message, fields);
}

/// Says the first of a repeated message and then at most one per `every`, with how many were left out between. One
/// per place that may repeat itself, for instance a static of that place.
///   static LogLimit limit(std::chrono::seconds(10));
///   log_limited(limit, Level::warn, "broker", "cannot be reached", {{"error", text}});
class LogLimit {
public:
  using Clock = std::chrono::steady_clock;
  explicit LogLimit(Clock::duration every) : every_(every) {}

  /// nullopt: not this time. Else how many were left out since the last that was said.
  std::optional<std::uint64_t> ask(Clock::time_point now);

private:
  const Clock::duration every_;
  std::optional<Clock::time_point> last_;
  std::uint64_t left_out_ = 0;
};

/// Thread-safe, also with one limit shared by several threads.
void log_limited(LogLimit& limit, Level level, std::string_view component, std::string_view message,
                 Fields fields = {});

} // namespace onecode::monitoring
