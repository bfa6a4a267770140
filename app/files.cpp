#include "app/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include "app/errors.hpp"

namespace onecode::app {

std::string read_file(const std::string& path) {
  if (path == "-") return {std::istreambuf_iterator<char>(std::cin), {}};
  struct stat facts {};
  if (stat(path.c_str(), &facts) != 0) throw InputError(fmt::format("{}: {}", path, std::strerror(errno)));
  if (S_ISDIR(facts.st_mode)) throw InputError(fmt::format("{}: is a directory, not a file", path));
  std::ifstream in(path, std::ios::binary);
  if (!in) throw InputError(fmt::format("{}: {}", path, std::strerror(errno)));
  std::string content{std::istreambuf_iterator<char>(in), {}};
  if (in.bad()) throw InputError(fmt::format("{}: cannot be read", path));
  return content;
}

std::string read_secret(const std::string& path) {
  std::string text = read_file(path);
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  if (text.empty()) throw InputError(fmt::format("{}: is empty", path));
  return text;
}

void write_file(const std::string& path, std::string_view content, unsigned mode) {
  const std::string part = fmt::format("{}.part-{}", path, getpid());
  const auto fail = [&](const char* doing) {
    const int error = errno;
    unlink(part.c_str());
    throw InputError(fmt::format("{}: {}: {}", path, doing, std::strerror(error)));
  };
  // The mode is given at creation: a private key is never readable by others, not even for a moment.
  const int fd = open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, static_cast<mode_t>(mode));
  if (fd < 0) fail("cannot be written");
  while (!content.empty()) {
    const ssize_t n = write(fd, content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      close(fd);
      fail("cannot be written");
    }
    content.remove_prefix(static_cast<std::size_t>(n));
  }
  if (fsync(fd) != 0 && errno != EINVAL) {
    close(fd);
    fail("cannot be written");
  }
  if (close(fd) != 0) fail("cannot be written");
  if (rename(part.c_str(), path.c_str()) != 0) fail("cannot be put in place");
}

void print(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0)
    throw InputError(fmt::format("stdout: {}", std::strerror(errno)));
}

void make_output_folder(const std::string& folder, bool force) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw InputError(folder + ": cannot be made: " + error.message());
  if (!std::filesystem::is_directory(folder)) throw InputError(folder + ": is not a folder");
  if (!force && !std::filesystem::is_empty(folder))
    throw InputError(folder + ": is not empty; --force writes into it");
}

} // namespace onecode::app
