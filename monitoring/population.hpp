// What a node's shards hold that governance asks about: devices, integrations and their rectification orders, by state. The sum
// over all nodes is the campus.
//   Privacy   counts only; no field can hold an id.
#pragma once

#include <array>
#include <cstddef>

#include "domain/integration.hpp"

namespace onecode::monitoring {

inline constexpr std::size_t kDeviceLives = static_cast<std::size_t>(DeviceLife::retired) + 1;
inline constexpr std::size_t kIntegrationLives = static_cast<std::size_t>(IntegrationLife::retired) + 1;
inline constexpr std::size_t kOrderStates = static_cast<std::size_t>(OrderState::closed) + 1;

/// By the enum's value. Nothing is counted under `unknown`, which is not on the register, nor under `closed`, of which the
/// engine keeps the last ten only.
struct Population {
  std::array<std::size_t, kDeviceLives> devices{};
  std::array<std::size_t, kIntegrationLives> integrations{};
  std::array<std::size_t, kOrderStates> orders{};

  Population& operator+=(const Population& o) {
    for (std::size_t i = 0; i < devices.size(); ++i) devices[i] += o.devices[i];
    for (std::size_t i = 0; i < integrations.size(); ++i) integrations[i] += o.integrations[i];
    for (std::size_t i = 0; i < orders.size(); ++i) orders[i] += o.orders[i];
    return *this;
  }
  bool operator==(const Population&) const = default;
};

} // namespace onecode::monitoring
