// Catches: leaves that depend on how many are hashed at once; something of an aborted turn that stays; a record hashed when it is
// another one already; SM3, the build or the time of the turn before. The oracle makes each leaf by itself, one after another.
#include "actors/transparency_log.hpp"

#include <deque>
#include <random>

#include "evidence/sm3.hpp"
#include "evidence/tiles.hpp"
#include "tests/catch.hpp"

using namespace onecode;
using namespace onecode::actors;
using evidence::Leaf;
using evidence::LeafKind;

namespace {

const std::string kSecret = [] {
  evidence::SubjectKeys keys("secret");
  keys.destroy("a-3");
  keys.destroy("d-5");
  return keys.secret();
}();

/// The log as its header describes it.
struct ByTheBook {
  evidence::SubjectKeys keys{kSecret};
  LogHead head, committed;
  std::string leaves;

  void add(Leaf leaf, std::string_view subject, const streams::Record& payload, Time now, const std::string& build,
           bool sm3) {
    leaf.payload = evidence::payload_hash(payload);
    if (sm3) leaf.payload_sm3 = evidence::payload_sm3(payload);
    leaf.received = now;
    leaf.build = build;
    const auto key = keys.find(subject);
    leaf.subject =
        evidence::commit_to(key ? subject : std::string_view{}, key.value_or(evidence::Hash{}), leaf).value;
    std::string bytes;
    append(bytes, leaf);
    evidence::append_entry(leaves, bytes);
    head.tree.append(evidence::leaf_hash(bytes));
  }
};

std::int64_t& next_of(LogHead& head, Topic topic) {
  return topic == Topic::scans ? head.scans : topic == Topic::ledger ? head.postings : head.commands;
}

struct Input {
  std::string value, id, subject, mac;
  std::vector<streams::Header> headers;
  streams::Record record;
  Root root;
};

} // namespace

