#include "streams/local/local_broker.hpp"

#include <chrono>
#include <string>
#include <utility>

#include "streams/local/bus.hpp"
#include "streams/local/local_consumer.hpp"
#include "streams/local/local_producer.hpp"

namespace onecode::streams {

namespace local {

namespace {

std::int64_t system_now() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

LocalBrokerOptions with_clock(LocalBrokerOptions options) {
  if (!options.clock) options.clock = system_now;
  return options;
}

class LocalPublisher final : public Publisher {
public:
  explicit LocalPublisher(std::shared_ptr<Bus> bus) : bus_(std::move(bus)) {}

  void publish(Topic topic, std::int32_t partition, std::string_view key, std::optional<std::string_view> value,
               std::span<const Header> headers, std::int64_t timestamp_ms) override {
    // Policies carry the broker's time, as streams/topic_settings.cpp asks for.
    if (timestamp_ms == kNow || topic == Topic::policy) timestamp_ms = bus_->options.clock();
    bus_->topics.route(topic, partition, key).append({key, value, headers, timestamp_ms});
  }
  void flush() override {} // publish() returns when the record is in the log

private:
  const std::shared_ptr<Bus> bus_;
};

class LocalReader final : public LogReader {
public:
  LocalReader(std::shared_ptr<Bus> bus, PartitionLog& log, std::int64_t offset, Isolation isolation)
      : bus_(std::move(bus)), log_(log), position_(offset), isolation_(isolation) {
    log_.watch(signal_, isolation_);
  }
  ~LocalReader() override { log_.unwatch(signal_); }

  /// nullptr early when the position moved over markers or aborted records only: it may have reached a caller's mark.
  std::unique_ptr<Batch> next(Milliseconds timeout, std::size_t max_records) override {
    bus_->wait(signal_, timeout, [&] { return log_.has_news(position_, isolation_); });
    return log_.read(position_, max_records, isolation_);
  }
  std::int64_t position() const override { return position_; }

private:
  const std::shared_ptr<Bus> bus_;
  PartitionLog& log_;
  Signal signal_;
  std::int64_t position_;
  const Isolation isolation_;
};

} // namespace

Bus::Bus(LocalBrokerOptions given)
    : options(with_clock(std::move(given))),
      topics(options.retain_bytes),
      coordinator(topics, {options.transaction_timeout_ms, options.session_timeout_ms, options.retain_bytes > 0,
                           options.clock, options.marker_is_late}) {
  if (options.partitions > 0) topics.create(options.partitions);
}

} // namespace local

LocalBroker::LocalBroker(LocalBrokerOptions options) : bus_(std::make_shared<local::Bus>(std::move(options))) {}

LocalBroker::~LocalBroker() = default;

std::unique_ptr<Consumer> LocalBroker::join(const GroupConfig& config, AssignmentListener& listener) {
  return std::make_unique<local::LocalConsumer>(bus_, config, listener);
}

std::unique_ptr<TransactionalProducer> LocalBroker::transactional(const std::string& transactional_id) {
  return std::make_unique<local::LocalProducer>(bus_, transactional_id);
}

std::unique_ptr<Publisher> LocalBroker::publisher() { return std::make_unique<local::LocalPublisher>(bus_); }

std::unique_ptr<LogReader> LocalBroker::reader(TopicPartition from, std::int64_t offset, Isolation isolation) {
  return std::make_unique<local::LocalReader>(bus_, bus_->topics.at(from), offset, isolation);
}

Watermarks LocalBroker::watermarks(TopicPartition of, Isolation isolation) {
  bus_->coordinator.tick();
  const auto& log = bus_->topics.at(of);
  return {log.low(), log.end(isolation)};
}

void LocalBroker::create_topics(std::int32_t partitions) { bus_->coordinator.create_topics(partitions); }

std::map<Topic, TopicDescription> LocalBroker::describe_topics() {
  std::map<Topic, TopicDescription> result;
  for (const auto& t : kTopics) {
    const std::int32_t partitions = bus_->topics.partitions(t.topic);
    auto& description = result[t.topic];
    description.partitions = partitions;
    if (partitions > 0) description.config = topic_settings(t.topic);
  }
  return result;
}

void LocalBroker::trim(TopicPartition of, std::int64_t offset) { bus_->topics.at(of).trim(offset); }

} // namespace onecode::streams
