// One device at run time: a thin shell around domain/device.hpp. It adds the one thing that the domain cannot know: whether
// a scan's MAC is right, because the device's key is a secret of this node.
// Regulation R6.4, R7.2, R11.1a, R11.3.
#pragma once

#include "actors/entity_of.hpp"
#include "domain/device.hpp"

namespace onecode::actors {

class DeviceActor final : public EntityOf<DeviceState> {
public:
  DeviceActor(EntityId id, const streams::Secrets& secrets);
  void receive(const Message& message, const Context& context, Effects& out) override;
  void load(std::string_view part, std::string_view bytes) override;
  void save(PartWriter& out) override;
  std::string describe() const override;

private:
  const streams::Secrets& secrets_;
};

} // namespace onecode::actors
