// How long a gate waits when a node comes back, on a real Kafka: from the start of the process to the first new decision
// that a gateway can read. After a clean stop, after kill -9 in mid-load, and after the loss of the disk.
//   ONECODE_TEST_KAFKA=host:port bench_restart [accounts] [scans]
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "app/terminal.hpp"
#include "bench/common/cluster.hpp"
#include "storage/store.hpp"

using namespace onecode;
using namespace onecode::bench;

namespace {

constexpr int kTimes = 3;
constexpr streams::Milliseconds kPatience{120'000};

/// What a full restore reads.
struct Journal {
  std::uint64_t entries = 0, bytes = 0;
};

Journal journal_of(streams::Broker& broker) {
  Journal out;
  for (std::int32_t p = 0; p < kDefaultPartitions; ++p) {
    const TopicPartition at{Topic::journal, p};
    const auto marks = broker.watermarks(at, streams::Isolation::committed);
    const auto reader = broker.reader(at, marks.low, streams::Isolation::committed);
    while (reader->position() < marks.high) {
      const auto batch = reader->next(streams::Milliseconds(1000));
      if (!batch) continue;
      for (const auto& r : batch->records) {
        out.bytes += r.value->size();
        storage::WriteBatch::each(*r.value,
                                  [&](std::string_view, std::optional<std::string_view>) { ++out.entries; });
      }
    }
  }
  return out;
}

class Restart {
public:
  Restart(const char* argv0, std::uint64_t accounts, std::uint64_t scans)
      : cluster_(argv0, "events"), load_(accounts, 1000), scans_(scans) {}

  void run() {
    std::printf("%-28s %10s %10s %10s\n", "", "seconds", "CPU s", "peak MiB");
    fill();
    for (int i = 0; i < kTimes; ++i) clean();
    for (int i = 0; i < kTimes; ++i) killed();
    disk_lost();
  }

private:
  void publish_scans(std::uint64_t count) {
    LoadRecord r;
    for (std::uint64_t i = 0; i < count; ++i) {
      load_.next(r);
      cluster_.publish(r);
    }
    cluster_.flush();
  }

  void row(const char* what, double seconds) {
    std::printf("%-28s %10.2f %10.2f %10.0f\n", what, seconds, cluster_.engine().cpu_seconds(),
                cluster_.engine().peak_mib());
    std::fflush(stdout);
  }

  void fill() {
    Decisions decisions(cluster_.broker());
    const double began = wall_seconds();
    constexpr std::uint64_t kPiece = 50'000; // a million commands at once would be most of this process
    for (std::uint64_t n = 0;; n += kPiece) {
      const auto piece = load_.registration(n, kPiece);
      if (piece.empty()) break;
      cluster_.publish(piece);
    }
    publish_scans(scans_);
    cluster_.start_engine();
    app::Progress progress("filling", scans_);
    for (std::uint64_t seen = 0; seen < scans_; progress.at(seen, seen)) {
      const auto more = decisions.wait(kPatience);
      if (more == 0) throw std::runtime_error("no decisions while filling");
      seen += more;
    }
    row("first work, all of it", wall_seconds() - began);
  }

  /// The time to the first decision of a scan that waits already.
  double first_decision() {
    Decisions decisions(cluster_.broker());
    publish_scans(1);
    return first_of(decisions);
  }

  double first_of(Decisions& decisions) {
    const double began = wall_seconds();
    cluster_.start_engine();
    if (decisions.wait(kPatience) == 0) throw std::runtime_error("no decision after a restart");
    return wall_seconds() - began;
  }

  void clean() {
    const double stopping = cluster_.stop_engine();
    std::printf("%-28s %10.2f\n", "clean stop", stopping);
    row("start, first decision", first_decision());
  }

  void killed() {
    constexpr std::uint64_t kLoad = 100'000;
    Decisions before(cluster_.broker());
    publish_scans(kLoad);
    std::size_t seen = 0;
    while (seen < kLoad / 2) seen += before.wait(kPatience);
    cluster_.kill_engine();
    // What was committed before must not be taken for new.
    Decisions after(cluster_.broker());
    const double seconds = first_of(after);
    row("kill -9, first decision", seconds);
    while (seen < kLoad) {
      const auto more = before.wait(kPatience);
      if (more == 0) throw std::runtime_error("a decision is missing");
      seen += more;
    }
    if (seen != kLoad) throw std::runtime_error("there are more decisions than scans");
  }

  void disk_lost() {
    cluster_.kill_engine();
    cluster_.lose_disk();
    const auto journal = journal_of(cluster_.broker());
    const double seconds = first_decision();
    row("disk lost, first decision", seconds);
    const double cpu = cluster_.engine().cpu_seconds();
    const auto entries = static_cast<double>(journal.entries);
    std::printf("journal: %.0f entries, %.0f bytes each; %.0f entries/s, %.0f entries/CPU-s (%.0f of 200 bytes)\n",
                entries, static_cast<double>(journal.bytes) / entries, entries / seconds, entries / cpu,
                static_cast<double>(journal.bytes) / 200 / cpu);
    cluster_.stop_engine();
  }

  Cluster cluster_;
  Load load_;
  std::uint64_t scans_;
};

} // namespace

int main(int argc, char** argv) {
  if (const auto code = engine_role(argc, argv)) return *code;
  const std::uint64_t accounts = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
  const std::uint64_t scans = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1'000'000;
  try {
    Restart(argv[0], accounts, scans).run();
  } catch (const std::exception& e) {
    std::fprintf(stderr, "bench_restart: %s\n", e.what());
    return 1;
  }
}
