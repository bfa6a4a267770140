#include "app/doctor/machine.hpp"

#include <fmt/format.h>
#include <httplib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "monitoring/http.hpp"

namespace onecode::app {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kKiB = 1024, kMiB = 1024 * kKiB, kGiB = 1024 * kMiB;
constexpr std::uint64_t kLeastFree = 512 * kMiB; // write buffers and the log of one store fit
constexpr std::uint64_t kAwake = 4 * kKiB;       // an account, as measured
constexpr std::uint64_t kBase = 600 * kMiB;   // what a node takes besides: turns, queues, caches, what the store lags
constexpr std::uint64_t kFilesPerShard = 512; // RocksDB's, beside sockets and the program's own
constexpr std::uint64_t kFilesBesides = 512;
constexpr std::int64_t kTooFarMs = 5 * 60'000; // a node does not work with such a clock
constexpr std::int64_t kFarMs = 5'000;         // codes may be that much off
constexpr std::int64_t kMaxErrorUs = 1'000'000;
constexpr std::int64_t kJumpUs = 200'000;

std::string bytes(std::uint64_t n) {
  if (n >= 10 * kGiB) return fmt::format("{} GiB", n / kGiB);
  if (n >= kGiB) return fmt::format("{:.1f} GiB", static_cast<double>(n) / static_cast<double>(kGiB));
  return fmt::format("{} MiB", n / kMiB);
}

std::uint64_t size_below(const fs::path& folder) {
  std::uint64_t sum = 0;
  std::error_code error;
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
    if (std::error_code one; it->is_regular_file(one)) {
      const auto n = it->file_size(one);
      if (!one) sum += n;
    }
  return sum;
}

std::string file_system(std::int64_t type) {
  switch (static_cast<std::uint32_t>(type)) {
    case 0x6969:
      return "NFS";
    case 0xFF534D42:
      return "CIFS";
    case 0xFE534D42:
      return "SMB";
    case 0x01021997:
      return "9p";
    case 0x00C36400:
      return "Ceph";
    case 0x5346414F:
      return "AFS";
    case 0x65735546:
      return "FUSE";
    case 0x01021994:
      return "tmpfs";
    case 0x858458F6:
      return "ramfs";
    case 0x794C7630:
      return "overlayfs";
    default:
      return "";
  }
}

std::uint64_t number_in(const char* path, std::uint64_t otherwise) {
  std::ifstream in(path);
  std::uint64_t n = 0;
  return in >> n ? n : otherwise; // "max" is no number
}

} // namespace

FileLook look_at_file(const std::string& path) {
  FileLook out;
  out.path = path;
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return out;
  out.there = true;
  out.folder = S_ISDIR(info.st_mode);
  out.readable = ::access(path.c_str(), out.folder ? R_OK | X_OK : R_OK) == 0;
  out.mode = info.st_mode & 07777U;
  out.size = static_cast<std::uint64_t>(info.st_size);
  return out;
}

Findings judge_private_file(const std::string& check, const FileLook& file) {
  if (!file.there)
    return {
        {Health::fail, check, file.path + " is not there", fmt::format("write it, then chmod 600 {}", file.path)}};
  if (file.folder) return {{Health::fail, check, file.path + " is a folder", "name a file"}};
  if (!file.readable)
    return {{Health::fail, check, file.path + " cannot be read by this user",
             fmt::format("chown $USER {0} && chmod 600 {0}", file.path)}};
  if (file.size == 0) return {{Health::fail, check, file.path + " is empty", "write what belongs into it"}};
  if ((file.mode & 0007U) != 0)
    return {{Health::fail, check, fmt::format("{} is open to everybody (mode {:03o})", file.path, file.mode),
             fmt::format("chmod o-rwx {}", file.path)}};
  return {{Health::ok, check, fmt::format("{} (mode {:03o})", file.path, file.mode), ""}};
}

