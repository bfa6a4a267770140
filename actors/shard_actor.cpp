#include "actors/shard_actor.hpp"

#include <algorithm>
#include <caf/all.hpp>
#include <stdexcept>
#include <thread>

namespace onecode::actors {

/// node → shard. A pointer, because the node keeps the tasks until all are done.
struct Work {
  Task* task = nullptr;
};

} // namespace onecode::actors

CAF_BEGIN_TYPE_ID_BLOCK(onecode_actors, caf::first_custom_type_id)
CAF_ADD_TYPE_ID(onecode_actors, (onecode::actors::Work))
CAF_ADD_TYPE_ID(onecode_actors, (onecode::actors::Done))
CAF_END_TYPE_ID_BLOCK(onecode_actors)

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(onecode::actors::Work)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(onecode::actors::Done)

namespace onecode::actors {
namespace {

class ShardActor final : public caf::event_based_actor {
public:
  ShardActor(caf::actor_config& config, Shard* shard) : caf::event_based_actor(config), shard_(shard) {}

  caf::behavior make_behavior() override {
    return {[this](Work work) {
      Done answer{shard_->index(), nullptr};
      try {
        perform(*shard_, *work.task);
      } catch (...) {
        answer.error = std::current_exception();
      }
      return answer;
    }};
  }

  const char* name() const override { return "shard"; }

private:
  Shard* shard_;
};

class CafCrew final : public Crew {
public:
  explicit CafCrew(std::size_t threads) : config_(threads), system_(config_), node_(system_) {}
  ~CafCrew() override { clear(); }

  void perform(std::map<std::int32_t, Task>& tasks, Load load) override {
    // The actors are idle, so their shards may be worked on here: two thread changes each cost more than a little work.
    if (tasks.size() == 1 || load == Load::light) {
      for (auto& [index, task] : tasks) actors::perform(*members_.at(index).shard, task);
      return;
    }
    for (auto& [index, task] : tasks) node_->send(members_.at(index).actor, Work{&task});
    std::exception_ptr error;
    std::size_t waiting = tasks.size();
    while (waiting > 0) {
      node_->receive(
          [&](const Done& done) {
            --waiting;
            if (done.error && !error) error = done.error;
          },
          [&](const caf::down_msg& down) {
            --waiting;
            if (!error)
              error =
                  std::make_exception_ptr(std::runtime_error("a shard actor died: " + system_.render(down.reason)));
          });
    }
    if (error) std::rethrow_exception(error);
  }

  Shard& shard(std::int32_t index) override { return *members_.at(index).shard; }

  std::vector<std::int32_t> shards() const override {
    std::vector<std::int32_t> out;
    for (const auto& [index, member] : members_) out.push_back(index);
    return out;
  }

  void add(std::unique_ptr<Shard> shard) override {
    const auto index = shard->index();
    auto actor = system_.spawn<ShardActor>(shard.get());
    node_->monitor(actor);
    members_[index] = Member{std::move(shard), actor};
  }

  std::unique_ptr<Shard> remove(std::int32_t index) override {
    const auto it = members_.find(index);
    if (it == members_.end()) return nullptr;
    dismiss(it->second);
    auto shard = std::move(it->second.shard);
    members_.erase(it);
    return shard;
  }

  void clear() override {
    for (auto& [index, member] : members_) dismiss(member);
    members_.clear();
  }

  std::future<void> aside(std::function<void()> job) override {
    auto task = std::make_shared<std::packaged_task<void()>>(std::move(job));
    auto done = task->get_future();
    // It reads from the broker and waits for it: a thread of its own, so that no shard waits for a worker.
    system_.spawn<caf::detached>([task] { (*task)(); });
    return done;
  }

private:
  struct Config : caf::actor_system_config {
    explicit Config(std::size_t threads) {
      add_message_types<caf::id_block::onecode_actors>();
      const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
      set("scheduler.max-threads", threads != 0 ? threads : cores);
      // With the other policy idle workers look for work every 50 us, later every 10 ms: docs/decisions/0038.
      set("scheduler.policy", caf::atom("sharing"));
    }
  };
  struct Member {
    std::unique_ptr<Shard> shard;
    caf::actor actor;
  };
  void dismiss(const Member& member) {
    node_->demonitor(member.actor);
    node_->send_exit(member.actor, caf::exit_reason::user_shutdown);
    node_->wait_for(member.actor);
  }
  Config config_;
  caf::actor_system system_;
  caf::scoped_actor node_;
  std::map<std::int32_t, Member> members_;
};

} // namespace

std::unique_ptr<Crew> caf_crew(std::size_t threads) { return std::make_unique<CafCrew>(threads); }

} // namespace onecode::actors
