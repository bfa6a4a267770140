// Random histories of the in-process broker against the simplest model that has Kafka's semantics: a list per
// partition, in which every record knows its transaction's fate. Catches offsets, visibility, fencing and committed
// offsets that go wrong only in combination. A failure prints the seed; ONECODE_TEST_SEED replays it.
#include <cstdlib>
#include <optional>
#include <random>
#include <string>

#include "streams/local/local_broker.hpp"
#include "tests/broker_conformance.hpp"

using namespace onecode_test;

namespace {

constexpr Milliseconds kAtOnce{0};
constexpr std::int32_t kPartitions = 2;
constexpr std::int64_t kTransactionTimeout = 1'000;

class Model {
public:
  enum class Fate { plain, open, committed, aborted, marker };
  struct Entry {
    Fate fate;
    int transaction; // -1: none
    std::string value;
  };
  struct Log {
    std::int64_t low = 0;
    std::vector<Entry> entries;

    std::int64_t high() const { return static_cast<std::int64_t>(entries.size()); }
    std::int64_t stable() const {
      for (std::int64_t o = 0; o < high(); ++o)
        if (entries[static_cast<std::size_t>(o)].fate == Fate::open) return std::max(o, low);
      return high();
    }
    std::int64_t end(Isolation isolation) const { return isolation == Isolation::committed ? stable() : high(); }
    bool visible(std::int64_t offset, Isolation isolation) const {
      const Fate fate = entries[static_cast<std::size_t>(offset)].fate;
      return fate != Fate::marker && (fate != Fate::aborted || isolation == Isolation::uncommitted);
    }
  };

  Log& log(TopicPartition where) { return logs_[where]; }

  void decide(int transaction, bool commit) {
    for (auto& [where, log] : logs_) {
      bool touched = false;
      for (auto& e : log.entries)
        if (e.transaction == transaction && e.fate == Fate::open) {
          e.fate = commit ? Fate::committed : Fate::aborted;
          touched = true;
        }
      if (touched) log.entries.push_back({Fate::marker, transaction, ""});
    }
  }

private:
  std::map<TopicPartition, Log> logs_;
};

/// One transactional id as the model sees it: its current producer, and one that was fenced.
struct ModelProducer {
  std::string id;
  std::unique_ptr<TransactionalProducer> current;
  std::unique_ptr<TransactionalProducer> zombie;
  bool in_transaction = false;
  int transaction = -1; // -1: nothing written yet
  std::int64_t started = 0;
  Offsets pending;
};

struct ModelReader {
  TopicPartition where;
  Isolation isolation;
  std::unique_ptr<LogReader> reader;
};

class History {
public:
  explicit History(std::uint64_t seed) : random_(seed), broker_(options()), member_(broker_, "g", "n1") {
    member_.consumer->serve(kAtOnce);
    for (int i = 0; i < 3; ++i) {
      producers_.push_back({"t" + std::to_string(i), nullptr, nullptr, false, -1, 0, {}});
      init(producers_.back());
    }
    publisher_ = broker_.publisher();
  }

  void run(int steps) {
    for (int i = 0; i < steps; ++i) {
      CAPTURE(i);
      step();
      check_watermarks();
    }
    for (auto& p : producers_)
      if (p.in_transaction) finish(p, chance(50));
    check_watermarks();
    for (const auto where : partitions()) {
      ModelReader all{where, Isolation::committed,
                      broker_.reader(where, model_.log(where).low, Isolation::committed)};
      read(all, 1'000'000);
    }
  }

private:
  LocalBrokerOptions options() {
    LocalBrokerOptions o;
    o.partitions = kPartitions;
    o.virtual_time = true;
    o.transaction_timeout_ms = kTransactionTimeout;
    o.session_timeout_ms = std::int64_t{1} << 40;
    o.clock = [this] { return now_; };
    return o;
  }

  std::uint64_t below(std::uint64_t n) { return std::uniform_int_distribution<std::uint64_t>(0, n - 1)(random_); }
  bool chance(std::uint64_t percent) { return below(100) < percent; }
  static std::vector<TopicPartition> partitions() {
    return {{Topic::scans, 0}, {Topic::scans, 1}, {Topic::decisions, 0}, {Topic::decisions, 1}};
  }
  TopicPartition any_partition() { return partitions()[below(4)]; }
  ModelProducer& any_producer() { return producers_[below(producers_.size())]; }
  std::string value() { return std::to_string(++values_) + std::string(below(200), '.'); }

