// One account at run time: a thin shell around domain/account.hpp. Owns the AccountState while awake.
// Regulation R2.1, R2.2, R8.1-R8.4, R9.1.
#pragma once

#include "actors/entity_of.hpp"
#include "domain/account.hpp"

namespace onecode::actors {

class AccountActor final : public EntityOf<AccountState> {
public:
  explicit AccountActor(EntityId of) : EntityOf(std::move(of)) {}
  void receive(const Message& message, const Context& context, Effects& out) override;
  void load(std::string_view part, std::string_view bytes) override;
  void save(PartWriter& out) override;
  std::string describe() const override;
};

} // namespace onecode::actors
