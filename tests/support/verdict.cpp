#include "tests/support/verdict.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/verify.hpp"
#include "tests/support/accounts.hpp"

namespace onecode::test {
namespace {

constexpr std::size_t kShown = 10;

void show(std::vector<std::string>& texts, const std::string& text) {
  if (texts.size() < kShown) texts.push_back(text);
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

} // namespace onecode::test
