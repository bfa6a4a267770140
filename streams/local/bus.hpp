// What all clients of one in-process broker share.
#pragma once

#include <algorithm>

#include "streams/local/coordinator.hpp"
#include "streams/local/local_broker.hpp"
#include "streams/local/signal.hpp"
#include "streams/local/topic_table.hpp"

namespace onecode::streams::local {

struct Bus {
  explicit Bus(LocalBrokerOptions given);

  /// Until `ready()`, or the time is over; `ready` must become true by what raises `signal`. Its last answer.
  template <class Ready>
  bool wait(Signal& signal, Milliseconds timeout, Ready ready) {
    coordinator.tick();
    if (ready()) return true;
    if (options.virtual_time || timeout.count() <= 0) return false;
    // Timeouts have no thread of their own: whoever waits looks at the clock in between.
    constexpr Milliseconds kNap{100};
    const auto deadline = Signal::Clock::now() + std::min(timeout, Milliseconds(std::chrono::hours(24)));
    for (auto now = Signal::Clock::now(); now < deadline; now = Signal::Clock::now()) {
      signal.arm();
      if (ready()) return true;
      signal.wait_until(std::min(deadline, now + kNap));
      coordinator.tick();
    }
    return ready();
  }

  const LocalBrokerOptions options; // its clock is never empty
  TopicTable topics;
  Coordinator coordinator;
};

} // namespace onecode::streams::local
