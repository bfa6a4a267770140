// Engine time (CONTRACT §12): what deadlines and expiries use. It never goes back, is fixed once per turn and recorded with
// it; nothing below the node reads a clock.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "actors/shard.hpp"

namespace onecode::actors {

class EngineClock {
public:
  virtual ~EngineClock() = default;
  virtual ClockMode mode() const = 0;
  /// The time of the next turn, given what its records say (in order; empty in wall mode).
  virtual Time next(const std::vector<ClockHint>& hints) = 0;
  /// Engine time as it would be for a turn without inputs: are timers due?
  virtual Time peek() = 0;
  /// Time has been at least here already (a restored shard knows).
  virtual void at_least(Time t) = 0;
  /// Real time that only goes on, in milliseconds, for how often something is done and never for what.
  virtual std::int64_t elapsed_ms() const = 0;
  /// Why a person should look before anything is decided at this time; empty: nothing speaks against it.
  virtual std::string doubt() { return {}; }
};

/// The node's clock: starts at the wall clock's time and goes on with the monotonic one, so that a wall clock that is set
/// forward or back in the meantime moves no deadline. Whoever is wrong of the two, deadlines would be missed or come early by as much
/// as they are apart: more than five minutes is for a person to decide.
class WallClock final : public EngineClock {
public:
  /// Both in milliseconds; `wall` since 1970. `accepted`: a person has decided that it is right as it is.
  WallClock(std::function<std::int64_t()> wall, std::function<std::int64_t()> monotonic, bool accepted = false)
      : wall_(std::move(wall)),
        monotonic_(std::move(monotonic)),
        start_(wall_() - monotonic_()),
        accepted_(accepted) {}
  ClockMode mode() const override { return ClockMode::wall; }
  Time next(const std::vector<ClockHint>&) override { return peek(); }
  Time peek() override {
    last_ = std::max(last_, Time{start_ + monotonic_()});
    return last_;
  }
  void at_least(Time t) override { last_ = std::max(last_, t); }
  std::int64_t elapsed_ms() const override { return monotonic_(); }
  std::string doubt() override {
    const auto ahead = peek() - Time{wall_()};
    if (accepted_ || (ahead <= kTrusted && ahead.ms >= -kTrusted.ms)) return {};
    return std::string("engine time is more than 5 minutes ") + (ahead > kTrusted ? "ahead of" : "behind") +
           " the wall clock: set the clock right, or restart the node (with --accept-clock if it is ahead)";
  }

private:
  static constexpr Duration kTrusted = minutes(5);
  std::function<std::int64_t()> wall_, monotonic_;
  std::int64_t start_;
  bool accepted_;
  Time last_{};
};

/// Moved by the records themselves, for replay and for reprocessing history: a record's timestamp moves it; else commands
/// and policies to their event time, other records by at most 24 hours each, those with a free clock not at all.
class EventClock final : public EngineClock {
public:
  ClockMode mode() const override { return ClockMode::events; }
  Time next(const std::vector<ClockHint>& hints) override {
    for (const auto& hint : hints) follow(hint);
    return now_.value_or(Time{});
  }
  Time peek() override { return now_.value_or(Time{}); }
  void at_least(Time t) override { now_ = std::max(now_.value_or(t), t); }
  std::int64_t elapsed_ms() const override {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  }

  void follow(const ClockHint& hint) {
    if (hint.timestamp_ms >= 0) return at_least(Time{hint.timestamp_ms});
    if (hint.follow || !now_) return at_least(hint.time);
    at_least(std::min(hint.time, *now_ + hours(24)));
  }

private:
  std::optional<Time> now_;
};

} // namespace onecode::actors
