// The transactional producer of the in-process broker. Records go straight into the partitions; the coordinator is
// asked once per partition and transaction.
//   Threads  its owner's only.
//   Errors   fatal (fenced, timed out, called out of order) is for ever; after abort only abort() works.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "streams/local/bus.hpp"

namespace onecode::streams::local {

class LocalProducer final : public TransactionalProducer {
public:
  LocalProducer(std::shared_ptr<Bus> bus, const std::string& transactional_id);

  void init() override;
  void begin() override;
  void produce(Topic topic, std::int32_t partition, std::string_view key, std::optional<std::string_view> value,
               std::span<const Header> headers) override;
  void send_offsets(const Offsets& next, const GroupMembership& membership) override;
  void commit() override;
  void abort() override;
  std::int64_t last_offset(TopicPartition of) const override;

private:
  enum class State : std::uint8_t { fresh, ready, open, must_abort, dead };
  struct Slot {
    std::uint64_t transaction = 0; // the last one that wrote here
    std::int64_t last_offset = -1;
  };

  void require(State state, const char* call);
  void end(bool commit);
  Slot& slot(const PartitionLog& log);

  const std::shared_ptr<Bus> bus_;
  const std::shared_ptr<TransactionalId> id_;
  State state_ = State::fresh;
  std::int32_t epoch_ = -1;
  std::uint64_t transaction_ = 0;
  std::array<std::vector<Slot>, kTopics.size()> slots_;
};

} // namespace onecode::streams::local