  void step() {
    switch (below(16)) {
      case 0:
      case 1:
        return publish();
      case 2:
      case 3:
      case 4:
      case 5:
        return produce(any_producer());
      case 6:
        return finish(any_producer(), chance(60));
      case 7:
        return chance(30) ? init(any_producer()) : zombie_calls(any_producer());
      case 8:
        return send_offsets(any_producer());
      case 9:
        return check_committed();
      case 10:
        return open_reader();
      case 11:
      case 12:
      case 13:
        if (!readers_.empty()) read(readers_[below(readers_.size())], 1 + below(20));
        return;
      case 14:
        return chance(20) ? trim() : take();
      case 15:
        return pass_time();
    }
  }

  void publish() {
    const auto where = any_partition();
    const std::string v = value();
    publisher_->publish(where.topic, where.partition, "k", v);
    model_.log(where).entries.push_back({Model::Fate::plain, -1, v});
  }

  /// The transaction's first write, from which its timeout counts.
  void start(ModelProducer& p) {
    if (p.transaction == -1) {
      p.transaction = ++transactions_;
      p.started = now_;
    }
  }

  void begin(ModelProducer& p) {
    if (p.in_transaction) return;
    p.current->begin();
    p.in_transaction = true;
  }

  void produce(ModelProducer& p) {
    begin(p);
    start(p);
    for (auto n = 1 + below(5); n > 0; --n) {
      const auto where = any_partition();
      const std::string v = value();
      p.current->produce(where.topic, where.partition, "k", v);
      model_.log(where).entries.push_back({Model::Fate::open, p.transaction, v});
      CHECK(p.current->last_offset(where) == model_.log(where).high() - 1);
    }
  }

  void decide(ModelProducer& p, bool commit) {
    if (p.transaction != -1) model_.decide(p.transaction, commit);
    if (commit)
      for (const auto& [where, offset] : p.pending) committed_[where] = offset;
    p.pending.clear();
    p.in_transaction = false;
    p.transaction = -1;
  }

  void finish(ModelProducer& p, bool commit) {
    if (!p.in_transaction) return;
    commit ? p.current->commit() : p.current->abort();
    decide(p, commit);
  }

  void init(ModelProducer& p) {
    if (p.in_transaction) decide(p, false);
    p.zombie = std::move(p.current);
    p.current = broker_.transactional(p.id);
    p.current->init();
  }

  void zombie_calls(ModelProducer& p) {
    if (!p.zombie) return;
    const auto where = any_partition();
    CHECK(fault_of([&] {
            chance(50) ? p.zombie->produce(where.topic, where.partition, "k", "zombie") : p.zombie->commit();
            p.zombie->begin();
          }) == BrokerFault::fatal);
  }

  /// One transaction at a time holds a partition's offset, as one node at a time owns a shard.
  void send_offsets(ModelProducer& p) {
    const TopicPartition where{Topic::scans, static_cast<std::int32_t>(below(kPartitions))};
    for (auto& other : producers_)
      if (&other != &p && other.pending.count(where) > 0) return;
    begin(p);
    start(p);
    p.pending[where] = static_cast<std::int64_t>(below(1000));
    p.current->send_offsets({{where, p.pending[where]}}, *member_.consumer->membership());
  }

  void check_committed() {
    for (std::int32_t i = 0; i < kPartitions; ++i) {
      const TopicPartition where{Topic::scans, i};
      bool pending = false;
      for (auto& p : producers_) pending = pending || p.pending.count(where) > 0;
      if (pending) {
        CHECK(fault_of([&] { member_.consumer->committed({where}, kLong); }) == BrokerFault::unreachable);
      } else {
        Offsets expected;
        if (committed_.count(where) > 0) expected[where] = committed_[where];
        CHECK(member_.consumer->committed({where}, kLong) == expected);
      }
    }
  }

