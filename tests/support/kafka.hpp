// The broker that the tests were given, as somebody who can end it and start it again on its old data and port. What
// `./dev` knows about starting one stays there.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "tests/support/nodes.hpp"
#include "tests/support/process.hpp"

namespace onecode::test {

class Kafka {
public:
  /// `folder` empty: the broker is not ours, and nothing is done to it.
  Kafka(std::string folder, std::string dev, std::filesystem::path log);
  /// Others need it too: it does not stay paused.
  ~Kafka();
  Kafka(const Kafka&) = delete;
  Kafka& operator=(const Kafka&) = delete;

  bool ours() const { return !folder_.empty(); }
  bool up() const { return state_ == State::up; }
  /// kill -9; started again after `away`.
  void crash(Milliseconds away);
  void stop(Milliseconds away);
  void pause(Milliseconds how_long);
  /// A pause ends now.
  void go_on();
  /// Throws std::runtime_error: it does not come back.
  void tick(Clock::time_point now);
  /// Is it away, or has it been within the last `moment`?
  bool was_away(Clock::time_point now, Milliseconds moment) const;

private:
  enum class State { up, paused, stopping, down, starting };
  pid_t pid() const;
  void send(int signal) const;
  bool gone() const;

  std::string folder_, dev_;
  std::filesystem::path log_;
  Process starter_;
  State state_ = State::up;
  Milliseconds away_{0};
  Clock::time_point until_;
  std::optional<Clock::time_point> back_;
};

} // namespace onecode::test
