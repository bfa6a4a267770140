// Would catch: a message that no RFC 5424 parser reads, text from outside that ends a message or a value early, a wrong
// urgency, a frame with a wrong length, a message lost while the receiver is away.
#include "app/alerts/syslog.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <regex>

#include "app/alerts/syslog_sender.hpp"
#include "app/errors.hpp"
#include "tests/catch.hpp"

using namespace onecode;
using namespace onecode::app;
using namespace std::chrono_literals;

namespace {

const std::string kBom = "\xEF\xBB\xBF";

News news() {
  News n;
  n.topic = Topic::alerts;
  n.activity = News::Activity::create;
  n.uid = "6125df55e4987825c0953d0536fd7649";
  n.time = *parse_time("2026-03-02T12:00:00.500+08:00");
  n.severity = 4;
  n.band = 3;
  n.score = 900;
  n.kind = "account";
  n.subject = "a-2";
  n.rule = "A2";
  n.title = "simultaneous presence";
  n.article = "8";
  n.act = "lend";
  n.action = "open-case";
  n.policy = "2026-1";
  n.explanation = {"几乎同时出现在两处。", "two places at once."};
  return n;
}

SyslogStyle style() {
  SyslogStyle s;
  s.hostname = "node-1";
  return s;
}

int priority(const News& n) {
  const auto message = syslog_message(n, style());
  return std::stoi(message.substr(1, message.find('>') - 1));
}

/// A TCP listener on 127.0.0.1; port 0: any.
class Receiver {
public:
  explicit Receiver(std::uint16_t port = 0, int buffer = 0) {
    socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
    const int yes = 1;
    ::setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (buffer > 0) ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(socket_, 8) == 0);
    socklen_t size = sizeof address;
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  ~Receiver() {
    hang_up();
    ::close(socket_);
  }
  std::uint16_t port() const { return port_; }
  void accept() { peer_ = ::accept(socket_, nullptr, nullptr); }
  void hang_up() {
    if (peer_ >= 0) ::close(peer_);
    peer_ = -1;
  }
  /// The next frames of the connection, read as RFC 6587 says.
  std::string frame() {
    std::string length;
    for (char c = 0; ::recv(peer_, &c, 1, 0) == 1 && c != ' ';) length += c;
    REQUIRE_FALSE(length.empty());
    std::string out(std::stoul(length), '\0');
    REQUIRE(::recv(peer_, out.data(), out.size(), MSG_WAITALL) == static_cast<ssize_t>(out.size()));
    return out;
  }

private:
  int socket_ = -1, peer_ = -1;
  std::uint16_t port_ = 0;
};

std::string address_of(std::uint16_t port) { return "tcp://127.0.0.1:" + std::to_string(port); }

} // namespace

TEST_CASE("a finding as an RFC 5424 message", "[alerts]") {
  CHECK(syslog_message(news(), style()) ==
        "<131>1 2026-03-02T12:00:00.500+08:00 node-1 onecode - alert.create [finding@32473 "
        "uid=\"6125df55e4987825c0953d0536fd7649\" activity=\"create\" kind=\"account\" subject=\"a-2\" rule=\"A2\" "
        "article=\"8\" severity=\"high\" score=\"900\" band=\"3\" action=\"open-case\" act=\"lend\" "
        "policy=\"2026-1\"] " +
            kBom + "simultaneous presence: two places at once.");
  auto of = style();
  of.language = Language::zh;
  of.enterprise = 99;
  of.facility = *facility_of("authpriv");
  News n = news();
  n.topic = Topic::compliance;
  n.order = "o-1";
  n.order_due = "2026-03-17T12:00:00.000+08:00";
  const auto message = syslog_message(n, of);
  CHECK(message.find("<83>1 ") == 0);
  CHECK(message.find(" compliance.create [finding@99 ") != std::string::npos);
  CHECK(message.find(" order=\"o-1\" due=\"2026-03-17T12:00:00.000+08:00\"] " + kBom) != std::string::npos);
  CHECK(message.find("几乎同时出现在两处。") != std::string::npos);
}

TEST_CASE("urgency follows the finding's severity, and a closing wakes nobody", "[alerts]") {
  News n = news();
  const int expected[] = {134, 133, 132, 131, 130};
  for (int severity = 1; severity <= 5; ++severity) {
    n.severity = severity;
    CHECK(priority(n) == expected[severity - 1]);
  }
  n.activity = News::Activity::close;
  CHECK(priority(n) == 133);
  n.severity = 1;
  CHECK(priority(n) == 134);
}

TEST_CASE("text from outside ends neither a value nor a message", "[alerts]") {
  News n = news();
  n.subject = "a\"]\\b";
  CHECK(syslog_message(n, style()).find(" subject=\"a\\\"\\]\\\\b\" ") != std::string::npos);
  const std::string evil = "x\n<0>1 - - - - - -\r\x1b[2J\"] ";
  for (auto* text : {&n.uid, &n.subject, &n.kind, &n.rule, &n.title, &n.article, &n.act, &n.action, &n.policy,
                     &n.order, &n.order_due, &n.explanation.en})
    *text = evil;
  const auto message = syslog_message(n, style());
  for (const char c : message) CHECK(static_cast<unsigned char>(c) >= 0x20);
  // The whole of it still reads by the grammar: header, one element of structured data, BOM, text.
  const std::regex grammar(
      R"(<[0-9]{1,3}>1 [^ ]+ [!-~]{1,255} [!-~]{1,48} [!-~]{1,128} [!-~]{1,32} \[[^ =\]"]{1,32}( [^ =\]"]{1,32}="([^"\\\]]|\\["\\\]])*")*\] .*)");
  CHECK(std::regex_match(message, grammar));
  CHECK(message.find(kBom + "x\\x0a<0>1") != std::string::npos);
}

