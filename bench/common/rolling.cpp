#include "bench/common/rolling.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <exception>
#include <memory>
#include <stdexcept>
#include <thread>

#include "app/errors.hpp"
#include "app/signing.hpp"
#include "bench/common/cluster.hpp"
#include "streams/policy_document.hpp"
#include "tests/support/accounts.hpp"
#include "tests/support/nodes.hpp"

namespace onecode::bench {
namespace {

using test::Node;

constexpr std::chrono::milliseconds kTick{2};
constexpr double kBefore = 2; // seconds before SIGTERM whose scans may be caught by it
constexpr double kPatience = 120;

Policy policy_for(const app::SigningKey& key) {
  Policy policy = builtin_policy();
  policy.version = "rolling-1";
  policy.effective_from = kEarliestEvent;
  for (const char* role : {"registrar", "information-centre", "integration-owner"})
    policy.roles[role] = {{key.id, KeyAlgorithm::ed25519, key.public_key, "bench", std::nullopt, std::nullopt}};
  return policy;
}

class Roll {
public:
  explicit Roll(const RollingPlan& plan)
      : plan_(plan),
        key_(app::new_signing_key("k-rolling")),
        cluster_(plan.executable.c_str(), "wall"),
        load_(plan.accounts, plan.devices, {wall_time(), wall_time()}) {
    auto kafka = cluster_.kafka();
    kafka.group = kafka.prefix + "engine";
    const test::ClusterOptions options{cluster_.folder(), plan.executable, "wall", kafka, key_};
    for (std::size_t i = 0; i < nodes_.size(); ++i)
      nodes_[i] = std::make_unique<Node>(options, "n" + std::to_string(i + 1));
  }

  Rolled run(const std::function<void(const Restart&)>& told) {
    publish_registration();
    for (auto& node : nodes_) node->start();
    wait_until([&] { return std::ranges::all_of(nodes_, [&](const auto& n) { return ready(*n); }); },
               "both are ready");

    // Commands go before scans: gates would wait for the registration.
    if (accounts().missing != 0) throw std::runtime_error("the registration is not worked off");

    // The gates are on a thread of their own: processes are the children of the thread that started them.
    std::atomic<bool> over = false;
    std::exception_ptr failure;
    std::jthread gates([&] {
      try {
        out_.waiting = wait_at_gates(cluster_.kafka().brokers, cluster_.kafka().prefix, load_, plan_.pace);
      } catch (...) {
        failure = std::current_exception();
      }
      over = true;
    });
    const double began = wall_seconds() + plan_.pace.skip, end = began + plan_.pace.seconds;
    double next = began + plan_.every;
    for (std::size_t n = 0; next + kBefore < end; ++n, next += plan_.every) {
      wait_until([&] { return wall_seconds() >= next || over; }, "the time has come",
                 next - wall_seconds() + kPatience);
      if (over) break;
      restart(*nodes_[n % nodes_.size()]);
      if (told) told(out_.restarts.back());
    }
    while (!over) tick();
    gates.join();
    if (failure) std::rethrow_exception(failure);
    longest_waits();
    const auto all = accounts();
    out_.missing = all.missing;
    out_.twice = all.twice;
    for (auto& node : nodes_) node->leave();
    wait_until(
        [&] { return std::ranges::all_of(nodes_, [](const auto& n) { return n->state() == Node::State::absent; }); },
        "both are gone");
    return std::move(out_);
  }

private:
  void publish_registration() {
    const auto publisher = cluster_.broker().publisher();
    const auto policy = policy_for(key_);
    const auto document = streams::sign_policy(streams::write_policy(policy), key_.private_key, key_.id);
    publisher->publish(Topic::policy, 0, policy.version, streams::policy_event(document, policy.effective_from));
    for (auto r : load_.registration(0, UINT64_MAX)) {
      r.value = *app::sign_command_event(r.value, key_);
      publisher->publish(r.topic, -1, r.key, r.value);
    }
    publisher->flush();
  }

  /// As whoever looks after the nodes: they are children of this thread.
  void tick() {
    for (auto& node : nodes_)
      if (const auto exit = node->tick(test::Clock::now()); exit && !(exit->asked && exit->how.code == app::kDone))
        out_.troubles.push_back(node->id() + " ended " + (exit->asked ? "" : "by itself ") + "with " +
                                exit->how.text() + "; its log ends with:\n" + node->log_tail());
    std::this_thread::sleep_for(kTick);
  }

  template <class Done>
  void wait_until(Done done, const char* what, double patience = kPatience) {
    for (const double until = wall_seconds() + patience; !done(); tick())
      if (wall_seconds() > until)
        throw std::runtime_error(std::string("waited in vain until ") + what + "; the logs end with:\n" +
                                 nodes_[0]->log_tail() + nodes_[1]->log_tail());
  }

  static bool ready(const Node& node) { return node.get("/readyz").starts_with("200"); }

  void restart(Node& node) {
    auto& r = out_.restarts.emplace_back();
    r.node = node.id();
    r.at = wall_seconds();
    node.stop(test::Milliseconds(0));
    wait_until([&] { return node.state() != Node::State::stopping; }, "a node has left");
    r.stop = wall_seconds() - r.at;
    wait_until([&] { return node.state() == Node::State::up && ready(node); }, "a node is ready again");
    r.start = wall_seconds() - r.at - r.stop;
  }

  void longest_waits() {
    for (std::size_t i = 0; i < out_.restarts.size(); ++i) {
      auto& r = out_.restarts[i];
      const double from = r.at - kBefore,
                   to = i + 1 < out_.restarts.size() ? out_.restarts[i + 1].at - kBefore : 1e300;
      for (const auto& g : out_.waiting.gates)
        if (g.published >= from && g.published < to) r.longest_ms = std::max(r.longest_ms, g.ms);
    }
  }

  /// When every input record is in a turn, or nothing more comes of waiting.
  test::Accounts accounts() {
    test::Accounts out;
    const double until = wall_seconds() + kPatience;
    while ((out = test::accounts_of(cluster_.broker())).missing != 0 && wall_seconds() < until) tick();
    return out;
  }

  const RollingPlan& plan_;
  app::SigningKey key_;
  Cluster cluster_;
  Load load_;
  std::array<std::unique_ptr<Node>, 2> nodes_;
  Rolled out_;
};

} // namespace

Rolled roll(const RollingPlan& plan, const std::function<void(const Restart&)>& told) { return Roll(plan).run(told); }

} // namespace onecode::bench