  void open_reader() {
    const auto where = any_partition();
    const auto& log = model_.log(where);
    const auto offset =
        log.low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(log.high() - log.low) + 1));
    const auto isolation = chance(70) ? Isolation::committed : Isolation::uncommitted;
    if (readers_.size() > 8) readers_.erase(readers_.begin());
    readers_.push_back({where, isolation, broker_.reader(where, offset, isolation)});
  }

  void read(ModelReader& r, std::size_t at_most) {
    const auto position = r.reader->position();
    if (position < model_.log(r.where).low) {
      CHECK(fault_of([&] { r.reader->next(kAtOnce, at_most); }) == BrokerFault::refused);
      r.reader = broker_.reader(r.where, model_.log(r.where).low, r.isolation);
      return;
    }
    const auto batch = r.reader->next(kAtOnce, at_most);
    check_batch(batch.get(), r.where, r.isolation, position, r.reader->position(), at_most);
  }

  void take() {
    const TopicPartition where{Topic::scans, static_cast<std::int32_t>(below(kPartitions))};
    auto& log = model_.log(where);
    if (chance(10)) {
      Offsets all;
      for (const auto p : member_.partitions) all[p] = model_.log(p).low;
      member_.consumer->assign(all);
    }
    member_.consumer->serve(kAtOnce);
    const auto position = member_.consumer->position(where);
    const std::size_t at_most = 1 + below(20);
    if (position < log.low) {
      CHECK(fault_of([&] { member_.consumer->take(where, at_most); }) == BrokerFault::refused);
      return;
    }
    const auto batch = member_.consumer->take(where, at_most);
    check_batch(batch.get(), where, Isolation::committed, position, member_.consumer->position(where), at_most);
    CHECK(member_.consumer->end_offset(where) == log.stable());
  }

  void check_batch(const Batch* batch, TopicPartition where, Isolation isolation, std::int64_t from, std::int64_t to,
                   std::size_t at_most) {
    const auto& log = model_.log(where);
    const std::int64_t end = log.end(isolation);
    std::vector<std::pair<std::int64_t, std::string>> expected;
    std::int64_t position = from;
    for (; position < end; ++position) {
      if (!log.visible(position, isolation)) continue;
      if (expected.size() == at_most) break;
      expected.emplace_back(position, log.entries[static_cast<std::size_t>(position)].value);
    }
    std::vector<std::pair<std::int64_t, std::string>> got;
    if (batch != nullptr) {
      CHECK(batch->source == where);
      CHECK_FALSE(batch->records.empty());
      for (const auto& r : batch->records) got.emplace_back(r.offset, std::string(*r.value));
    }
    CHECK(got == expected);
    CHECK(to == position);
  }

  void trim() {
    const auto where = any_partition();
    auto& log = model_.log(where);
    const auto offset = static_cast<std::int64_t>(below(static_cast<std::uint64_t>(log.high()) + 1));
    broker_.trim(where, offset);
    log.low = std::max(log.low, offset);
  }

  void pass_time() {
    now_ += static_cast<std::int64_t>(below(kTransactionTimeout / 4));
    for (auto& p : producers_) {
      if (p.transaction == -1 || now_ < p.started + kTransactionTimeout) continue;
      // Whoever calls next notices; the producer itself is fenced.
      check_watermarks_after_timeout(p);
    }
  }

  void check_watermarks_after_timeout(ModelProducer& p) {
    decide(p, false);
    (void)broker_.watermarks({Topic::scans, 0}, Isolation::committed);
    CHECK(fault_of([&] { p.current->produce(Topic::scans, 0, "k", "late"); }) == BrokerFault::fatal);
    init(p);
  }

  void check_watermarks() {
    for (const auto where : partitions())
      for (const auto isolation : {Isolation::committed, Isolation::uncommitted}) {
        const auto w = broker_.watermarks(where, isolation);
        CHECK(w.low == model_.log(where).low);
        CHECK(w.high == model_.log(where).end(isolation));
      }
  }

  std::mt19937_64 random_;
  std::int64_t now_ = 1'000'000;
  LocalBroker broker_;
  TestMember member_;
  std::unique_ptr<Publisher> publisher_;
  Model model_;
  std::vector<ModelProducer> producers_;
  std::vector<ModelReader> readers_;
  Offsets committed_;
  int values_ = 0;
  int transactions_ = 0;
};

} // namespace

TEST_CASE("random histories agree with the model", "[broker]") {
  const char* const given = std::getenv("ONECODE_TEST_SEED");
  const std::uint64_t first = given != nullptr ? std::strtoull(given, nullptr, 10) : 1;
  const std::uint64_t last = given != nullptr ? first : 150;
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    INFO("seed " << seed << " (replay with ONECODE_TEST_SEED=" << seed << ")");
    History(seed).run(300);
  }
}
