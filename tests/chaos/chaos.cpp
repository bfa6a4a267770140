#include "tests/chaos/chaos.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <fstream>
#include <thread>
#include <utility>

#include "app/errors.hpp"

namespace onecode::chaos {
namespace {

constexpr Milliseconds kTick{20};
// librdkafka and the engine try again for half a minute before they give up.
constexpr Milliseconds kAftermath{90'000};
// Between two faults of the broker the nodes get to work.
constexpr Milliseconds kBrokerRest{10'000};
constexpr std::size_t kTroublesShown = 40;

/// A node says one of these only when its state is not what was committed. (A store that is older than the trimmed journal is
/// set aside rightly: somebody else had the shard for long.)
constexpr std::string_view kNever[] = {"it is not processed", "damaged", "digest"};

/// What the nodes noticed of the faults, and what it is called in the summary.
constexpr std::pair<std::string_view, const char*> kNoticed[] = {{"turn aborted", "turns aborted"},
                                                                 {"transaction lost", "transactions lost"},
                                                                 {" restored from ", "shards restored"}};

} // namespace

Chaos::Chaos(const ClusterOptions& options, Kafka& kafka, std::uint64_t seed) : kafka_(kafka), random_(seed) {
  for (const char* id : {"n1", "n2", "n3"}) nodes_.push_back(std::make_unique<Node>(options, id));
}

Milliseconds Chaos::between(int least, int most) {
  return Milliseconds(least + static_cast<int>(random(static_cast<std::uint64_t>(most - least))));
}

Milliseconds Chaos::perhaps_at_once() { return random(2) == 0 ? Milliseconds(0) : between(1000, 8000); }

void Chaos::begin() {
  nodes_[0]->start();
  nodes_[1]->start();
}

void Chaos::rage(std::chrono::seconds how_long, const std::function<void()>& each_second) {
  const auto end = Clock::now() + how_long;
  auto next = Clock::now() + between(1000, 4000), second = Clock::now();
  while (Clock::now() < end) {
    tick();
    if (Clock::now() >= second) {
      each_second();
      second += std::chrono::seconds(1);
    }
    if (Clock::now() >= next) {
      next_fault();
      next = Clock::now() + between(1000, 4000);
    }
    std::this_thread::sleep_for(kTick);
  }
}

bool Chaos::calm(Milliseconds patience) {
  for (const auto& node : nodes_) node->start();
  const auto end = Clock::now() + patience;
  const auto all_up = [&] {
    return kafka_.up() && std::ranges::all_of(nodes_, [](const auto& n) { return n->state() == Node::State::up; });
  };
  while (!all_up() && Clock::now() < end) {
    tick();
    std::this_thread::sleep_for(kTick);
  }
  return all_up();
}

void Chaos::stop_all() {
  for (const auto& node : nodes_) node->leave();
  const auto gone = [](const auto& n) { return n->state() == Node::State::absent; };
  while (!std::ranges::all_of(nodes_, gone)) {
    tick();
    std::this_thread::sleep_for(kTick);
  }
}

void Chaos::tick() {
  kafka_.tick(Clock::now());
  for (const auto& node : nodes_) {
    if (const auto exit = node->tick(Clock::now())) judge(*node, *exit);
    if (!node->ignores_sigterm(Clock::now())) continue;
    troubles_.push_back(node->id() + " did not end after SIGTERM and was killed; its log:\n" + node->log_tail());
    node->crash(Milliseconds(0));
  }
}

/// A node that loses its broker may give up, or not be able to leave in time: a supervisor starts it again. Nothing else ends a node.
void Chaos::judge(Node& node, const Node::Exit& exit) {
  // By the signal itself: it had not come so far that it would have something to leave.
  if (exit.asked && (exit.how.code == app::kDone || exit.how.signal == SIGTERM)) return;
  const bool for_want_of_it = exit.how.code == app::kUnreachable || (exit.asked && exit.how.code == app::kNotDrained);
  if (for_want_of_it && kafka_.was_away(Clock::now(), kAftermath)) return count("gave up without the broker");
  count("ended by itself");
  troubles_.push_back(fmt::format("{} ended {}: {}; its log:\n{}", node.id(),
                                  exit.asked ? "not cleanly when asked to" : "by itself", exit.how.text(),
                                  node.log_tail()));
}

std::string Chaos::standing() const {
  constexpr std::array kWords{"absent", "up", "paused", "stopping", "waiting"};
  std::string out;
  for (const auto& node : nodes_)
    out += fmt::format("{} {}, ", node->id(), kWords[static_cast<std::size_t>(node->state())]);
  return out + (kafka_.up() ? "broker up" : "broker away");
}

// ---- faults -------------------------------------------------------------------------------------------------------

std::vector<Chaos::Fault> Chaos::shuffled_deck() {
  std::vector<Fault> deck{Fault::crash, Fault::crash, Fault::pause, Fault::pause,        Fault::stop,
                          Fault::third, Fault::third, Fault::third, Fault::broker_crash, Fault::lose_disk};
  deck.push_back(random(3) == 0 ? Fault::broker_stop : Fault::broker_pause);
  for (std::size_t i = deck.size(); i > 1; --i) std::swap(deck[i - 1], deck[random(i)]);
  return deck;
}

/// The next card that can be played; the others keep their places.
void Chaos::next_fault() {
  if (deck_.empty()) std::ranges::copy(shuffled_deck(), std::back_inserter(deck_));
  for (auto card = deck_.begin(); card != deck_.end(); ++card)
    if (cause(*card)) {
      deck_.erase(card);
      return;
    }
}

bool Chaos::cause(Fault fault) {
  switch (fault) {
    case Fault::crash:
    case Fault::pause:
    case Fault::stop:
    case Fault::lose_disk:
      return to_a_node(fault);
    case Fault::third:
      return to_the_third();
    case Fault::broker_crash:
    case Fault::broker_stop:
    case Fault::broker_pause:
      return to_the_broker(fault);
  }
  return false;
}

bool Chaos::to_a_node(Fault fault) {
  std::vector<Node*> up;
  for (const auto& node : nodes_)
    if (node->state() == Node::State::up) up.push_back(node.get());
  if (up.empty()) return false;
  Node& node = *up[random(up.size())];
  if (fault == Fault::pause) {
    count("paused");
    node.pause(kSession + between(1000, 7000));
  } else if (fault == Fault::stop) {
    count("stopped");
    node.stop(perhaps_at_once());
  } else {
    count(fault == Fault::crash ? "killed" : "killed, disk lost");
    node.crash(perhaps_at_once());
    if (fault == Fault::lose_disk) node.lose_disk();
  }
  return true;
}

bool Chaos::to_the_third() {
  Node& third = *nodes_.back();
  if (third.state() == Node::State::absent) {
    count("third node came");
    third.start();
    return true;
  }
  if (third.state() != Node::State::up) return false;
  count("third node went");
  third.leave();
  return true;
}

bool Chaos::to_the_broker(Fault fault) {
  if (!kafka_.ours() || !kafka_.up() || kafka_.was_away(Clock::now(), kBrokerRest)) return false;
  if (fault == Fault::broker_pause) {
    count("broker paused");
    kafka_.pause(between(2000, 8000));
  } else if (fault == Fault::broker_stop) {
    count("broker stopped");
    kafka_.stop(between(0, 3000));
  } else {
    count("broker killed");
    kafka_.crash(between(0, 3000));
  }
  return true;
}

// ---- logs ---------------------------------------------------------------------------------------------------------

void Chaos::look_into_logs() {
  for (const auto& node : nodes_) {
    std::ifstream in(node->log());
    for (std::string line; std::getline(in, line);) look_at_line(*node, line);
  }
}

void Chaos::look_at_line(const Node& node, const std::string& line) {
  const auto says = [&](std::string_view words) { return line.find(words) != std::string::npos; };
  if (troubles_.size() < kTroublesShown && std::ranges::any_of(kNever, says))
    troubles_.push_back(node.id() + " says: " + line);
  for (const auto& [words, what] : kNoticed)
    if (says(words)) count(what);
}

} // namespace onecode::chaos
