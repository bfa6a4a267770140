// A child process that does not outlive the one who started it. Start them from one thread only, the one that lives longest: the
// kernel takes its end for the parent's.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace onecode::test {

/// How a process ended: with a code, or by a signal (then `code` is -1).
struct Ended {
  int code = -1;
  int signal = 0;
  std::string text() const;
};

class Process {
public:
  Process() = default;
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  /// stdout and stderr are appended to `log`. `file_bytes`: no file of it may grow beyond, writing more is an error
  /// (EFBIG), as on a disk that is full.
  void start(const std::vector<std::string>& command, const std::filesystem::path& log,
             std::optional<std::uint64_t> file_bytes = std::nullopt);
  void send(int signal) const;
  /// Ends it and waits until it is gone.
  void kill();
  bool running() const { return pid_ > 0; }
  /// While it runs: the CPU seconds of all its threads so far, and the most memory that it ever had.
  double cpu_seconds() const;
  double peak_mib() const;
  /// Given once, and then it no longer runs; nullopt: it does, or nothing was started.
  std::optional<Ended> ended();
  /// Waits for that; what was not started ends at once.
  std::optional<Ended> wait();

private:
  std::optional<Ended> ended(int flags);
  pid_t pid_ = 0;
};

} // namespace onecode::test
