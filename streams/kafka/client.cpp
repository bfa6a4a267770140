#include "streams/kafka/client.hpp"

#include <poll.h>
#include <syslog.h>

#include <algorithm>

#include "streams/kafka/rights.hpp"

namespace onecode::streams::kafka {

namespace {

// Changing one of these would quietly break exactly-once, fencing or the order of records.
constexpr std::string_view kOurs[] = {
    "bootstrap.servers",
    "metadata.broker.list",
    "group.id",
    "group.instance.id",
    "enable.auto.commit",
    "enable.auto.offset.store",
    "auto.commit.enable",
    "auto.offset.reset",
    "isolation.level",
    "enable.partition.eof",
    "partition.assignment.strategy",
    "transactional.id",
    "enable.idempotence",
    "acks",
    "request.required.acks",
    "max.in.flight",
    "max.in.flight.requests.per.connection",
    "enable.gapless.guarantee",
    "delivery.report.only.error",
    "partitioner",
    "check.crcs",
    "allow.auto.create.topics",
    "group.protocol",
};

constexpr int kHasQueueBackoff = 0x020200ff; // fetch.queue.backoff.ms

// For clients of every kind; the user may change them.
const Settings kCommon = {
    {"client.id", "onecode"},
    {"socket.nagle.disable", "true"}, // small requests dominate a transaction's latency
    {"reconnect.backoff.ms", "50"},
    {"reconnect.backoff.max.ms", "1000"},
    {"log.connection.close", "false"}, // brokers close idle connections; that is no news
    {"topic.metadata.propagation.max.ms", "5000"},
};

// How long a broker may go on rejecting a client before that counts as its answer.
constexpr Milliseconds kRejected{2'000};
constexpr Milliseconds kFirstLook{500};

enum class Unknown { refuse, skip };

void set(rd_kafka_conf_t* conf, const std::string& name, const std::string& value, Unknown unknown) {
  char why[512];
  switch (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), why, sizeof why)) {
    case RD_KAFKA_CONF_OK:
      return;
    case RD_KAFKA_CONF_UNKNOWN:
      if (unknown == Unknown::skip) return; // one of our own that this version does not have yet
      throw BrokerError(BrokerFault::refused,
                        "kafka setting '" + name + "' is not known to librdkafka " + rd_kafka_version_str());
    default:
      throw BrokerError(BrokerFault::refused, "kafka setting '" + name + "': " + why);
  }
}

} // namespace

Connection::Connection(KafkaConfig config) : config_(std::move(config)) {
  if (config_.brokers.empty()) throw BrokerError(BrokerFault::refused, "no Kafka broker is named");
  for (const auto& topic : kTopics) {
    auto& full = names_[static_cast<std::size_t>(topic.topic)];
    full = config_.prefix + std::string(topic.name);
    by_name_.emplace(full, topic.topic);
  }
  for (const auto& [name, value] : config_.properties) {
    if (std::find(std::begin(kOurs), std::end(kOurs), name) != std::end(kOurs))
      throw BrokerError(BrokerFault::refused, "kafka setting '" + name + "' is not yours to change");
  }
  configure({}, {});
}

std::string Connection::text(TopicPartition tp) const {
  return topic_name(tp.topic) + "/" + std::to_string(tp.partition);
}

std::optional<Topic> Connection::topic_of(std::string_view full_name) const {
  auto found = by_name_.find(full_name);
  if (found == by_name_.end()) return std::nullopt;
  return found->second;
}

std::string Connection::principal() const {
  const auto setting = [&](const char* name) {
    const auto it = config_.properties.find(name);
    return it == config_.properties.end() ? std::string() : it->second;
  };
  const auto protocol = setting("security.protocol");
  if (protocol.size() >= 4 && (protocol[0] | 0x20) == 's' && (protocol[1] | 0x20) == 'a') {
    const auto user = setting("sasl.username");
    return user.empty() ? "the principal of this client" : "User:" + user;
  }
  for (const char* name : {"ssl.certificate.location", "ssl.keystore.location"})
    if (const auto file = setting(name); !file.empty()) return "the holder of " + file;
  return "User:ANONYMOUS";
}

