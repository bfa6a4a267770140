#include "streams/kafka/follower.hpp"

#include <poll.h>
#include <syslog.h>

#include <algorithm>

#include "streams/kafka/transaction_errors.hpp"

namespace onecode::streams {

namespace kafka {

namespace {

constexpr Milliseconds kPatience{30'000};

const Settings kDefaults = {
    {"session.timeout.ms", "10000"},       {"heartbeat.interval.ms", "2500"}, {"queued.max.messages.kbytes", "4096"},
    {"fetch.message.max.bytes", "262144"}, {"fetch.wait.max.ms", "100"},      {"fetch.error.backoff.ms", "50"},
    {"fetch.queue.backoff.ms", "20"},
};

Settings fixed(const FollowConfig& config) {
  Settings out = {
      {"isolation.level", "read_committed"}, {"enable.auto.commit", "false"},
      {"enable.auto.offset.store", "false"}, {"auto.offset.reset", "error"},
      {"allow.auto.create.topics", "false"}, {"check.crcs", "true"},
      {"enable.partition.eof", "true"},
  };
  if (!config.group.empty()) out.emplace_back("group.id", config.group);
  return out;
}

std::string error_text(const rd_kafka_message_t& message) {
  return std::string(rd_kafka_err2name(message.err)) + ": " + rd_kafka_message_errstr(&message);
}

} // namespace

KafkaFollower::KafkaFollower(std::shared_ptr<const Connection> connection, FollowConfig config)
    : connection_(std::move(connection)), config_(std::move(config)) {
  auto conf = connection_->configure(kDefaults, fixed(config_));
  if (grouped()) rd_kafka_conf_set_rebalance_cb(conf.get(), &KafkaFollower::on_rebalance);
  client_ = std::make_shared<Client>(connection_, RD_KAFKA_CONSUMER, std::move(conf), this);

  PartitionCounts counts;
  counts.load(*client_);
  std::vector<TopicPartition> all;
  for (const Topic topic : config_.topics) {
    if (counts.of(topic) == 0)
      throw BrokerError(BrokerFault::refused, "the topic " + connection_->topic_name(topic) +
                                                  " does not exist; onecode topics create makes it");
    for (std::int32_t p = 0; p < counts.of(topic); ++p) all.push_back({topic, p});
  }

  if (grouped()) {
    client_->skip_consumer_close(); // close() is explicit; closing before the first assignment can hang in 2.0.2
    rd_kafka_poll_set_consumer(client_->get());
    ListHandle topics(rd_kafka_topic_partition_list_new(static_cast<int>(config_.topics.size())));
    for (const Topic topic : config_.topics)
      rd_kafka_topic_partition_list_add(topics.get(), connection_->topic_name(topic).c_str(), RD_KAFKA_PARTITION_UA);
    if (const auto code = rd_kafka_subscribe(client_->get(), topics.get()); code != RD_KAFKA_RESP_ERR_NO_ERROR)
      throw BrokerError(BrokerFault::refused, std::string("subscribing: ") + text_of(code));
    return;
  }
  queue_.reset(rd_kafka_queue_new(client_->get()));
  const auto positions = begin(all);
  for (const Topic topic : config_.topics) {
    topics_.emplace_back(rd_kafka_topic_new(client_->get(), connection_->topic_name(topic).c_str(), nullptr));
    for (const auto& [tp, offset] : positions)
      if (tp.topic == topic &&
          rd_kafka_consume_start_queue(topics_.back().get(), tp.partition, offset, queue_.get()) != 0)
        throw BrokerError(BrokerFault::refused,
                          "reading " + connection_->text(tp) + ": " + text_of(rd_kafka_last_error()));
  }
  assigned_ = true;
}

KafkaFollower::~KafkaFollower() {
  try {
    close();
  } catch (...) { // it has been told, or nobody asks any more
  }
}

// ---- where to begin ----------------------------------------------------------------------------------------------

std::int64_t KafkaFollower::start_of(TopicPartition tp) {
  const auto marks = query_watermarks(*client_, tp, kPatience);
  if (config_.start == FollowConfig::Start::beginning) return marks.low;
  if (config_.start == FollowConfig::Start::end) return marks.high;
  const auto until = Clock::now() + kPatience;
  for (;;) {
    auto list = to_list(*connection_, {{tp, config_.from.ms}});
    auto code = rd_kafka_offsets_for_times(client_->get(), list.get(), static_cast<int>(kOneAnswer.count()));
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) code = list->elems[0].err;
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
      const auto offset = list->elems[0].offset; // RD_KAFKA_OFFSET_END: nothing so late
      return offset < 0 ? marks.high : std::min(offset, marks.high);
    }
    const auto what = "asking where " + format_time(config_.from) + " is in " + connection_->text(tp);
    if (!is_transient(code)) throw BrokerError(BrokerFault::refused, what + ": " + text_of(code));
    if (Clock::now() >= until) throw client_->unreachable(what + ": " + text_of(code));
    ::poll(nullptr, 0, 20);
  }
}

Offsets KafkaFollower::committed(const std::vector<TopicPartition>& partitions) {
  const auto until = Clock::now() + kPatience;
  Offsets wanted;
  for (const auto tp : partitions) wanted[tp] = RD_KAFKA_OFFSET_INVALID;
  for (;;) {
    auto list = to_list(*connection_, wanted);
    auto code = rd_kafka_committed(client_->get(), list.get(), static_cast<int>(kOneAnswer.count()));
    for (int i = 0; i < list->cnt && code == RD_KAFKA_RESP_ERR_NO_ERROR; ++i) code = list->elems[i].err;
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
      Offsets out;
      for (int i = 0; i < list->cnt; ++i)
        if (list->elems[i].offset >= 0)
          out[{*connection_->topic_of(list->elems[i].topic), list->elems[i].partition}] = list->elems[i].offset;
      return out;
    }
    if (is_refusal(code)) throw BrokerError(BrokerFault::refused, std::string("committed offsets: ") + text_of(code));
    if (Clock::now() >= until) throw client_->unreachable(std::string("committed offsets: ") + text_of(code));
    ::poll(nullptr, 0, 50);
  }
}

