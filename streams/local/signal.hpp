// How a client of the in-process broker sleeps until something happens. Arm, look once more, then wait: whoever
// raises between the look and the wait is not missed, and raising at nobody costs one atomic load, so that appends
// stay cheap.
//   Threads  one thread arms and waits; any thread raises.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>

namespace onecode::streams::local {

class Signal {
public:
  using Clock = std::chrono::steady_clock;

  /// From here on a raise is remembered. The caller looks at its condition after this call and before wait_until().
  void arm() {
    std::lock_guard lock(mutex_);
    raised_ = false;
    armed_.store(true);
  }

  /// Sequentially consistent with what the caller changed before: either the sleeper sees the change, or we see it
  /// armed.
  void raise() {
    if (!armed_.load()) return;
    std::lock_guard lock(mutex_);
    armed_.store(false);
    raised_ = true;
    condition_.notify_one();
  }

  void wait_until(Clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    condition_.wait_until(lock, deadline, [this] { return raised_; });
    armed_.store(false);
  }

private:
  std::mutex mutex_;
  std::condition_variable condition_;
  bool raised_ = false;
  std::atomic<bool> armed_{false};
};

} // namespace onecode::streams::local
