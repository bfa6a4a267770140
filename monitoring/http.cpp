#include "monitoring/http.hpp"

#include <fmt/format.h>
#include <httplib.h>

#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <tuple>
#include <utility>

#include "monitoring/listen.hpp"
#include "monitoring/metrics.hpp"

namespace onecode::monitoring {

namespace {

constexpr const char* kJson = "application/json";
constexpr const char* kPlain = "text/plain; charset=utf-8";

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
  std::tie(me.host, me.port) = listen_on(me.server, options);
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