ConfHandle Connection::configure(const Settings& defaults, const Settings& fixed) const {
  ConfHandle conf(rd_kafka_conf_new());
  for (const auto& [name, value] : kCommon) set(conf.get(), name, value, Unknown::skip);
  for (const auto& [name, value] : defaults) set(conf.get(), name, value, Unknown::skip);
  for (const auto& [name, value] : config_.properties) set(conf.get(), name, value, Unknown::refuse);
  set(conf.get(), "bootstrap.servers", config_.brokers, Unknown::refuse);
  for (const auto& [name, value] : fixed) set(conf.get(), name, value, Unknown::refuse);
  return conf;
}

void Connection::log(int level, std::string_view facility, std::string_view text) const noexcept {
  if (!config_.log) return;
  try {
    config_.log(level, facility, text);
  } catch (...) { // a log that throws must not take a C thread down
  }
}

Client::Client(std::shared_ptr<const Connection> connection, rd_kafka_type_t type, ConfHandle conf, void* owner)
    : connection_(std::move(connection)), owner_(owner) {
  rd_kafka_conf_set_opaque(conf.get(), this);
  rd_kafka_conf_set_log_cb(conf.get(), &Client::on_log);
  rd_kafka_conf_set_error_cb(conf.get(), &Client::on_error);
  char why[512];
  handle_ = rd_kafka_new(type, conf.get(), why, sizeof why);
  if (handle_ == nullptr) throw BrokerError(BrokerFault::refused, std::string("kafka client: ") + why);
  (void)conf.release(); // the client owns it now
}

Client::~Client() { rd_kafka_destroy_flags(handle_, destroy_flags_); }

Milliseconds Client::first_look() const { return accepted_ ? kOneAnswer : kFirstLook; }

rd_kafka_resp_err_t Client::fatal_code() const { return rd_kafka_fatal_error(handle_, nullptr, 0); }

std::optional<std::string> Client::fatal_error() const {
  char why[512];
  auto code = rd_kafka_fatal_error(handle_, why, sizeof why);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return std::nullopt;
  return std::string(rd_kafka_err2name(code)) + ": " + why;
}

std::string Client::last_trouble() const {
  std::lock_guard lock(mutex_);
  return last_trouble_;
}

BrokerError Client::unreachable(const std::string& what) const {
  auto trouble = last_trouble();
  // All that a client without TLS sees of a port with TLS, and the other way round.
  if (!accepted_ && (trouble.empty() || trouble.starts_with("_ALL_BROKERS_DOWN")))
    trouble +=
        (trouble.empty() ? "" : "; ") + std::string("does security.protocol in [kafka.properties] fit this port?");
  return {BrokerFault::unreachable, what + ": no answer from " + connection_->brokers() + " in time" +
                                        (trouble.empty() ? "" : " (" + trouble + ")")};
}

std::optional<BrokerError> Client::rejected(const std::string& what) const {
  std::lock_guard lock(mutex_);
  if (accepted_) return std::nullopt;
  if (last_code_ != RD_KAFKA_RESP_ERR__AUTHENTICATION && last_code_ != RD_KAFKA_RESP_ERR__SSL) return std::nullopt;
  if (Clock::now() - last_code_since_ < kRejected) return std::nullopt;
  const auto advice = last_code_ == RD_KAFKA_RESP_ERR__AUTHENTICATION
                          ? "; the broker does not accept " + connection_->principal() +
                                " with this password: see sasl.* in [kafka.properties]"
                          : std::string("; see ssl.* in [kafka.properties]");
  return BrokerError(BrokerFault::refused, what + ": " + last_trouble_ + advice);
}

