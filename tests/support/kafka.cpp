#include "tests/support/kafka.hpp"

#include <csignal>
#include <stdexcept>

#include "tests/support/surroundings.hpp"

namespace onecode::test {

Kafka::Kafka(std::string folder, std::string dev, std::filesystem::path log)
    : folder_(std::move(folder)), dev_(std::move(dev)), log_(std::move(log)) {}

Kafka::~Kafka() {
  if (state_ == State::paused) go_on();
}

/// 0: no process of this folder's broker runs under the number in its file.
pid_t Kafka::pid() const {
  const auto number = content(folder_ + "/pid");
  if (number.empty()) return 0;
  const auto pid = static_cast<pid_t>(std::stol(number));
  const auto command = content("/proc/" + std::to_string(pid) + "/cmdline");
  return command.find(folder_ + "/server.properties") != std::string::npos ? pid : 0;
}

bool Kafka::gone() const { return pid() == 0; }

void Kafka::send(int signal) const {
  if (const auto to = pid(); to > 0) ::kill(to, signal);
}

void Kafka::crash(Milliseconds away) {
  send(SIGKILL);
  state_ = State::stopping;
  away_ = away;
}

void Kafka::stop(Milliseconds away) {
  send(SIGTERM);
  state_ = State::stopping;
  away_ = away;
}

void Kafka::pause(Milliseconds how_long) {
  send(SIGSTOP);
  state_ = State::paused;
  until_ = Clock::now() + how_long;
}

void Kafka::go_on() {
  send(SIGCONT);
  state_ = State::up;
  back_ = Clock::now();
}

void Kafka::tick(Clock::time_point now) {
  if (state_ == State::paused && now >= until_) go_on();
  if (state_ == State::stopping && gone()) {
    std::filesystem::remove(folder_ + "/pid");
    state_ = State::down;
    until_ = now + away_;
  }
  if (state_ == State::down && now >= until_) {
    starter_.start({dev_, "kafka", "start"}, log_);
    state_ = State::starting;
  }
  const auto started = starter_.ended();
  if (!started) return;
  if (started->code != 0 || gone()) throw std::runtime_error("the broker does not come back:\n" + content(log_));
  state_ = State::up;
  back_ = now;
}

bool Kafka::was_away(Clock::time_point now, Milliseconds moment) const {
  return !up() || (back_ && now < *back_ + moment);
}

} // namespace onecode::test
