// One integration at run time: a thin shell around domain/integration.hpp. Regulation R4.1, R5.1, R6.4, R7.2.
#pragma once

#include "actors/entity_of.hpp"
#include "domain/integration.hpp"

namespace onecode::actors {

class IntegrationActor final : public EntityOf<IntegrationState> {
public:
  explicit IntegrationActor(EntityId of) : EntityOf(std::move(of)) {}
  void receive(const Message& message, const Context& context, Effects& out) override;
  void load(std::string_view part, std::string_view bytes) override;
  void save(PartWriter& out) override;
  std::string describe() const override;
};

} // namespace onecode::actors