Offsets KafkaFollower::begin(const std::vector<TopicPartition>& partitions) {
  Offsets positions = grouped() ? committed(partitions) : Offsets{};
  Offsets fresh;
  partitions_.clear();
  for (const auto tp : partitions) {
    const auto marks = query_watermarks(*client_, tp, kPatience);
    auto at = positions.find(tp);
    // Retention may have passed what was committed: reading goes on at what is left, and says so.
    if (at != positions.end() && at->second < marks.low) {
      connection_->log(LOG_WARNING, "GONE",
                       connection_->text(tp) + ": " + std::to_string(marks.low - at->second) +
                           " offsets after the committed one are no longer kept");
      at->second = marks.low;
    } else if (at == positions.end()) {
      at = positions.emplace(tp, start_of(tp)).first;
      fresh[tp] = at->second;
    }
    partitions_[tp] = {at->second, marks.high, at->second >= marks.high, false};
  }
  if (grouped() && !fresh.empty()) {
    const auto list = to_list(*connection_, fresh);
    if (const auto code = rd_kafka_commit(client_->get(), list.get(), 0); code != RD_KAFKA_RESP_ERR_NO_ERROR)
      throw BrokerError(is_transient(code) ? BrokerFault::unreachable : BrokerFault::refused,
                        std::string("committing where the group begins: ") + text_of(code));
  }
  return positions;
}

// ---- the group ----------------------------------------------------------------------------------------------------

void KafkaFollower::on_rebalance(rd_kafka_t*, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* list,
                                 void* opaque) {
  auto* self = Client::owner<KafkaFollower>(opaque);
  try {
    self->rebalance(code, *list);
  } catch (...) { // must not cross C frames
    self->from_callback_ = std::current_exception();
    rd_kafka_assign(self->client_->get(), nullptr); // the library waits for an answer whatever happened
    self->partitions_.clear();
  }
}

void KafkaFollower::rebalance(rd_kafka_resp_err_t code, const rd_kafka_topic_partition_list_t& list) {
  joined_ = true;
  ready_.clear();
  partitions_.clear();
  if (code != RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS || closed_) {
    assigned_ = false;
    rd_kafka_assign(client_->get(), nullptr);
    return;
  }
  std::vector<TopicPartition> ours;
  for (int i = 0; i < list.cnt; ++i)
    if (const auto topic = connection_->topic_of(list.elems[i].topic))
      ours.push_back({*topic, list.elems[i].partition});
  const auto positions = begin(ours);
  const auto assignment = to_list(*connection_, positions);
  if (const auto error = rd_kafka_assign(client_->get(), assignment.get()); error != RD_KAFKA_RESP_ERR_NO_ERROR)
    throw BrokerError(BrokerFault::refused, std::string("assign: ") + text_of(error));
  assigned_ = true;
  if (std::exchange(paused_, false)) pause(true);
}

void KafkaFollower::pause(bool on) {
  if (paused_ == on || !grouped()) return;
  paused_ = on;
  Offsets all;
  for (const auto& [tp, p] : partitions_) all[tp] = p.position;
  const auto list = to_list(*connection_, all);
  if (on) {
    rd_kafka_pause_partitions(client_->get(), list.get());
  } else {
    rd_kafka_resume_partitions(client_->get(), list.get());
  }
}

