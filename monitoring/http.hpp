// The one HTTP port of a node (CONTRACT §11):
//   /metrics            what is counted: Prometheus text, or OpenMetrics where the Accept header prefers it
//   /livez              200 while the process should be left alone, 503 when it should be restarted
//   /readyz             200 when the node processes all its shards; else 503 and why, naming the shards still
//   restoring /status             JSON for people: shards, lag, policy version, resident actors, last commit
//   /state/{kind}/{id}  JSON of one entity, for the bearer of the token only: it is about a person. ?who= and ?purpose= say who looks
//                       and why
// Reads only; whatever changes something is a signed command on the bus.
//   Threads   one that accepts, two that answer; callbacks run on these two and must be safe against each other.
//   Privacy   requests are not logged, but who was shown what of whom is told to `state_read`; the token is compared in constant time
//             and never written.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "domain/ids.hpp"

namespace onecode::monitoring {

/// The port cannot be had; names the address and why.
struct HttpError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Ready {
  bool ready = false;
  std::vector<std::int32_t> restoring; // shards
  std::string trouble;                 // why nothing is processed; empty: nothing else is wrong
};

struct StateAnswer {
  std::optional<std::string> json;       // the entity
  std::optional<std::int32_t> elsewhere; // or the shard that has it, on another node
  std::string trouble;                   // or why there is no answer now (503); all empty: no such entity (404)
};

/// Somebody asked for an entity, with the token or without.
struct StateRead {
  enum class Answer : std::uint8_t { shown, not_there, elsewhere, busy, refused };
  std::optional<Kind> kind; // nullopt: no kind
  std::string_view id;
  std::string_view from;         // address
  std::string_view who, purpose; // as they say themselves; empty: they do not
  Answer answer{};
};
std::string_view to_string(StateRead::Answer answer);

struct HttpHandlers {
  std::function<std::string(bool open_metrics)> metrics;
  /// Empty: always alive. Else why not; the empty string is alive.
  std::function<std::string()> dead;
  std::function<Ready()> ready;
  std::function<std::string()> status;
  std::function<StateAnswer(Kind, std::string_view id)> state;
  /// Before the answer goes out; what it throws keeps the answer back.
  std::function<void(const StateRead&)> state_read;
  /// Empty: /state is closed.
  std::string token;
};

struct HttpOptions {
  std::string listen = "127.0.0.1:9464"; // host:port, [v6]:port; port 0: any free one
  bool next_free = false;                // taken: try the following ports, a hundred of them
};

class HttpServer {
public:
  /// Listens when it returns. Throws HttpError.
  HttpServer(const HttpOptions& options, HttpHandlers handlers);
  /// Answers what is being asked, then joins its threads.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  const std::string& host() const;
  int port() const;
  /// http://host:port
  std::string url() const;

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Compares without telling by its time where two secrets differ.
bool same_secret(std::string_view a, std::string_view b);

} // namespace onecode::monitoring
