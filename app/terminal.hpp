// What a person sees: colours and moving lines only where there is a terminal.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace onecode::app {

enum class Colour { bold, red, green, yellow, dim };

/// The stream is a terminal that wants colours (not `NO_COLOR`, not `TERM=dumb`).
bool colours(std::FILE* stream);
/// The text, coloured where the stream shows colours.
std::string paint(std::FILE* stream, Colour colour, std::string_view text);

/// Progress of long work on stderr: a moving line on a terminal, elsewhere a line every ten seconds. Quiet for work
/// that is over within a second.
class Progress {
public:
  /// `total` 0: unknown.
  Progress(std::string what, std::uint64_t total);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  /// Cheap; `done` in the unit of `total`, `records` only shown.
  void at(std::uint64_t done, std::uint64_t records);

private:
  using Clock = std::chrono::steady_clock;
  std::string what_;
  std::uint64_t total_;
  bool terminal_;
  bool shown_ = false;
  Clock::time_point started_, next_;
};

/// SIGINT and SIGTERM set a flag while one of these lives; the second signal ends the process at once.
class Interrupt {
public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;
  bool asked() const;
};

} // namespace onecode::app
