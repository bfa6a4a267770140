#include "tests/support/nodes.hpp"

#include <httplib.h>

#include <csignal>
#include <fstream>

#include "tests/support/surroundings.hpp"

namespace onecode::test {
namespace {

constexpr std::size_t kTail = 25;
constexpr Milliseconds kRestartPause{1000}; // of a supervisor, before it starts again who ended by himself
constexpr Milliseconds kStopPatience{90'000};

} // namespace

Node::Node(const ClusterOptions& options, std::string id)
    : id_(std::move(id)),
      data_(options.folder / (id_ + ".data")),
      config_(options.folder / (id_ + ".toml")),
      log_(options.folder / (id_ + ".log")),
      command_{options.executable, "run", "--config", config_.string(), "--clock", options.clock} {
  write_config(options);
}

void Node::write_config(const ClusterOptions& options) const {
  app::Config config;
  config.node.id = id_;
  config.node.data_dir = data_.string();
  config.node.resident_limit = options.resident_limit;
  config.node.drain_s = options.drain_s;
  config.kafka = options.kafka;
  config.http.listen = "127.0.0.1:0";
  const auto& key = options.root;
  config.trust.root = {{key.id, KeyAlgorithm::ed25519, key.public_key, {}, std::nullopt, std::nullopt}};
  std::ofstream(config_) << app::to_toml(config);
}

void Node::start() {
  wanted_ = true;
  if (state_ == State::stopping) { // its new life begins when the old one is over
    away_ = Milliseconds(0);
    return;
  }
  if (process_.running()) return;
  std::ofstream(log_, std::ios::app) << "---- " << id_ << " starts\n";
  process_.start(command_, log_, file_bytes_);
  state_ = State::up;
}

void Node::crash(Milliseconds away) {
  process_.kill();
  std::ofstream(log_, std::ios::app) << "---- " << id_ << " is killed\n";
  state_ = wanted_ ? State::waiting : State::absent;
  until_ = Clock::now() + away;
}

void Node::pause(Milliseconds how_long) {
  process_.send(SIGSTOP);
  state_ = State::paused;
  until_ = Clock::now() + how_long;
}

void Node::stop(Milliseconds away) {
  if (!process_.running()) return;
  process_.send(SIGTERM);
  process_.send(SIGCONT);
  state_ = State::stopping;
  away_ = away;
  asked_ = Clock::now();
}

void Node::leave() {
  wanted_ = false;
  if (process_.running())
    stop(Milliseconds(0));
  else
    state_ = State::absent;
}

void Node::lose_disk() { std::filesystem::remove_all(data_); }

std::optional<Node::Exit> Node::tick(Clock::time_point now) {
  if (const auto how = process_.ended()) {
    const bool asked = state_ == State::stopping;
    state_ = wanted_ ? State::waiting : State::absent;
    until_ = now + (asked ? away_ : kRestartPause);
    std::ofstream(log_, std::ios::app) << "---- " << id_ << " ended: " << how->text() << "\n";
    return Exit{*how, asked};
  }
  if (state_ == State::paused && now >= until_) {
    process_.send(SIGCONT);
    state_ = State::up;
  }
  if (state_ == State::waiting && now >= until_) start();
  return std::nullopt;
}

bool Node::ignores_sigterm(Clock::time_point now) const {
  return state_ == State::stopping && now > asked_ + kStopPatience;
}

std::string Node::get(const std::string& path) const {
  constexpr std::string_view kStart = " starts\n", kBefore = "metrics=", kAfter = "/metrics";
  const auto text = content(log_);
  const auto start = text.rfind(kStart);
  const auto at = start == std::string::npos ? start : text.find(kBefore, start);
  if (at == std::string::npos) return {};
  const auto from = at + kBefore.size();
  httplib::Client http(text.substr(from, text.find(kAfter, from) - from));
  const auto answer = http.Get(path);
  return answer ? std::to_string(answer->status) + " " + answer->body : std::string();
}

std::string Node::log_tail() const {
  std::ifstream in(log_);
  std::deque<std::string> lines;
  for (std::string line; std::getline(in, line);) {
    lines.push_back(std::move(line));
    if (lines.size() > kTail) lines.pop_front();
  }
  std::string out;
  for (const auto& line : lines) out += "  " + line + "\n";
  return out;
}

} // namespace onecode::test