TEST_CASE("a message stays within what receivers take", "[alerts]") {
  News n = news();
  n.explanation.en = std::string(100'000, 'x') + "码";
  n.subject = std::string(10'000, 's');
  const auto message = syslog_message(n, style());
  CHECK(message.size() <= 8192);
  CHECK(message.find("sss… ") == std::string::npos);
  CHECK(message.find("sss…\" rule=") != std::string::npos);
  CHECK(message.ends_with("x…"));
}

TEST_CASE("a frame counts bytes, not characters", "[alerts]") {
  CHECK(octet_counted("abc") == "3 abc");
  CHECK(octet_counted("码") == "3 码");
}

TEST_CASE("where to send is read, and what is wrong with it is said", "[alerts]") {
  const auto tcp = syslog_target("tcp://siem.example:6514");
  CHECK(tcp.transport == SyslogTarget::Transport::tcp);
  CHECK(tcp.host == "siem.example");
  CHECK(tcp.port == "6514");
  CHECK(syslog_target("udp://10.0.0.1").port == "514");
  CHECK(syslog_target("tcp://[::1]:601").host == "::1");
  CHECK(syslog_target("tcp://[::1]:601").port == "601");
  CHECK(syslog_target("unix:///dev/log").path == "/dev/log");
  for (const char* wrong : {"", "siem:514", "tls://siem:6514", "tcp://", "tcp://:514", "tcp://siem:", "tcp://siem:0",
                            "tcp://siem:70000", "tcp://siem:5a", "tcp://[::1", "unix://dev/log", "unix://"})
    CHECK_THROWS_AS(syslog_target(wrong), UsageError);
}

TEST_CASE("TCP: while nobody listens nothing is lost, and it goes on in order", "[alerts]") {
  const auto port = std::make_unique<Receiver>()->port(); // and closed again
  SyslogSender sender(syslog_target(address_of(port)));
  sender.add("one");
  CHECK_FALSE(sender.deliver(200ms));
  CHECK(sender.trouble().find("refused") != std::string::npos);
  sender.add("two");
  CHECK(sender.undelivered() == 2);
  Receiver receiver(port);
  CHECK(sender.deliver(5s));
  CHECK(sender.undelivered() == 0);
  receiver.accept();
  CHECK(receiver.frame() == "one");
  CHECK(receiver.frame() == "two");
  // It restarts: the next message comes on a new connection.
  receiver.hang_up();
  sender.add("three");
  CHECK(sender.deliver(5s));
  receiver.accept();
  CHECK(receiver.frame() == "three");
}

TEST_CASE("TCP: what a receiver did not take before its end comes again to the next one", "[alerts]") {
  const std::string large(8000, 'x');
  constexpr int kMessages = 1500; // more than the buffers of both sides hold
  auto receiver = std::make_unique<Receiver>(0, 4096);
  const auto port = receiver->port();
  SyslogSender sender(syslog_target(address_of(port)));
  for (int i = 0; i < kMessages; ++i) sender.add(std::to_string(i) + large);
  CHECK_FALSE(sender.deliver(300ms));
  CHECK(sender.undelivered() == kMessages);
  receiver->accept();
  CHECK(receiver->frame() == "0" + large);
  receiver = nullptr; // with thousands of bytes unread
  Receiver next(port);
  sender.deliver(300ms); // finds out, and begins anew
  next.accept();
  for (int i = 0; i < kMessages; ++i) {
    if (sender.undelivered() > 0) sender.deliver(1ms);
    REQUIRE(next.frame() == std::to_string(i) + large);
  }
  CHECK(sender.deliver(5s));
  CHECK(sender.undelivered() == 0);
}

TEST_CASE("a unix socket and UDP take one datagram a message", "[alerts]") {
  const auto path = std::filesystem::temp_directory_path() / ("onecode-log-" + std::to_string(::getpid()));
  SyslogSender sender(syslog_target("unix://" + path.string()));
  sender.add("one");
  CHECK_FALSE(sender.deliver(50ms));
  CHECK(sender.undelivered() == 1);
  const int unix_socket = ::socket(AF_UNIX, SOCK_DGRAM, 0);
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  path.string().copy(name.sun_path, sizeof name.sun_path - 1);
  REQUIRE(::bind(unix_socket, reinterpret_cast<sockaddr*>(&name), sizeof name) == 0);
  sender.add("two");
  CHECK(sender.deliver(5s));
  char buffer[64];
  CHECK(std::string(buffer, static_cast<std::size_t>(::recv(unix_socket, buffer, sizeof buffer, 0))) == "one");
  CHECK(std::string(buffer, static_cast<std::size_t>(::recv(unix_socket, buffer, sizeof buffer, 0))) == "two");
  ::close(unix_socket);
  std::filesystem::remove(path);

  const int udp = ::socket(AF_INET, SOCK_DGRAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::bind(udp, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  socklen_t size = sizeof address;
  ::getsockname(udp, reinterpret_cast<sockaddr*>(&address), &size);
  SyslogSender datagrams(syslog_target("udp://127.0.0.1:" + std::to_string(ntohs(address.sin_port))));
  datagrams.add("three");
  CHECK(datagrams.deliver(5s));
  CHECK(std::string(buffer, static_cast<std::size_t>(::recv(udp, buffer, sizeof buffer, 0))) == "three");
  ::close(udp);
}
