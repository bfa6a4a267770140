// What all clients of this folder share: settings, names of topics, making of librdkafka clients, log and fatal
// errors.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "streams/broker.hpp"
#include "streams/kafka/handles.hpp"
#include "streams/kafka/kafka_broker.hpp"

namespace onecode::streams::kafka {

using Clock = std::chrono::steady_clock;
using Settings = std::vector<std::pair<std::string, std::string>>;

/// Settings checked once, and the full names of the topics. Immutable, shared by all clients of one Broker.
class Connection {
public:
  /// Throws BrokerError refused, naming the setting.
  explicit Connection(KafkaConfig config);

  const std::string& topic_name(Topic topic) const { return names_[static_cast<std::size_t>(topic)]; }
  /// The full name of a partition for people: "onecode.scans/3".
  std::string text(TopicPartition tp) const;
  std::optional<Topic> topic_of(std::string_view full_name) const;
  const std::string& brokers() const { return config_.brokers; }
  /// Who this is to the broker, as far as the settings tell: "User:gw-03", or whose certificate it shows.
  std::string principal() const;

  /// The role's own settings first, then the user's, then what must not be changed.
  ConfHandle configure(const Settings& defaults, const Settings& fixed) const;
  void log(int level, std::string_view facility, std::string_view text) const noexcept;

private:
  KafkaConfig config_;
  std::array<std::string, kTopics.size()> names_;
  std::map<std::string, Topic, std::less<>> by_name_;
};

/// A running librdkafka client. Its callbacks never throw; a fatal error waits here until somebody asks.
class Client {
public:
  /// Throws BrokerError refused. The callbacks in `conf` get `opaque_owner` through owner().
  Client(std::shared_ptr<const Connection> connection, rd_kafka_type_t type, ConfHandle conf, void* owner = nullptr);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client();

  rd_kafka_t* get() const { return handle_; }
  const Connection& connection() const { return *connection_; }
  /// The fatal error that the library has raised, if any.
  std::optional<std::string> fatal_error() const;
  rd_kafka_resp_err_t fatal_code() const;
  /// The last complaint about connections, to explain a timeout with.
  std::string last_trouble() const;
  /// No broker answered in time: says what was tried and the last complaint.
  BrokerError unreachable(const std::string& what) const;
  /// This client was never accepted, and for a while now the only complaint is that one of the two does not trust the
  /// other. A broker that is being restarted gives other reasons as well, and who was accepted once waits.
  std::optional<BrokerError> rejected(const std::string& what) const;
  void accepted() const { accepted_ = true; }
  /// The topic that a broker last refused to a transaction: the API's own error does not name it, only the library's log.
  std::optional<Topic> refused_to_transaction() const;
  /// How long to wait for an answer before asking again: at first not long, so that a rejection is noticed soon.
  Milliseconds first_look() const;
  /// The object given to the constructor; for callbacks.
  template <class T>
  static T* owner(void* opaque) {
    return static_cast<T*>(static_cast<Client*>(opaque)->owner_);
  }
  /// Destroying does not leave the group; see Consumer::close().
  void skip_consumer_close() { destroy_flags_ = RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE; }

private:
  static void on_log(const rd_kafka_t* rk, int level, const char* facility, const char* text);
  static void on_error(rd_kafka_t* rk, int code, const char* reason, void* opaque);

  std::shared_ptr<const Connection> connection_;
  void* owner_;
  rd_kafka_t* handle_ = nullptr;
  int destroy_flags_ = 0;
  mutable std::mutex mutex_;
  std::string last_trouble_;
  std::optional<Topic> refused_to_transaction_;
  mutable std::atomic<bool> accepted_ = false;
  rd_kafka_resp_err_t last_code_ = RD_KAFKA_RESP_ERR_NO_ERROR;
  Clock::time_point last_code_since_;
};

/// Partition counts, asked from the broker once per topic and kept: co-partitioned topics never grow.
class PartitionCounts {
public:
  /// One request for all topics of the contract that exist. Throws BrokerError unreachable.
  void load(const Client& client);
  std::int32_t of(Topic topic) const { return counts_[static_cast<std::size_t>(topic)]; }

private:
  std::array<std::int32_t, kTopics.size()> counts_{};
};

/// Refuses what its topic cannot take, before compression and batching blur the question.
void check_size(const Connection& connection, TopicPartition to, std::string_view key,
                const std::optional<std::string_view>& value, std::span<const Header> headers);
MetadataHandle fetch_metadata(const Client& client, Milliseconds timeout);
/// Asks the leader; what "high" means is the client's isolation.level. Throws BrokerError refused or unreachable.
Watermarks query_watermarks(const Client& client, TopicPartition of, Milliseconds timeout);
ListHandle to_list(const Connection& connection, const Offsets& offsets);

/// How long one request may take where it is asked again: somebody else may have the answer by then.
inline constexpr Milliseconds kOneAnswer{5'000};

/// Up to 2.1 a fetcher that found all queues of its connection full looks again after a second, or when anything happens
/// on that connection. Whoever empties a queue tells how much it took out, and after each so many bytes something happens.
class Nudge {
public:
  explicit Nudge(std::size_t each) : each_(each) {}
  void taken(const Client& client, TopicPartition from, std::size_t bytes);

private:
  std::size_t each_;
  std::size_t taken_ = 0; // since
};

/// An error that goes away by itself: the library, or a repetition, gets over it.
bool is_transient(rd_kafka_resp_err_t code);
inline const char* text_of(rd_kafka_resp_err_t code) { return rd_kafka_err2str(code); }

} // namespace onecode::streams::kafka
