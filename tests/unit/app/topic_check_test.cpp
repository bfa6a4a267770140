// Would catch: a node that starts on topics from which Kafka will drop its state, and a check that does not say so.
#include "app/topic_check.hpp"

#include "tests/catch.hpp"

using namespace onecode;
using namespace onecode::app;

namespace {

Topics made() {
  Topics out;
  for (const auto& t : kTopics) out[t.topic] = {t.topic == Topic::policy ? 1 : 8, streams::topic_settings(t.topic)};
  return out;
}

} // namespace

TEST_CASE("topics as they are created are right") {
  const auto report = check_topics(made(), "onecode.", std::nullopt);
  CHECK(report.differences.empty());
  CHECK(report.warnings.empty());
  CHECK(lossy_topics(made(), "onecode.").empty());
  CHECK(policy_warnings(made(), "onecode.").empty());
}

TEST_CASE("what differs is named with topic, setting and both values") {
  auto topics = made();
  topics[Topic::scans].partitions = 4;
  topics[Topic::ledger].config["retention.ms"] = "60000";
  topics[Topic::notices].partitions = 0;
  topics[Topic::policy].config.erase("retention.ms");
  const auto found = check_topics(topics, "p.", 8).differences;
  REQUIRE(found.size() == 4);
  CHECK(found[0].topic == "p.ledger");
  CHECK(found[0].what == "retention.ms");
  CHECK(found[0].is == "60000");
  CHECK(found[1].what == "partitions");
  CHECK(found[2].is == "unset");
  CHECK(found[3].topic == "p.notices");
  CHECK(found[3].is == "missing");
}

TEST_CASE("settings that may not be read are no right settings") {
  auto topics = made();
  topics[Topic::alerts].config.clear();
  const auto found = check_topics(topics, "p.", std::nullopt).differences;
  REQUIRE(found.size() == 1);
  CHECK(found[0].topic == "p.alerts");
  CHECK(found[0].is.find("DescribeConfigs") != std::string::npos);
  CHECK(lossy_topics(topics, "p.").empty());
  topics[Topic::journal].config.clear();
  REQUIRE(lossy_topics(topics, "p.").size() == 1);
  CHECK(lossy_topics(topics, "p.")[0].starts_with("p.journal: its settings cannot be read"));
}

TEST_CASE("a compacted policy topic is accepted with a warning that says why") {
  auto topics = made();
  auto& config = topics[Topic::policy].config;
  config["cleanup.policy"] = "compact";
  config["retention.ms"] = "604800000"; // Kafka's default, which means nothing here
  auto report = check_topics(topics, "onecode.", std::nullopt);
  CHECK(report.differences.empty());
  REQUIRE(report.warnings.size() == 1);
  CHECK(report.warnings[0].starts_with("onecode.policy: cleanup.policy is compact"));
  CHECK(report.warnings[0].find("judges without it") != std::string::npos);
  CHECK(policy_warnings(topics, "onecode.") == report.warnings);
  CHECK(lossy_topics(topics, "onecode.").empty());
  // With both, time takes away what compaction leaves.
  config["cleanup.policy"] = "compact,delete";
  CHECK(check_topics(topics, "onecode.", std::nullopt).differences.size() == 2);
}

TEST_CASE("policies without the broker's stamp are worth a warning at the start of a node") {
  auto topics = made();
  topics[Topic::policy].config["message.timestamp.type"] = "CreateTime";
  REQUIRE(policy_warnings(topics, "p.").size() == 1);
  CHECK(policy_warnings(topics, "p.")[0].starts_with("p.policy: message.timestamp.type is CreateTime"));
  CHECK(check_topics(topics, "p.", std::nullopt).differences.size() == 1);
}

TEST_CASE("a node does not start where Kafka would drop journal or history") {
  auto topics = made();
  SECTION("a compacted journal") { topics[Topic::journal].config["cleanup.policy"] = "compact"; }
  SECTION("a journal that ages") { topics[Topic::journal].config["retention.ms"] = "604800000"; }
  SECTION("a journal that may only grow so large") {
    topics[Topic::journal].config["retention.bytes"] = "1073741824";
  }
  SECTION("a compacted history") { topics[Topic::history].config["cleanup.policy"] = "compact,delete"; }
  const auto lossy = lossy_topics(topics, "p.");
  REQUIRE(lossy.size() == 1);
  CHECK((lossy[0].starts_with("p.journal: ") || lossy[0].starts_with("p.history: ")));
  CHECK(lossy[0].find("must be") != std::string::npos);
}

TEST_CASE("a node starts on a history that is kept as long as its inputs") {
  auto topics = made();
  topics[Topic::history].config["retention.ms"] = "604800000";
  topics.erase(Topic::journal); // missing ones are named by the node itself
  CHECK(lossy_topics(topics, "p.").empty());
}
