// What comes in (CONTRACT §4), decoded and validated; streams/decode.hpp makes these from bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/ids.hpp"
#include "domain/money.hpp"
#include "domain/time.hpp"
#include "domain/topics.hpp"

namespace onecode {

/// Where an event stands in the record, so that every consequence can name it.
struct Origin {
  TopicPartition at;
  std::int64_t offset = 0;
  std::string source; // CloudEvents source
  std::string id;     // CloudEvents id
  Time time;          // when it happened, at the source

  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("topic", s.at.topic);
    v("partition", s.at.partition);
    v("offset", s.offset);
    v("source", s.source);
    v("id", s.id);
    v("time", s.time);
  }
};

enum class Direction : std::uint8_t { none, in, out };
enum class Outcome : std::uint8_t { unknown, accepted, denied };
enum class Clock : std::uint8_t { synced, free };

constexpr std::string_view to_string(Direction d) {
  constexpr std::string_view n[] = {"none", "in", "out"};
  return n[static_cast<std::size_t>(d)];
}
constexpr std::string_view to_string(Outcome o) {
  constexpr std::string_view n[] = {"unknown", "accepted", "denied"};
  return n[static_cast<std::size_t>(o)];
}

/// What became of the token in a scan's `code`.
enum class TokenState : std::uint8_t { none, genuine, malformed, bad_mac, unknown_issuer };

/// A dynamic code (CONTRACT §4.3), already checked against its issuer's key.
struct CodeToken {
  TokenState state = TokenState::none;
  std::string issuer; // kid; of a code in another form: `prefix:<its prefix>`
  std::string handset;
  std::string nonce;
  Time issued_at;
  std::int64_t ttl_s = 0;
  std::string purpose;
  std::uint64_t subject = 0; // of a foreign scheme's code: a hash of whom it names, or of the code itself

  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("state", s.state);
    v("subject", s.subject);
    v("issuer", s.issuer);
    v("handset", s.handset);
    v("nonce", s.nonce);
    v("issued_at", s.issued_at);
    v("ttl_s", s.ttl_s);
    v("purpose", s.purpose);
  }
};

/// §4.1
struct Scan {
  Origin origin;
  std::string device;
  std::uint32_t boot = 0;
  std::uint64_t seq = 0;
  std::string account; // from `account`, or from a genuine code; empty when a code named nobody
  CodeToken token;
  std::string code;     // as presented; empty when `account` was given
  std::string function; // identity | payment | access | library | other:<name>
  std::string auth;
  Direction direction = Direction::none;
  bool direction_given = false; // the MAC covers what was sent
  Outcome outcome = Outcome::unknown;
  bool outcome_given = false;
  std::optional<Fen> amount;
  std::string handset;
  std::string operator_id;
  std::string integration;
  bool offline = false;
  Clock clock = Clock::synced;
  std::int64_t time_accuracy_ms = 0; // half-width of what the source knows of `time`; 0: to the millisecond
  std::string time_text;             // as sent: the MAC is over these characters
  std::string mac;                   // raw bytes
  std::uint64_t content = 0;         // hash over data and time: tells a retransmission from other content

  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("origin", s.origin);
    v("device", s.device);
    v("boot", s.boot);
    v("seq", s.seq);
    v("account", s.account);
    v("token", s.token);
    v("code", s.code);
    v("function", s.function);
    v("auth", s.auth);
    v("direction", s.direction);
    v("direction_given", s.direction_given);
    v("outcome", s.outcome);
    v("outcome_given", s.outcome_given);
    v("amount", s.amount);
    v("handset", s.handset);
    v("operator", s.operator_id);
    v("integration", s.integration);
    v("offline", s.offline);
    v("clock", s.clock);
    v("time_accuracy_ms", s.time_accuracy_ms);
    v("time_text", s.time_text);
    v("mac", s.mac);
    v("content", s.content);
  }
};