SecretsLook look_at_secrets(const std::string& folder) {
  SecretsLook out;
  out.folder = look_at_file(folder);
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
    // Those with a dot are passed over by a node as well.
    if (const auto name = it->path().filename().string(); !name.starts_with('.'))
      if (std::error_code one; it->is_regular_file(one)) out.files.push_back(look_at_file(it->path().string()));
  std::sort(out.files.begin(), out.files.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return out;
}

Findings judge_secrets(const SecretsLook& look) {
  constexpr const char* kCheck = "secrets";
  const auto& path = look.folder.path;
  if (!look.folder.there)
    return {{Health::fail, kCheck, path + " is not there", fmt::format("install -d -m 750 {}", path)}};
  if (!look.folder.folder) return {{Health::fail, kCheck, path + " is no folder", "name the folder of the files"}};
  if (!look.folder.readable)
    return {{Health::fail, kCheck, path + " cannot be read by this user", fmt::format("chmod 750 {}", path)}};
  Findings out;
  for (const auto& file : look.files)
    for (auto& f : judge_private_file(kCheck, file))
      if (f.health != Health::ok) out.push_back(std::move(f));
  if (out.empty())
    out.push_back(
        look.files.empty()
            ? Finding{Health::warn, kCheck, path + " holds no secret",
                      "put a file into it for each secret that the policy names"}
            : Finding{Health::ok, kCheck, fmt::format("{} in {}, open to nobody else", look.files.size(), path), ""});
  return out;
}

DiskLook look_at_disk(const std::string& data_dir) {
  DiskLook out;
  out.data_dir = data_dir;
  out.folder = look_at_file(data_dir);
  fs::path at = fs::absolute(data_dir);
  while (!at.empty() && !look_at_file(at.string()).there && at != at.root_path()) at = at.parent_path();
  out.writable = ::access(at.c_str(), W_OK | X_OK) == 0;
  if (struct stat info{}; out.folder.there && ::stat(data_dir.c_str(), &info) == 0)
    out.foreign = info.st_uid != ::geteuid();
  if (struct statfs info{}; ::statfs(at.c_str(), &info) == 0) {
    out.type = static_cast<std::int64_t>(info.f_type);
    out.free = static_cast<std::uint64_t>(info.f_bavail) * static_cast<std::uint64_t>(info.f_bsize);
  }
  std::error_code error;
  for (fs::directory_iterator it(data_dir, error), end; !error && it != end; it.increment(error)) {
    const auto name = it->path().filename().string();
    if (!name.starts_with("shard-")) continue;
    if (name.find('.') != std::string::npos)
      out.aside.push_back(it->path().string());
    else
      out.stores += size_below(it->path());
  }
  std::sort(out.aside.begin(), out.aside.end());
  return out;
}

Findings judge_disk(const DiskLook& look) {
  constexpr const char* kCheck = "disk";
  const auto& dir = look.data_dir;
  if (look.folder.there && !look.folder.folder)
    return {{Health::fail, kCheck, dir + " is no folder", "name a folder in [node] data_dir"}};
  if (!look.writable)
    return {{Health::fail, kCheck,
             dir + (look.folder.there ? " cannot be written" : " cannot be made") + " by this user",
             fmt::format("install -d -o $USER {}", dir)}};
  Findings out;
  if (look.foreign)
    out.push_back({Health::warn, kCheck,
                   dir + " belongs to another user: what a node writes there as this one, the other cannot open",
                   "run it as the owner, or chown -R it"});
  const auto kind = file_system(look.type);
  if (kind == "tmpfs" || kind == "ramfs" || kind == "overlayfs")
    out.push_back({Health::warn, kCheck,
                   fmt::format("{} is on {}: it is gone with the {}, and each start reads the whole journal", dir,
                               kind, kind == "overlayfs" ? "container" : "machine"),
                   "put [node] data_dir on a disk or a volume"});
  else if (!kind.empty())
    out.push_back(
        {Health::warn, kCheck,
         fmt::format("{} is on {}: a store wants a disk of this machine, for locks, syncs and speed", dir, kind),
         "put [node] data_dir on a local disk; it may be lost, the journal has everything"});
  if (!look.aside.empty())
    out.push_back({Health::warn, kCheck,
                   fmt::format("{} of stores that were set aside, such as {}",
                               look.aside.size() == 1 ? "a folder" : fmt::format("{} folders", look.aside.size()),
                               look.aside.front()),
                   fmt::format("when you have looked at it: rm -r {}", look.aside.front())});
  const auto wanted = std::max(look.stores, kGiB);
  const auto text = fmt::format("{} free, stores take {}", bytes(look.free), bytes(look.stores));
  if (look.free < kLeastFree)
    out.push_back({Health::fail, kCheck, text, fmt::format("make room: {} at least", bytes(wanted))});
  else if (look.free < wanted)
    out.push_back({Health::warn, kCheck,
                   text + ": compaction and a restore beside a set-aside store want as much again",
                   fmt::format("make room: {} at least", bytes(wanted))});
  else
    out.push_back({Health::ok, kCheck, text, ""});
  return out;
}

std::uint64_t open_files_limit() {
  rlimit limit{};
  return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? static_cast<std::uint64_t>(limit.rlim_cur) : 0;
}

Findings judge_open_files(std::uint64_t limit, std::int32_t partitions) {
  const auto wanted = kFilesPerShard * static_cast<std::uint64_t>(partitions) + kFilesBesides;
  if (limit >= wanted) return {{Health::ok, "open files", fmt::format("{} may be open", limit), ""}};
  return {{Health::warn, "open files",
           fmt::format("{} may be open in this session; a node with all {} shards may come to {}", limit, partitions,
                       wanted),
           fmt::format("ulimit -n {0}, or LimitNOFILE={0} in the unit", std::max<std::uint64_t>(wanted, 65536))}};
}

MemoryLook look_at_memory() {
  MemoryLook out;
  std::ifstream in("/proc/meminfo");
  std::string word, unit;
  std::uint64_t n = 0;
  while (in >> word >> n) {
    if (word == "MemTotal:") out.total = n * kKiB;
    if (word == "MemAvailable:") out.available = n * kKiB;
    std::getline(in, unit);
  }
  for (const char* path : {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
    const auto limit = number_in(path, out.total);
    out.total = std::min(out.total, limit);
    out.available = std::min(out.available, limit);
  }
  return out;
}

Findings judge_memory(const MemoryLook& look, std::int64_t resident_limit) {
  const auto need = static_cast<std::uint64_t>(resident_limit) * kAwake + kBase;
  const auto text = fmt::format("resident_limit {} may take {} of {}, {} available", resident_limit, bytes(need),
                                bytes(look.total), bytes(look.available));
  const auto fits = look.total > kBase ? (look.total - kBase) / kAwake / 1000 * 1000 : 0;
  const auto fix = fits > 0 ? fmt::format("[node] resident_limit = {}, or more memory", fits / 2)
                            : std::string("more memory: a node takes 600 MiB before anybody is awake");
  if (need > look.total) return {{Health::fail, "memory", text, fix}};
  if (need > look.available) return {{Health::warn, "memory", text, fix}};
  return {{Health::ok, "memory", text, ""}};
}

ClockLook look_at_clock() {
  timex clock{};
  const int state = ::adjtimex(&clock);
  return {state != -1 && state != TIME_ERROR && (clock.status & STA_UNSYNC) == 0, clock.maxerror};
}

Findings judge_clock(const ClockLook& look) {
  if (!look.synchronised)
    return {{Health::warn, "clock", "nothing keeps this machine's clock right, as far as its kernel knows",
             "timedatectl set-ntp true, or apt install chrony; in a container or a VM see to the host"}};
  const auto ms = static_cast<double>(look.error_us) / 1000;
  if (look.error_us > kMaxErrorUs)
    return {{Health::warn, "clock", fmt::format("synchronised, but it may be {:.0f} ms wrong", ms),
             "chronyc sources, or timedatectl timesync-status: is a time server reached?"}};
  return {{Health::ok, "clock", fmt::format("synchronised, at most {:.0f} ms wrong", ms), ""}};
}

Findings judge_newest_record(std::int64_t now_ms, std::optional<std::int64_t> newest_ms, const std::string& topic) {
  if (!newest_ms) return {};
  const auto ahead = *newest_ms - now_ms;
  const auto text = fmt::format("the newest record of {} was written {:.1f} s ahead of this clock", topic,
                                static_cast<double>(ahead) / 1000);
  const std::string fix = "date -u on both machines; set the one right that is wrong";
  if (ahead > kTooFarMs)
    return {{Health::fail, "clock", text + ": a node stands still when the turns before it were so far ahead",
             fix + ". If engine time was wrong: onecode run --accept-clock"}};
  if (ahead > kFarMs) return {{Health::warn, "clock", text, fix}};
  return {{Health::ok, "clock", fmt::format("behind no record of {}", topic), ""}};
}

Findings judge_jump(std::int64_t jump_us) {
  if (std::abs(jump_us) < kJumpUs) return {};
  return {{Health::warn, "clock", fmt::format("it was set by {} ms while this was looked at", jump_us / 1000),
           "see who sets it (two time services, or the host): a node that is 5 minutes off stands still"}};
}

PortLook look_at_port(const std::string& listen) {
  PortLook out;
  try {
    monitoring::HttpOptions options;
    options.listen = listen;
    const monitoring::HttpServer server(options, {});
    out.free = true;
    return out;
  } catch (const monitoring::HttpError& e) {
    out.trouble = e.what();
  }
  httplib::Client client("http://" + listen);
  client.set_connection_timeout(2);
  client.set_read_timeout(2);
  if (const auto answer = client.Get("/status"); answer && answer->status == 200) {
    const auto status = nlohmann::json::parse(answer->body, nullptr, false);
    if (status.is_object() && status.contains("node") && status["node"].is_string()) out.node = status["node"];
  }
  return out;
}

Findings judge_port(const std::string& listen, const std::string& id, const PortLook& look) {
  if (look.free) return {{Health::ok, "port", listen + " is free", ""}};
  if (look.node == id) return {{Health::ok, "port", fmt::format("{} answers: {} is running", listen, id), ""}};
  const std::string fix = "stop what has it (ss -ltnp), or name another address in [http] listen";
  if (!look.node.empty())
    return {{Health::fail, "port", fmt::format("{} is the port of node {}", listen, look.node), fix}};
  return {{Health::fail, "port", look.trouble, fix}};
}

} // namespace onecode::app
