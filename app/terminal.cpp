#include "app/terminal.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

namespace onecode::app {
namespace {

volatile std::sig_atomic_t signals = 0;

extern "C" void count_signal(int number) {
  if (signals > 0) _exit(128 + number);
  signals = 1;
}

struct sigaction previous_int, previous_term;

} // namespace

bool colours(std::FILE* stream) {
  if (isatty(fileno(stream)) == 0) return false;
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  return (no_color == nullptr || *no_color == '\0') && !(term != nullptr && std::string_view(term) == "dumb");
}

std::string paint(std::FILE* stream, Colour colour, std::string_view text) {
  if (!colours(stream)) return std::string(text);
  constexpr const char* codes[] = {"1", "31", "32", "33", "2"};
  return fmt::format("\x1b[{}m{}\x1b[0m", codes[static_cast<int>(colour)], text);
}

Progress::Progress(std::string what, std::uint64_t total)
    : what_(std::move(what)),
      total_(total),
      terminal_(isatty(fileno(stderr)) != 0),
      started_(Clock::now()),
      next_(started_ + (terminal_ ? std::chrono::seconds(1) : std::chrono::seconds(10))) {}

Progress::~Progress() {
  if (terminal_ && shown_) {
    fmt::print(stderr, "\r\x1b[K");
    std::fflush(stderr);
  }
}

void Progress::at(std::uint64_t done, std::uint64_t records) {
  const auto now = Clock::now();
  if (now < next_) return;
  next_ = now + (terminal_ ? std::chrono::milliseconds(200) : std::chrono::milliseconds(10'000));
  shown_ = true;
  const double seconds = std::chrono::duration<double>(now - started_).count();
  std::string line = fmt::format("{}: {} records, {:.0f} a second", what_, records,
                                 seconds > 0 ? static_cast<double>(records) / seconds : 0.0);
  if (total_ > 0) line += fmt::format(", {} %", done * 100 / total_);
  if (terminal_)
    fmt::print(stderr, "\r\x1b[K{}", line);
  else
    fmt::print(stderr, "{}\n", line);
  std::fflush(stderr);
}

Interrupt::Interrupt() {
  signals = 0;
  struct sigaction action {};
  action.sa_handler = count_signal;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, &previous_int);
  sigaction(SIGTERM, &action, &previous_term);
}

Interrupt::~Interrupt() {
  sigaction(SIGINT, &previous_int, nullptr);
  sigaction(SIGTERM, &previous_term, nullptr);
}

bool Interrupt::asked() const { return signals > 0; }

} // namespace onecode::app
