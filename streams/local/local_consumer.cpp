#include "streams/local/local_consumer.hpp"

#include <algorithm>
#include <string>

namespace onecode::streams::local {

/// A consumer that is inside serve() sends heartbeats, also while a callback restores state for minutes.
class LocalConsumer::Presence {
public:
  explicit Presence(LocalConsumer& c) : line_(*c.line_), clock_(c.bus_->options.clock) { line_.present = true; }
  ~Presence() {
    line_.seen_ms = clock_();
    line_.present = false;
  }
  Presence(const Presence&) = delete;
  Presence& operator=(const Presence&) = delete;

private:
  MemberLine& line_;
  const std::function<std::int64_t()>& clock_;
};

LocalConsumer::LocalConsumer(std::shared_ptr<Bus> bus, const GroupConfig& config, AssignmentListener& listener)
    : bus_(std::move(bus)), config_(config), listener_(listener), line_(std::make_shared<MemberLine>()) {
  join();
}

LocalConsumer::~LocalConsumer() { forget_positions(); }

void LocalConsumer::join() { self_ = bus_->coordinator.join(config_.group, config_.instance, line_); }

void LocalConsumer::require_open() const {
  if (closed_) throw BrokerError(BrokerFault::fatal, "STATE: this consumer is closed");
  if (fenced_)
    throw BrokerError(BrokerFault::fatal, "FENCED_INSTANCE_ID: another consumer joined as " + self_.instance);
}

void LocalConsumer::serve(Milliseconds timeout) {
  require_open();
  bus_->coordinator.tick(); // before the heartbeat: who comes back too late finds itself put out
  Presence presence(*this);
  for (;;) {
    const auto changes = line_->changes.load(); // before the look, so that nothing later is missed
    if (settle_rebalance()) return;
    const bool woken =
        bus_->wait(line_->signal, timeout, [&] { return line_->changes.load() != changes || something_to_take(); });
    if (!woken || something_to_take()) return;
    // Only the group moved. The timeout starts anew, which happens once or twice per rebalance.
  }
}

bool LocalConsumer::settle_rebalance() {
  using Standing = MemberView::Standing;
  bool told = false;
  for (;;) {
    MemberView view = bus_->coordinator.look(config_.group, self_.instance, self_.member);
    switch (view.standing) {
      case Standing::fenced:
        fenced_ = true;
        give_up(true);
        require_open();
        break;
      case Standing::unknown:
        told = told || holds_assignment_;
        give_up(true);
        join();
        break;
      case Standing::rebalancing:
        told = told || holds_assignment_;
        give_up(false);
        bus_->coordinator.rejoin(config_.group, self_.instance, self_.member);
        break;
      case Standing::waiting:
        return told;
      case Standing::stable:
        if (holds_assignment_) return told; // no generation ends before this member gave up
        holds_assignment_ = true;
        membership_ = proof_of(view.generation);
        listener_.assigned(view.assignment);
        return true;
    }
  }
}

std::shared_ptr<const Membership> LocalConsumer::proof_of(std::int64_t generation) const {
  auto proof = std::make_shared<Membership>();
  proof->group = config_.group;
  proof->instance = self_.instance;
  proof->member = self_.member;
  proof->generation = generation;
  return proof;
}

void LocalConsumer::give_up(bool lost) {
  if (!holds_assignment_) return;
  holds_assignment_ = false;
  try {
    listener_.revoked(lost); // may still take and commit
  } catch (...) {
    forget_positions();
    throw;
  }
  forget_positions();
}

void LocalConsumer::forget_positions() {
  for (auto& [where, cursor] : cursors_) cursor.log->unwatch(line_->signal);
  cursors_.clear();
}

bool LocalConsumer::something_to_take() const {
  return std::any_of(cursors_.begin(), cursors_.end(), [](const auto& entry) {
    return entry.second.log->has_news(entry.second.position, Isolation::committed);
  });
}

std::unique_ptr<Batch> LocalConsumer::take(TopicPartition from, std::size_t max_records) {
  require_open();
  const auto it = cursors_.find(from);
  if (it == cursors_.end()) return nullptr;
  Cursor& cursor = it->second;
  return cursor.log->read(cursor.position, max_records, Isolation::committed);
}

std::int64_t LocalConsumer::position(TopicPartition of) const {
  const auto it = cursors_.find(of);
  if (it == cursors_.end())
    throw BrokerError(BrokerFault::refused,
                      "STATE: not assigned: " + std::string(name(of.topic)) + "/" + std::to_string(of.partition));
  return it->second.position;
}

std::int64_t LocalConsumer::end_offset(TopicPartition of) {
  bus_->coordinator.tick();
  return bus_->topics.at(of).stable();
}

void LocalConsumer::assign(const Offsets& positions) {
  require_open();
  std::map<TopicPartition, Cursor> cursors;
  for (const auto& [where, offset] : positions) cursors.emplace(where, Cursor{&bus_->topics.at(where), offset});
  forget_positions();
  cursors_ = std::move(cursors);
  for (auto& [where, cursor] : cursors_) cursor.log->watch(line_->signal, Isolation::committed);
}

Offsets LocalConsumer::committed(const std::vector<TopicPartition>& partitions, Milliseconds patience) {
  require_open();
  bus_->coordinator.tick();
  Presence presence(*this);
  if (bus_->options.virtual_time) patience = Milliseconds(0);
  return bus_->coordinator.committed(config_.group, partitions, Signal::Clock::now() + patience);
}

void LocalConsumer::close() {
  if (closed_) return;
  closed_ = true;
  forget_positions();
  bus_->coordinator.leave(config_.group, self_.instance, self_.member);
}

} // namespace onecode::streams::local
