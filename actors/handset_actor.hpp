// One handset at run time: a thin shell around domain/handset.hpp (rule A9).
#pragma once

#include "actors/entity.hpp"
#include "domain/handset.hpp"

namespace onecode::actors {

class HandsetActor final : public Entity {
public:
  explicit HandsetActor(EntityId id);
  void receive(const Message& message, const Context& context, Effects& out) override;
  void reset() override;
  void load(std::string_view part, std::string_view bytes) override;
  void save(PartWriter& out) override;
  std::string describe() const override;

private:
  HandsetState state_;
};

} // namespace onecode::actors
