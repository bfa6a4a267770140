// One handset at run time: a thin shell around domain/handset.hpp (rule A9).
#pragma once

#include "actors/entity_of.hpp"
#include "domain/handset.hpp"

namespace onecode::actors {

class HandsetActor final : public EntityOf<HandsetState> {
public:
  explicit HandsetActor(EntityId of) : EntityOf(std::move(of)) {}
  void receive(const Message& message, const Context& context, Effects& out) override;
  void load(std::string_view part, std::string_view bytes) override;
  void save(PartWriter& out) override;
  std::string describe() const override;
};

} // namespace onecode::actors
