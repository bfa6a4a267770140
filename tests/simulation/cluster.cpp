#include "tests/simulation/cluster.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "actors/node.hpp"
#include "actors/restore.hpp"
#include "app/audit/logs.hpp"
#include "app/errors.hpp"
#include "app/history.hpp"
#include "app/verify.hpp"
#include "domain/account.hpp"
#include "domain/archive.hpp"
#include "evidence/leaf.hpp"
#include "storage/digest.hpp"
#include "streams/local/local_broker.hpp"
#include "tests/simulation/disk.hpp"
#include "tests/simulation/faults.hpp"
#include "tests/simulation/small_campus.hpp"
#include "tests/support/accounts.hpp"

namespace onecode::simulation {
namespace {

using streams::BrokerError;
using streams::BrokerFault;
using streams::Milliseconds;

constexpr std::int32_t kPartitions = 3;
constexpr std::size_t kNodes = 3;
constexpr std::int64_t kSessionMs = 45'000;
/// Rounds until all must be quiet: enough for a session and a transaction to time out, one after the other.
constexpr int kPatience = 1500;
constexpr int kCalmRounds = 55;
constexpr std::string_view kLogKey = "a key of thirty-two bytes in all";
constexpr std::string_view kDiskFull = "simulated: no space left";

class Quiet final : public actors::NodeObserver {
public:
  explicit Quiet(std::map<std::string, std::uint64_t>& happened) : happened_(happened) {}
  void committed(const TurnReport&) override { ++happened_["turns committed"]; }
  void aborted(std::string_view cause) override { ++happened_["turns lost: " + std::string(cause)]; }

private:
  std::map<std::string, std::uint64_t>& happened_;
};

struct SimulatedNode {
  explicit SimulatedNode(std::string name) : id(std::move(name)), disk(gate, aside) {}
  bool up() const { return node != nullptr; }

