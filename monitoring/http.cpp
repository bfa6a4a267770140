#include "monitoring/http.hpp"

#include <fmt/format.h>
#include <httplib.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "monitoring/metrics.hpp"

namespace onecode::monitoring {

namespace {

constexpr int kPortsTried = 100;
constexpr const char* kJson = "application/json";
constexpr const char* kPlain = "text/plain; charset=utf-8";

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

std::optional<Kind> kind_by_name(std::string_view name) {
  for (const Kind k : {Kind::account, Kind::device, Kind::integration, Kind::handset, Kind::campus})
    if (to_string(k) == name) return k;
  return std::nullopt;
}

void answer_json(httplib::Response& response, int status, const nlohmann::ordered_json& body) {
  response.status = status;
  response.set_content(body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n", kJson);
}

} // namespace

bool same_secret(std::string_view a, std::string_view b) {
  // Always as long as the given one takes: only lengths may show.
  unsigned difference = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const char other = b.empty() ? '\0' : b[i % b.size()];
    difference |= static_cast<unsigned>(static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(other));
  }
  return difference == 0;
}

std::string_view to_string(StateRead::Answer answer) {
  return metric::kStateResults[static_cast<std::size_t>(answer)];
}

struct HttpServer::Impl {
  HttpHandlers handlers;
  httplib::Server server;
  std::string host;
  int port = 0;
  std::thread thread;

  void routes() {
    server.Get("/", [](const httplib::Request&, httplib::Response& out) {
      out.set_content("onecode\n/metrics\n/livez\n/readyz\n/status\n/state/{kind}/{id}\n", kPlain);
    });
    server.Get("/metrics", [this](const httplib::Request& in, httplib::Response& out) {
      const bool open = prefers_open_metrics(in.get_header_value("Accept"));
      out.set_content(handlers.metrics(open), open ? kOpenMetricsType : kTextType);
    });
    server.Get("/livez", [this](const httplib::Request&, httplib::Response& out) {
      const std::string why = handlers.dead ? handlers.dead() : "";
      out.status = why.empty() ? 200 : 503;
      out.set_content((why.empty() ? "alive" : why) + "\n", kPlain);
    });
    server.Get("/readyz", [this](const httplib::Request&, httplib::Response& out) { readyz(out); });
    server.Get("/status", [this](const httplib::Request&, httplib::Response& out) {
      out.set_content(handlers.status() + "\n", kJson);
    });
    server.Get(R"(/state/([^/]+)/(.+))",
               [this](const httplib::Request& in, httplib::Response& out) { state(in, out); });
    server.set_error_handler([](const httplib::Request&, httplib::Response& out) {
      if (out.body.empty()) out.set_content(fmt::format("{}\n", out.status), kPlain);
    });
    server.set_exception_handler([](const httplib::Request&, httplib::Response& out, std::exception_ptr thrown) {
      std::string what = "failed";
      try {
        std::rethrow_exception(std::move(thrown));
      } catch (const std::exception& e) {
        what = e.what();
      } catch (...) {
      }
      out.status = 500;
      out.set_content(what + "\n", kPlain);
    });
  }

  void readyz(httplib::Response& out) {
    const Ready ready = handlers.ready();
    std::string text;
    if (!ready.restoring.empty())
      text += fmt::format("restoring {} {}\n", ready.restoring.size() == 1 ? "shard" : "shards",
                          fmt::join(ready.restoring, ", "));
    if (!ready.trouble.empty()) text += ready.trouble + "\n";
    if (text.empty()) text = ready.ready ? "ready\n" : "not ready\n";
    out.status = ready.ready ? 200 : 503;
    out.set_content(text, kPlain);
  }

