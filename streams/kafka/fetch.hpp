// One partition as a client reads it that belongs to no group.
#pragma once

#include <memory>

#include "streams/kafka/client.hpp"

namespace onecode::streams::kafka {

/// What no client that fetches may have otherwise.
Settings fetch_settings(Isolation isolation);

/// Begins when it is made and ends when it is destroyed, which waits until nothing more comes. What it fetches is in a queue of
/// its own.
class Fetch {
public:
  /// `offset`: a number, not a name like "the end". Throws BrokerError refused.
  Fetch(std::shared_ptr<Client> client, TopicPartition from, std::int64_t offset);
  Fetch(const Fetch&) = delete;
  Fetch& operator=(const Fetch&) = delete;
  ~Fetch();

  const std::shared_ptr<Client>& client() const { return client_; }
  rd_kafka_queue_t* queue() const { return queue_.get(); }

private:
  std::shared_ptr<Client> client_;
  std::int32_t partition_;
  TopicHandle topic_;
  QueueHandle queue_;
};

} // namespace onecode::streams::kafka
