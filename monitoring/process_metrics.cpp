#include "monitoring/process_metrics.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <system_error>

namespace onecode::monitoring {

namespace {

void add(std::vector<prometheus::MetricFamily>& out, const char* name, const char* help, prometheus::MetricType type,
         double value) {
  auto& family = out.emplace_back();
  family.name = name;
  family.help = help;
  family.type = type;
  auto& m = family.metric.emplace_back();
  m.counter.value = value;
  m.gauge.value = value;
}

/// Unix time of the last boot; 0 where unknown.
double boot_time() {
  std::ifstream in("/proc/stat");
  std::string word;
  double value = 0;
  while (in >> word)
    if (word == "btime" && in >> value) return value;
  return 0;
}

} // namespace

std::vector<prometheus::MetricFamily> process_metrics() {
  using prometheus::MetricType;
  std::vector<prometheus::MetricFamily> out;
  std::ifstream in("/proc/self/stat");
  std::string stat{std::istreambuf_iterator<char>(in), {}};
  const auto end_of_name = stat.rfind(')'); // the program's name may hold anything, spaces and brackets too
  if (end_of_name == std::string::npos) return out;

  // proc(5): after the name come the fields from the third on.
  std::istringstream fields(stat.substr(end_of_name + 1));
  std::string word;
  double user = 0, system = 0, start = 0, pages = 0;
  for (int field = 3; field <= 24 && fields >> word; ++field) {
    const auto value = [&] { return std::strtod(word.c_str(), nullptr); };
    if (field == 14) user = value();
    if (field == 15) system = value();
    if (field == 22) start = value();
    if (field == 24) pages = value();
  }
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  static const double booted = boot_time();
  add(out, "process_cpu_seconds_total", "Total user and system CPU time spent in seconds.", MetricType::Counter,
      (user + system) / ticks);
  add(out, "process_resident_memory_bytes", "Resident memory size in bytes.", MetricType::Gauge,
      pages * static_cast<double>(sysconf(_SC_PAGESIZE)));
  add(out, "process_start_time_seconds", "Start time of the process since unix epoch in seconds.", MetricType::Gauge,
      booted + start / ticks);

  std::error_code error;
  double fds = 0;
  for (std::filesystem::directory_iterator it("/proc/self/fd", error), end; !error && it != end; it.increment(error))
    ++fds;
  if (!error) add(out, "process_open_fds", "Number of open file descriptors.", MetricType::Gauge, fds);
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
    add(out, "process_max_fds", "Maximum number of open file descriptors.", MetricType::Gauge,
        static_cast<double>(limit.rlim_cur));
  return out;
}

} // namespace onecode::monitoring
