// The way to a syslog receiver: TCP (octet-counted frames), UDP or a unix datagram socket, such as /dev/log.
//   Always     A message counts as delivered once the receiver's machine has taken it: over TCP acknowledged by its
//              kernel, else handed to ours. What was written to a connection that broke before is written again on the
//              next one, so a receiver may see it twice. Syslog has no answer: what happens to a message behind the
//              receiver's socket, and to a datagram under way, nobody learns.
//   Threads    one.
#pragma once

#include <chrono>
#include <deque>
#include <string>
#include <string_view>

namespace onecode::app {

struct SyslogTarget {
  enum class Transport { tcp, udp, unix_socket } transport = Transport::tcp;
  std::string host, port; // or
  std::string path;
  std::string text; // as it was given
};

/// `tcp://HOST:PORT`, `udp://HOST:PORT` ([::1] for an IPv6 address; port 514 where none is given), `unix:///dev/log`.
/// Throws UsageError.
SyslogTarget syslog_target(const std::string& text);

class SyslogSender {
public:
  explicit SyslogSender(SyslogTarget target) : target_(std::move(target)) {}
  ~SyslogSender() { disconnect(); }
  SyslogSender(const SyslogSender&) = delete;
  SyslogSender& operator=(const SyslogSender&) = delete;

  /// Takes the message over; deliver() sends it.
  void add(std::string_view message);
  /// Sends what was added and waits until it is delivered. False: not within `patience`, see trouble(); nothing is
  /// lost, the next call goes on.
  bool deliver(std::chrono::milliseconds patience);
  std::size_t undelivered() const { return waiting_.size(); }
  /// Why the last deliver() failed.
  const std::string& trouble() const { return trouble_; }

private:
  bool connected() const { return socket_ >= 0; }
  bool connect(std::chrono::milliseconds patience);
  void disconnect();
  bool fail(std::string_view what, int error);
  bool receiver_left();
  bool write_some(std::chrono::steady_clock::time_point until);
  bool acknowledged(std::chrono::steady_clock::time_point until);

  SyslogTarget target_;
  int socket_ = -1;
  std::deque<std::string> waiting_; // frames, the oldest first, until they are delivered
  std::size_t written_ = 0;         // of them, on this connection
  std::size_t part_ = 0;            // bytes of the next one
  std::string trouble_;
};

} // namespace onecode::app
