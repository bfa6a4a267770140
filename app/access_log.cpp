#include "app/access_log.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>

#include "app/alerts/visible.hpp"
#include "app/errors.hpp"
#include "app/signing.hpp"
#include "domain/time.hpp"
#include "streams/authenticate.hpp"
#include "streams/redact.hpp"

namespace onecode::app {
namespace {

namespace fs = std::filesystem;

constexpr const char* kName = "access.ndjson";
constexpr std::size_t kLongestLine = 64 * 1024;
constexpr std::size_t kLongestText = 500;

const std::string& first_before() {
  static const std::string zeros(64, '0');
  return zeros;
}

std::string digest_of(std::string_view line) { return streams::to_hex(streams::sha256(line)); }

class File {
public:
  explicit File(const fs::path& path)
      : path_(path), fd_(::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600)) {
    if (fd_ < 0) fail("cannot be opened");
    // Two looks at one moment: the second chains to the first.
    while (::flock(fd_, LOCK_EX) != 0)
      if (errno != EINTR) fail("cannot be locked");
  }
  ~File() { ::close(fd_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  /// The last line without its end, and whether it has one.
  std::pair<std::string, bool> last_line() const {
    struct stat info {};
    if (::fstat(fd_, &info) != 0) fail("cannot be read");
    const auto size = static_cast<std::size_t>(info.st_size);
    std::string tail(std::min(size, kLongestLine), '\0');
    for (std::size_t got = 0; got < tail.size();) {
      const auto n = ::pread(fd_, tail.data() + got, tail.size() - got, static_cast<off_t>(size - tail.size() + got));
      if (n <= 0) fail("cannot be read");
      got += static_cast<std::size_t>(n);
    }
    const bool ended = tail.ends_with('\n');
    if (ended) tail.pop_back();
    const auto begin = tail.rfind('\n');
    return {begin == std::string::npos ? tail : tail.substr(begin + 1), ended};
  }

  void append(std::string_view text) const {
    const auto n = ::write(fd_, text.data(), text.size());
    if (n < 0 || static_cast<std::size_t>(n) != text.size()) fail("could not be written");
    if (::fsync(fd_) != 0) fail("could not be made durable");
    // So that a new file is not lost with its folder's entry.
    const auto folder = path_.has_parent_path() ? path_.parent_path() : fs::path(".");
    const int dir = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0) fail("could not be made durable");
    const bool synced = ::fsync(dir) == 0;
    ::close(dir);
    if (!synced) fail("could not be made durable");
  }

private:
  [[noreturn]] void fail(const char* what) const {
    throw InputError(fmt::format("{}: {}: {}", path_.string(), what, std::generic_category().message(errno)));
  }
  fs::path path_;
  int fd_;
};

} // namespace

std::string access_text(std::string_view text) {
  return streams::without_long_numbers(shortened(visible(text), kLongestText));
}

std::string access_id(std::string_view id) {
  return id.find_first_not_of("0123456789") == id.npos ? access_text(id) : shortened(visible(id), kLongestText);
}

std::string access_person() {
  const auto* user = ::getpwuid(::geteuid());
  std::string out = user != nullptr ? user->pw_name : std::to_string(::geteuid());
  char host[256] = {};
  if (::gethostname(host, sizeof host - 1) == 0) out += std::string("@") + host;
  if (const char* sudo = std::getenv("SUDO_USER"); sudo != nullptr && *sudo != '\0')
    out += std::string(" for ") + sudo;
  return access_text(out);
}

void append_access(const fs::path& file, const Access& access) {
  const File log(file);
  const auto [last, ended] = log.last_line();
  nlohmann::ordered_json line{
      {"at", format_time(clock_now())}, {"who", access_person()}, {"verb", access.verb}, {"kind", access.kind}};
  if (!access.subject.empty()) line["subject"] = access_id(access.subject);
  if (!access.record.empty()) line["record"] = access_id(access.record);
  line["purpose"] =
      access.purpose.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(access_text(access.purpose));
  line["before"] = last.empty() && !ended ? first_before() : digest_of(last);
  // A torn line is left as it is, and told by whoever checks.
  log.append((last.empty() || ended ? "" : "\n") +
             line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

AccessCheck check_access(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw InputError(file.string() + ": cannot be read");
  AccessCheck out;
  out.last = first_before();
  for (std::string line; std::getline(in, line);) {
    ++out.lines;
    const auto where = fmt::format("{}:{}: ", file.string(), out.lines);
    const auto record = nlohmann::json::parse(line, nullptr, false);
    const auto before = record.is_object() ? record.find("before") : record.end();
    if (!record.is_object() || before == record.end() || !before->is_string())
      out.wrong.push_back(where + "is no record of an access");
    else if (*before != out.last)
      out.wrong.push_back(
          where +
          (out.lines == 1
               ? "is not the first: what stood before it is gone"
               : "does not follow the line before: one of them was changed, or something between them is gone"));
    if (in.eof()) out.wrong.push_back(where + "has no end: it was torn, or cut");
    out.last = digest_of(line);
    out.records.push_back(std::move(line));
  }
  return out;
}

void AccessFlags::add_to(CLI::App& verb) {
  verb.add_option("--purpose", purpose, "why you look: a case, an appeal, a request; it is recorded")
      ->type_name("TEXT");
  verb.add_option("--access-log", file, "where the look is recorded (default: access.ndjson beside what is read)")
      ->type_name("FILE");
}

void AccessFlags::record(Access access, const std::optional<fs::path>& beside) const {
  access.purpose = purpose;
  if (!file.empty()) return append_access(file, access);
  if (!beside) {
    fmt::print(stderr, "onecode: this look at personal records is recorded nowhere; --access-log FILE records it\n");
    return;
  }
  std::error_code error;
  const auto folder = fs::is_directory(*beside, error) ? *beside
                      : beside->has_parent_path()      ? beside->parent_path()
                                                       : fs::path(".");
  try {
    append_access(folder / kName, access);
  } catch (const InputError& e) {
    fmt::print(stderr, "onecode: this look at personal records is not recorded ({}); --access-log FILE records it\n",
               e.what());
  }
}

} // namespace onecode::app
