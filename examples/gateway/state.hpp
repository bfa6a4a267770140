// What the gateway keeps on disk: its scans with their numbers, and the holds that it has heard of.
#pragma once

#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>
#include <deque>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>

namespace gateway {

using json = nlohmann::json;
namespace fs = std::filesystem;
using Wall = std::chrono::system_clock;
using std::chrono::milliseconds;

constexpr std::uintmax_t kTrimBytes =
    1 << 20; // the file of scans begins anew when it is longer and all of it was sent

/// Ends the gateway with a sentence. Its supervisor starts it again; nothing that was recorded is lost.
using Trouble = std::runtime_error;

[[noreturn]] inline void fail(const std::string& what) { throw Trouble(what + ": " + std::strerror(errno)); }
inline void log(const std::string& text) { std::cerr << "gateway: " << text << std::endl; }

inline std::string content(const fs::path& path) {
  std::ostringstream out;
  out << std::ifstream(path, std::ios::binary).rdbuf();
  return out.str();
}

inline void sync_folder(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY);
  if (fd < 0 || ::fsync(fd) != 0) fail(path);
  ::close(fd);
}

inline void write_durably(int fd, const std::string& text, const fs::path& path) {
  const auto n = ::write(fd, text.data(), text.size());
  if (n >= 0 && static_cast<std::size_t>(n) != text.size()) throw Trouble(path.string() + ": no room");
  if (n < 0 || ::fdatasync(fd) != 0) fail(path);
}

/// Old or new after a crash, never half of it.
inline void replace_file(const fs::path& path, const std::string& text) {
  const fs::path beside = path.string() + ".new";
  const int fd = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (fd < 0) fail(beside);
  write_durably(fd, text, beside);
  ::close(fd);
  fs::rename(beside, path);
  sync_folder(path.parent_path());
}

/// RFC 3339 in UTC, with milliseconds.
inline std::string time_text(Wall::time_point at) {
  const auto ms = std::chrono::floor<milliseconds>(at).time_since_epoch().count();
  const std::time_t seconds = ms / 1000;
  char day[32], out[48];
  std::strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", std::gmtime(&seconds));
  std::snprintf(out, sizeof out, "%s.%03dZ", day, static_cast<int>(ms % 1000));
  return out;
}

inline Wall::time_point parse_time(const std::string& text) {
  std::tm tm{};
  const char* rest = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &tm);
  if (rest == nullptr) throw std::invalid_argument("no time: " + text);
  if (*rest == '.') rest += 1 + std::strspn(rest + 1, "0123456789"); // whole seconds do
  int hours = 0, minutes = 0;
  if (*rest != 'Z' && std::sscanf(rest, "%3d:%2d", &hours, &minutes) != 2) throw std::invalid_argument("no offset");
  return Wall::from_time_t(::timegm(&tm)) - std::chrono::minutes(hours * 60 + (*rest == '-' ? -minutes : minutes));
}

inline std::string base64url(const unsigned char* bytes, unsigned n) {
  std::string out(4 * ((n + 2) / 3) + 1, '\0');
  out.resize(static_cast<std::size_t>(
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes, static_cast<int>(n))));
  out.resize(out.find_last_not_of('=') + 1);
  for (char& c : out) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return out;
}

inline std::string from_base64url(std::string text) {
  for (char& c : text) c = c == '-' ? '+' : c == '_' ? '/' : c;
  const auto padding = (4 - text.size() % 4) % 4;
  text.append(padding, '=');
  std::string out(text.size(), '\0');
  const int n = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (n < 0 || padding == 3) throw std::invalid_argument("not base64url");
  out.resize(static_cast<std::size_t>(n) - padding);
  return out;
}

/// Scans that were recorded and not yet confirmed by Kafka, oldest first; and the device's numbers.
class Queue {
public:
  explicit Queue(const fs::path& folder) : path_(folder / "scans"), sent_path_(folder / "sent") {
    const std::string all = content(path_);
    const auto whole = all.rfind('\n') + 1; // the rest was being written at a crash: nobody was answered
    boot = static_cast<std::uint64_t>(Wall::to_time_t(Wall::now()));
    std::istringstream lines(all.substr(0, whole));
    for (std::string line; std::getline(lines, line); waiting.push_back(line)) number(line);
    std::uint64_t sent_boot = 0, sent_seq = 0;
    std::ifstream(sent_path_) >> sent_boot >> sent_seq;
    if (sent_boot == boot)
      while (!waiting.empty() && seq - waiting.size() < sent_seq) waiting.pop_front();
    sent = produced = seq - waiting.size();
    reopen();
    if (::ftruncate(fd_, static_cast<off_t>(whole)) != 0) fail(path_);
    sync_folder(folder);
  }
  ~Queue() { ::close(fd_); }
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;

  void append(const std::string& line) {
    write_durably(fd_, line + "\n", path_);
    ++seq;
    waiting.push_back(line);
  }
  void confirm(std::uint64_t number) {
    if (number <= sent) return;
    std::string last;
    for (; sent < number; ++sent, waiting.pop_front()) last = waiting.front();
    replace_file(sent_path_, std::to_string(boot) + " " + std::to_string(sent) + "\n");
    if (!waiting.empty() || fs::file_size(path_) <= kTrimBytes) return;
    replace_file(path_, last + "\n"); // its number is where the next one goes on
    reopen();
  }

  std::uint64_t boot = 0, seq = 0;
  std::uint64_t sent = 0, produced = 0; // confirmed; handed to the client library
  std::deque<std::string> waiting;

private:
  void number(const std::string& line) try {
    const json data = json::parse(line).at("data");
    boot = data.at("boot");
    seq = data.at("seq");
  } catch (const json::exception& e) {
    throw Trouble(path_.string() + " is damaged: " + e.what() + ". Keep it, and start with another --state");
  }
  void reopen() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    if (fd_ < 0) fail(path_);
  }
  fs::path path_, sent_path_;
  int fd_ = -1;
};

/// What `freezes` says of each account. The topic is read from its beginning at every start; a lower revision than the
/// one that is known is an old record of it.
class Holds {
public:
  explicit Holds(const fs::path& folder) : path_(folder / "holds.json") {
    if (fs::exists(path_)) accounts_ = json::parse(content(path_));
  }
  void update(const json& data) {
    json& known = accounts_[data.at("account").get<std::string>()];
    if (!known.is_null() && data.at("revision") <= known.at("revision")) return;
    known = data;
    changed_ = true;
  }
  void forget(const std::string& account) { changed_ = accounts_.erase(account) > 0 || changed_; }
  void save() {
    if (changed_) replace_file(path_, accounts_.dump());
    changed_ = false;
  }
  std::optional<std::string> refusal(const std::string& account, const std::string& function) const {
    if (!accounts_.contains(account)) return std::nullopt;
    const json& known = accounts_.at(account);
    if (known.at("state") == "cancelled") return "ACCOUNT_CANCELLED";
    if (known.at("state") == "expired") return "ACCOUNT_EXPIRED";
    for (const json& hold : known.at("holds")) {
      if (!hold.at("expires").is_null() && parse_time(hold.at("expires")) <= Wall::now()) continue;
      for (const json& held : hold.at("functions"))
        if (held == function || held == function.substr(0, function.find(':'))) return "ACCOUNT_FROZEN";
    }
    return std::nullopt;
  }

private:
  fs::path path_;
  json accounts_ = json::object();
  bool changed_ = false;
};

} // namespace gateway