std::optional<Topic> Client::refused_to_transaction() const {
  std::lock_guard lock(mutex_);
  return refused_to_transaction_;
}

void Client::on_log(const rd_kafka_t* rk, int level, const char* facility, const char* text) {
  std::string_view what(text);
  // User settings are given to every client, so half of them are always for the other kind.
  if (std::string_view(facility) == "CONFWARN" && what.find("is a ") != std::string_view::npos) return;
  auto* self = static_cast<Client*>(rd_kafka_opaque(rk));
  self->connection_->log(level, facility, what);
  // Failed to add partition "onecode.decisions" [1] to transaction: … The others of that request have a line as well, with
  // another reason: they were not attempted.
  if (std::string_view(facility) != "ADDPARTS") return;
  if (what.find(text_of(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)) == what.npos) return;
  const auto open = what.find('"'), close = open == what.npos ? open : what.find('"', open + 1);
  if (close == what.npos) return;
  const auto topic = self->connection_->topic_of(what.substr(open + 1, close - open - 1));
  std::lock_guard lock(self->mutex_);
  self->refused_to_transaction_ = topic;
}

void Client::on_error(rd_kafka_t*, int code, const char* reason, void* opaque) {
  auto* self = static_cast<Client*>(opaque);
  auto name = rd_kafka_err2name(static_cast<rd_kafka_resp_err_t>(code));
  self->connection_->log(code == RD_KAFKA_RESP_ERR__FATAL ? LOG_ERR : LOG_WARNING, name, reason);
  try {
    std::lock_guard lock(self->mutex_);
    const auto now_code = static_cast<rd_kafka_resp_err_t>(code);
    if (now_code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN && !self->last_trouble_.empty())
      return; // says nothing of why
    self->last_trouble_ = std::string(name) + ": " + reason;
    if (self->last_code_ != now_code) self->last_code_since_ = Clock::now();
    self->last_code_ = now_code;
  } catch (...) { // out of memory while keeping a text: the log has it
  }
}

void check_size(const Connection& connection, TopicPartition to, std::string_view key,
                const std::optional<std::string_view>& value, std::span<const Header> headers) {
  constexpr std::size_t kFrame = 128; // a record batch's own bytes
  std::size_t size = kFrame + key.size() + (value ? value->size() : 0);
  for (const auto& h : headers) size += h.name.size() + h.value.size() + 10;
  const auto limit = static_cast<std::size_t>(info(to.topic).max_message_bytes);
  if (size > limit)
    throw BrokerError(BrokerFault::refused, "a record for " + connection.text(to) + " takes " + std::to_string(size) +
                                                " bytes, its topic at most " + std::to_string(limit));
}

MetadataHandle fetch_metadata(const Client& client, Milliseconds timeout) {
  const std::string what = "asking for the list of topics";
  const auto until = Clock::now() + timeout;
  for (auto look = client.first_look();; look = std::min(2 * look, kOneAnswer)) {
    const auto left = std::clamp(std::chrono::ceil<Milliseconds>(until - Clock::now()), Milliseconds(1), look);
    const rd_kafka_metadata_t* metadata = nullptr;
    const auto code = rd_kafka_metadata(client.get(), 1, nullptr, &metadata, static_cast<int>(left.count()));
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
      client.accepted();
      return MetadataHandle(metadata);
    }
    rd_kafka_poll(client.get(), 0); // the reason, if the library gave one
    if (const auto no = client.rejected(what)) throw *no;
    if (code != RD_KAFKA_RESP_ERR__TIMED_OUT && code != RD_KAFKA_RESP_ERR__TRANSPORT)
      throw BrokerError(BrokerFault::refused, what + ": " + text_of(code));
    if (Clock::now() >= until) throw client.unreachable(what);
  }
}

