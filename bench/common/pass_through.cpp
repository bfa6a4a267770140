#include "bench/common/pass_through.hpp"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <map>
#include <vector>

#include "app/terminal.hpp"
#include "bench/common/rdkafka.hpp"

namespace onecode::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kInterval{20};
constexpr std::size_t kAtOnce = 10'000;
constexpr std::size_t kDecision = 250; // bytes
constexpr std::string_view kHead = R"({"scan":")";
constexpr std::string_view kIdOfScan = R"("id":")";

std::string decision_of(std::string_view scan) {
  const auto at = scan.find(kIdOfScan);
  std::string out(kHead);
  if (at != std::string_view::npos) out += scan.substr(at + kIdOfScan.size(), kDecision - kHead.size());
  out.resize(kDecision, ' ');
  return out;
}

class PassThrough {
public:
  PassThrough(const std::string& brokers, const std::string& prefix)
      : scans_(prefix + "scans"),
        decisions_(prefix + "decisions"),
        consumer_(make_client(RD_KAFKA_CONSUMER, {{"bootstrap.servers", brokers},
                                                  {"group.id", prefix + "pass-through"},
                                                  {"isolation.level", "read_committed"},
                                                  {"enable.auto.commit", "false"},
                                                  {"auto.offset.reset", "latest"},
                                                  {"queued.min.messages", "1000000"},
                                                  {"fetch.wait.max.ms", "5"}})),
        producer_(make_client(RD_KAFKA_PRODUCER, {{"bootstrap.servers", brokers},
                                                  {"transactional.id", prefix + "pass-through"},
                                                  {"compression.type", "lz4"},
                                                  {"linger.ms", "5"},
                                                  {"retry.backoff.ms", "1"},
                                                  {"delivery.report.only.error", "true"}})) {
    rd_kafka_poll_set_consumer(consumer_.get());
    expect_ok(rd_kafka_init_transactions(producer_.get(), -1), "init_transactions");
    rd_kafka_topic_partition_list_t* topics = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(topics, scans_.c_str(), RD_KAFKA_PARTITION_UA);
    rd_kafka_subscribe(consumer_.get(), topics);
    rd_kafka_topic_partition_list_destroy(topics);
  }

  void run(const app::Interrupt& interrupt) {
    rd_kafka_queue_t* queue = rd_kafka_queue_get_consumer(consumer_.get());
    std::vector<rd_kafka_message_t*> messages(kAtOnce);
    while (!interrupt.asked()) {
      const auto count = rd_kafka_consume_batch_queue(queue, 1, messages.data(), messages.size());
      for (ssize_t i = 0; i < count; ++i) {
        const auto* m = messages[static_cast<std::size_t>(i)];
        if (m->err == RD_KAFKA_RESP_ERR_NO_ERROR) pass(*m);
        rd_kafka_message_destroy(messages[static_cast<std::size_t>(i)]);
      }
      if (!next_.empty() && Clock::now() >= began_ + kInterval) commit();
    }
    if (!next_.empty()) commit();
    rd_kafka_queue_destroy(queue);
    rd_kafka_consumer_close(consumer_.get());
  }

private:
  void pass(const rd_kafka_message_t& m) {
    if (next_.empty()) {
      expect_ok(rd_kafka_begin_transaction(producer_.get()), "begin");
      began_ = Clock::now();
    }
    const auto value = decision_of({static_cast<const char*>(m.payload), m.len});
    const auto code = rd_kafka_producev(producer_.get(), RD_KAFKA_V_TOPIC(decisions_.c_str()),
                                        RD_KAFKA_V_PARTITION(m.partition), RD_KAFKA_V_KEY(m.key, m.key_len),
                                        RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()),
                                        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) throw std::runtime_error(rd_kafka_err2str(code));
    next_[m.partition] = m.offset + 1;
  }

  void commit() {
    rd_kafka_topic_partition_list_t* offsets = rd_kafka_topic_partition_list_new(static_cast<int>(next_.size()));
    for (const auto& [partition, next] : next_)
      rd_kafka_topic_partition_list_add(offsets, scans_.c_str(), partition)->offset = next;
    rd_kafka_consumer_group_metadata_t* group = rd_kafka_consumer_group_metadata(consumer_.get());
    expect_ok(rd_kafka_send_offsets_to_transaction(producer_.get(), offsets, group, -1), "send_offsets");
    rd_kafka_consumer_group_metadata_destroy(group);
    rd_kafka_topic_partition_list_destroy(offsets);
    // The commit's own flush moves in steps of 10 ms (librdkafka 2.0.2); with nothing left to flush it is quick.
    while (rd_kafka_outq_len(producer_.get()) > 0) ::usleep(200);
    expect_ok(rd_kafka_commit_transaction(producer_.get(), -1), "commit");
    next_.clear();
  }

  std::string scans_, decisions_;
  Client consumer_, producer_;
  std::map<std::int32_t, std::int64_t> next_;
  Clock::time_point began_;
};

} // namespace

int pass_through(const std::string& brokers, const std::string& prefix) {
  const app::Interrupt interrupt;
  PassThrough(brokers, prefix).run(interrupt);
  return 0;
}

} // namespace onecode::bench
