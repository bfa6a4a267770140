// How many devices, integrations and open orders of one shard stand in which state: read once from the store, then kept up to
// date from the status records that the entities publish with every change of state. Sleeping entities count like others.
#pragma once

#include <array>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "domain/effects.hpp"
#include "monitoring/population.hpp"
#include "storage/store.hpp"

namespace onecode::actors {

class Census {
public:
  /// Counts anew; throws StoreError where a part is damaged.
  void load(storage::Store& store);
  /// An output of the turn at hand; what is no status record says nothing.
  void see(const Output& output);
  void committed();
  void aborted() { seen_.clear(); }
  const monitoring::Population& counts() const { return counts_; }

private:
  struct Project {
    IntegrationLife life{};
    std::array<std::size_t, monitoring::kOrderStates> orders{};
  };
  void put(const std::string& device, DeviceLife life);
  void put(const std::string& integration, const Project& project);

  std::map<std::string, DeviceLife> devices_;
  std::map<std::string, Project> integrations_;
  std::vector<std::pair<std::string, std::variant<DeviceLife, Project>>> seen_; // in this turn
  monitoring::Population counts_;
};

} // namespace onecode::actors
