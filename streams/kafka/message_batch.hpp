// A Batch over librdkafka's own messages: nothing is copied, the fetch buffers live as long as the batch.
#pragma once

#include <memory>
#include <vector>

#include "streams/broker.hpp"
#include "streams/kafka/client.hpp"

namespace onecode::streams::kafka {

class MessageBatch final : public Batch {
public:
  /// Keeps the client alive, since messages must be gone before their client.
  MessageBatch(TopicPartition from, std::shared_ptr<const Client> client) : client_(std::move(client)) {
    source = from;
  }

  void reserve(std::size_t n) {
    messages_.reserve(n);
    records.reserve(n);
  }
  /// A message without error, in offset order.
  void add(MessageHandle message);
  /// After the last add(): headers get their final places.
  void finish();
  bool empty() const { return records.empty(); }

private:
  struct HeaderRange {
    std::size_t record, first, count;
  };
  std::shared_ptr<const Client> client_;
  std::vector<MessageHandle> messages_;
  std::vector<Header> headers_;
  std::vector<HeaderRange> ranges_;
};

} // namespace onecode::streams::kafka
