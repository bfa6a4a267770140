// A Follower on Kafka. Outside a group it reads the partitions as the simple consumer, which needs no coordinator and no
// group ACL; with one it subscribes.
//   Always     A partition that the group has no offset of gets one committed before the first record is taken. Without
//              it, a start at the end that crashed early would begin at a later end, and lose what came between.
//   Threads    one; the library's callbacks come from within next(), keep() and close().
#pragma once

#include <deque>
#include <exception>
#include <map>
#include <memory>

#include "streams/follower.hpp"
#include "streams/kafka/client.hpp"

namespace onecode::streams {

/// Throws BrokerError: refused (the topics do not exist, a setting), unreachable.
std::unique_ptr<Follower> follow_kafka(KafkaConfig config, FollowConfig follow);

namespace kafka {

class KafkaFollower final : public Follower {
public:
  KafkaFollower(std::shared_ptr<const Connection> connection, FollowConfig config);
  ~KafkaFollower() override;

  std::optional<Followed> next(Milliseconds timeout) override;
  bool at_end() const override;
  bool commit() override;
  void keep(Milliseconds time) override;
  void close() override;

private:
  struct Partition {
    std::int64_t position = 0; ///< of the next record that next() gives
    std::int64_t end = 0;      ///< as it was when the partition was begun
    bool ended = false;
    bool given = false; ///< something since the last commit
  };

  static void on_rebalance(rd_kafka_t* rk, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* list,
                           void* opaque);
  void rebalance(rd_kafka_resp_err_t code, const rd_kafka_topic_partition_list_t& list);
  std::int64_t start_of(TopicPartition tp);
  Offsets begin(const std::vector<TopicPartition>& partitions);
  Offsets committed(const std::vector<TopicPartition>& partitions);
  MessageHandle poll(Milliseconds timeout);
  void look_at(MessageHandle message);
  void pause(bool on);
  bool grouped() const { return !config_.group.empty(); }

  std::shared_ptr<const Connection> connection_;
  FollowConfig config_;
  std::shared_ptr<Client> client_;
  std::vector<TopicHandle> topics_; ///< outside a group: what is being consumed
  QueueHandle queue_;               ///< the same
  std::map<TopicPartition, Partition> partitions_;
  std::deque<MessageHandle> ready_;
  std::exception_ptr from_callback_;
  bool joined_ = false, assigned_ = false, paused_ = false, closed_ = false;
};

} // namespace kafka
} // namespace onecode::streams
