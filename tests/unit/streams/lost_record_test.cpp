// A broker that just became leader refuses a producer's first request; the second is already under way and is taken, because
// the broker knows no producer yet from whom something could be missing. librdkafka then takes both for delivered. Its mock
// cluster answers like that.
// What these would catch: a record that is lost and nobody says so, from a publisher or in a committed transaction.
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <memory>
#include <string>
#include <vector>

#include "streams/kafka/kafka_broker.hpp"
#include "tests/catch.hpp"

using namespace onecode;
using namespace onecode::streams;

namespace {

constexpr std::int16_t kProduce = 0; // Kafka's number of the request

class HalfReadyKafka {
public:
  HalfReadyKafka() {
    char why[256];
    client_.reset(rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), why, sizeof why));
    cluster_.reset(rd_kafka_mock_cluster_new(client_.get(), 1));
    for (const auto& t : kTopics)
      rd_kafka_mock_topic_create(cluster_.get(), ("t." + std::string(t.name)).c_str(), 1, 1);
    rd_kafka_mock_broker_set_rtt(cluster_.get(), 1, 20); // so that several requests are under way
    broker = connect_kafka({rd_kafka_mock_cluster_bootstraps(cluster_.get()), "t.", {}, {}});
  }

  /// The next so many records that reach the broker are refused.
  void refuse(std::size_t count) {
    std::vector<rd_kafka_resp_err_t> errors(count, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION);
    rd_kafka_mock_push_request_errors_array(cluster_.get(), kProduce, count, errors.data());
  }

  /// The journal's records by their first letter.
  std::string journal() {
    std::string out;
    const auto end = broker->watermarks({Topic::journal, 0}, Isolation::uncommitted).high;
    const auto reader = broker->reader({Topic::journal, 0}, 0, Isolation::uncommitted);
    while (reader->position() < end)
      if (const auto batch = reader->next(Milliseconds(1000)))
        for (const auto& r : batch->records) out += r.value.value().front();
    return out;
  }

private:
  struct Destroy {
    void operator()(rd_kafka_t* c) const { rd_kafka_destroy(c); }
    void operator()(rd_kafka_mock_cluster_t* c) const { rd_kafka_mock_cluster_destroy(c); }
  };
  std::unique_ptr<rd_kafka_t, Destroy> client_;
  std::unique_ptr<rd_kafka_mock_cluster_t, Destroy> cluster_;

public:
  std::unique_ptr<Broker> broker;
};

/// Large enough to travel alone.
std::string record(char c) { return std::string(900'000, c); }

} // namespace

TEST_CASE("a publisher loses no record when the first is refused and the next is not") {
  HalfReadyKafka kafka;
  const auto publisher = kafka.broker->publisher();
  kafka.refuse(1);
  for (const char c : std::string("abcd")) publisher->publish(Topic::journal, 0, "k", record(c));
  publisher->flush();
  CHECK(kafka.journal() == "abcd");
}

TEST_CASE("a transaction in which a record is lost is not committed") {
  HalfReadyKafka kafka;
  const auto producer = kafka.broker->transactional("node");
  producer->init();
  producer->begin();
  kafka.refuse(1);
  for (const char c : std::string("abcd")) producer->produce(Topic::journal, 0, "k", record(c));
  try {
    producer->commit();
    FAIL("committed: " << kafka.journal());
  } catch (const BrokerError& e) {
    CHECK(e.fault == BrokerFault::abort); // in transactions the library counts by itself (2.0.2)
  }
  producer->abort();

  // The producer is sound: the next one goes through.
  producer->begin();
  producer->produce(Topic::journal, 0, "k", "e");
  producer->commit();
  CHECK(kafka.journal().back() == 'e');
}