  void state(const httplib::Request& in, httplib::Response& out) {
    out.set_header("Cache-Control", "no-store");
    constexpr std::string_view scheme = "Bearer ";
    const std::string authorization = in.get_header_value("Authorization");
    const bool given = authorization.starts_with(scheme);
    const std::string_view token = given ? std::string_view(authorization).substr(scheme.size()) : std::string_view{};
    const auto kind = kind_by_name(in.matches[1].str());
    const std::string id = in.matches[2].str();
    const std::string who = in.get_param_value("who"), purpose = in.get_param_value("purpose");
    const auto tell = [&](StateRead::Answer what) {
      if (handlers.state_read) handlers.state_read({kind, id, in.remote_addr, who, purpose, what});
    };
    if (handlers.token.empty() || !given || !same_secret(token, handlers.token)) {
      tell(StateRead::Answer::refused);
      out.set_header("WWW-Authenticate", "Bearer realm=\"onecode\"");
      return answer_json(
          out, 401,
          {{"error", handlers.token.empty() ? "no token is configured ([http] token_file): /state is closed"
                                            : "needs Authorization: Bearer <token>"}});
    }
    if (!kind)
      return answer_json(out, 404, {{"error", "kind is one of account, device, integration, handset, campus"}});
    if (!valid_id(id)) return answer_json(out, 404, {{"error", "not an id"}});
    const StateAnswer answer = handlers.state(*kind, id);
    if (answer.json) {
      tell(StateRead::Answer::shown);
      out.set_content(*answer.json + "\n", kJson);
    } else if (answer.elsewhere) {
      tell(StateRead::Answer::elsewhere);
      answer_json(out, 404,
                  {{"error", fmt::format("shard {} lives on another node", *answer.elsewhere)},
                   {"shard", *answer.elsewhere}});
    } else if (!answer.trouble.empty()) {
      tell(StateRead::Answer::busy);
      answer_json(out, 503, {{"error", answer.trouble}});
    } else {
      tell(StateRead::Answer::not_there);
      answer_json(out, 404, {{"error", "no such " + std::string(to_string(*kind))}});
    }
  }

  void bind(const HttpOptions& options) {
    int first = 0;
    std::tie(host, first) = parse_address(options.listen);
    // The library's default is SO_REUSEPORT: two nodes would share a port in silence and each get half of the
    // questions.
    server.set_socket_options([](socket_t socket) {
      const int yes = 1;
      setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    });
    if (first == 0) {
      port = server.bind_to_any_port(host);
      if (port <= 0) fail(options.listen, objection(host, 0));
      return;
    }
    const int last = options.next_free ? std::min(first + kPortsTried - 1, 65535) : first;
    int error = EADDRINUSE;
    for (port = first; port <= last && error == EADDRINUSE; ++port) {
      if (server.bind_to_port(host, port)) return;
      error = objection(host, port);
    }
    fail(options.next_free && error == EADDRINUSE && last > first
             ? fmt::format("{} and the following ports up to {}", options.listen, last)
             : options.listen,
         error);
  }

  /// Why nobody can listen there, as errno; 0: the name does not resolve. The library knows it and tells it in some versions only.
  static int objection(const std::string& host, int port) {
    addrinfo hints{}, *found = nullptr;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV;
    if (getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) return 0;
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> all(found, freeaddrinfo);
    int error = EADDRINUSE; // it was, and is free again: the next one is as good
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

  [[noreturn]] static void fail(const std::string& address, int error) {
    throw HttpError(
        "cannot listen on " + address + ": " +
        (error == 0 ? "the host is not an address of this machine" : std::generic_category().message(error)));
  }
};

HttpServer::HttpServer(const HttpOptions& options, HttpHandlers handlers) : impl_(std::make_unique<Impl>()) {
  Impl& me = *impl_;
  me.handlers = std::move(handlers);
  me.server.new_task_queue = [] { return new httplib::ThreadPool(2); };
  // With two threads, an idle connection kept open would hold half of the server: one question each.
  me.server.set_keep_alive_max_count(1);
  me.server.set_keep_alive_timeout(2);
  me.server.set_read_timeout(2);
  me.server.set_write_timeout(5);
  me.server.set_payload_max_length(64 * 1024);
  me.routes();
  me.bind(options);
  me.thread = std::thread([&me] { me.server.listen_after_bind(); });
  // stop() does nothing to a server that does not run yet, and the destructor would wait for ever.
  while (!me.server.is_running()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

HttpServer::~HttpServer() {
  impl_->server.stop();
  if (impl_->thread.joinable()) impl_->thread.join();
}

const std::string& HttpServer::host() const { return impl_->host; }
int HttpServer::port() const { return impl_->port; }
std::string HttpServer::url() const {
  const bool v6 = impl_->host.find(':') != std::string::npos;
  return fmt::format("http://{}:{}", v6 ? "[" + impl_->host + "]" : impl_->host, impl_->port);
}

} // namespace onecode::monitoring
