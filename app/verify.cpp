#include "app/verify.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "app/history.hpp"
#include "domain/hash.hpp"

namespace onecode::app {
namespace {

/// What turns write for others. Not `checkpoints`: their signatures differ each time.
constexpr std::array kOutputs{Topic::decisions,    Topic::freezes,    Topic::device_status, Topic::integration_status,
                              Topic::alerts,       Topic::compliance, Topic::notices,       Topic::evidence,
                              Topic::dead_letters, Topic::inbox};
constexpr std::size_t kDifferencesShown = 20;

/// What an entity says of itself comes from one shard, in the order of its turns. A device's decisions are made by accounts, which
/// may be on several nodes; so may be who writes to a unit, to an inbox, or dead letters under somebody's key. A shard's leaves say
/// themselves where they belong, and stand in a partition of their turn.
bool ordered(Topic topic) {
  return topic == Topic::freezes || topic == Topic::device_status || topic == Topic::integration_status ||
         topic == Topic::alerts || topic == Topic::compliance;
}

template <class Headers>
std::string header_bytes(const Headers& headers) {
  std::string out;
  for (const auto& [name, value] : headers) {
    out += name;
    out += '\0';
    out += value;
    out += '\0';
  }
  return out;
}

} // namespace

void OutputTally::add(Topic topic, std::string_view key, std::optional<std::string_view> value,
                      std::string_view headers) {
  auto& r = by_key_[{topic, std::string(key)}];
  const auto hash = hash64(value.value_or("(none)"), hash64(headers));
  ++r.count;
  r.sum += hash;
  r.chain = mix64(r.chain, hash);
  r.last = hash;
}

std::uint64_t OutputTally::count(Topic topic) const {
  std::uint64_t out = 0;
  for (auto it = by_key_.lower_bound({topic, std::string{}}); it != by_key_.end() && it->first.first == topic; ++it)
    out += it->second.count;
  return out;
}

bool OutputTally::same(Topic topic, const Records& a, const Records& b) {
  if (info(topic).compacted) return a.last == b.last && (a.count == 0) == (b.count == 0);
  return ordered(topic) ? a == b : a.count == b.count && a.sum == b.sum;
}

std::vector<std::string> OutputTally::differences(const OutputTally& committed, const OutputTally& replayed,
                                                  std::size_t limit) {
  std::vector<std::string> out;
  const auto compare = [&](const auto& at, const Records& c, const Records& r) {
    if (same(at.first, c, r)) return;
    const std::string where = fmt::format("{} of {}: ", name(at.first), at.second);
    if (out.size() == limit) {
      out.push_back("and more");
    } else if (out.size() < limit) {
      out.push_back(c.count == r.count
                        ? fmt::format("{}{} committed, as in the replay, with other content", where, c.count)
                        : fmt::format("{}{} committed, {} in the replay", where, c.count, r.count));
    }
  };
  for (const auto& [at, c] : committed.by_key_) {
    const auto it = replayed.by_key_.find(at);
    compare(at, c, it == replayed.by_key_.end() ? Records{} : it->second);
  }
  for (const auto& [at, r] : replayed.by_key_)
    if (!committed.by_key_.contains(at)) compare(at, Records{}, r);
  return out;
}

Verdict verify(streams::Broker& broker, const ReplayOptions& options, const streams::Secrets& secrets,
               const std::function<bool(std::uint64_t, std::uint64_t, std::uint64_t)>& go_on) {
  Verdict out;
  const History history(broker);
  out.differences = history.broken_links();

  std::map<Topic, bool> comparable;
  const auto topics = broker.describe_topics();
  for (const auto topic : kOutputs) {
    const auto it = topics.find(topic);
    comparable[topic] = true;
    for (std::int32_t p = 0; it != topics.end() && p < it->second.partitions; ++p) {
      const auto low = read_whole(broker, {topic, p}, [&](const streams::Record& r) {
        std::vector<std::pair<std::string_view, std::string_view>> headers;
        for (const auto& h : r.headers) headers.emplace_back(h.name, h.value);
        out.committed.add(topic, r.key, r.value, header_bytes(headers));
      });
      if (low == 0 || !std::exchange(comparable[topic], false)) continue;
      out.not_compared.push_back(
          fmt::format("{}: the first records of partition {} are no longer kept", name(topic), p));
    }
    if (!comparable[topic]) out.committed.leave_out(topic);
  }

  // Outputs that were committed after the history was read would not be explained by it.
  if (history.grown()) {
    out.not_compared.assign(1, "outputs: the cluster works meanwhile; stop its nodes to compare them too");
    for (auto& [topic, compared] : comparable) compared = false;
    out.committed = {};
  }

  OutputTally replayed;
  Replayer replayer(options, secrets, [&](const streams::OutRecord& r) {
    if (!comparable[r.topic]) return;
    replayed.add(r.topic, r.key, r.tombstone ? std::nullopt : std::optional<std::string_view>(r.value),
                 header_bytes(r.headers));
  });
  bool whole = true;
  const auto counted = [&](std::uint64_t turns, std::uint64_t records) {
    out.turns = turns;
    out.records = records;
    return whole = !replayer.difference() && go_on(turns, history.turns(), records);
  };
  history.each([&](const streams::FileLine& line) { replayer.foresee(line); },
               [&](std::uint64_t, std::uint64_t) { return true; });
  history.each([&](streams::FileLine& line) { replayer.line(std::move(line)); }, counted);
  replayer.finish();
  if (replayer.difference()) {
    // Everything after it follows from it.
    out.differences.push_back(*replayer.difference());
    return out;
  }
  if (!whole) return out;
  for (auto& d : OutputTally::differences(out.committed, replayed, kDifferencesShown))
    out.differences.push_back(std::move(d));
  return out;
}

} // namespace onecode::app