TEST_CASE("A shard's log is what each of its leaves would be by itself, whatever is hashed together",
          "[actors][evidence]") {
  const auto seed = GENERATE(1U, 2U, 3U);
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  const auto one_in = [&](unsigned n) { return random() % n == 0; };
  const auto text = [&](std::size_t most) {
    std::string out(random() % (most + 1), '\0');
    for (auto& c : out) c = static_cast<char>(random());
    return out;
  };
  const auto somebody = [&]() -> std::string {
    if (one_in(9)) return "";
    return one_in(9) ? "long-" + std::string(random() % 80, 'z')
                     : (one_in(2) ? "a-" : "d-") + std::to_string(random() % 30);
  };
  const streams::Secrets secrets(std::map<std::string, std::string>{{"evidence", kSecret}});
  TransparencyLog log(subject_keys(secrets, 4));
  ByTheBook book;
  log.open({});
  std::int64_t offset = 0;
  std::deque<streams::OutRecord> outputs; // used again in every turn, as the shard's
  std::size_t aborted = 0, leaves = 0;

  for (int turn = 0; turn < 250; ++turn) {
    INFO("turn " << turn);
    const Time now{1'000 + turn};
    const std::string build = "build-" + std::to_string(turn / 30);
    const bool sm3 = turn / 50 % 2 != 0;
    const bool abort_early = one_in(11), abort_late = one_in(11), abort_written = one_in(11);

    log.made_by(build, sm3);
    std::deque<Input> inputs(one_in(7) ? (random() % 3 + 1) * 128 : one_in(4) ? 0 : random() % 150);
    for (auto& in : inputs) {
      constexpr Topic kTopics[] = {Topic::scans, Topic::ledger, Topic::commands};
      in.value = text(500);
      in.id = std::string(random() % 300, 'i');
      in.subject = somebody();
      in.mac = std::string(random() % 80, 'm');
      if (one_in(6)) in.headers = {{"ce_id", "1"}, {"ce_type", "t"}};
      if (one_in(6)) in.headers.push_back({"traceparent", "x"});
      in.record.offset = offset++;
      if (!one_in(20)) in.record.value = in.value;
      in.record.headers = in.headers;
      in.root.at = {kTopics[random() % 3], static_cast<std::int32_t>(random() % 9)};
      in.root.record = &in.record;
      const bool readable = !one_in(15);
      const Time time{static_cast<std::int64_t>(random() % 1'000'000)};
      if (!readable)
        log.received({&in.root});
      else
        log.received({&in.root, in.id, in.subject, time, evidence::LeafClock::synced, in.mac});
      Leaf leaf;
      leaf.kind = in.root.at.topic == Topic::scans    ? LeafKind::scan
                  : in.root.at.topic == Topic::ledger ? LeafKind::posting
                                                      : LeafKind::command;
      if (readable) leaf.id = in.id, leaf.time = time, leaf.clock = evidence::LeafClock::synced, leaf.mac = in.mac;
      leaf.at = in.root.at;
      leaf.offset = in.record.offset;
      leaf.from = std::exchange(next_of(book.head, in.root.at.topic), leaf.offset + 1);
      book.add(leaf, readable ? in.subject : "", in.record, now, build, sm3);
    }
    const auto abort = [&] {
      log.aborted();
      book.head = book.committed;
      book.leaves.clear();
      offset -= static_cast<std::int64_t>(inputs.size());
      ++aborted;
    };
    if (abort_early) {
      abort();
      continue;
    }
    log.at(now);

    Root timer;
    timer.due = Time{55};
    std::size_t used = 0;
    std::deque<Scan> scans;
    for (auto n = one_in(5) ? random() % 700 : random() % 100; n > 0; --n) {
      if (used == outputs.size()) outputs.emplace_back();
      auto& out = outputs[used++];
      out.tombstone = one_in(20);
      out.id = {random(), random()};
      out.value = text(700);
      out.headers.clear();
      const Root& root = inputs.empty() || one_in(5) ? timer : inputs[random() % inputs.size()].root;
      Leaf leaf;
      const std::string id = hex(out.id), subject = somebody();
      leaf.id = id;
      if (root.record != nullptr) leaf.at = root.at, leaf.offset = root.record->offset;
      Output output = Notice{};
      std::string about = subject;
      switch (random() % 4) {
        case 0: {
          auto& scan = scans.emplace_back();
          scan.account = one_in(2) ? subject : "";
          scan.device = "d-" + std::to_string(random() % 9);
          scan.origin.time = Time{7};
          Decision decision;
          decision.scan = &scan;
          decision.policy = "p-1";
          output = decision;
          about = scan.account.empty() ? scan.device : scan.account;
          leaf.kind = LeafKind::decision, leaf.time = Time{7}, leaf.policy = "p-1";
          break;
        }
        case 1: {
          FreezeRecord freeze;
          freeze.account = subject;
          output = freeze;
          leaf.kind = LeafKind::hold, leaf.time = root.due.value_or(now);
          break;
        }
        case 2: {
          FindingRecord finding;
          finding.subject.id = subject;
          finding.policy = "p-2";
          finding.last_seen = Time{9};
          output = finding;
          leaf.kind = LeafKind::finding, leaf.time = Time{9}, leaf.policy = "p-2";
          break;
        }
        default:
          break;
      }
      log.stated(output, root, out);
      if (std::holds_alternative<Notice>(output) || out.tombstone) continue;
      streams::Record payload;
      payload.value = out.value;
      book.add(leaf, about, payload, now, build, sm3);
    }
    if (abort_late) {
      abort();
      continue;
    }
    REQUIRE(log.any() == !book.leaves.empty());
    if (log.any()) {
      if (used == outputs.size()) outputs.emplace_back();
      log.write(3, "turn", outputs[used]);
      REQUIRE(outputs[used].value == book.leaves);
    }
    REQUIRE(log.head().tree.root() == book.head.tree.root());
    REQUIRE(log.head().tree.size() == book.head.tree.size());
    REQUIRE(log.head().scans == book.head.scans);
    REQUIRE(log.head().postings == book.head.postings);
    REQUIRE(log.head().commands == book.head.commands);
    if (abort_written) {
      abort();
      continue;
    }
    log.committed();
    book.committed = book.head;
    book.leaves.clear();
    leaves = book.head.tree.size();
  }
  CHECK(aborted > 30);
  CHECK(leaves > 10'000);
}