/// §4.2
enum class ReportKind : std::uint8_t { heartbeat, tamper, boot, position, network };

struct Position {
  std::int64_t lat_e7 = 0;
  std::int64_t lon_e7 = 0;
  std::int64_t accuracy_m = 0;

  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("lat_e7", s.lat_e7);
    v("lon_e7", s.lon_e7);
    v("accuracy_m", s.accuracy_m);
  }
};

struct NetworkFacts {
  std::string src_ip, gateway_mac, vlan, switch_port, dns, path_hash;
  std::int64_t rtt_ms = 0;

  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("src_ip", s.src_ip);
    v("gateway_mac", s.gateway_mac);
    v("vlan", s.vlan);
    v("switch_port", s.switch_port);
    v("dns", s.dns);
    v("path_hash", s.path_hash);
    v("rtt_ms", s.rtt_ms);
  }
};

struct DeviceReport {
  Origin origin;
  std::string device;
  std::uint32_t boot = 0;
  std::optional<std::uint64_t> seq;
  ReportKind kind = ReportKind::heartbeat;
  std::optional<Position> position;
  std::vector<std::string> aps;
  std::optional<NetworkFacts> network;
  std::string firmware;
  std::string secure_element;
  std::string tls_fingerprint;
  bool tamper = false;
  std::int64_t uptime_s = 0;
  std::optional<std::int64_t> clock_offset_ms;
  std::uint64_t content = 0;

  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("origin", s.origin);
    v("device", s.device);
    v("boot", s.boot);
    v("seq", s.seq);
    v("kind", s.kind);
    v("position", s.position);
    v("aps", s.aps);
    v("network", s.network);
    v("firmware", s.firmware);
    v("secure_element", s.secure_element);
    v("tls_fingerprint", s.tls_fingerprint);
    v("tamper", s.tamper);
    v("uptime_s", s.uptime_s);
    v("clock_offset_ms", s.clock_offset_ms);
    v("content", s.content);
  }
};

/// §4.3
struct CodeIssued {
  Origin origin;
  std::string account;
  std::string handset;
  std::string nonce;
  std::int64_t ttl_s = 0;
  std::string zone, ap;
  std::string network; // campus | external | unknown
  std::string purpose;

  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("origin", s.origin);
    v("account", s.account);
    v("handset", s.handset);
    v("nonce", s.nonce);
    v("ttl_s", s.ttl_s);
    v("zone", s.zone);
    v("ap", s.ap);
    v("network", s.network);
    v("purpose", s.purpose);
  }
};

/// §4.4
struct Posting {
  Origin origin;
  std::string account;
  std::string posting;
  std::string kind; // charge | refund | topup | repayment | fee | reversal
  Fen amount;
  std::optional<Fen> balance;
  std::string op;
  std::string integration;
  std::string reverses;
  std::string cause;
  bool offline = false;

  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("origin", s.origin);
    v("account", s.account);
    v("posting", s.posting);
    v("kind", s.kind);
    v("amount", s.amount);
    v("balance", s.balance);
    v("op", s.op);
    v("integration", s.integration);
    v("reverses", s.reverses);
    v("cause", s.cause);
    v("offline", s.offline);
  }
};

/// §4.5
struct DataAccess {
  Origin origin;
  std::string integration;
  std::string request;
  std::string endpoint;
  std::vector<std::string> fields_read;
  std::vector<std::string> subjects;
  std::int64_t subject_count = 0;
  std::string operation;
  std::string operator_id;
  std::int64_t result_count = 0;
  std::int64_t not_found_count = 0;

  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("origin", s.origin);
    v("integration", s.integration);
    v("request", s.request);
    v("endpoint", s.endpoint);
    v("fields", s.fields_read);
    v("subjects", s.subjects);
    v("subject_count", s.subject_count);
    v("operation", s.operation);
    v("operator", s.operator_id);
    v("result_count", s.result_count);
    v("not_found_count", s.not_found_count);
  }
};

} // namespace onecode
