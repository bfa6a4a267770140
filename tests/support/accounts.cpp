#include "tests/support/accounts.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "actors/commit_record.hpp"
#include "app/history.hpp"
#include "domain/archive.hpp"

namespace onecode::test {
namespace {

constexpr std::size_t kShown = 10;

using Ranges = std::vector<actors::InputRange>;

void show(std::vector<std::string>& texts, const std::string& text) {
  if (texts.size() < kShown) texts.push_back(text);
}

std::string text_of(const actors::InputRange& r) {
  return "[" + std::to_string(r.first) + ", " + std::to_string(r.next) + ")";
}

std::map<TopicPartition, Ranges> ranges_of(streams::Broker& broker, std::int32_t partitions, std::uint64_t& turns) {
  std::map<TopicPartition, Ranges> out;
  std::set<std::string> names;
  for (std::int32_t p = 0; p < partitions; ++p)
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

} // namespace

Accounts accounts_of(streams::Broker& broker, std::int32_t partitions) {
  Accounts out;
  const auto ranges = ranges_of(broker, partitions, out.turns);
  for (const auto& topic : kTopics) {
    if (!topic.input && topic.topic != Topic::policy) continue;
    for (std::int32_t p = 0; p < (topic.co_partitioned ? partitions : 1); ++p) {
      const auto it = ranges.find({topic.topic, p});
      check(out, broker, {topic.topic, p}, it == ranges.end() ? Ranges{} : it->second);
    }
  }
  return out;
}

} // namespace onecode::test
