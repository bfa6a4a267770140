// The in-process broker: Kafka's semantics as far as a committed reader can tell, in memory. The demo, the benchmark
// of the engine and the simulation run on it; `run` refuses it.
//   Threads  one LocalBroker may be used from any thread; what it hands out belongs to whoever asked
//   (streams/broker.hpp).
//            Clients keep the broker's data alive, so they may outlive the LocalBroker.
//   Errors   BrokerError, with Kafka's own error name at the start of its text.
//   Time     timeouts of transactions and members are noticed by whatever call comes next (serve, committed, begin, a
//            commit, an idle reader); there is no thread of its own. With `virtual_time` nothing ever waits: what
//            would have to wait returns at once with nothing, or throws unreachable.
//   Crash    a client that is destroyed without close() or abort() is a process that died: its transaction stays open
//   until
//            its transactional id comes back or times out, its group member until its instance comes back or times
//            out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "streams/broker.hpp"

namespace onecode::streams {

struct LocalBrokerOptions {
  /// Partitions of the topics that exist from the start (policy has one); 0: none until create_topics().
  std::int32_t partitions = kDefaultPartitions;
  /// 0: keep everything. Else a partition larger than this forgets its oldest segments, inputs only what every group
  /// has committed; never the journal (the engine trims it) and never a compacted topic.
  std::size_t retain_bytes = 0;
  /// Nothing waits; time passes only as `clock` says.
  bool virtual_time = false;
  std::int64_t transaction_timeout_ms = 10'000;
  /// A member that has not called serve() or committed() for so long is out of the group.
  std::int64_t session_timeout_ms = 45'000;
  /// Asked when a transaction is decided, and again whenever somebody calls: do its markers come later still? Then its records
  /// stay beyond the last stable offset although its offsets are committed. Empty: never.
  std::function<bool()> marker_is_late;
  /// Milliseconds, for record timestamps and timeouts; called from every thread. Empty: the system's clock.
  std::function<std::int64_t()> clock;
};

namespace local {
struct Bus;
}

class LocalBroker final : public Broker {
public:
  explicit LocalBroker(LocalBrokerOptions options = {});
  ~LocalBroker() override;

  std::unique_ptr<Consumer> join(const GroupConfig& config, AssignmentListener& listener) override;
  std::unique_ptr<TransactionalProducer> transactional(const std::string& transactional_id) override;
  std::unique_ptr<Publisher> publisher() override;
  std::unique_ptr<LogReader> reader(TopicPartition from, std::int64_t offset, Isolation isolation) override;
  Watermarks watermarks(TopicPartition of, Isolation isolation) override;
  void create_topics(std::int32_t partitions) override;
  std::map<Topic, TopicDescription> describe_topics() override;
  void trim(TopicPartition of, std::int64_t offset) override;

private:
  std::shared_ptr<local::Bus> bus_;
};

} // namespace onecode::streams
