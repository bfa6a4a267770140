// The group member of the in-process broker.
//   Threads  its owner's only. Listener callbacks run inside serve().
//   Errors   fatal FENCED_INSTANCE_ID once another consumer has joined as the same instance.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "streams/local/bus.hpp"

namespace onecode::streams::local {

class LocalConsumer final : public Consumer {
public:
  LocalConsumer(std::shared_ptr<Bus> bus, const GroupConfig& config, AssignmentListener& listener);
  ~LocalConsumer() override;

  void serve(Milliseconds timeout) override;
  /// nullptr for a partition that is not assigned, too.
  std::unique_ptr<Batch> take(TopicPartition from, std::size_t max_records) override;
  std::int64_t position(TopicPartition of) const override;
  std::int64_t end_offset(TopicPartition of) override;
  void assign(const Offsets& positions) override;
  Offsets committed(const std::vector<TopicPartition>& partitions, Milliseconds patience) override;
  /// nullptr before the first assignment.
  std::shared_ptr<const GroupMembership> membership() const override { return membership_; }
  /// Others get its partitions; the listener is not called. Every later call but the destructor throws.
  void close() override;

private:
  struct Cursor {
    PartitionLog* log;
    std::int64_t position;
  };
  class Presence;

  void require_open() const;
  void join();
  bool settle_rebalance();
  std::shared_ptr<const Membership> proof_of(std::int64_t generation) const;
  void give_up(bool lost);
  void forget_positions();
  bool something_to_take() const;

  const std::shared_ptr<Bus> bus_;
  const GroupConfig config_;
  AssignmentListener& listener_;
  const std::shared_ptr<MemberLine> line_;
  Coordinator::Joined self_;
  bool closed_ = false;
  bool fenced_ = false;
  bool holds_assignment_ = false; // the listener was told of one and not of its end
  std::shared_ptr<const Membership> membership_;
  std::map<TopicPartition, Cursor> cursors_;
};

} // namespace onecode::streams::local
