#include "streams/local/local_producer.hpp"

#include <string>

namespace onecode::streams::local {

LocalProducer::LocalProducer(std::shared_ptr<Bus> bus, const std::string& transactional_id)
    : bus_(std::move(bus)), id_(bus_->coordinator.transactional(transactional_id)) {}

void LocalProducer::require(State state, const char* call) {
  if (state_ == state) return;
  if (state_ == State::dead)
    throw BrokerError(BrokerFault::fatal, std::string("STATE: after calls out of order: ") + call);
  if (state_ == State::must_abort)
    throw BrokerError(BrokerFault::abort, std::string("STATE: the transaction failed and must be aborted: ") + call);
  state_ = State::dead;
  throw BrokerError(BrokerFault::fatal, std::string("STATE: ") + call + " out of order");
}

void LocalProducer::init() {
  require(State::fresh, "init");
  epoch_ = bus_->coordinator.init(*id_);
  state_ = State::ready;
}

void LocalProducer::begin() {
  require(State::ready, "begin");
  bus_->coordinator.check_epoch(*id_, epoch_);
  ++transaction_;
  state_ = State::open;
}

void LocalProducer::produce(Topic topic, std::int32_t partition, std::string_view key,
                            std::optional<std::string_view> value, std::span<const Header> headers) {
  if (state_ != State::open) require(State::open, "produce");
  PartitionLog& log = bus_->topics.route(topic, partition, key);
  Slot& slot = this->slot(log);
  if (slot.transaction != transaction_) {
    bus_->coordinator.enlist(*id_, epoch_, log);
    slot.transaction = transaction_;
  }
  const auto offset = log.append({key, value, headers, bus_->options.clock()}, id_->identity, epoch_);
  if (!offset) Coordinator::throw_fenced();
  slot.last_offset = *offset;
}

LocalProducer::Slot& LocalProducer::slot(const PartitionLog& log) {
  auto& slots = slots_[static_cast<std::size_t>(log.where().topic)];
  if (slots.empty()) slots.resize(static_cast<std::size_t>(bus_->topics.partitions(log.where().topic)));
  return slots[static_cast<std::size_t>(log.where().partition)];
}

void LocalProducer::send_offsets(const Offsets& next, const GroupMembership& membership) {
  require(State::open, "send_offsets");
  const auto* const local = dynamic_cast<const Membership*>(&membership);
  if (local == nullptr) throw BrokerError(BrokerFault::refused, "INVALID_REQUEST: a membership of another broker");
  if (next.empty()) return;
  try {
    bus_->coordinator.send_offsets(*id_, epoch_, next, *local);
  } catch (const BrokerError& e) {
    if (e.fault == BrokerFault::abort) state_ = State::must_abort;
    throw;
  }
}

void LocalProducer::commit() {
  require(State::open, "commit");
  end(true);
}

void LocalProducer::abort() {
  if (state_ != State::must_abort) require(State::open, "abort");
  end(false);
}

void LocalProducer::end(bool commit) {
  bus_->coordinator.end(*id_, epoch_, commit);
  state_ = State::ready;
}

std::int64_t LocalProducer::last_offset(TopicPartition of) const {
  const auto& slots = slots_[static_cast<std::size_t>(of.topic)];
  const auto p = static_cast<std::size_t>(of.partition);
  return p < slots.size() ? slots[p].last_offset : -1;
}

} // namespace onecode::streams::local
