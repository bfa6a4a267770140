#include "streams/kafka/kafka_broker.hpp"

#include "streams/kafka/admin.hpp"
#include "streams/kafka/client.hpp"
#include "streams/kafka/consumer.hpp"
#include "streams/kafka/producer.hpp"
#include "streams/kafka/publisher.hpp"
#include "streams/kafka/reader.hpp"

namespace onecode::streams {

namespace {

using namespace kafka;

class KafkaBroker final : public Broker {
public:
  explicit KafkaBroker(KafkaConfig config)
      : connection_(std::make_shared<const Connection>(std::move(config))),
        readers_(std::make_shared<ReaderPool>(connection_)) {}

  std::unique_ptr<Consumer> join(const GroupConfig& config, AssignmentListener& listener) override {
    return std::make_unique<KafkaConsumer>(connection_, config, listener,
                                           [readers = readers_](TopicPartition from, std::int64_t offset) {
                                             return readers->first_offset(from, offset);
                                           });
  }

  std::unique_ptr<TransactionalProducer> transactional(const std::string& transactional_id) override {
    return std::make_unique<KafkaTransactionalProducer>(connection_, transactional_id);
  }

  std::unique_ptr<Publisher> publisher() override { return std::make_unique<KafkaPublisher>(connection_); }

  std::unique_ptr<LogReader> reader(TopicPartition from, std::int64_t offset, Isolation isolation) override {
    return readers_->open(from, offset, isolation);
  }

  std::unique_ptr<LogReader> follower(TopicPartition from, std::int64_t offset) override {
    return readers_->follow(from, offset);
  }

  Watermarks watermarks(TopicPartition of, Isolation isolation) override {
    return query_watermarks(*readers_->shared(isolation), of, Milliseconds(30'000));
  }

  void create_topics(std::int32_t partitions) override { kafka::create_topics(*admin(), partitions); }
  std::map<Topic, TopicDescription> describe_topics() override { return kafka::describe_topics(*admin()); }
  void trim(TopicPartition of, std::int64_t offset) override { kafka::trim(*admin(), of, offset); }

private:
  std::shared_ptr<Client> admin() { return readers_->shared(Isolation::uncommitted); }

  std::shared_ptr<const Connection> connection_;
  std::shared_ptr<ReaderPool> readers_;
};

} // namespace

std::unique_ptr<Broker> connect_kafka(KafkaConfig config) { return std::make_unique<KafkaBroker>(std::move(config)); }

} // namespace onecode::streams
