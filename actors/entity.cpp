#include "actors/entity.hpp"

#include <stdexcept>

#include "actors/account_actor.hpp"
#include "actors/campus_actor.hpp"
#include "actors/device_actor.hpp"
#include "actors/handset_actor.hpp"
#include "actors/integration_actor.hpp"

namespace onecode::actors {

std::unique_ptr<Entity> make_entity(EntityId id, const streams::Secrets& secrets) {
  switch (id.kind) {
    case Kind::account:
      return std::make_unique<AccountActor>(std::move(id));
    case Kind::device:
      return std::make_unique<DeviceActor>(std::move(id), secrets);
    case Kind::integration:
      return std::make_unique<IntegrationActor>(std::move(id));
    case Kind::handset:
      return std::make_unique<HandsetActor>(std::move(id));
    case Kind::campus:
      return std::make_unique<CampusActor>(std::move(id));
  }
  throw std::logic_error("unknown kind of entity");
}

} // namespace onecode::actors