bool KafkaFollower::commit() {
  if (!grouped()) return true;
  Offsets next;
  for (const auto& [tp, p] : partitions_)
    if (p.given) next[tp] = p.position;
  if (next.empty()) return true;
  const auto list = to_list(*connection_, next);
  if (const auto code = rd_kafka_commit(client_->get(), list.get(), 0); code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    if (is_refusal(code)) throw BrokerError(BrokerFault::refused, std::string("committing: ") + text_of(code));
    connection_->log(LOG_WARNING, "COMMIT", text_of(code));
    return false;
  }
  for (const auto& [tp, offset] : next) partitions_[tp].given = false;
  return true;
}

void KafkaFollower::keep(Milliseconds time) {
  const auto until = Clock::now() + time;
  pause(true);
  do {
    const auto left = std::max(std::chrono::ceil<Milliseconds>(until - Clock::now()), Milliseconds(0));
    if (!grouped()) {
      ::poll(nullptr, 0, static_cast<int>(left.count()));
    } else if (auto message = poll(left)) {
      look_at(std::move(message)); // was under way
    }
  } while (Clock::now() < until);
}

void KafkaFollower::close() {
  if (std::exchange(closed_, true)) return;
  ready_.clear();
  if (grouped()) {
    if (joined_) rd_kafka_consumer_close(client_->get());
    return;
  }
  for (std::size_t i = 0; i < topics_.size(); ++i)
    for (const auto& [tp, p] : partitions_)
      if (tp.topic == config_.topics[i]) rd_kafka_consume_stop(topics_[i].get(), tp.partition);
  queue_.reset();
  topics_.clear();
}

// ---- records ------------------------------------------------------------------------------------------------------

MessageHandle KafkaFollower::poll(Milliseconds timeout) {
  const int ms = static_cast<int>(timeout.count());
  MessageHandle message(grouped() ? rd_kafka_consumer_poll(client_->get(), ms)
                                  : rd_kafka_consume_queue(queue_.get(), ms));
  if (const auto problem = std::exchange(from_callback_, nullptr)) std::rethrow_exception(problem);
  if (const auto fatal = client_->fatal_error()) throw BrokerError(BrokerFault::fatal, "consumer: " + *fatal);
  return message;
}

/// Sorts a message: a record waits in `ready_`, ends of partitions and errors are dealt with here.
void KafkaFollower::look_at(MessageHandle message) {
  const auto topic =
      message->rkt == nullptr ? std::nullopt : connection_->topic_of(rd_kafka_topic_name(message->rkt));
  const auto found = topic ? partitions_.find({*topic, message->partition}) : partitions_.end();
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    if (found != partitions_.end()) ready_.push_back(std::move(message));
    return;
  }
  if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    if (found != partitions_.end()) found->second.ended = true;
    return;
  }
  const auto text =
      (found == partitions_.end() ? std::string() : "reading " + connection_->text(found->first) + ": ") +
      error_text(*message);
  if (!is_transient(message->err)) throw BrokerError(BrokerFault::refused, text);
  connection_->log(LOG_WARNING, "FOLLOWER", text); // the library goes on by itself
}

std::optional<Followed> KafkaFollower::next(Milliseconds timeout) {
  const auto until = Clock::now() + timeout;
  pause(false);
  for (;;) {
    while (!ready_.empty()) {
      const auto message = std::move(ready_.front());
      ready_.pop_front();
      const TopicPartition tp{*connection_->topic_of(rd_kafka_topic_name(message->rkt)), message->partition};
      auto& p = partitions_[tp];
      if (message->offset < p.position) continue;
      p.position = message->offset + 1;
      p.given = true;
      p.ended = p.ended || p.position >= p.end;
      Followed out;
      out.at = tp;
      out.offset = message->offset;
      out.timestamp_ms = rd_kafka_message_timestamp(message.get(), nullptr);
      out.key.assign(static_cast<const char*>(message->key), message->key_len);
      if (message->payload != nullptr) out.value.emplace(static_cast<const char*>(message->payload), message->len);
      return out;
    }
    const auto left = std::chrono::ceil<Milliseconds>(until - Clock::now());
    if (left.count() < 0) return std::nullopt;
    if (auto message = poll(left)) look_at(std::move(message));
  }
}

bool KafkaFollower::at_end() const {
  return assigned_ && ready_.empty() &&
         std::all_of(partitions_.begin(), partitions_.end(), [](const auto& p) { return p.second.ended; });
}

} // namespace kafka

std::unique_ptr<Follower> follow_kafka(KafkaConfig config, FollowConfig follow) {
  return std::make_unique<kafka::KafkaFollower>(std::make_shared<const kafka::Connection>(std::move(config)),
                                                std::move(follow));
}

} // namespace onecode::streams
