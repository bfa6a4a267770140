#include "app/alerts/syslog_sender.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/sockios.h>
#include <netdb.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "app/alerts/syslog.hpp"
#include "app/errors.hpp"

namespace onecode::app {
namespace {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::milliseconds;

int left(Clock::time_point until) {
  return static_cast<int>(std::max<std::int64_t>(0, std::chrono::ceil<Milliseconds>(until - Clock::now()).count()));
}

bool wait_for(int socket, short events, int milliseconds) {
  pollfd waiting{socket, events, 0};
  return ::poll(&waiting, 1, milliseconds) > 0;
}

} // namespace

SyslogTarget syslog_target(const std::string& text) {
  const auto wrong = [&](std::string_view why) {
    return UsageError(
        fmt::format("--syslog-to {}: {}; it is tcp://HOST:PORT, udp://HOST:PORT or unix:///PATH", text, why));
  };
  SyslogTarget out;
  out.text = text;
  const auto scheme = text.find("://");
  if (scheme == std::string::npos) throw wrong("there is no ://");
  const auto name = text.substr(0, scheme);
  auto rest = text.substr(scheme + 3);
  if (name == "unix") {
    out.transport = SyslogTarget::Transport::unix_socket;
    out.path = rest;
    if (rest.empty() || rest[0] != '/') throw wrong("the path must be absolute");
    if (rest.size() >= sizeof(sockaddr_un::sun_path)) throw wrong("the path is too long for a socket");
    return out;
  }
  if (name == "udp")
    out.transport = SyslogTarget::Transport::udp;
  else if (name != "tcp")
    throw wrong(fmt::format("'{}' is no transport", name));
  if (rest.ends_with('/')) rest.pop_back();
  const auto bracket = rest.starts_with('[') ? rest.find(']') : std::string::npos;
  if (rest.starts_with('[') && bracket == std::string::npos) throw wrong("the ] is missing");
  const auto colon = rest.find(':', bracket == std::string::npos ? 0 : bracket);
  out.host = bracket == std::string::npos ? rest.substr(0, colon) : rest.substr(1, bracket - 1);
  out.port = colon == std::string::npos ? "514" : rest.substr(colon + 1);
  if (out.host.empty()) throw wrong("the host is missing");
  const bool digits = !out.port.empty() && out.port.size() <= 5 &&
                      std::all_of(out.port.begin(), out.port.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!digits || std::stoi(out.port) < 1 || std::stoi(out.port) > 65'535) throw wrong("the port is no port");
  return out;
}

void SyslogSender::add(std::string_view message) {
  waiting_.push_back(target_.transport == SyslogTarget::Transport::tcp ? octet_counted(message)
                                                                       : std::string(message));
}

bool SyslogSender::deliver(Milliseconds patience) {
  const auto until = Clock::now() + patience;
  do {
    if (waiting_.empty()) return true;
    if (connected() && receiver_left()) fail("the receiver closed the connection", 0);
    if (!connected() && !connect(Milliseconds(left(until)))) return false;
    if (write_some(until) && acknowledged(until)) {
      waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(written_));
      written_ = 0;
      return true;
    }
  } while (Clock::now() < until && !connected()); // broken under the hands: once more, as far as the time goes
  return false;
}

bool SyslogSender::connect(Milliseconds patience) {
  const auto until = Clock::now() + patience;
  if (target_.transport == SyslogTarget::Transport::unix_socket) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    target_.path.copy(address.sun_path, sizeof address.sun_path - 1);
    socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (socket_ < 0) return fail("socket", errno);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      return fail("connecting", errno);
    return true;
  }
  const bool tcp = target_.transport == SyslogTarget::Transport::tcp;
  addrinfo wanted{}, *found = nullptr;
  wanted.ai_family = AF_UNSPEC;
  wanted.ai_socktype = tcp ? SOCK_STREAM : SOCK_DGRAM;
  wanted.ai_flags = AI_NUMERICSERV;
  if (const int code = ::getaddrinfo(target_.host.c_str(), target_.port.c_str(), &wanted, &found); code != 0)
    return fail(gai_strerror(code), 0);
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
  for (const addrinfo* a = found; a != nullptr; a = a->ai_next) {
    socket_ = ::socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, a->ai_protocol);
    if (socket_ < 0) {
      fail("socket", errno);
      continue;
    }
    if (::connect(socket_, a->ai_addr, a->ai_addrlen) == 0) return true;
    if (errno != EINPROGRESS) {
      fail("connecting", errno);
      continue;
    }
    int error = ETIMEDOUT;
    socklen_t size = sizeof error;
    if (wait_for(socket_, POLLOUT, left(until))) ::getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error == 0) return true;
    fail("connecting", error);
  }
  return false;
}

void SyslogSender::disconnect() {
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
  written_ = part_ = 0; // all of it again on the next connection
}

bool SyslogSender::fail(std::string_view what, int error) {
  trouble_ = error == 0 ? std::string(what) : fmt::format("{}: {}", what, std::strerror(error));
  disconnect();
  return false;
}

/// Syslog receivers say nothing: whatever can be read is the end of the connection, or noise.
bool SyslogSender::receiver_left() {
  if (target_.transport != SyslogTarget::Transport::tcp) return false;
  char noise[512];
  for (;;) {
    const auto n = ::recv(socket_, noise, sizeof noise, MSG_DONTWAIT);
    if (n == 0) return true;
    if (n < 0) return errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR;
  }
}

bool SyslogSender::write_some(Clock::time_point until) {
  while (written_ < waiting_.size()) {
    const std::string& frame = waiting_[written_];
    const auto n = ::send(socket_, frame.data() + part_, frame.size() - part_, MSG_NOSIGNAL);
    if (n >= 0) {
      part_ += static_cast<std::size_t>(n);
      if (part_ >= frame.size()) ++written_, part_ = 0;
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK && errno != ENOBUFS) return fail("sending", errno);
    if (!wait_for(socket_, POLLOUT, left(until))) {
      trouble_ = "the receiver takes nothing";
      return false;
    }
  }
  return true;
}

bool SyslogSender::acknowledged(Clock::time_point until) {
  for (int unsent = 0; target_.transport == SyslogTarget::Transport::tcp;) {
    if (::ioctl(socket_, SIOCOUTQ, &unsent) != 0) return fail("SIOCOUTQ", errno);
    if (unsent == 0) break;
    if (receiver_left()) return fail("the receiver closed the connection", 0);
    if (Clock::now() >= until) {
      trouble_ = "the receiver's machine acknowledges nothing";
      return false;
    }
    wait_for(socket_, POLLIN, std::min(left(until), 1)); // nothing tells of an acknowledgement
  }
  // After a reset the queue is empty too; and a datagram that nobody wanted comes back as an error, if it does.
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return fail("sending", error);
  return true;
}

} // namespace onecode::app
