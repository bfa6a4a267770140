#include "tests/simulation/faults.hpp"

namespace onecode::simulation {
namespace {

using namespace streams;
using At = std::shared_ptr<const std::function<void(Point)>>;

class FaultyConsumer final : public Consumer {
public:
  FaultyConsumer(std::unique_ptr<Consumer> inner, At at) : inner_(std::move(inner)), at_(std::move(at)) {}
  void serve(Milliseconds timeout) override {
    (*at_)(Point::serve);
    inner_->serve(timeout);
  }
  std::unique_ptr<Batch> take(TopicPartition from, std::size_t max_records) override {
    (*at_)(Point::take);
    return inner_->take(from, max_records);
  }
  std::int64_t position(TopicPartition of) const override { return inner_->position(of); }
  std::int64_t end_offset(TopicPartition of) override { return inner_->end_offset(of); }
  void assign(const Offsets& positions) override {
    (*at_)(Point::assign);
    inner_->assign(positions);
  }
  Offsets committed(const std::vector<TopicPartition>& partitions, Milliseconds patience) override {
    (*at_)(Point::committed_offsets);
    return inner_->committed(partitions, patience);
  }
  std::shared_ptr<const GroupMembership> membership() const override { return inner_->membership(); }
  void close() override { inner_->close(); }

private:
  std::unique_ptr<Consumer> inner_;
  At at_;
};

class FaultyProducer final : public TransactionalProducer {
public:
  FaultyProducer(std::unique_ptr<TransactionalProducer> inner, At at)
      : inner_(std::move(inner)), at_(std::move(at)) {}
  void init() override {
    (*at_)(Point::init);
    inner_->init();
  }
  void begin() override {
    (*at_)(Point::begin);
    inner_->begin();
  }
  void produce(Topic topic, std::int32_t partition, std::string_view key, std::optional<std::string_view> value,
               std::span<const Header> headers) override {
    (*at_)(Point::produce);
    inner_->produce(topic, partition, key, value, headers);
  }
  void send_offsets(const Offsets& next, const GroupMembership& membership) override {
    (*at_)(Point::send_offsets);
    inner_->send_offsets(next, membership);
  }
  void commit() override {
    (*at_)(Point::before_commit);
    inner_->commit();
    (*at_)(Point::after_commit);
  }
  void abort() override {
    (*at_)(Point::before_abort);
    inner_->abort();
    (*at_)(Point::after_abort);
  }
  std::int64_t last_offset(TopicPartition of) const override { return inner_->last_offset(of); }

private:
  std::unique_ptr<TransactionalProducer> inner_;
  At at_;
};

class FaultyReader final : public LogReader {
public:
  FaultyReader(std::unique_ptr<LogReader> inner, At at) : inner_(std::move(inner)), at_(std::move(at)) {}
  std::unique_ptr<Batch> next(Milliseconds timeout, std::size_t) override {
    (*at_)(Point::read);
    auto batch = inner_->next(timeout, 7); // small pieces: a restore has many places to be stopped at
    if (!batch) (*at_)(Point::waited);
    return batch;
  }
  std::int64_t position() const override { return inner_->position(); }

private:
  std::unique_ptr<LogReader> inner_;
  At at_;
};

class FaultyBroker final : public Broker {
public:
  FaultyBroker(Broker& inner, At at, std::function<void(TopicPartition, std::int64_t)> trimmed)
      : inner_(inner), at_(std::move(at)), trimmed_(std::move(trimmed)) {}
  std::unique_ptr<Consumer> join(const GroupConfig& config, AssignmentListener& listener) override {
    return std::make_unique<FaultyConsumer>(inner_.join(config, listener), at_);
  }
  std::unique_ptr<TransactionalProducer> transactional(const std::string& id) override {
    return std::make_unique<FaultyProducer>(inner_.transactional(id), at_);
  }
  std::unique_ptr<Publisher> publisher() override { return inner_.publisher(); }
  std::unique_ptr<LogReader> reader(TopicPartition from, std::int64_t offset, Isolation isolation) override {
    return std::make_unique<FaultyReader>(inner_.reader(from, offset, isolation), at_);
  }
  Watermarks watermarks(TopicPartition of, Isolation isolation) override {
    (*at_)(Point::watermarks);
    return inner_.watermarks(of, isolation);
  }
  void create_topics(std::int32_t partitions) override { inner_.create_topics(partitions); }
  std::map<Topic, TopicDescription> describe_topics() override { return inner_.describe_topics(); }
  void trim(TopicPartition of, std::int64_t offset) override {
    (*at_)(Point::before_trim);
    trimmed_(of, offset);
    inner_.trim(of, offset);
    (*at_)(Point::after_trim);
  }

private:
  Broker& inner_;
  At at_;
  std::function<void(TopicPartition, std::int64_t)> trimmed_;
};

} // namespace

std::unique_ptr<streams::Broker> faulty(streams::Broker& inner, std::function<void(Point)> at,
                                        std::function<void(TopicPartition, std::int64_t)> trimmed) {
  return std::make_unique<FaultyBroker>(inner, std::make_shared<const std::function<void(Point)>>(std::move(at)),
                                        std::move(trimmed));
}

} // namespace onecode::simulation
