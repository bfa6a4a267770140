#include "evidence/tile_files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <set>

namespace onecode::evidence {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const char* what, const fs::path& path) {
  throw fs::filesystem_error(what, path, std::error_code(errno, std::generic_category()));
}

class Descriptor {
public:
  Descriptor(const fs::path& path, int flags) : path_(path), fd_(::open(path.c_str(), flags | O_CLOEXEC, 0644)) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  bool open() const { return fd_ >= 0; }
  std::string read() const {
    std::string out;
    char piece[1 << 14];
    for (;;) {
      const ssize_t n = ::read(fd_, piece, sizeof piece);
      if (n == 0) return out;
      if (n > 0) out.append(piece, static_cast<std::size_t>(n));
      if (n < 0 && errno != EINTR) fail("cannot be read", path_);
    }
  }
  void write(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t n = ::write(fd_, bytes.data(), bytes.size());
      if (n < 0 && errno != EINTR) fail("cannot be written", path_);
      if (n > 0) bytes.remove_prefix(static_cast<std::size_t>(n));
    }
  }
  void sync() const {
    if (::fsync(fd_) != 0) fail("cannot be made durable", path_);
  }

private:
  const fs::path& path_;
  int fd_;
};

void sync_folder(const fs::path& path) {
  const Descriptor folder(path, O_RDONLY | O_DIRECTORY);
  if (!folder.open()) fail("cannot be opened", path);
  folder.sync();
}

class TileFolder : public TileFiles {
public:
  explicit TileFolder(const fs::path& root) : root_(fs::absolute(root)) {
    fs::path there = root_.parent_path();
    while (!fs::exists(there)) there = there.parent_path();
    durable_.insert(there);
    make(root_);
  }

  std::optional<std::string> get(const std::string& path) override {
    const fs::path at = root_ / path;
    const Descriptor file(at, O_RDONLY);
    if (!file.open() && (errno == ENOENT || errno == ENOTDIR)) return std::nullopt;
    if (!file.open()) fail("cannot be opened", at);
    return file.read();
  }

  void put(const std::string& path, std::string_view bytes) override {
    const fs::path at = root_ / path, folder = at.parent_path();
    // Always the same name: what a crash leaves is written over by the next try.
    const fs::path part = at.string() + ".part";
    make(folder);
    {
      const Descriptor file(part, O_WRONLY | O_CREAT | O_TRUNC);
      if (!file.open()) fail("cannot be opened", part);
      file.write(bytes);
      file.sync();
    }
    fs::rename(part, at);
    sync_folder(folder);
  }

  void remove(const std::string& folder) override {
    fs::remove_all(root_ / folder);
    durable_.erase(root_ / folder);
  }

private:
  /// A folder that somebody made before may not be durable yet, so the first use of each is what counts.
  void make(const fs::path& folder) {
    if (durable_.contains(folder)) return;
    make(folder.parent_path());
    fs::create_directory(folder);
    sync_folder(folder.parent_path());
    durable_.insert(folder);
  }

  fs::path root_;
  std::set<fs::path> durable_; // whose own name is
};

} // namespace

ReadFile reader_of(TileFiles& files) {
  return [&files](const std::string& path) { return files.get(path); };
}

std::unique_ptr<TileFiles> tile_folder(const fs::path& root) { return std::make_unique<TileFolder>(root); }

} // namespace onecode::evidence
