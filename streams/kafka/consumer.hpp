// The group member of a node: one queue per partition, read in batches, positions counted here.
//
//   Always     Between two assign() calls take() gives each partition's committed records from the assigned offset on, in
//              order, each once. What the library still held from before was in a queue that is gone, and its offset is
//              checked as well.
//   Gaps       are transaction markers and aborted records. A gap in the middle of a fetch cannot be anything else. A gap
//              at the first record of a fetch could also be a record of an older one, so there, and only there, a second
//              client reads the partition from the asked offset. If the two differ everything is fetched anew.
//   Pace       A broker works for each partition that a fetch asks for, also where nothing is new. So what is written seldom
//              and what is written all the time are fetched by two clients: one asks for the first record and waits long, the
//              other waits for many records, but only a moment. The client in the group fetches nothing. (decision 0039)
//   Threads    one, the node's. Callbacks of the library come from within serve() and close() on that thread.
#pragma once

#include <array>
#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "streams/broker.hpp"
#include "streams/kafka/client.hpp"
#include "streams/kafka/fetch.hpp"

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
  enum class Pace : std::uint8_t { prompt, patient };
  struct Partition {
    std::optional<Fetch> fetch;      ///< empty only when the last one could not begin
    std::deque<MessageHandle> ready; ///< what serve() has looked at; older than anything in the fetch's queue
    std::int64_t position = 0;
    bool at_end = false; ///< the broker said "nothing more" at `position`
    Nudge nudge{512 * 1024};
    bool unproven = true;  ///< nothing taken since the fetch began
    std::size_t taken = 0; ///< records, since the last look at the pace
    int calm = 0;          ///< looks in a row that found next to nothing
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
  /// Tells the library that its rebalance is noticed; it shall fetch nothing.
  void answer(bool assigned);
  void fetch(TopicPartition tp, Partition& partition);
  void drop_partitions();
  /// Moves partitions to the client whose pace is theirs, now and then.
  void keep_pace();
  bool anything_to_take();
  bool look_into(TopicPartition tp, Partition& partition);
  std::vector<MessageHandle> pull(const Partition& partition, std::size_t at_most);
  static std::size_t queued(const Partition& partition);
  void wait(Milliseconds timeout);
  Partition& partition(TopicPartition tp);

  std::shared_ptr<const Connection> connection_;
  std::string group_;
  AssignmentListener& listener_;
  FirstOffset first_offset_;
  int wake_fd_;
  std::shared_ptr<Client> client_;                  ///< the member of the group
  std::array<std::shared_ptr<Client>, 2> fetchers_; ///< by Pace
  QueueHandle group_queue_;
  std::map<TopicPartition, Partition> partitions_;
  std::map<TopicPartition, Pace> paces_; ///< also of partitions that are not assigned now; absent: prompt
  std::shared_ptr<const GroupMembership> membership_;
  std::exception_ptr from_listener_; ///< what the listener threw inside the C callback; serve() throws it on
  bool joined_ = false;              ///< an assignment has arrived at least once
  bool closed_ = false;
  int doubts_ = 0;              ///< times in a row that the first record was not the right one
  Clock::time_point next_look_; ///< at the paces
  std::vector<rd_kafka_message_t*> scratch_;
};

} // namespace onecode::streams::kafka
