// The in-process broker does what every Broker must do: a check that fails here and not on Kafka is a semantic that
// the demo and the simulation would rely on wrongly.
#include "streams/local/local_broker.hpp"
#include "tests/broker_conformance.hpp"

using namespace onecode_test;

TEST_CASE("the in-process broker conforms", "[broker]") {
  BrokerFixture fixture;
  fixture.empty_bus = [](std::int32_t partitions) -> std::unique_ptr<Broker> {
    LocalBrokerOptions options;
    options.partitions = 0;
    auto bus = std::make_unique<LocalBroker>(options);
    bus->create_topics(partitions);
    return bus;
  };
  const auto index = GENERATE(range(std::size_t{0}, broker_checks().size()));
  const BrokerCheck& check = broker_checks()[index];
  INFO("check: " << check.name);
  check.run(fixture);
}
