// A campus-wide fact at run time: the freeze breaker, a serial number. A thin shell around domain/campus.hpp.
#pragma once

#include "actors/entity_of.hpp"
#include "domain/campus.hpp"

namespace onecode::actors {

class CampusActor final : public EntityOf<CampusState> {
public:
  explicit CampusActor(EntityId of) : EntityOf(std::move(of)) {}
  void receive(const Message& message, const Context& context, Effects& out) override;
  void load(std::string_view part, std::string_view bytes) override;
  void save(PartWriter& out) override;
  std::string describe() const override;
};

} // namespace onecode::actors
