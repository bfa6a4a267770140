#include "streams/kafka/reader.hpp"

#include <syslog.h>

#include <algorithm>

#include "streams/kafka/message_batch.hpp"
#include "streams/kafka/rights.hpp"

namespace onecode::streams::kafka {

namespace {

constexpr std::size_t kIdlePerIsolation = 4;
constexpr std::size_t kNudgeBytes = 2 * 1024 * 1024;

/// The end of a log is known only after an empty answer, and short readings wait for it.
constexpr Milliseconds kShortly{10}, kFollowing{500};

const Settings kDefaults = {
    {"queued.min.messages", "1000000"},     {"queued.max.messages.kbytes", "8192"},
    {"fetch.message.max.bytes", "1048576"}, {"fetch.error.backoff.ms", "50"},
    {"fetch.queue.backoff.ms", "10"},
};

} // namespace

std::shared_ptr<Client> ReaderPool::make(Isolation isolation, Milliseconds wait) const {
  Settings defaults = kDefaults;
  defaults.emplace_back("fetch.wait.max.ms", std::to_string(wait.count()));
  return std::make_shared<Client>(connection_, RD_KAFKA_CONSUMER,
                                  connection_->configure(defaults, fetch_settings(isolation)));
}

std::shared_ptr<Client> ReaderPool::shared(Isolation isolation) {
  std::lock_guard lock(mutex_);
  auto& client = shared_[static_cast<std::size_t>(isolation)];
  if (!client) client = make(isolation, kShortly);
  return client;
}

std::shared_ptr<Client> ReaderPool::borrow(Isolation isolation) {
  {
    std::lock_guard lock(mutex_);
    auto& idle = idle_[static_cast<std::size_t>(isolation)];
    if (!idle.empty()) {
      auto client = std::move(idle.back());
      idle.pop_back();
      return client;
    }
  }
  return make(isolation, kShortly);
}

void ReaderPool::give_back(Isolation isolation, std::shared_ptr<Client> client) {
  std::lock_guard lock(mutex_);
  auto& idle = idle_[static_cast<std::size_t>(isolation)];
  if (idle.size() < kIdlePerIsolation) idle.push_back(std::move(client));
}

std::unique_ptr<LogReader> ReaderPool::open(TopicPartition from, std::int64_t offset, Isolation isolation) {
  return std::make_unique<KafkaLogReader>(shared_from_this(), borrow(isolation), from, offset, isolation);
}

std::unique_ptr<LogReader> ReaderPool::follow(TopicPartition from, std::int64_t offset) {
  auto client = make(Isolation::committed, kFollowing);
  return std::make_unique<KafkaLogReader>(nullptr, std::move(client), from, offset, Isolation::committed);
}

std::optional<std::int64_t> ReaderPool::first_offset(TopicPartition from, std::int64_t offset) {
  auto reader = open(from, offset, Isolation::committed);
  const auto until = Clock::now() + Milliseconds(10'000);
  while (Clock::now() < until)
    if (auto batch = reader->next(Milliseconds(100), 1)) return batch->records.front().offset;
  return std::nullopt;
}

KafkaLogReader::KafkaLogReader(std::shared_ptr<ReaderPool> pool, std::shared_ptr<Client> client, TopicPartition from,
                               std::int64_t offset, Isolation isolation)
    : pool_(std::move(pool)),
      from_(from),
      isolation_(isolation),
      position_(offset),
      client_(std::move(client)),
      fetch_(std::in_place, client_, from, offset),
      nudge_(kNudgeBytes) {}

KafkaLogReader::~KafkaLogReader() {
  waiting_.reset();
  fetch_.reset();
  if (pool_ && reusable_) pool_->give_back(isolation_, std::move(client_));
}

MessageHandle KafkaLogReader::poll(Milliseconds timeout) {
  return MessageHandle(rd_kafka_consume_queue(fetch_->queue(), static_cast<int>(timeout.count())));
}

std::unique_ptr<Batch> KafkaLogReader::next(Milliseconds timeout, std::size_t max_records) {
  rd_kafka_poll(client_->get(), 0); // what the library says of its connections
  auto batch = std::make_unique<MessageBatch>(from_, client_);
  const auto until = Clock::now() + timeout;
  while (batch->records.size() < max_records) {
    auto left = batch->empty() ? std::chrono::ceil<Milliseconds>(until - Clock::now()) : Milliseconds(0);
    auto message = waiting_ ? std::move(waiting_) : poll(std::max(left, Milliseconds(0)));
    if (!message) {
      // null also after a transaction marker: only the clock says that the time is over
      if (!batch->empty() || Clock::now() >= until) break;
      continue;
    }
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      if (message->offset < position_) continue;
      position_ = message->offset + 1;
      nudge_.taken(*client_, from_, message->len);
      batch->add(std::move(message));
      continue;
    }
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      bool moved = message->offset > position_;
      position_ = std::max(position_, message->offset);
      if (moved || !batch->empty()) break; // the caller may be waiting for just this position
      continue;
    }
    if (!batch->empty()) {
      waiting_ = std::move(message);
      break;
    }
    const auto code = message->err;
    const auto& connection = client_->connection();
    std::string text =
        "reading " + connection.text(from_) + " at offset " + std::to_string(position_) + ": " +
        (is_denial(code) ? reason(connection, code, "Read", from_.topic)
                         : std::string(rd_kafka_err2name(code)) + ": " + rd_kafka_message_errstr(message.get()));
    if (!is_transient(code)) {
      reusable_ = false;
      throw BrokerError(BrokerFault::refused, text);
    }
    connection.log(LOG_WARNING, "READER", text); // the library goes on by itself
  }
  if (batch->empty()) return nullptr;
  batch->finish();
  return batch;
}

} // namespace onecode::streams::kafka
