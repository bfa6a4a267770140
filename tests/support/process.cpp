#include "tests/support/process.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <string_view>

#include "tests/support/surroundings.hpp"

namespace onecode::test {
namespace {

Ended ended_by(int status) {
  if (WIFSIGNALED(status)) return {-1, WTERMSIG(status)};
  return {WEXITSTATUS(status), 0};
}

/// In the child, where other threads' locks may be held for ever: system calls only.
[[noreturn]] void become(char* const* argv, int log, pid_t parent, const rlimit* files) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127); // it died in the meantime
  if (files != nullptr) {
    ::signal(SIGXFSZ, SIG_IGN); // an error instead, also behind execv()
    ::setrlimit(RLIMIT_FSIZE, files);
  }
  const int nothing = ::open("/dev/null", O_RDONLY);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(log, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  ::execv(argv[0], argv);
  ::_exit(127);
}

} // namespace

std::string Ended::text() const {
  return signal != 0 ? "killed by signal " + std::to_string(signal) : "exit code " + std::to_string(code);
}

Process::~Process() { kill(); }

void Process::start(const std::vector<std::string>& command, const std::filesystem::path& log,
                    std::optional<std::uint64_t> file_bytes) {
  if (running()) throw std::logic_error(command.at(0) + " already runs");
  const int fd = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (fd < 0) throw std::runtime_error(log.string() + ": " + std::strerror(errno));
  std::vector<char*> argv;
  for (const auto& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  const rlimit files{file_bytes.value_or(0), file_bytes.value_or(0)};
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid == 0) become(argv.data(), fd, parent, file_bytes ? &files : nullptr);
  ::close(fd);
  if (pid < 0) throw std::runtime_error(std::string("fork: ") + std::strerror(errno));
  pid_ = pid;
}

void Process::send(int signal) const {
  if (running()) ::kill(pid_, signal);
}

void Process::kill() {
  if (!running()) return;
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = 0;
}

double Process::cpu_seconds() const {
  const auto stat = content("/proc/" + std::to_string(pid_) + "/stat");
  const auto name_ends = stat.rfind(')'); // it may hold spaces; fields 14 and 15 are asked for
  unsigned long user = 0, system = 0;
  if (name_ends == std::string::npos ||
      std::sscanf(stat.c_str() + name_ends + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
                  &system) != 2)
    return 0;
  return static_cast<double>(user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

double Process::peak_mib() const {
  constexpr std::string_view kPeak = "VmHWM:";
  const auto status = content("/proc/" + std::to_string(pid_) + "/status");
  const auto at = status.find(kPeak);
  return at == std::string::npos ? 0 : std::stod(status.substr(at + kPeak.size())) / 1024;
}

std::optional<Ended> Process::ended() { return ended(WNOHANG); }
std::optional<Ended> Process::wait() { return ended(0); }

std::optional<Ended> Process::ended(int flags) {
  int status = 0;
  if (!running() || ::waitpid(pid_, &status, flags) != pid_) return std::nullopt;
  pid_ = 0;
  return ended_by(status);
}

} // namespace onecode::test
