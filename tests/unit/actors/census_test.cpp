// Would catch: a state that is counted twice or never leaves its count, an aborted turn that counts. (What is read from a store:
// tests/monitoring/.)
#include "actors/census.hpp"

#include "tests/catch.hpp"

using namespace onecode;
using actors::Census;

namespace {

DeviceStatusRecord device(std::string id, DeviceLife life) {
  DeviceStatusRecord out;
  out.device = std::move(id);
  out.state = to_string(life);
  return out;
}

IntegrationStatusRecord integration(IntegrationLife life, std::vector<OrderState> orders) {
  IntegrationStatusRecord out;
  out.integration = "gates";
  out.state = to_string(life);
  for (const auto state : orders) {
    auto& order = out.orders.emplace_back();
    order.id = "o-" + std::to_string(out.orders.size());
    order.state = to_string(state);
  }
  return out;
}

std::size_t of(const Census& census, DeviceLife life) {
  return census.counts().devices[static_cast<std::size_t>(life)];
}
std::size_t of(const Census& census, IntegrationLife life) {
  return census.counts().integrations[static_cast<std::size_t>(life)];
}
std::size_t of(const Census& census, OrderState state) {
  return census.counts().orders[static_cast<std::size_t>(state)];
}

} // namespace

TEST_CASE("a device is counted once, where it stands") {
  Census census;
  census.see(device("d-1", DeviceLife::registered));
  census.see(device("d-2", DeviceLife::registered));
  census.see(device("d-1", DeviceLife::certified)); // both in one turn
  CHECK(of(census, DeviceLife::registered) == 0);   // nothing is before the commit
  census.committed();
  CHECK(of(census, DeviceLife::registered) == 1);
  CHECK(of(census, DeviceLife::certified) == 1);
  census.see(device("d-2", DeviceLife::quarantined));
  census.committed();
  CHECK(of(census, DeviceLife::registered) == 0);
  CHECK(of(census, DeviceLife::quarantined) == 1);
}

TEST_CASE("an aborted turn counts nothing") {
  Census census;
  census.see(device("d-1", DeviceLife::active));
  census.committed();
  census.see(device("d-1", DeviceLife::quarantined));
  census.aborted();
  census.committed();
  CHECK(of(census, DeviceLife::active) == 1);
  CHECK(of(census, DeviceLife::quarantined) == 0);
}

TEST_CASE("an unregistered reader is not on the register") {
  Census census;
  census.see(device("x-1", DeviceLife::unknown));
  census.committed();
  CHECK(census.counts() == monitoring::Population{});
}

TEST_CASE("open orders move with their integration, closed ones are not counted") {
  Census census;
  census.see(integration(IntegrationLife::live, {OrderState::closed, OrderState::ordered, OrderState::ordered}));
  census.committed();
  CHECK(of(census, IntegrationLife::live) == 1);
  CHECK(of(census, OrderState::ordered) == 2);
  CHECK(of(census, OrderState::closed) == 0);
  census.see(integration(IntegrationLife::terminated, {OrderState::closed, OrderState::overdue, OrderState::closed}));
  census.committed();
  CHECK(of(census, IntegrationLife::live) == 0);
  CHECK(of(census, IntegrationLife::terminated) == 1);
  CHECK(of(census, OrderState::ordered) == 0);
  CHECK(of(census, OrderState::overdue) == 1);
}
