// What goes wrong, by seed: a deck of faults, shuffled again when it is used up, so that a short run sees each kind
// too. The seed fixes what happens and when it begins, not how far everybody is at that time.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tests/support/kafka.hpp"
#include "tests/support/nodes.hpp"

namespace onecode::chaos {

using test::Clock, test::ClusterOptions, test::Kafka, test::kSession, test::Milliseconds, test::Node;

class Chaos {
public:
  Chaos(const ClusterOptions& options, Kafka& kafka, std::uint64_t seed);

  /// Starts two nodes; the third comes and goes.
  void begin();
  /// Lets things go wrong for so long; calls `each_second` meanwhile.
  void rage(std::chrono::seconds how_long, const std::function<void()>& each_second);
  /// No more faults: the broker and all nodes come back. False: somebody has not after `patience`.
  bool calm(Milliseconds patience);
  /// Sends everybody SIGTERM and waits for their end.
  void stop_all();
  /// Brings back whoever is due. Call it often.
  void tick();

  /// Who is up and who is not, for people.
  std::string standing() const;
  /// How often each thing happened.
  const std::map<std::string, unsigned>& happened() const { return happened_; }
  /// What no fault explains, with the lines of the log that tell of it.
  const std::vector<std::string>& troubles() const { return troubles_; }
  void look_into_logs();

private:
  enum class Fault { crash, pause, stop, lose_disk, third, broker_crash, broker_stop, broker_pause };

  void next_fault();
  bool cause(Fault fault);
  bool to_a_node(Fault fault);
  bool to_the_third();
  bool to_the_broker(Fault fault);
  std::vector<Fault> shuffled_deck();
  void judge(Node& node, const Node::Exit& exit);
  void look_at_line(const Node& node, const std::string& line);
  void count(const std::string& what) { ++happened_[what]; }
  std::uint64_t random(std::uint64_t below) { return random_() % below; }
  Milliseconds between(int least, int most);
  Milliseconds perhaps_at_once();

  Kafka& kafka_;
  std::mt19937_64 random_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::deque<Fault> deck_;
  std::map<std::string, unsigned> happened_;
  std::vector<std::string> troubles_;
};

} // namespace onecode::chaos
