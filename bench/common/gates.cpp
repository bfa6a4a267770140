#include "bench/common/gates.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <mutex>
#include <string_view>
#include <thread>
#include <unordered_map>

#include "bench/common/rdkafka.hpp"
#include "domain/topics.hpp"

namespace onecode::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kTick{1};
constexpr std::chrono::seconds kPatience{15}; // longer than a session: somebody else takes over by then

constexpr std::string_view kId = R"("id":")";

/// What stands behind `marker`, up to the next quote; empty: no such thing.
std::string_view text_behind(std::string_view json, std::string_view marker) {
  const auto at = json.find(marker);
  if (at == std::string_view::npos) return {};
  json.remove_prefix(at + marker.size());
  return json.substr(0, json.find('"'));
}

/// The scan that a decision is about: `"scan":"<id>"`, or `"scan":{…"id":"<id>"…}`.
std::string_view scan_of(std::string_view decision) {
  if (const auto at = decision.find(R"("scan":{)"); at != std::string_view::npos)
    return text_behind(decision.substr(at), kId);
  return text_behind(decision, R"("scan":")");
}

class Gates {
public:
  Gates(const std::string& brokers, const std::string& prefix)
      // The lingering is part of what is measured: without it a broker on this machine would be busy with requests.
      : producer_(make_client(RD_KAFKA_PRODUCER, {{"bootstrap.servers", brokers},
                                                  {"linger.ms", "10"},
                                                  {"compression.type", "lz4"},
                                                  {"partitioner", "murmur2_random"},
                                                  {"delivery.report.only.error", "true"}})),
        consumer_(make_client(RD_KAFKA_CONSUMER, {{"bootstrap.servers", brokers},
                                                  {"group.id", "gates"},
                                                  {"isolation.level", "read_committed"},
                                                  {"enable.auto.commit", "false"},
                                                  {"fetch.error.backoff.ms", "1"}})),
        scans_(prefix + "scans") {
    rd_kafka_poll_set_consumer(consumer_.get());
    const auto decisions = prefix + "decisions";
    rd_kafka_topic_partition_list_t* all = rd_kafka_topic_partition_list_new(kDefaultPartitions);
    // Asked for now: where "the end" is looked up in the background, it is behind the first decisions on a broker that is slow.
    for (std::int32_t p = 0; p < kDefaultPartitions; ++p) {
      std::int64_t begin = 0, end = 0;
      const auto code = rd_kafka_query_watermark_offsets(consumer_.get(), decisions.c_str(), p, &begin, &end, 30'000);
      if (code != RD_KAFKA_RESP_ERR_NO_ERROR) throw std::runtime_error(rd_kafka_err2str(code));
      rd_kafka_topic_partition_list_add(all, decisions.c_str(), p)->offset = end;
    }
    rd_kafka_assign(consumer_.get(), all);
    rd_kafka_topic_partition_list_destroy(all);
  }

  void publish(const LoadRecord& r, bool counts) {
    {
      const std::lock_guard lock(mutex_);
      asked_[std::string(text_behind(r.value, kId))] = {Clock::now(), counts};
      if (counts) ++waiting_.asked;
    }
    const auto code = rd_kafka_producev(producer_.get(), RD_KAFKA_V_TOPIC(scans_.c_str()),
                                        RD_KAFKA_V_KEY(r.key.data(), r.key.size()),
                                        RD_KAFKA_V_VALUE(const_cast<char*>(r.value.data()), r.value.size()),
                                        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) throw std::runtime_error(rd_kafka_err2str(code));
    rd_kafka_poll(producer_.get(), 0);
  }

  /// On a thread of its own, until all is answered after `done`.
  void read(const std::atomic<bool>& done) {
    rd_kafka_queue_t* queue = rd_kafka_queue_get_consumer(consumer_.get());
    std::vector<rd_kafka_message_t*> messages(1000);
    auto last = Clock::now();
    for (;;) {
      const auto count = rd_kafka_consume_batch_queue(queue, 1, messages.data(), messages.size());
      const auto now = Clock::now();
      const std::lock_guard lock(mutex_);
      for (ssize_t i = 0; i < count; ++i) {
        auto* m = messages[static_cast<std::size_t>(i)];
        if (m->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
          answered({static_cast<const char*>(m->payload), m->len}, now);
          last = now;
        }
        rd_kafka_message_destroy(m);
      }
      if (done && (asked_.empty() || now > last + kPatience)) break;
    }
    rd_kafka_queue_destroy(queue);
    std::ranges::sort(waiting_.ms);
  }

  Waiting take() { return std::move(waiting_); }

private:
  struct Asked {
    Clock::time_point at;
    bool counts;
  };

  void answered(std::string_view decision, Clock::time_point now) {
    const auto it = asked_.find(std::string(scan_of(decision)));
    if (it == asked_.end()) {
      ++waiting_.doubled;
      return;
    }
    if (it->second.counts) {
      const double ms = std::chrono::duration<double, std::milli>(now - it->second.at).count();
      waiting_.ms.push_back(ms);
      waiting_.gates.push_back({std::chrono::duration<double>(it->second.at.time_since_epoch()).count(), ms});
    }
    asked_.erase(it);
  }

  Client producer_, consumer_;
  std::string scans_;
  std::mutex mutex_;
  std::unordered_map<std::string, Asked> asked_;
  Waiting waiting_;
};

} // namespace

double Waiting::at(double share) const {
  if (ms.empty()) return std::nan("");
  const auto last = static_cast<double>(ms.size() - 1);
  return ms[static_cast<std::size_t>(std::lround(share * last))];
}

Waiting wait_at_gates(const std::string& brokers, const std::string& prefix, Load& load, const Pace& pace) {
  Gates gates(brokers, prefix);
  std::atomic<bool> done = false;
  std::jthread reader([&] { gates.read(done); });
  const auto began = Clock::now();
  LoadRecord r;
  const std::uint64_t all = std::uint64_t{pace.per_second} * (pace.skip + pace.seconds);
  for (std::uint64_t sent = 0; sent < all;) {
    const auto passed = std::chrono::duration<double>(Clock::now() - began).count();
    const auto due = std::min(all, static_cast<std::uint64_t>(passed * pace.per_second));
    for (; sent < due; ++sent) {
      load.next(r, wall_time());
      gates.publish(r, sent >= std::uint64_t{pace.per_second} * pace.skip);
    }
    std::this_thread::sleep_for(kTick);
  }
  done = true;
  reader.join();
  return gates.take();
}

} // namespace onecode::bench
