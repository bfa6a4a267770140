#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/config.hpp"
#include "app/errors.hpp"
#include "app/files.hpp"
#include "app/topic_check.hpp"
#include "app/verbs/verbs.hpp"
#include "app/wire.hpp"
#include "domain/topics.hpp"

namespace onecode::app {
namespace {

struct Options {
  KafkaFlags kafka;
  std::optional<std::int32_t> partitions;
  bool json = false;
};

int report(const TopicReport& found, bool json) {
  const auto& list = found.differences;
  if (json) {
    auto all = nlohmann::ordered_json::array();
    for (const auto& d : list)
      all.push_back({{"topic", d.topic}, {"what", d.what}, {"is", d.is}, {"should", d.should}});
    print(nlohmann::ordered_json{{"ok", list.empty()}, {"differences", all}, {"warnings", found.warnings}}.dump(2) +
          "\n");
  } else {
    for (const auto& w : found.warnings) fmt::print(stderr, "onecode: warning: {}\n", w);
    std::string text;
    for (const auto& d : list)
      text += fmt::format("{}: {} is {}, should be {}\n", d.topic, d.what,
                          d.is == "missing" ? "missing, or hidden from this client (the right Describe)" : d.is,
                          d.should);
    if (list.empty()) text = fmt::format("all {} topics are there with the right settings\n", kTopics.size());
    if (list.empty() && !found.warnings.empty()) text = fmt::format("all {} topics can be used\n", kTopics.size());
    print(text);
  }
  return list.empty() ? kDone : kAnswerIsNo;
}

} // namespace

Run add_topics(CLI::App& verb) {
  auto options = std::make_shared<Options>();
  verb.require_subcommand(1);
  verb.footer("\nExample:\n  onecode topics create --brokers localhost:9092");
  auto* create = verb.add_subcommand("create", "create the topics that are missing, with the right settings");
  auto* check = verb.add_subcommand("check", "say which topics or settings differ (exit 1)");
  for (auto* sub : {create, check}) {
    options->kafka.add_to(*sub);
    sub->add_flag("--json", options->json, "print differences as JSON");
    sub->add_option("--partitions", options->partitions,
                    fmt::format("partitions of the co-partitioned topics{}",
                                sub == create ? fmt::format(" (default {})", kDefaultPartitions) : std::string()))
        ->check(CLI::Range(1, 10'000))
        ->type_name("N");
  }
  create->footer(
      "\nExisting topics are left alone; what differs in them is listed.\n\nExample:\n"
      "  onecode topics create --brokers localhost:9092 --partitions 8");
  check->footer("\nExample:\n  onecode topics check --config node.toml");
  return [options, create] {
    const auto config = options->kafka.load();
    const auto broker = connect(config.kafka);
    if (create->parsed()) broker->create_topics(options->partitions.value_or(kDefaultPartitions));
    return report(check_topics(broker->describe_topics(), config.kafka.prefix, options->partitions), options->json);
  };
}

} // namespace onecode::app
