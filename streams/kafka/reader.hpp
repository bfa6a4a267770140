// Reading single partitions outside any group. Clients are expensive (threads, connections), readings are many and
// short: a reading borrows a client from the pool and gives it back.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "streams/broker.hpp"
#include "streams/kafka/client.hpp"
#include "streams/kafka/fetch.hpp"

namespace onecode::streams::kafka {

/// Idle consumer clients, one list per isolation. Any thread.
class ReaderPool : public std::enable_shared_from_this<ReaderPool> {
public:
  explicit ReaderPool(std::shared_ptr<const Connection> connection) : connection_(std::move(connection)) {}

  std::unique_ptr<LogReader> open(TopicPartition from, std::int64_t offset, Isolation isolation);
  /// Of committed records, with a client of its own, which asks seldom while nothing is new.
  std::unique_ptr<LogReader> follow(TopicPartition from, std::int64_t offset);
  /// A client for questions that need the isolation (watermarks, administration); shared, for any thread.
  std::shared_ptr<Client> shared(Isolation isolation);
  /// The offset of the first committed record at or after `offset`; nullopt: none within a few seconds.
  std::optional<std::int64_t> first_offset(TopicPartition from, std::int64_t offset);

private:
  friend class KafkaLogReader;
  std::shared_ptr<Client> borrow(Isolation isolation);
  void give_back(Isolation isolation, std::shared_ptr<Client> client);
  std::shared_ptr<Client> make(Isolation isolation, Milliseconds wait) const;

  std::shared_ptr<const Connection> connection_;
  std::mutex mutex_;
  std::array<std::vector<std::shared_ptr<Client>>, 2> idle_;
  std::array<std::shared_ptr<Client>, 2> shared_;
};

class KafkaLogReader final : public LogReader {
public:
  /// `pool`: what the client goes back to; null: nobody.
  KafkaLogReader(std::shared_ptr<ReaderPool> pool, std::shared_ptr<Client> client, TopicPartition from,
                 std::int64_t offset, Isolation isolation);
  ~KafkaLogReader() override;
  std::unique_ptr<Batch> next(Milliseconds timeout, std::size_t max_records) override;
  std::int64_t position() const override { return position_; }

private:
  MessageHandle poll(Milliseconds timeout);

  std::shared_ptr<ReaderPool> pool_;
  TopicPartition from_;
  Isolation isolation_;
  std::int64_t position_;
  std::shared_ptr<Client> client_;
  std::optional<Fetch> fetch_; ///< empty only while it ends
  Nudge nudge_;
  MessageHandle waiting_; ///< an error that came behind records; they go first
  bool reusable_ = true;  ///< an error may have left the client in a state that the next reading should not inherit
};

} // namespace onecode::streams::kafka