void PartitionCounts::load(const Client& client) {
  auto metadata = fetch_metadata(client, Milliseconds(30'000));
  counts_ = {};
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    const auto& topic = metadata->topics[i];
    if (auto known = client.connection().topic_of(topic.topic))
      counts_[static_cast<std::size_t>(*known)] = topic.partition_cnt;
  }
}

bool is_transient(rd_kafka_resp_err_t code) {
  switch (code) {
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
    case RD_KAFKA_RESP_ERR__WAIT_COORD:
    case RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED: // a revocation follows
    case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
    case RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_COORDINATOR:
    case RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID: // it joins anew by itself
    case RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION:
    case RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION:
    case RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR:
    case RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH:
    case RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH:
    case RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION:
      return true;
    default:
      return false;
  }
}

namespace {

/// One offset from the partition's leader: RD_KAFKA_OFFSET_BEGINNING or _END. (In 2.0.2 rd_kafka_query_watermark_offsets()
/// waits for a silent leader as long as it is silent, whatever it was told; this function does not.)
rd_kafka_resp_err_t ask_leader(const Client& client, TopicPartition of, std::int64_t which, Milliseconds timeout,
                               std::int64_t& offset) {
  auto list = to_list(client.connection(), {{of, which}});
  const auto code = rd_kafka_offsets_for_times(client.get(), list.get(), static_cast<int>(timeout.count()));
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return code;
  const auto& answer = list->elems[0];
  if (answer.err != RD_KAFKA_RESP_ERR_NO_ERROR) return answer.err;
  offset = answer.offset;
  return offset < 0 ? RD_KAFKA_RESP_ERR__TIMED_OUT : RD_KAFKA_RESP_ERR_NO_ERROR;
}

} // namespace

Watermarks query_watermarks(const Client& client, TopicPartition of, Milliseconds timeout) {
  const auto until = Clock::now() + timeout;
  // Not all of it at once: somebody else may lead by now.
  auto look = client.first_look();
  const auto left = [&] {
    return std::clamp(std::chrono::ceil<Milliseconds>(until - Clock::now()), Milliseconds(1), look);
  };
  const auto what = "asking for the offsets of " + client.connection().text(of);
  for (;;) {
    Watermarks out;
    auto code = ask_leader(client, of, RD_KAFKA_OFFSET_BEGINNING, left(), out.low);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) code = ask_leader(client, of, RD_KAFKA_OFFSET_END, left(), out.high);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
      client.accepted();
      return out;
    }
    if (code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC || code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION || is_denial(code))
      throw absent(client, of.topic, "Describe");
    if (!is_transient(code)) throw BrokerError(BrokerFault::refused, what + ": " + text_of(code));
    rd_kafka_poll(client.get(), 0); // the reason, if the library gave one
    if (const auto no = client.rejected(what)) throw *no;
    if (Clock::now() >= until) throw client.unreachable(what + ": " + text_of(code));
    if (code == RD_KAFKA_RESP_ERR__TIMED_OUT) look = std::min(2 * look, kOneAnswer);
    ::poll(nullptr, 0, 20); // leaders move, and new topics are led a moment later than they are announced
  }
}

void Nudge::taken(const Client& client, TopicPartition from, std::size_t bytes) {
  if (rd_kafka_version() >= kHasQueueBackoff || (taken_ += bytes) < each_) return;
  taken_ = 0;
  std::int64_t ignored;
  ask_leader(client, from, RD_KAFKA_OFFSET_END, Milliseconds(0), ignored); // nobody waits for the answer
}

ListHandle to_list(const Connection& connection, const Offsets& offsets) {
  ListHandle list(rd_kafka_topic_partition_list_new(static_cast<int>(offsets.size())));
  for (const auto& [tp, offset] : offsets)
    rd_kafka_topic_partition_list_add(list.get(), connection.topic_name(tp.topic).c_str(), tp.partition)->offset =
        offset;
  return list;
}

} // namespace onecode::streams::kafka