  std::string id;
  std::function<void(Point)> gate;
  Disk::Aside aside;
  Disk disk;
  bool on_stack = false; // its step() is being run: it cannot be stepped again
  std::unique_ptr<streams::Broker> broker;
  std::unique_ptr<actors::PlainCrew> crew;
  std::unique_ptr<actors::EngineClock> clock;
  std::unique_ptr<actors::Node> node;
};

class Life {
public:
  explicit Life(std::uint64_t seed)
      : random_(seed * 0x9e3779b97f4a7c15ULL + 1),
        settings_(seed * 0x9e3779b97f4a7c15ULL + 2),
        now_(parse_time("2026-03-02T08:00:00.000+08:00")->ms),
        broker_(broker_options()),
        campus_(random_, Time{now_}),
        observer_(outcome_.happened) {
    rate_ = 30 + below(300);
    options_.group = "engine";
    options_.records_per_partition = 1 + below(9);
    options_.resident_limit = 3 * (1 + below(30));
    options_.store_lag_limit = std::array<std::size_t, 3>{0, 9'000, 1U << 20}[below(3)];
    options_.shard.unsigned_commands = true;
    options_.shard.sweep_step = 500;
    sm3_ = static_cast<Sm3>(settings_() % 3);
    marker_delay_ = 1 + settings_() % 40;
    if (settings_() % 3 == 0) { // stores lag behind what is erased, long enough for the sweep to come by
      campus_.tidy_up();
      options_.resident_limit = 90;
      options_.store_lag_limit = 20'000 + settings_() % 100'000;
    }
    for (std::size_t i = 0; i < kNodes; ++i) {
      nodes_.push_back(std::make_unique<SimulatedNode>(fmt::format("n{}", i)));
      auto& node = *nodes_.back();
      node.gate = [this, &node](Point point) { at(node, point); };
      node.aside = [this, &node](storage::Aside as, const std::string& why) {
        if (as == storage::Aside::damaged)
          return wrong(node.id + " calls its store damaged: " + why); // nothing damages it
        happens("stores outdated");
      };
    }
  }

  Outcome run() {
    for (auto& record : campus_.registration()) publish(record);
    if (below(2) == 0) open_calmly();
    start(*nodes_[0]);
    if (below(2) == 0) start(*nodes_[1]);
    const auto rounds = 120 + below(150);
    for (std::uint64_t i = 0; i < rounds && outcome_.wrong.empty(); ++i) {
      if (below(10) < 7)
        for (auto& record : campus_.next(Time{now_}, kPartitions)) publish(record);
      advance();
      people_and_machines();
      step(*nodes_[below(kNodes)]);
    }
    if (outcome_.wrong.empty()) settle();
    if (outcome_.wrong.empty()) examine();
    faults_ = false;
    for (auto& node : nodes_) kill(*node);
    return std::move(outcome_);
  }

private:
  /// In half of the lives registration is over before anything goes wrong.
  void open_calmly() {
    faults_ = false;
    start(*nodes_[0]);
    for (int i = 0; i < 200 && !quiet(); ++i) step(*nodes_[0]);
    stop(*nodes_[0]);
    campus_.registered();
    faults_ = true;
  }

  streams::LocalBrokerOptions broker_options() {
    streams::LocalBrokerOptions o;
    o.partitions = kPartitions;
    o.virtual_time = true;
    o.session_timeout_ms = kSessionMs;
    o.clock = [this] { return now_; };
    // Asked at each call of anybody: in some lives long enough for somebody to take over meanwhile.
    o.marker_is_late = [this] {
      marker_late_ = faults_ && (marker_late_ ? below(marker_delay_) != 0 : below(4) == 0);
      return marker_late_;
    };
    return o;
  }

  std::uint64_t below(std::uint64_t n) { return random_() % n; }
  void happens(const std::string& what) { ++outcome_.happened[what]; }

  void publish(const streams::FileRecord& r) {
    const auto partition = r.partition.value_or(murmur2_partition(r.key, kPartitions));
    broker_.publisher()->publish(r.topic, partition, r.key, r.value, {}, now_);
    ++outcome_.inputs;
  }

  void advance() {
    now_ += static_cast<std::int64_t>(below(900));
    if (below(400) == 0) {
      happens("weeks passed"); // event ids are forgotten, commands expire
      now_ += 8LL * 86'400'000;
    }
    if (below(60) == 0) now_ += static_cast<std::int64_t>(below(100)) * 60'000; // holds expire, sessions too
  }

  /// Processes are started and stopped, disks are lost.
  void people_and_machines() {
    auto& node = *nodes_[below(kNodes)];
    if (node.on_stack) return;
    if (node.up() && below(40) == 0) {
      happens("resident limits changed");
      node.node->set_resident_limit(1 + below(90));
    }
    if (!node.up()) {
      if (below(8) == 0) start(node);
    } else if (below(70) == 0) {
      happens("nodes stopped");
      stop(node);
    } else if (below(120) == 0) {
      happens("nodes killed");
      kill(node);
      if (below(3) == 0) {
        happens("disks lost");
        node.disk.lose();
      }
    }
  }

  void start(SimulatedNode& n) {
    happens("nodes started");
    // Its wall clock may be wrong by up to an hour, and after the first start by a day, back or forth.
    auto off = static_cast<std::int64_t>(below(7'200'000)) - 3'600'000;
    if (outcome_.happened["turns committed"] > 0 && below(6) == 0) {
      happens("clocks set wrong by a day");
      // Back by less: to a shard without a commit, events a day ahead of its clock are BAD_TIME.
      off += below(2) == 0 ? -79'000'000 : 86'400'000;
    }
    n.broker = faulty(broker_, n.gate, [this, &n](TopicPartition of, std::int64_t offset) {
      if (n.disk.durable_next(of.partition) < offset)
        wrong(fmt::format("{} trims journal {} to {}, beyond what its own store has", n.id, of.partition, offset));
    });
    n.crew = std::make_unique<actors::PlainCrew>();
    n.clock = std::make_unique<actors::WallClock>([this, off] { return now_ + off; }, [this] { return now_; },
                                                  true); // somebody let it work with that clock
    auto options = options_;
    options.id = n.id;
    options.sm3 = sm3_ == Sm3::always || (sm3_ == Sm3::sometimes && settings_() % 2 == 0);
    n.node = std::make_unique<actors::Node>(options, *n.broker, n.disk, *n.crew, secrets_, *n.clock,
                                            actors::PolicyBook(SmallCampus::policy(), {}, true), observer_);
    alive(n, [&] { n.node->begin(); });
  }

  void stop(SimulatedNode& n) {
    alive(n, [&] { n.node->end(); });
    if (n.up()) kill(n);
  }

  void kill(SimulatedNode& n) {
    n.node.reset();
    n.crew.reset();
    n.clock.reset();
    n.broker.reset();
    n.disk.crash([&](std::size_t batches) { return batches == 0 ? 0 : below(batches + 1); });
  }

  void step(SimulatedNode& n) {
    if (!n.up() || n.on_stack) return;
    alive(n, [&] { n.node->step(Milliseconds(0)); });
  }

  /// What ends a process ends it here too: whoever looks after it starts it again.
  template <class F>
  void alive(SimulatedNode& n, F&& f) {
    n.on_stack = true;
    try {
      f();
    } catch (const Crash&) {
      happens("nodes crashed");
      n.on_stack = false;
      kill(n);
    } catch (const BrokerError& e) {
      happens("nodes ended: " + std::string(e.what()).substr(0, 24));
      if (!faults_ && !std::string_view(e.what()).starts_with("simulated"))
        wrong(n.id + " ended although nothing was wrong any more: " + e.what());
      n.on_stack = false;
      kill(n);
    } catch (const storage::StoreError& e) {
      if (std::string_view(e.what()) != kDiskFull) wrong(n.id + " stopped: " + e.what());
      happens("nodes ended: disk");
      n.on_stack = false;
      kill(n);
    }
    n.on_stack = false;
  }

  void wrong(const std::string& what) {
    if (outcome_.wrong.size() < 10) outcome_.wrong.push_back(what);
  }

  // -- what goes wrong ------------------------------------------------------------------------------------------------

  void at(SimulatedNode& n, Point point) {
    // Somebody's open transaction may be in the way, which only time ends.
    if (point == Point::waited) now_ += 100;
    if (!faults_ || point == Point::waited) return;
    // Most calls are of these kinds; the moments around a commit are what it is all about.
    const bool frequent = point == Point::produce || point == Point::take || point == Point::serve;
    const bool decisive = point == Point::before_commit || point == Point::after_commit ||
                          point == Point::before_store_write || point == Point::send_offsets;
    if (below(frequent ? rate_ * 6 : decisive ? 1 + rate_ / 4 : rate_) != 0) return;
    switch (below(8)) {
      case 0:
      case 1:
      case 2:
        happens("crash");
        throw Crash{};
      case 3:
      case 4:
        return pause(n);
      default:
        return fail(point);
    }
  }

  /// Others go on, perhaps for longer than a session or a transaction may take; then this one does, and knows nothing of it.
  void pause(SimulatedNode&) {
    if (depth_ == 2) return;
    happens("pause");
    ++depth_;
    const auto long_one = below(3) == 0;
    const auto steps = 1 + below(long_one ? 60 : 8);
    for (std::uint64_t i = 0; i < steps; ++i) {
      now_ += static_cast<std::int64_t>(below(long_one ? 4'000 : 500));
      step(*nodes_[below(kNodes)]);
      if (below(6) == 0) people_and_machines();
    }
    --depth_;
  }

  void fail(Point point) {
    switch (point) {
      case Point::produce:
      case Point::send_offsets:
      case Point::before_commit:
        if (below(2) == 0) {
          happens("error: abort");
          throw BrokerError(BrokerFault::abort, "simulated: abort");
        }
        happens("error: fatal");
        throw BrokerError(BrokerFault::fatal, "simulated: fatal");
      case Point::after_commit:
        happens("error: committed, but not told");
        throw BrokerError(BrokerFault::fatal, "simulated: outcome unknown");
      case Point::begin:
      case Point::before_abort:
      case Point::after_abort:
        happens("error: fatal");
        throw BrokerError(BrokerFault::fatal, "simulated: fatal");
      case Point::before_store_write:
      case Point::flush:
        happens("error: disk full");
        throw storage::StoreError(std::string(kDiskFull));
      default:
        happens("error: unreachable");
        throw BrokerError(BrokerFault::unreachable, "simulated: unreachable");
    }
  }

  // -- the end --------------------------------------------------------------------------------------------------------

  bool quiet() {
    std::set<std::int32_t> live;
    for (const auto& n : nodes_) {
      if (!n->up()) continue;
      const auto status = n->node->status();
      for (const auto& s : status.shards) {
        if (s.restoring || s.lag > 0) return false;
        live.insert(s.index);
      }
    }
    return live.size() == static_cast<std::size_t>(kPartitions);
  }

  void settle() {
    faults_ = false;
    int calm = 0;
    // Also until the last dead node's transaction has timed out: readers see nothing behind it.
    for (int i = 0; i < kPatience && calm < kCalmRounds; ++i) {
      // The last one may still end over something that went wrong before.
      if (std::ranges::none_of(nodes_, [](const auto& n) { return n->up(); })) start(*nodes_[0]);
      now_ += 200;
      for (auto& n : nodes_) step(*n);
      calm = quiet() ? calm + 1 : 0;
    }
    if (calm < kCalmRounds) wrong("it never became quiet");
    for (auto& n : nodes_)
      if (n->up()) stop(*n);
  }

  void examine() {
    app::ReplayOptions replay;
    replay.policy = SmallCampus::policy();
    replay.unsigned_commands = true;
    replay.partitions = kPartitions;
    try {
      const auto verdict = app::verify(broker_, replay, secrets_, [](auto, auto, auto) { return true; });
      outcome_.turns = verdict.turns;
      for (const auto& d : verdict.differences) wrong("committed and replayed differ: " + d);
    } catch (const app::InputError& e) {
      wrong(e.what());
    }
    for (const auto& text : test::accounts_of(broker_, kPartitions).texts) wrong(text);
    decisions_once();
    journals_whole();
    logs_sound();
  }

  /// Each leaf once; every head that was ever signed, also in a transaction that came to nothing, is that of the log as it is now,
  /// and the last one has all of it; each input of the kinds that are logged has its leaf.
  void logs_sound() {
    std::map<std::int32_t, std::vector<evidence::TreeHash>> roots;
    std::map<std::int32_t, evidence::Frontier> trees;
    std::map<TopicPartition, std::int64_t> received;
    std::map<std::int32_t, bool> has_sm3; // the last leaf
    for (std::int32_t shard = 0; shard < kPartitions; ++shard) roots[shard].push_back(evidence::empty_root());
    try {
      app::each_leaf(broker_, {}, [&](std::int32_t shard, std::uint64_t, std::string_view bytes) {
        trees[shard].append(evidence::leaf_hash(bytes));
        roots[shard].push_back(trees[shard].root());
        const auto leaf = evidence::parse_leaf(bytes);
        if (!leaf) return wrong(fmt::format("shard {}: a leaf cannot be read", shard));
        happens(leaf->payload_sm3 ? "leaves with SM3" : "leaves without SM3");
        if (const bool has = leaf->payload_sm3.has_value();
            std::exchange(has_sm3.try_emplace(shard, has).first->second, has) != has)
          happens("SM3 switched on or off in a log");
        using evidence::LeafKind;
        if (leaf->kind != LeafKind::scan && leaf->kind != LeafKind::posting && leaf->kind != LeafKind::command)
          return;
        auto& next = received[leaf->at.value()];
        if (leaf->from != next || leaf->offset < next)
          wrong(fmt::format("shard {}: {} {}: a leaf of offset {} from {} comes where {} is next", shard,
                            name(leaf->at->topic), leaf->at->partition, leaf->offset, leaf->from, next));
        next = leaf->offset + 1;
      });
    } catch (const app::InputError& e) {
      return wrong(e.what());
    }
    for (const Topic topic : {Topic::scans, Topic::ledger, Topic::commands})
      for (std::int32_t p = 0; p < kPartitions; ++p)
        if (const auto end = broker_.watermarks({topic, p}, streams::Isolation::committed).high;
            received[{topic, p}] != end)
          wrong(fmt::format("{} {}: leaves up to {}, records up to {}", name(topic), p, received[{topic, p}], end));

    std::map<std::int32_t, std::uint64_t> last;
    for (std::int32_t p = 0; p < broker_.describe_topics()[Topic::checkpoints].partitions; ++p) {
      const TopicPartition at{Topic::checkpoints, p};
      const auto end = broker_.watermarks(at, streams::Isolation::uncommitted).high;
      const auto reader = broker_.reader(at, 0, streams::Isolation::uncommitted);
      while (reader->position() < end) {
        const auto batch = reader->next(Milliseconds(0));
        if (!batch) break;
        for (const auto& r : batch->records) {
          happens("checkpoints");
          const auto note = evidence::parse_note(r.value.value_or(std::string_view{}));
          const auto head = note ? evidence::parse_checkpoint(note->text) : std::nullopt;
          if (!head || !head->origin.starts_with("onecode/")) return wrong("a checkpoint cannot be read");
          const auto shard = static_cast<std::int32_t>(std::stoi(head->origin.substr(8)));
          const evidence::NoteKey key{head->origin, evidence::NoteKey::Type::ed25519,
                                      streams::ed25519_from_private(kLogKey).public_key};
          if (!evidence::signed_by(*note, key)) wrong("a checkpoint of " + head->origin + " is not signed");
          if (head->size >= roots[shard].size() || roots[shard][head->size] != head->root)
            wrong(fmt::format("{}: a head of {} leaves was signed that the log never had", head->origin, head->size));
          last[shard] = std::max(last[shard], head->size);
        }
      }
    }
    for (std::int32_t shard = 0; shard < kPartitions; ++shard)
      if (!last.contains(shard)) wrong(fmt::format("shard {}: no head was ever signed", shard));
    for (const auto& [shard, all] : roots)
      if (last[shard] + 1 != all.size())
        wrong(fmt::format("shard {}: {} leaves, and the last head has {}", shard, all.size() - 1, last[shard]));
  }

  void decisions_once() {
    std::map<std::string, int> decided;
    for (std::int32_t p = 0; p < kPartitions; ++p)
      app::read_whole(broker_, {Topic::decisions, p}, [&](const streams::Record& r) {
        const auto value = r.value.value_or(std::string_view{});
        const auto scan = value.find("\"scan\":{");
        const auto from = value.find("\"id\":\"", scan) + 6;
        ++decided[std::string(value.substr(from, value.find('"', from) - from))];
      });
    for (const auto& id : campus_.scans())
      if (decided[id] != 1) wrong(fmt::format("scan {} has {} decisions", id, decided[id]));
    if (decided.size() != campus_.scans().size())
      wrong(fmt::format("{} scans, decisions about {}", campus_.scans().size(), decided.size()));
  }

  void journals_whole() {
    for (std::int32_t p = 0; p < kPartitions; ++p) {
      const auto stores = storage::memory_stores();
      try {
        const auto restored = actors::restore_store(
            p, *stores, broker_, [](auto, auto) {}, [](auto, const auto&) {});
        forgotten_stay(*restored.store, "the journal");
        disks_agree(p, storage::digest_of(*restored.store));
      } catch (const storage::StoreError& e) {
        wrong(e.what());
      }
      const auto low = broker_.watermarks({Topic::journal, p}, streams::Isolation::committed).low;
      if (low > 0) happens("journals trimmed");
    }
  }

  /// A node that goes on from what its disk has comes to the state that the journal alone gives, entry by entry.
  void disks_agree(std::int32_t shard, storage::Digest whole) {
    for (auto& n : nodes_) {
      if (n->disk.durable_next(shard) == 0) continue;
      happens("disks read on");
      const auto restored = actors::restore_store(
          shard, n->disk, broker_, [](auto, auto) {}, [](auto, const auto&) {});
      forgotten_stay(*restored.store, n->id);
      if (storage::digest_of(*restored.store) != whole)
        wrong(fmt::format("shard {}: the disk of {} and the journal give another state than the journal alone", shard,
                          n->id));
    }
  }

  /// Of a forgotten account the store has its tombstone: no other part came back, and no timer.
  void forgotten_stay(storage::Store& store, std::string_view of) {
    std::map<std::string, std::vector<std::string>> entries; // of each account
    std::set<std::string> forgotten;
    store.scan("", [&](std::string_view key, std::string_view value) {
      const std::size_t at = key.starts_with("e0")                                    ? 2
                             : key.starts_with('t') && key.substr(9).starts_with('0') ? 10
                                                                                      : 0;
      if (at == 0) return true;
      const auto end = key.find('\0', at);
      const std::string id(key.substr(at, end - at)), part(key.substr(end + 1));
      entries[id].push_back(part);
      if (at == 2 && part == "p") {
        AccountState::Profile profile;
        decode(value, profile);
        if (profile.forgotten) forgotten.insert(id);
      }
      return true;
    });
    for (const auto& id : forgotten) {
      happens("forgotten accounts");
      if (entries[id].size() != 1)
        wrong(fmt::format("the account {} was forgotten, and by {} it has {}", id, of, fmt::join(entries[id], ", ")));
    }
  }

  enum class Sm3 : std::uint8_t { never, always, sometimes }; // sometimes: each process is configured anew

  Random random_;
  Random settings_; // of its own: what is drawn from it changes nothing else in a life
  Sm3 sm3_ = Sm3::never;
  std::uint64_t marker_delay_ = 1; // calls, on average
  bool marker_late_ = false;
  std::int64_t now_;
  streams::LocalBroker broker_;
  SmallCampus campus_;
  Outcome outcome_;
  Quiet observer_;
  streams::Secrets secrets_{{{"evidence", "nobody knows it"}, {"evidence-key", std::string(kLogKey)}}};
  actors::NodeOptions options_;
  std::vector<std::unique_ptr<SimulatedNode>> nodes_;
  std::uint64_t rate_ = 0; // a call in so many goes wrong
  bool faults_ = true;
  int depth_ = 0;
};

} // namespace

Outcome live(std::uint64_t seed) { return Life(seed).run(); }

} // namespace onecode::simulation
