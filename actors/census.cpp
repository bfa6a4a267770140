#include "actors/census.hpp"

#include <functional>
#include <stdexcept>
#include <utility>

#include "domain/archive.hpp"
#include "storage/keys.hpp"

namespace onecode::actors {
namespace {

/// The state of this name, as the records write it.
template <class State>
State state_of(std::string_view name, State last) {
  for (std::size_t i = 0; i <= static_cast<std::size_t>(last); ++i)
    if (to_string(static_cast<State>(i)) == name) return static_cast<State>(i);
  throw std::logic_error("a status record with the state '" + std::string(name) + "'");
}

template <class State>
std::size_t at(State s) {
  return static_cast<std::size_t>(s);
}

/// Calls visit(id, part, value) for every stored part of this kind.
template <class Visit>
void each_part(storage::Store& store, Kind kind, Visit visit) {
  std::string prefix;
  storage::append_entity(prefix, kind, {});
  prefix.pop_back(); // the end of the id
  store.scan(prefix, [&](std::string_view key, std::string_view value) {
    key.remove_prefix(prefix.size());
    const auto end = key.find('\0');
    if (end == std::string_view::npos) throw storage::StoreError("an entity's key is damaged");
    try {
      visit(std::string(key.substr(0, end)), key.substr(end + 1), value);
    } catch (const Corrupt& e) {
      throw storage::StoreError("a part of a " + std::string(to_string(kind)) + " is damaged: " + e.what());
    }
    return true;
  });
}

} // namespace

void Census::load(storage::Store& store) {
  devices_.clear();
  integrations_.clear();
  seen_.clear();
  counts_ = {};
  each_part(store, Kind::device, [this](const std::string& id, std::string_view part, std::string_view value) {
    if (part != "r") return;
    DeviceState::Register reg;
    decode(value, reg);
    put(id, reg.life);
  });
  std::map<std::string, Project> projects;
  each_part(store, Kind::integration, [&](const std::string& id, std::string_view part, std::string_view value) {
    if (part == "r") {
      IntegrationState::Record record;
      decode(value, record);
      projects[id].life = record.life;
    } else if (part == "p") {
      IntegrationState::Procedures procedures;
      decode(value, procedures);
      for (const auto& order : procedures.orders) ++projects[id].orders[at(order.state)];
    }
  });
  for (const auto& [id, project] : projects) put(id, project);
}

void Census::see(const Output& output) {
  if (const auto* device = std::get_if<DeviceStatusRecord>(&output)) {
    seen_.emplace_back(device->device, state_of(device->state, DeviceLife::retired));
  } else if (const auto* integration = std::get_if<IntegrationStatusRecord>(&output)) {
    Project project{state_of(integration->state, IntegrationLife::retired), {}};
    for (const auto& order : integration->orders) ++project.orders[at(state_of(order.state, OrderState::closed))];
    seen_.emplace_back(integration->integration, project);
  }
}

void Census::committed() {
  for (const auto& [id, state] : seen_) std::visit([&](const auto& s) { put(id, s); }, state);
  seen_.clear();
}

void Census::put(const std::string& device, DeviceLife life) {
  if (life == DeviceLife::unknown) return; // nobody registered it, and no state leads back here
  const auto [it, fresh] = devices_.try_emplace(device, life);
  if (!fresh) --counts_.devices[at(std::exchange(it->second, life))];
  ++counts_.devices[at(life)];
}

void Census::put(const std::string& integration, const Project& project) {
  if (project.life == IntegrationLife::unknown) return;
  const auto count = [this](const Project& p, auto op) {
    auto& life = counts_.integrations[at(p.life)];
    life = op(life, std::size_t{1});
    for (const OrderState s :
         {OrderState::ordered, OrderState::overdue, OrderState::escalated, OrderState::submitted})
      counts_.orders[at(s)] = op(counts_.orders[at(s)], p.orders[at(s)]);
  };
  const auto [it, fresh] = integrations_.try_emplace(integration, project);
  if (!fresh) {
    count(it->second, std::minus{});
    it->second = project;
  }
  count(project, std::plus{});
}

} // namespace onecode::actors
