#include "tests/chaos/verdict.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "actors/commit_record.hpp"
#include "app/history.hpp"
#include "app/verify.hpp"
#include "domain/archive.hpp"

namespace onecode::chaos {
namespace {

constexpr std::size_t kShown = 10;

using Ranges = std::vector<actors::InputRange>;

void show(std::vector<std::string>& texts, const std::string& text) {
  if (texts.size() < kShown) texts.push_back(text);
}

std::string text_of(const actors::InputRange& r) {
  return "[" + std::to_string(r.first) + ", " + std::to_string(r.next) + ")";
}

std::map<TopicPartition, Ranges> ranges_of(streams::Broker& broker, std::uint64_t& turns) {
  std::map<TopicPartition, Ranges> out;
  std::set<std::string> names;
  for (std::int32_t p = 0; p < kDefaultPartitions; ++p)
    app::read_whole(broker, {Topic::history, p}, [&](const streams::Record& record) {
      actors::CommitRecord commit;
      decode(record.value.value_or(std::string_view{}), commit);
      names.insert(commit.turn);
      for (const auto& range : commit.inputs)
        if (range.first < range.next) out[{range.topic, range.partition}].push_back(range);
    });
  turns = names.size();
  for (auto& [at, ranges] : out) std::ranges::sort(ranges, {}, &actors::InputRange::first);
  return out;
}

void check(Accounts& accounts, streams::Broker& broker, TopicPartition at, const Ranges& ranges) {
  const std::string where = std::string(name(at.topic)) + "/" + std::to_string(at.partition);
  for (std::size_t i = 1; i < ranges.size(); ++i) {
    if (ranges[i].first >= ranges[i - 1].next) continue;
    accounts.twice += static_cast<std::uint64_t>(ranges[i - 1].next - ranges[i].first);
    show(accounts.texts, where + ": " + text_of(ranges[i - 1]) + " and " + text_of(ranges[i]) + " overlap");
  }
  app::read_whole(broker, at, [&](const streams::Record& record) {
    const auto after = std::ranges::upper_bound(ranges, record.offset, {}, &actors::InputRange::first);
    if (after != ranges.begin() && std::prev(after)->next > record.offset) return;
    ++accounts.missing;
    show(accounts.texts, where + ": no turn names offset " + std::to_string(record.offset));
  });
}

void compare(Verdict& verdict, const std::set<std::string>& published, const Decisions& decisions) {
  for (const auto& scan : published)
    if (!decisions.by_scan().contains(scan)) {
      ++verdict.lost;
      show(verdict.texts, "scan " + scan + " has no decision");
    }
  for (const auto& [scan, count] : decisions.by_scan()) {
    verdict.doubled += count - 1;
    if (count > 1) show(verdict.texts, "scan " + scan + " has " + std::to_string(count) + " decisions");
    if (published.contains(scan)) continue;
    ++verdict.different;
    show(verdict.texts, "there is a decision for the scan " + scan + ", which nobody published");
  }
}

void compare_with_replay(Verdict& verdict, streams::Broker& broker) {
  app::ReplayOptions options;
  options.policy = builtin_policy();
  const streams::Secrets none;
  const auto replay = app::verify(broker, options, none, [](auto, auto, auto) { return true; });
  for (const auto& topic : replay.not_compared) verdict.texts.push_back("not compared: " + topic);
  verdict.different += replay.differences.size();
  std::ranges::copy(replay.differences, std::back_inserter(verdict.texts));
}

} // namespace

Decisions::Decisions(streams::Broker& broker) {
  for (std::int32_t p = 0; p < kDefaultPartitions; ++p)
    readers_.push_back(broker.reader({Topic::decisions, p}, 0, streams::Isolation::committed));
}

std::size_t Decisions::read_on(streams::Milliseconds patience) {
  for (const auto& reader : readers_)
    while (const auto batch = reader->next(patience))
      for (const auto& record : batch->records) {
        const auto json = nlohmann::json::parse(record.value.value_or(std::string_view{}));
        ++by_scan_[json.at("data").at("scan").at("id").get<std::string>()];
      }
  return by_scan_.size();
}

Accounts accounts_of(streams::Broker& broker) {
  Accounts out;
  const auto ranges = ranges_of(broker, out.turns);
  for (const auto& topic : kTopics) {
    if (!topic.input && topic.topic != Topic::policy) continue;
    for (std::int32_t p = 0; p < (topic.co_partitioned ? kDefaultPartitions : 1); ++p) {
      const auto it = ranges.find({topic.topic, p});
      check(out, broker, {topic.topic, p}, it == ranges.end() ? Ranges{} : it->second);
    }
  }
  return out;
}

Verdict judge(streams::Broker& broker, const std::set<std::string>& published, const Decisions& decisions) {
  Verdict out;
  compare(out, published, decisions);
  auto accounts = accounts_of(broker);
  out.turns = accounts.turns;
  out.lost += accounts.missing;
  out.doubled += accounts.twice;
  std::ranges::move(accounts.texts, std::back_inserter(out.texts));

  try {
    compare_with_replay(out, broker);
  } catch (const std::exception& e) { // the history has a gap, or contradicts itself
    ++out.different;
    out.texts.emplace_back(e.what());
  }
  return out;
}

} // namespace onecode::chaos
