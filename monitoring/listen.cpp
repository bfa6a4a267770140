#include "monitoring/listen.hpp"

#include <fmt/format.h>
#include <httplib.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <memory>
#include <system_error>

namespace onecode::monitoring {
namespace {

constexpr int kPortsTried = 100;
/// Connections that may wait to be accepted. The library says 5; who comes sixth is slowed down by the system, and may be told
/// that it was reset.
constexpr int kWaiting = 128;

std::pair<std::string, int> parse_address(const std::string& listen) {
  const auto colon = listen.rfind(':');
  std::string host = listen.substr(0, colon == std::string::npos ? 0 : colon);
  int port = -1;
  if (colon != std::string::npos) {
    const char* end = listen.data() + listen.size();
    const auto [at, error] = std::from_chars(listen.data() + colon + 1, end, port);
    if (error != std::errc{} || at != end) port = -1;
  }
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  if (host.empty() || port < 0 || port > 65535)
    throw HttpError("http listen address '" + listen + "' is not HOST:PORT, as in 127.0.0.1:9464");
  return {host, port};
}

constexpr int kNoHost = -1; // the name does not resolve

/// Why nobody can listen there, as errno or kNoHost; 0: nothing speaks against it. The library tells it in some versions only.
int objection(const std::string& host, int port) {
  addrinfo hints{}, *found = nullptr;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  if (getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) return kNoHost;
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> all(found, freeaddrinfo);
  int error = 0;
  for (const auto* a = all.get(); a != nullptr; a = a->ai_next) {
    const int probe = ::socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
    if (probe < 0) continue;
    const int yes = 1;
    setsockopt(probe, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (::bind(probe, a->ai_addr, a->ai_addrlen) != 0) error = errno;
    ::close(probe);
  }
  return error;
}

[[noreturn]] void fail(const std::string& address, int error) {
  throw HttpError("cannot listen on " + address + ": " +
                  (error == kNoHost || error == 0 ? "the host is not an address of this machine"
                                                  : std::generic_category().message(error)));
}

} // namespace

std::pair<std::string, int> listen_on(httplib::Server& server, const HttpOptions& options) {
  const auto [host, first] = parse_address(options.listen);
  const auto bound = std::make_shared<socket_t>(-1);
  // The library's default is SO_REUSEPORT: two nodes would share a port in silence and each get half of the
  // questions.
  server.set_socket_options([bound](socket_t socket) {
    const int yes = 1;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    *bound = socket;
  });
  const auto has = [&bound, &name = host](int port) {
    ::listen(*bound, kWaiting); // once more: the last number counts
    return std::pair(name, port);
  };
  if (first == 0) {
    const int port = server.bind_to_any_port(host);
    if (port <= 0) fail(options.listen, objection(host, 0));
    return has(port);
  }
  // Asked before the library is, which in some versions takes no second port after one that it could not have.
  const int last = options.next_free ? std::min(first + kPortsTried - 1, 65535) : first;
  int error = 0;
  for (int port = first; port <= last; ++port) {
    error = objection(host, port);
    if (error == 0) {
      if (server.bind_to_port(host, port)) return has(port);
      fail(fmt::format("{}:{}", host, port), EADDRINUSE); // taken since it was asked for
    }
    if (error != EADDRINUSE) break;
  }
  fail(options.next_free && error == EADDRINUSE && last > first
           ? fmt::format("{} and the following ports up to {}", options.listen, last)
           : options.listen,
       error);
}

} // namespace onecode::monitoring
