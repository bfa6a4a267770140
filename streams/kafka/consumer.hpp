// The group member of a node: one queue per partition, read in batches, positions counted here.
//
//   Always     Between two assign() calls take() gives each partition's committed records from the assigned offset
//   on, in
//              order, each once. Whatever the library still held from before is discarded: it is older than the
//              barrier that rd_kafka_assign() has set by the time it returns, and its offset is checked as well.
//   Gaps       are transaction markers and aborted records. A gap in the middle of a fetch cannot be anything else. A
//   gap
//              at the first record after assign() could also be a record of an older fetch, so there, and only there,
//              a second client reads the partition from the assigned offset. If the two differ everything is fetched
//              anew.
//   Threads    one, the node's. Callbacks of the library come from within serve() and close() on that thread.
#pragma once

#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "streams/broker.hpp"
#include "streams/kafka/client.hpp"

namespace onecode::streams::kafka {

/// The offset of the first committed record at or after `offset`, by an independent read; nullopt: none so far.
using FirstOffset = std::function<std::optional<std::int64_t>(TopicPartition, std::int64_t offset)>;

class KafkaMembership final : public GroupMembership {
public:
  explicit KafkaMembership(GroupMetadataHandle of) : metadata(std::move(of)) {}
  GroupMetadataHandle metadata;
};

class KafkaConsumer final : public Consumer {
public:
  KafkaConsumer(std::shared_ptr<const Connection> connection, const GroupConfig& config, AssignmentListener& listener,
                FirstOffset first_offset);
  /// Without close() the member just falls silent, as in a crash.
  ~KafkaConsumer() override;

  void serve(Milliseconds timeout) override;
  std::unique_ptr<Batch> take(TopicPartition from, std::size_t max_records) override;
  std::int64_t position(TopicPartition of) const override;
  std::int64_t end_offset(TopicPartition of) override;
  void assign(const Offsets& positions) override;
  Offsets committed(const std::vector<TopicPartition>& partitions, Milliseconds patience) override;
  std::shared_ptr<const GroupMembership> membership() const override { return membership_; }
  void close() override;

private:
  struct Partition {
    QueueHandle queue;
    std::deque<MessageHandle> ready; ///< what serve() has looked at; older than anything in `queue`
    std::int64_t position = 0;
    bool at_end = false; ///< the broker said "nothing more" at `position`
    Nudge nudge{512 * 1024};
    bool unproven = true; ///< nothing taken since assign() yet
  };

  static void on_rebalance(rd_kafka_t* rk, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* list,
                           void* opaque);
  void rebalance(rd_kafka_resp_err_t code, const rd_kafka_topic_partition_list_t& list);
  void poll_group();
  void group_error(const rd_kafka_message_t& message) const;
  std::string denied(rd_kafka_resp_err_t code) const;
  void partition_error(TopicPartition tp, Partition& partition, const rd_kafka_message_t& message) const;
  bool first_is_right(TopicPartition tp, const Partition& partition, std::int64_t offset) const;
  void fetch_again(TopicPartition because_of);
  void set_assignment(const Offsets& positions);
  rd_kafka_resp_err_t apply(const rd_kafka_topic_partition_list_t* assignment);
  void drop_partitions();
  bool anything_to_take();
  bool look_into(TopicPartition tp, Partition& partition);
  std::vector<MessageHandle> pull(const Partition& partition, std::size_t at_most);
  void wait(Milliseconds timeout);
  Partition& partition(TopicPartition tp);

  std::shared_ptr<const Connection> connection_;
  std::string group_;
  AssignmentListener& listener_;
  FirstOffset first_offset_;
  int wake_fd_;
  std::shared_ptr<Client> client_;
  QueueHandle group_queue_;
  std::map<TopicPartition, Partition> partitions_;
  std::shared_ptr<const GroupMembership> membership_;
  std::exception_ptr from_listener_; ///< what the listener threw inside the C callback; serve() throws it on
  bool assigned_in_callback_ = false;
  bool joined_ = false; ///< an assignment has arrived at least once
  bool closed_ = false;
  int doubts_ = 0; ///< times in a row that the first record was not the right one
  std::vector<rd_kafka_message_t*> scratch_;
};

} // namespace onecode::streams::kafka
