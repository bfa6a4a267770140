// The engine processes of one cluster, and the supervisor that brings back whoever has gone.
#pragma once

#include <chrono>
#include <csignal>
#include <deque>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "app/config.hpp"
#include "app/signing.hpp"
#include "tests/support/process.hpp"

namespace onecode::test {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::milliseconds;

/// Paused for longer, a node's shards are somebody else's.
inline constexpr Milliseconds kSession{4000};

struct ClusterOptions {
  std::filesystem::path folder;
  std::string executable;
  std::string clock; // events | wall
  app::Config::Kafka kafka;
  app::SigningKey root;
  std::int64_t resident_limit = app::Config::Node().resident_limit;
  std::int64_t drain_s = app::Config::Node().drain_s;
};

class Node {
public:
  enum class State { absent, up, paused, stopping, waiting };

  Node(const ClusterOptions& options, std::string id);

  const std::string& id() const { return id_; }
  State state() const { return state_; }
  const std::filesystem::path& log() const { return log_; }
  const std::filesystem::path& config() const { return config_; }
  const Process& process() const { return process_; }

  void start();
  /// kill -9; back after `away`.
  void crash(Milliseconds away);
  void pause(Milliseconds how_long);
  /// SIGHUP.
  void reload() const { process_.send(SIGHUP); }
  /// SIGTERM; back after `away` from its end.
  void stop(Milliseconds away);
  /// The same, and not back until start().
  void leave();
  void lose_disk();
  /// From its next start on: no file of it grows beyond, as on a disk that is full; nullopt: as far as there is room.
  void limit_files(std::optional<std::uint64_t> bytes) { file_bytes_ = bytes; }
  /// What its state and the clock ask for. Returns how it ended if it did so now without having been killed.
  struct Exit {
    Ended how;
    bool asked = false; // SIGTERM was sent
  };
  std::optional<Exit> tick(Clock::time_point now);
  bool ignores_sigterm(Clock::time_point now) const;
  /// What it answers on its HTTP port: status and body; empty: nothing (yet).
  std::string get(const std::string& path) const;
  /// The end of its log, for people.
  std::string log_tail() const;

private:
  void write_config(const ClusterOptions& options) const;

  std::string id_;
  std::filesystem::path data_, config_, log_;
  std::vector<std::string> command_;
  Process process_;
  State state_ = State::absent;
  bool wanted_ = false;
  std::optional<std::uint64_t> file_bytes_;
  Milliseconds away_{0};
  Clock::time_point until_; // of the pause or of the waiting
  Clock::time_point asked_; // when SIGTERM was sent
};

} // namespace onecode::test
