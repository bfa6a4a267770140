// The endpoints as a stranger meets them: through a socket, byte by byte, without the library that serves them.
#include "monitoring/http.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <httplib.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "monitoring/listen.hpp"
#include "monitoring/metrics.hpp"
#include "tests/catch.hpp"

using namespace onecode;
using namespace onecode::monitoring;

namespace {

struct Socket {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  ~Socket() { close(fd); }
};

sockaddr_in local(int port) {
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_port = htons(static_cast<std::uint16_t>(port));
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return a;
}

struct Answer {
  int status = 0;
  std::string head, body;
};

Answer ask(int port, const std::string& path, const std::string& headers = "", const std::string& method = "GET") {
  const Socket s;
  const auto address = local(port);
  if (connect(s.fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return {};
  const std::string question = method + " " + path + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n";
  if (send(s.fd, question.data(), question.size(), MSG_NOSIGNAL) < 0) return {};
  std::string all;
  char piece[4096];
  for (ssize_t n = 0; (n = recv(s.fd, piece, sizeof piece, 0)) > 0;) all.append(piece, static_cast<std::size_t>(n));
  Answer out;
  const auto end = all.find("\r\n\r\n");
  if (end == std::string::npos || all.size() < 12) return out;
  out.status = std::stoi(all.substr(9, 3));
  out.head = all.substr(0, end);
  out.body = all.substr(end + 4);
  return out;
}

/// A port that somebody listens on.
struct Taken {
  Socket s;
  int port = 0;
  Taken() {
    auto address = local(0);
    socklen_t size = sizeof address;
    REQUIRE(bind(s.fd, reinterpret_cast<const sockaddr*>(&address), size) == 0);
    REQUIRE(listen(s.fd, 1) == 0);
    getsockname(s.fd, reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
  }
};

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

HttpHandlers handlers() {
  HttpHandlers h;
  h.metrics = [](bool open) { return open ? "open\n" : "text\n"; };
  h.ready = [] { return Ready{true, {}, ""}; };
  h.status = [] { return R"({"shards":[0,1]})"; };
  h.state = [](Kind kind, std::string_view id) {
    StateAnswer a;
    if (id == "a-1") a.json = R"({"kind":")" + std::string(to_string(kind)) + R"(","state":"active"})";
    if (id == "far") a.elsewhere = 5;
    if (id == "busy") a.trouble = "shard 2 is restoring";
    return a;
  };
  h.token = "s3cret";
  return h;
}

const std::string kToken = "Authorization: Bearer s3cret\r\n";

} // namespace

TEST_CASE("http: metrics in both formats") {
  const HttpServer server({"127.0.0.1:0"}, handlers());
  const auto text = ask(server.port(), "/metrics");
  CHECK(text.status == 200);
  CHECK(text.body == "text\n");
  CHECK(contains(text.head, "Content-Type: text/plain; version=0.0.4; charset=utf-8"));
  const auto open =
      ask(server.port(), "/metrics", "Accept: application/openmetrics-text;version=1.0.0,*/*;q=0.1\r\n");
  CHECK(open.status == 200);
  CHECK(open.body == "open\n");
  CHECK(contains(open.head, "Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8"));
  CHECK(contains(open.head, "Connection: close")); // an idle scraper must not hold one of two threads
  CHECK(server.url() == "http://127.0.0.1:" + std::to_string(server.port()));
}

TEST_CASE("http: the real metrics through the socket") {
  Metrics metrics("0.1.0", "abc");
  auto h = handlers();
  h.metrics = [&](bool open) { return open ? metrics.open_metrics() : metrics.text(); };
  const HttpServer server({"127.0.0.1:0"}, h);
  CHECK(contains(ask(server.port(), "/metrics").body, "onecode_build_info{revision=\"abc\",version=\"0.1.0\"} 1"));
  const auto open = ask(server.port(), "/metrics", "Accept: application/openmetrics-text\r\n").body;
  CHECK(open.ends_with("# EOF\n"));
}

TEST_CASE("http: alive, ready and status") {
  std::string dead;
  Ready ready{true, {}, ""};
  auto h = handlers();
  h.dead = [&] { return dead; };
  h.ready = [&] { return ready; };
  const HttpServer server({"127.0.0.1:0"}, h);
  CHECK(ask(server.port(), "/livez").status == 200);
  CHECK(ask(server.port(), "/readyz").status == 200);
  CHECK(ask(server.port(), "/readyz").body == "ready\n");

  ready = {false, {0, 3}, "the clock is 7 minutes away"};
  auto answer = ask(server.port(), "/readyz");
  CHECK(answer.status == 503);
  CHECK(answer.body == "restoring shards 0, 3\nthe clock is 7 minutes away\n");
  ready = {false, {4}, ""};
  CHECK(ask(server.port(), "/readyz").body == "restoring shard 4\n");
  ready = {false, {}, ""};
  CHECK(ask(server.port(), "/readyz").body == "not ready\n");

  dead = "no turn for 60 s";
  answer = ask(server.port(), "/livez");
  CHECK(answer.status == 503);
  CHECK(answer.body == "no turn for 60 s\n");

  answer = ask(server.port(), "/status");
  CHECK(answer.status == 200);
  CHECK(contains(answer.head, "Content-Type: application/json"));
  CHECK(nlohmann::json::parse(answer.body).at("shards").size() == 2);
}

TEST_CASE("http: state is for the bearer of the token") {
  std::atomic<int> asked = 0;
  auto h = handlers();
  h.state = [&, inner = h.state](Kind kind, std::string_view id) { return ++asked, inner(kind, id); };
  const HttpServer server({"127.0.0.1:0"}, h);
  for (const char* wrong :
       {"", "Authorization: Bearer \r\n", "Authorization: Bearer s3cre\r\n", "Authorization: Bearer s3cret2\r\n",
        "Authorization: Bearer s3creT\r\n", "Authorization: Basic s3cret\r\n", "Authorization: s3cret\r\n"}) {
    CAPTURE(wrong);
    for (const char* path : {"/state/account/a-1", "/state/account/nobody", "/state/nonsense/x"}) {
      const auto answer = ask(server.port(), path, wrong);
      CHECK(answer.status == 401); // says nothing about who exists
      CHECK(contains(answer.head, "WWW-Authenticate: Bearer"));
    }
  }
  CHECK(asked == 0);

  auto answer = ask(server.port(), "/state/account/a-1", kToken);
  CHECK(answer.status == 200);
  CHECK(nlohmann::json::parse(answer.body).at("kind") == "account");
  CHECK(contains(answer.head, "Cache-Control: no-store"));
  CHECK(nlohmann::json::parse(ask(server.port(), "/state/handset/a-1", kToken).body).at("kind") == "handset");

  answer = ask(server.port(), "/state/device/far", kToken);
  CHECK(answer.status == 404);
  CHECK(nlohmann::json::parse(answer.body).at("shard") == 5);
  answer = ask(server.port(), "/state/device/none", kToken);
  CHECK(answer.status == 404);
  CHECK(nlohmann::json::parse(answer.body).at("error") == "no such device");
  CHECK(ask(server.port(), "/state/account/busy", kToken).status == 503);

  asked = 0;
  CHECK(ask(server.port(), "/state/person/a-1", kToken).status == 404);
  CHECK(ask(server.port(), "/state/account/a%2F..%2Fb", kToken).status == 404);
  CHECK(ask(server.port(), "/state/account/" + std::string(65, 'a'), kToken).status == 404);
  CHECK(ask(server.port(), "/state/account/%E5%BC%A0", kToken).status == 404);
  CHECK(asked == 0);
  ask(server.port(), "/state/campus/serial%3A77", kToken);
  CHECK(asked == 1);
}

TEST_CASE("http: without a token state is closed") {
  auto h = handlers();
  h.token = "";
  const HttpServer server({"127.0.0.1:0"}, h);
  for (const char* header : {"", "Authorization: Bearer \r\n", "Authorization: Bearer x\r\n"})
    CHECK(ask(server.port(), "/state/account/a-1", header).status == 401);
}

TEST_CASE("http: what is not there, and what fails") {
  auto h = handlers();
  h.status = []() -> std::string { throw std::runtime_error("the node is gone"); };
  const HttpServer server({"127.0.0.1:0"}, h);
  CHECK(ask(server.port(), "/nothing").status == 404);
  CHECK(ask(server.port(), "/metrics", "Content-Length: 0\r\n", "POST").status == 404);
  CHECK(ask(server.port(), "/status").status == 500);
  CHECK(ask(server.port(), "/livez").status == 200);
}

TEST_CASE("http: a taken port is an error that names it, or the next one is used") {
  const Taken taken;
  const auto listen = "127.0.0.1:" + std::to_string(taken.port);
  try {
    const HttpServer server({listen}, handlers());
    FAIL("two listen on one port");
  } catch (const HttpError& e) {
    CHECK(contains(e.what(), listen));
    CHECK(contains(e.what(), "in use"));
  }
  const HttpServer next({listen, true}, handlers());
  CHECK(next.port() > taken.port);
  CHECK(ask(next.port(), "/livez").status == 200);
  // Two of ours do not share one either.
  CHECK_THROWS_AS(HttpServer({"127.0.0.1:" + std::to_string(next.port())}, handlers()), HttpError);
}

TEST_CASE("http: addresses that are none") {
  for (const char* listen : {"", "9464", "127.0.0.1", "127.0.0.1:", ":9464", "127.0.0.1:x", "127.0.0.1:99999",
                             "127.0.0.1:-1", "127.0.0.1:80x", "192.0.2.1:9464", "no.such.host.invalid:9464"}) {
    CAPTURE(listen);
    try {
      const HttpServer server({listen}, handlers());
      FAIL("listens");
    } catch (const HttpError& e) {
      CHECK(contains(e.what(), listen));
    }
  }
}

TEST_CASE("http: stops soon, also with somebody connected and silent; the port is free again") {
  int port = 0;
  {
    auto server = std::make_unique<HttpServer>(HttpOptions{"127.0.0.1:0"}, handlers());
    port = server->port();
    const Socket silent;
    const auto address = local(port);
    REQUIRE(connect(silent.fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    CHECK(ask(port, "/livez").status == 200); // one silent guest leaves the other thread
    const auto began = std::chrono::steady_clock::now();
    server.reset();
    CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(5));
  }
  CHECK(ask(port, "/livez").status == 0);
  const HttpServer again({"127.0.0.1:" + std::to_string(port)}, handlers());
  CHECK(ask(port, "/livez").status == 200);
}

TEST_CASE("secrets are the same or not") {
  CHECK(same_secret("abc", "abc"));
  CHECK_FALSE(same_secret("abc", "abd"));
  CHECK_FALSE(same_secret("abc", "abcabc"));
  CHECK_FALSE(same_secret("abcabc", "abc"));
  CHECK_FALSE(same_secret("", "abc"));
  CHECK_FALSE(same_secret("abc", ""));
  CHECK_FALSE(same_secret(std::string(1, '\0'), ""));
}

TEST_CASE("http: each question for a state is told before it is answered, refused ones too") {
  std::vector<std::string> told;
  auto h = handlers();
  h.state_read = [&](const StateRead& r) {
    told.push_back(std::string(r.kind ? to_string(*r.kind) : "none") + " " + std::string(r.id) + " " +
                   std::string(to_string(r.answer)) + " " + std::string(r.from) + " " + std::string(r.who) + "|" +
                   std::string(r.purpose));
  };
  const HttpServer server({"127.0.0.1:0"}, h);
  CHECK(ask(server.port(), "/state/account/a-1?who=clerk&purpose=appeal%2012", kToken).status == 200);
  CHECK(ask(server.port(), "/state/account/a-9", kToken).status == 404);
  CHECK(ask(server.port(), "/state/device/far", kToken).status == 404);
  CHECK(ask(server.port(), "/state/device/busy", kToken).status == 503);
  CHECK(ask(server.port(), "/state/account/a-1").status == 401);
  CHECK(ask(server.port(), "/metrics").status == 200);
  CHECK(told == std::vector<std::string>{"account a-1 shown 127.0.0.1 clerk|appeal 12",
                                         "account a-9 not-there 127.0.0.1 |", "device far elsewhere 127.0.0.1 |",
                                         "device busy busy 127.0.0.1 |", "account a-1 refused 127.0.0.1 |"});
}

TEST_CASE("http: what cannot be recorded is not shown") {
  auto h = handlers();
  h.state_read = [](const StateRead&) { throw std::runtime_error("the disk is full"); };
  const HttpServer server({"127.0.0.1:0"}, h);
  const auto answer = ask(server.port(), "/state/account/a-1", kToken);
  CHECK(answer.status == 500);
  CHECK_FALSE(contains(answer.body, "active"));
}

TEST_CASE("half a hundred who come at once are connected, though nobody has been answered yet") {
  httplib::Server server;
  const int port = listen_on(server, {"127.0.0.1:0", false}).second; // and it accepts nobody
  std::vector<Socket> sockets(50);
  const auto address = local(port);
  for (const auto& s : sockets) {
    fcntl(s.fd, F_SETFL, O_NONBLOCK);
    const int now = connect(s.fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    if (now == 0) continue;
    REQUIRE(errno == EINPROGRESS);
    pollfd connected{s.fd, POLLOUT, 0};
    CHECK(poll(&connected, 1, 500) == 1); // whom the system has no place for it asks to come again after a second
  }
}
