#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/config.hpp"
#include "app/errors.hpp"
#include "app/files.hpp"
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

struct Difference {
  std::string topic, what, is, should;
};

std::vector<Difference> differences(const std::map<Topic, streams::TopicDescription>& found,
                                    const std::string& prefix, std::optional<std::int32_t> partitions) {
  std::vector<Difference> out;
  // Without a wish the first co-partitioned topic says how many there are; all others must agree with it.
  std::int32_t shards = partitions.value_or(0);
  for (const auto& t : kTopics)
    if (const auto it = found.find(t.topic); shards == 0 && t.co_partitioned && it != found.end())
      shards = it->second.partitions;
  for (const auto& t : kTopics) {
    const std::string topic = prefix + std::string(t.name);
    const auto it = found.find(t.topic);
    if (it == found.end() || it->second.partitions == 0) {
      out.push_back({topic, "topic", "missing", "there"});
      continue;
    }
    const std::int32_t wanted = t.topic == Topic::policy ? 1 : t.co_partitioned ? shards : it->second.partitions;
    if (it->second.partitions != wanted)
      out.push_back({topic, "partitions", std::to_string(it->second.partitions), std::to_string(wanted)});
    for (const auto& [name, value] : streams::topic_settings(t.topic)) {
      const auto setting = it->second.config.find(name);
      const std::string is = setting == it->second.config.end() ? "unset" : setting->second;
      if (is != value) out.push_back({topic, name, is, value});
    }
  }
  return out;
}

int report(const std::vector<Difference>& list, bool json) {
  if (json) {
    auto all = nlohmann::ordered_json::array();
    for (const auto& d : list)
      all.push_back({{"topic", d.topic}, {"what", d.what}, {"is", d.is}, {"should", d.should}});
    print(nlohmann::ordered_json{{"ok", list.empty()}, {"differences", all}}.dump(2) + "\n");
  } else if (list.empty()) {
    print(fmt::format("all {} topics are there with the right settings\n", kTopics.size()));
  } else {
    std::string text;
    for (const auto& d : list) text += fmt::format("{}: {} is {}, should be {}\n", d.topic, d.what, d.is, d.should);
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
    return report(differences(broker->describe_topics(), config.kafka.prefix, options->partitions), options->json);
  };
}

} // namespace onecode::app
