#include "app/witness/server.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <httplib.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <tuple>

#include "app/errors.hpp"
#include "evidence/tile_files.hpp"
#include "monitoring/listen.hpp"
#include "monitoring/log.hpp"
#include "streams/authenticate.hpp"

namespace onecode::app {
namespace {

constexpr const char* kPlain = "text/plain; charset=utf-8";
constexpr std::size_t kMostRequest = 64 * 1024;
/// A log that forges has proven it with one.
constexpr std::size_t kMostContradictions = 100;

std::string hashed(std::string_view text) { return streams::to_hex(evidence::view(evidence::sha256({text}))); }
std::string path_of(const std::string& origin) { return "heads/" + hashed(origin); }

class Lock {
public:
  explicit Lock(const std::filesystem::path& path) : fd_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
    if (fd_ >= 0 && ::flock(fd_, LOCK_EX | LOCK_NB) == 0) return;
    const int error = errno;
    if (fd_ >= 0) ::close(fd_);
    throw InputError(fmt::format("{}: {}", path.string(),
                                 error == EWOULDBLOCK ? "another witness has this folder" : std::strerror(error)));
  }
  ~Lock() { ::close(fd_); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

private:
  int fd_;
};

} // namespace

struct WitnessMemory::Impl {
  explicit Impl(const std::filesystem::path& folder) : files(evidence::tile_folder(folder)), lock(folder / "lock") {}
  std::unique_ptr<evidence::TileFiles> files;
  Lock lock;
  std::map<std::string, evidence::Checkpoint> heads; // by origin
  std::size_t contradictions = 0;
};

WitnessMemory::WitnessMemory(const std::filesystem::path& folder, const std::vector<evidence::NoteKey>& logs)
    : impl_(std::make_unique<Impl>(folder)) {
  for (const auto& key : logs) {
    const auto text = impl_->files->get(path_of(key.name));
    if (!text) continue;
    const auto note = evidence::parse_note(*text);
    const auto head = note ? evidence::parse_checkpoint(note->text) : std::nullopt;
    // To take it for nothing would be to cosign whatever comes.
    if (!head || head->origin != key.name)
      throw InputError(fmt::format("{}: is not the head of {} that was cosigned last",
                                   (folder / path_of(key.name)).string(), key.name));
    impl_->heads[key.name] = *head;
  }
  std::error_code none;
  for (std::filesystem::directory_iterator i(folder / "contradictions", none), end; !none && i != end;
       i.increment(none))
    ++impl_->contradictions;
}

WitnessMemory::~WitnessMemory() = default;

std::optional<evidence::Checkpoint> WitnessMemory::last(const std::string& origin) const {
  const auto found = impl_->heads.find(origin);
  return found == impl_->heads.end() ? std::nullopt : std::optional(found->second);
}

void WitnessMemory::cosigned(const evidence::Checkpoint& head, const std::string& note) {
  impl_->files->put(path_of(head.origin), note);
  impl_->heads[head.origin] = head;
}

void WitnessMemory::contradiction(const std::string& note) {
  const std::string path = "contradictions/" + hashed(note);
  if (impl_->contradictions >= kMostContradictions || impl_->files->get(path)) return;
  impl_->files->put(path, note);
  ++impl_->contradictions;
}

struct WitnessServer::Impl {
  explicit Impl(WitnessOptions o) : options(std::move(o)), memory(options.folder, options.logs) {}

  evidence::WitnessAnswer add_checkpoint(const std::string& request) {
    const std::lock_guard guard(mutex);
    auto answer = evidence::answer_add_checkpoint(
        request, options.key, options.logs, [&](const std::string& origin) { return memory.last(origin); },
        options.seconds());
    const auto checkpoint = [&] { return evidence::parse_add_checkpoint(request)->checkpoint; };
    if (answer.cosigned) {
      memory.cosigned(*answer.cosigned, checkpoint() + answer.body);
      monitoring::log_info("witness", "cosigned",
                           {{"log", answer.cosigned->origin}, {"size", answer.cosigned->size}});
    } else if (answer.contradicts) {
      memory.contradiction(checkpoint());
      monitoring::log_error("witness", "a log has signed two heads of one size: kept in contradictions/");
    } else {
      monitoring::log_info("witness", "refused", {{"status", answer.status}});
    }
    return answer;
  }

  std::string described() {
    const std::lock_guard guard(mutex);
    std::string out = fmt::format("{}\n\n", evidence::verifier_of(options.key.key));
    std::set<std::string> names;
    for (const auto& key : options.logs) names.insert(key.name);
    for (const auto& name : names) {
      const auto head = memory.last(name);
      out += fmt::format("{} {}\n", name, head ? head->size : 0);
    }
    return out;
  }

  void routes() {
    server.Post(evidence::kAddCheckpointPath, [this](const httplib::Request& in, httplib::Response& out) {
      const auto answer = add_checkpoint(in.body);
      out.status = answer.status;
      out.set_content(answer.body, answer.content_type.c_str());
    });
    server.Get("/",
               [this](const httplib::Request&, httplib::Response& out) { out.set_content(described(), kPlain); });
    server.set_error_handler([](const httplib::Request&, httplib::Response& out) {
      if (out.body.empty()) out.set_content(fmt::format("{}\n", out.status), kPlain);
    });
    server.set_exception_handler([](const httplib::Request&, httplib::Response& out, std::exception_ptr thrown) {
      try {
        std::rethrow_exception(std::move(thrown));
      } catch (const std::exception& e) {
        monitoring::log_error("witness", e.what()); // a disk that is full, and nothing that its asker should read
      } catch (...) {
      }
      out.status = 500;
      out.set_content("failed\n", kPlain);
    });
  }

  WitnessOptions options;
  WitnessMemory memory;
  std::mutex mutex;
  httplib::Server server;
  std::string host;
  int port = 0;
  std::thread thread;
};

WitnessServer::WitnessServer(WitnessOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {
  Impl& me = *impl_;
  me.server.new_task_queue = [] { return new httplib::ThreadPool(8); };
  // Logs come with a handful of questions each; an idle connection holds a thread.
  me.server.set_keep_alive_max_count(100);
  me.server.set_keep_alive_timeout(2);
  me.server.set_read_timeout(2);
  me.server.set_write_timeout(5);
  me.server.set_payload_max_length(kMostRequest);
  me.routes();
  std::tie(me.host, me.port) = monitoring::listen_on(me.server, {me.options.listen, false});
  me.thread = std::thread([&me] { me.server.listen_after_bind(); });
  // stop() does nothing to a server that does not run yet.
  while (!me.server.is_running()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

WitnessServer::~WitnessServer() {
  impl_->server.stop();
  if (impl_->thread.joinable()) impl_->thread.join();
}

std::string WitnessServer::url() const {
  const bool v6 = impl_->host.find(':') != std::string::npos;
  return fmt::format("http://{}:{}", v6 ? "[" + impl_->host + "]" : impl_->host, impl_->port);
}

evidence::WitnessAnswer WitnessServer::add_checkpoint(const std::string& request) {
  return impl_->add_checkpoint(request);
}

} // namespace onecode::app
