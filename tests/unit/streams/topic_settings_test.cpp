// Would catch: settings of a topic under which Kafka throws away what the engine cannot do without.
#include "streams/broker.hpp"
#include "tests/catch.hpp"

using namespace onecode;
using namespace onecode::streams;

TEST_CASE("policies, the journal and proofs are kept for good, record by record") {
  for (const Topic topic : {Topic::policy, Topic::journal, Topic::evidence, Topic::checkpoints}) {
    INFO(name(topic));
    const auto settings = topic_settings(topic);
    CHECK(settings.at("cleanup.policy") == "delete");
    CHECK(settings.at("retention.ms") == "-1");
    CHECK(settings.at("retention.bytes") == "-1");
  }
  CHECK(topic_settings(Topic::policy).at("message.timestamp.type") == "LogAppendTime");
  CHECK(topic_settings(Topic::history).at("cleanup.policy") == "delete");
  CHECK(topic_settings(Topic::freezes).at("cleanup.policy") == "compact");
}
